import logging

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .res_partner_import_guard import is_known

_logger = logging.getLogger(__name__)

# columns that are worked out for all at once afterwards
LATER = {"quality_score"}
LOOKED_AT = ("client_number", "parent_id", "primary_contact_id", "client_status_id", "company_id", "type")
# columns that point at partners and are dealt with
POINTERS = {
    *(("res_partner", name) for name in ("parent_id", "commercial_partner_id", "primary_contact_id")),
    *(("nestogy_phone_number", name) for name in ("partner_id", "client_id")),
    ("nestogy_client_status_change", "client_id"),
    ("res_partner_res_partner_category_rel", "partner_id"),
    ("nestogy_quality_gap_rel", "client_id"),
}


def _of_whom(number):
    return number["partner_id"], number["kind"], number["number"]


class ResPartner(models.Model):
    """Whether copies are as the ORM would make them, see ``_import_create``."""

    _inherit = "res.partner"

    @api.model
    def _import_has_more(self, made):
        """Say whether the ORM made more of these partners than is copied."""
        links = [
            SQL("SELECT 1 FROM %s WHERE %s = ANY(%s)", SQL.identifier(table), SQL.identifier(column), made.ids)
            for table, column in self._import_references("res_partner")
            if (table, column) not in POINTERS
        ]
        links += [
            SQL(
                "SELECT 1 FROM %s WHERE %s = 'res.partner' AND res_id = ANY(%s)",
                SQL.identifier(table),
                SQL.identifier(model),
                made.ids,
            )
            for table, model in (
                ("mail_followers", "res_model"),
                ("mail_activity", "res_model"),
                ("ir_attachment", "res_model"),
                ("ir_model_data", "model"),
            )
        ]
        [(found,)] = self.env.execute_query(SQL("SELECT EXISTS (%s)", SQL(" UNION ALL ").join(links)))
        messages = self.env.execute_query(
            SQL("SELECT id, res_id FROM mail_message WHERE model = 'res.partner' AND res_id = ANY(%s)", made.ids)
        )
        clients = sorted(made.filtered(lambda each: not each.parent_id).ids)
        if found or sorted(client for _message, client in messages) != clients:
            return True
        return bool(self._import_referenced("mail_message", [message for message, _client in messages]))

    @api.model
    def _import_rows(self, table, column, ids, apart):
        """The rows of a table as dicts, without some columns and without moments, which are of now."""
        apart = {
            *apart,
            *(name for name, kind in self._import_columns(table).items() if kind["udt_name"] == "timestamp"),
        }
        rows = self.env.execute_query(
            SQL(
                "SELECT to_jsonb(line) FROM %s line WHERE %s = ANY(%s)",
                SQL.identifier(table),
                SQL.identifier(column),
                list(ids),
            )
        )
        return [{name: value for name, value in row.items() if name not in apart} for (row,) in rows]

    @api.model
    def _import_proves(self, family, pattern, proof):
        """Say whether a family as it is worked out here is what the ORM made of its row."""
        ids = [*pattern.ids, *proof.ids]
        rows = {row["id"]: row for row in self._import_rows("res_partner", "id", ids, LATER)}
        told = [
            (rows[model] | partner, rows[partner["id"]])
            for partner, model in zip(family.partners, family.after(pattern), strict=True)
        ]
        numbers = self._import_rows("nestogy_phone_number", "partner_id", proof.ids, {"id"})
        users = {"create_uid": self.env.uid, "write_uid": self.env.uid}
        defaults = self.env["nestogy.phone.number"].default_get(["sequence", "location"]) | users
        told.append(
            (
                sorted((defaults | number for some in family.numbers for number in some), key=_of_whom),
                sorted(numbers, key=_of_whom),
            )
        )
        tags = self._import_rows("res_partner_res_partner_category_rel", "partner_id", proof.ids[:1], {"partner_id"})
        told.append((sorted(family.tags), sorted(row["category_id"] for row in tags)))
        for table, owner, own in (
            ("nestogy_client_status_change", "client_id", set()),
            ("mail_message", "res_id", {"body"}),
        ):
            apart = {"id", owner}
            one, other = (
                [
                    row
                    for row in self._import_rows(table, owner, each.ids[:1], apart)
                    if row.get("model", "res.partner") == "res.partner"
                ]
                for each in (pattern, proof)
            )
            if own:
                [body] = self._import_bodies([family], pattern[0])
                one = [row | {"body": body["body"]} for row in one]
            told.append((one, other))
        wrong = [(one, other) for one, other in told if one != other]
        for one, other in wrong:
            names = [name for name in one if one[name] != other.get(name)] if isinstance(one, dict) else []
            _logger.info("rows are created one by one, as copies would differ: %s", ", ".join(names) or "what is below")
        return not wrong

    def _import_validate(self, own):
        """Ask all constraints on what copies have of their own, and those of which nothing is known.

        Others were asked about the pattern, which has the same.
        """
        for check in self._constraint_methods:
            if (
                own & {*check._constrains}
                or not (check.__module__ or "").startswith("odoo.addons.")
                or not is_known(check.__module__)
            ):
                check(self.sudo())  # as _validate_fields asks them

    @api.model
    def _import_check_copies(self, ids, numbers, copies, own):
        """All that the ORM asks of new records, asked of all copies at once: rights, rules, constraints, quality.

        :param dict numbers: ids of phone numbers by partner id
        :param own: names of the columns of partners that are not those of the pattern
        """
        self.env.invalidate_all(flush=False)
        partners = self.browse(ids).with_context(prefetch_fields=False)  # few of many columns are looked at
        names = {name for family in copies for name in family.data["vals"]}
        names |= {name for family in copies for contact in family.data["contacts"] for name in contact["vals"]}
        names |= {name for family in copies for parts in family.data["addresses"].values() for name in parts}
        for name in sorted(names):
            self._check_field_access(self._fields[name], "write")
        # read at once what most of those look at who are asked now: one by one would be a query for each
        partners.sudo().fetch(LOOKED_AT)
        partners.check_access("create")
        partners._import_validate({*own, "category_id", "phone_number_ids"})
        partners._check_client_fields_required()
        phones = self.env["nestogy.phone.number"].browse(each for some in numbers.values() for each in some)
        phones.sudo().fetch(["client_id", "extension"])  # as above
        phones.check_access("create")
        phones._validate_fields(phones._fields)
        self._refresh_quality(Domain("id", "in", [family.client["id"] for family in copies]))
