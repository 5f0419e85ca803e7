from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ResCompany(models.Model):
    """The level on which settings of clients end, and the home of the default client group."""

    _name = "res.company"
    _inherit = ["res.company", "nestogy.client.settings.mixin"]

    client_lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language of Clients",
        help="New clients start in this language; empty means the company's own.",
    )

    client_own_team_only = fields.Boolean(
        string="Clients by Team",
        help="Staff with a client role below Manager sees the clients of its own teams, those without a team, and those"
        " of which it is the account manager.",
    )

    client_warn_tax_id = fields.Boolean(
        string="Warn of Missing Tax IDs",
        default=True,
        help="Say before sending that a client, if it is a company, has no tax ID.",
    )

    marketing_consent_text = fields.Text(
        string="Marketing Consent",
        translate=True,
        help="The words to which people agree when they opt in. Each consent keeps the words it was given for.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._ensure_default_client_group()
        return companies

    def _ensure_default_client_group(self):
        """Give each company that has none its group General, as the default."""
        # whoever makes a company need not be allowed to make client groups
        groups_sudo = self.env["nestogy.client.group"].sudo()
        known = groups_sudo.search([("company_id", "in", self.ids), ("is_default", "=", True)]).company_id
        for company in self - known:
            company._set_default_client_group(
                groups_sudo.create({"name": self.env._("General"), "company_id": company.id, "sequence": 1})
            )

    def _get_default_client_group(self):
        """The group of clients that have no group of their own in the company."""
        self.ensure_one()
        # a fact of the company, whatever companies the user has switched on
        return (
            self.env["nestogy.client.group"]
            .sudo()
            .search([("company_id", "=", self.id), ("is_default", "=", True)], limit=1)
        )

    def _set_default_client_group(self, group):
        """Make a group the default of the company; the fallback of the partner field follows.

        A value that equals the fallback is not stored, so clients of the former default get it in writing first.
        """
        self.ensure_one()
        # the flag has one door, this one, and field defaults belong to administrators
        group_sudo = group.sudo()
        former_sudo = self._get_default_client_group()
        if former_sudo and former_sudo != group_sudo:
            self.env["res.partner"].flush_model(["client_group_id", "is_client"])
            # SQL, because the ORM drops a value that equals the fallback
            self.env.cr.execute(
                SQL(
                    """UPDATE res_partner
                          SET client_group_id = COALESCE(client_group_id, '{}')
                                                || jsonb_build_object(%(key)s, %(group)s)
                        WHERE is_client AND client_group_id->>%(key)s IS NULL""",
                    key=str(self.id),
                    group=former_sudo.id,
                )
            )
            self.env["res.partner"].invalidate_model(["client_group_id"])
        former_sudo.is_default = False
        group_sudo.flush_model(["is_default"])
        group_sudo.is_default = True
        self.env["ir.default"].sudo().set(  # same door
            "res.partner", "client_group_id", group.id, company_id=self.id
        )

    def _get_tax_exempt_position(self):
        """The fiscal position without taxes, with which exempt clients are invoiced; made when first needed."""
        self.ensure_one()
        positions_sudo = self.env["account.fiscal.position"].sudo()  # made for whoever invoices first
        found = positions_sudo.search([("company_id", "=", self.id), ("is_client_tax_exempt", "=", True)], limit=1)
        return found or positions_sudo.create(
            {"name": self.env._("Tax exempt"), "company_id": self.id, "is_client_tax_exempt": True, "sequence": 1000}
        )

    def write(self, vals):
        clients = self.env["res.partner"]
        before = {company: company._client_language() for company in self} if "client_lang" in vals else {}
        result = super().write(vals)
        if "client_own_team_only" in vals:
            self.env.registry.clear_cache()  # record rules are kept there
        for company, former in before.items():
            groups = self.env["nestogy.client.group"].sudo()  # those that inherit follow, whoever changed the company
            groups = groups.search([("company_id", "=", company.id), ("lang", "=", False)])
            clients.with_company(company)._follow_language(
                Domain("client_group_id", "in", groups.ids), former, company._client_language()
            )
        return result

    def _client_language(self):
        return self.client_lang or self.partner_id.lang

    def _setting_chain(self):
        company_sudo = self.sudo()  # settings hold for whoever makes the document, as in res.partner
        return [("company", company_sudo.with_company(company_sudo))]

    def _own_setting(self, name, setting):
        if name == "language":
            value = self._client_language()
        elif setting.company_field:
            value = self[setting.company_field]
        else:
            clients = self.env["res.partner"].with_company(self)
            value = clients._fields[setting.client_field].get_company_dependent_fallback(clients)
        return bool(value), value

    def _store_setting(self, name, setting, value):
        if setting.company_field:
            self[setting.company_field] = value
        else:
            self.env["ir.default"].set("res.partner", setting.client_field, value, company_id=self.id)

    def _forget_setting(self, name, setting):
        if setting.company_field:
            self[setting.company_field] = False
        else:
            field = self.env["ir.model.fields"]._get("res.partner", setting.client_field)
            domain = [("field_id", "=", field.id), ("company_id", "=", self.id), ("user_id", "=", False)]
            self.env["ir.default"].search(domain).unlink()

    def _may_change_setting(self, setting):
        return not setting.company_note and self.env.user.has_group("nestogy_clients.nestogy_clients_group_admin")

    def _may_change_mail_text(self):
        return self.env.user.has_group("nestogy_clients.nestogy_clients_group_admin")

    def _prepare_setting_row(self, name, setting):
        row = super()._prepare_setting_row(name, setting)
        # below the company is only Odoo; what is kept elsewhere, or was never chosen, cannot be given up here
        is_chosen = not setting.company_note and (not setting.company_field or bool(self[setting.company_field]))
        return row | {"is_own": row["is_own"] and is_chosen, "inherited": "", "inherited_label": ""}

    def _setting_exceptions(self, name):
        setting = self._client_settings()[name]
        groups = self.env["nestogy.client.group"]
        of_groups = Domain("company_id", "=", self.id) & (
            Domain("setting_overrides", "like", f",{name},") | Domain(setting.group_field, "!=", False)
        )
        clients = self.env["res.partner"].with_company(self)
        of_clients = clients._setting_override_domain(name) & Domain("is_client", "=", True)
        found = []
        if count := groups.search_count(of_groups):
            label = self.env._("1 group has its own") if count == 1 else self.env._("%s groups have their own", count)
            found.append(self._prepare_setting_exception(label, groups, of_groups))
        if count := clients.search_count(of_clients):
            label = self.env._("1 client has its own") if count == 1 else self.env._("%s clients have their own", count)
            found.append(self._prepare_setting_exception(label, clients, of_clients))
        return found

    def _marketing_consent_text(self):
        """The words to which people agree, in the language of the context."""
        self.ensure_one()
        # a text for everybody, behind the rights on companies
        return self.sudo().marketing_consent_text or self.env._(
            "Yes, I would like to receive news and offers from %s. I can take this back at any time.", self.sudo().name
        )
