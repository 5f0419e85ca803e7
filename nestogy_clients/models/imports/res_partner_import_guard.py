from odoo import api, models
from odoo.fields import Command

# columns of clients and contacts that are typed in a file, and those of clients that are chosen
TYPED = (
    *("name", "client_number", "email", "phone", "website", "street", "street2", "zip", "city", "comment"),
    *("name_title", "first_name", "last_name", "function", "department"),
)
FIXED = (*("is_company", "client_status_id", "client_group_id", "industry_id", "user_id", "country_id", "state_id"),)
NUMBER = (  # all columns of a phone number, beside its id, its moments and its users
    *("partner_id", "client_id", "kind", "number", "extension", "national", "digits", "is_valid"),
    *("sequence", "location"),
)
MOMENTS = {"create_date", "write_date"}
# addons of which is known what they do when a partner, a number, a change of status or a message is created
ADDONS = {
    *("base", "web", "mail", "phone_validation", "bus", "portal", "rating", "calendar", "account", "base_vat"),
    *("account_edi_ubl_cii", "account_payment", "payment", "sale", "sale_management", "sale_project", "project", "hr"),
    *(
        "hr_timesheet",
        "contract",
        "privacy_lookup",
        "analytic",
        "product",
        "auth_signup",
        "sale_timesheet",
        "snailmail",
    ),
    *("sales_team", "utm", "digest", "sms", "maintenance", "resource", "helpdesk_mgmt", "nestogy_clients"),
    *("nestogy_portal", "nestogy_tickets", "contacts", "base_import", "iap", "base_setup"),
}
# what works a value out, or is called for each new record
METHODS = {
    "res.partner": {
        *("create", "_create", "_prepare_create_values", "_message_log_batch", "_message_create", "_check_company"),
        *("_get_complete_name", "_phone_format", "_phone_format_number", "_phone_get_country"),
        *("_phone_get_country_field", "_phone_get_number_fields", "_phone_country", "_phone_to_numbers"),
        *("_main_phone_number", "_find_service_areas", "_new_client_field_values", "_get_address_values"),
        *("_address_fields", "_become_first_primary", "_log_client_status", "_import_own", "_import_phones"),
        "_import_place",
    },
    "nestogy.phone.number": {"create", "_create", "_spelled", "_text", "_sync_to_partner"},
    "nestogy.client.status.change": {"create", "_create"},
    "mail.message": {"create", "_create"},
}
# stored fields that are worked out from what is typed: copies get them as own columns, or they are refreshed at once
FOLLOWS = {
    *(f"res.partner.{name}" for name in ("complete_name", "commercial_partner_id", "commercial_company_name")),
    *(f"res.partner.{name}" for name in ("email_normalized", "phone_sanitized", "service_area_id")),
    *(f"res.partner.{name}" for name in ("quality_score", "quality_gap_ids")),
    *(f"nestogy.phone.number.{name}" for name in ("national", "digits", "is_valid", "client_id")),
}
# the same of clients with a tax ID
TAX_FOLLOWS = {f"res.partner.{name}" for name in ("peppol_eas", "peppol_endpoint", "vies_valid")}
TAX_METHODS = {"res.partner": {"_check_vat", "_inverse_vat", "_import_tax"}}


def is_known(module):
    """Say whether a Python module is of the ORM or of an addon of which is known what it does."""
    odoo, _dot, rest = module.partition(".addons.")
    return rest.partition(".")[0] in ADDONS if rest else odoo.partition(".")[0] == "odoo"


class ResPartner(models.Model):
    """Whether all is known that happens when a client is created; rows are copied only then."""

    _inherit = "res.partner"

    @api.model
    def _import_may_copy(self):
        """Say whether nothing unknown has a hand in new clients.

        Addons outside :data:`ADDONS`, automation rules (they replace ``create``), and stored fields that are worked
        out from what is typed or reach records that are there already make the ORM create all rows.
        """
        return (
            self._import_methods_are_known(METHODS, FOLLOWS)
            and self._import_follows(TYPED) <= FOLLOWS
            and not {*TYPED} & {*self._commercial_fields()}
            and not any(self._fields[name].translate or self._fields[name].company_dependent for name in TYPED)
            and not any(self.default_get([*TYPED, "company_name"]).values())
            and self.default_get(["category_id"]).get("category_id", []) in ([], [Command.set([])])
            and self._import_numbers_are_known()
        )

    @api.model
    def _import_methods_are_known(self, by_model, follows):
        for name, methods in by_model.items():
            model = self.env[name]
            computes = {field.compute for field in model._fields.values() if str(field) in follows}
            wanted = methods | {each for each in computes if isinstance(each, str)}
            cls = type(model)
            if wanted & vars(cls).keys():  # replaced in this database, by an automation rule
                return False
            for parent in cls.mro()[1:]:
                if not is_known(parent.__module__) and wanted & vars(parent).keys():
                    return False
        return True

    @api.model
    def _import_tax_columns(self):
        """The stored fields that follow a tax ID; ``None`` when only the ORM can take one in.

        It asks VIES about each number when a company wants that.
        """
        found = self._import_follows({"vat"}) - FOLLOWS
        if not found <= TAX_FOLLOWS or not self._import_methods_are_known(TAX_METHODS, TAX_FOLLOWS):
            return None
        names = sorted(name.removeprefix("res.partner.") for name in found)
        # whose companies they are does not matter: one of them is enough for Odoo, too
        if "vies_valid" in names and self.env["res.company"].sudo().search_count([("vat_check_vies", "=", True)]):
            return None
        return names

    @api.model
    def _import_follows(self, typed):
        """The stored fields that change when something is typed, and those of other records that a new client changes.

        :param typed: names of fields
        :return: set of ``model.field``
        """
        found, new = set(), {"res.partner", "nestogy.phone.number"}

        def walk(tree, is_typed, is_elsewhere):
            if is_typed or is_elsewhere:
                found.update(str(field) for field in tree.root if field.store and field.compute)
            for field, below in tree.items():
                if field.model_name in new and not is_elsewhere:
                    walk(below, is_typed, False)
                elif field.type not in ("many2one", "many2one_reference"):
                    walk(below, is_typed, True)
                # nothing that is there already points at who is new

        for name, field in self._fields.items():
            if field.store and field in self.pool._field_triggers:
                walk(self.pool.get_field_trigger_tree(field), name in typed, False)
        return found

    @api.model
    def _import_numbers_are_known(self):
        columns = {*self._import_columns("nestogy_phone_number")}
        return columns == {*NUMBER, *MOMENTS, "id", "create_uid", "write_uid"}
