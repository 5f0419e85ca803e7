from odoo import api, fields, models
from odoo.tools import SQL


class NestogyCustomFieldDeleted(models.Model):
    """A custom field that was deleted while records had values of it.

    The values stay where they are, out of sight, until the field is brought back or deleted for good; so they go with
    the client that is erased or merged.
    """

    _name = "nestogy.custom.field.deleted"
    _description = "Deleted Custom Field"
    _order = "create_date desc, id desc"

    name = fields.Char(string="Label", required=True, readonly=True)
    key = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        selection=lambda self: self.env["nestogy.custom.field"]._fields["kind"]._description_selection(self.env),
        string="Type",
        readonly=True,
    )
    config = fields.Json(readonly=True)
    filled_count = fields.Integer(string="Values", compute="_compute_filled_count")

    _key_unique = models.UniqueIndex("(key)", "This field is among the deleted ones already.")

    def _compute_filled_count(self):
        counts = self.env["nestogy.custom.field"]._count_values()
        for field in self:
            field.filled_count = counts.get(field.key, 0)

    def action_restore(self):
        """Bring the field back with its options and values."""
        self.ensure_one()
        groups = self.env["nestogy.client.group"].browse(self.config.get("group_ids")).exists()
        known = self.env["nestogy.custom.field"]._fields
        values = {name: value for name, value in self.config.items() if name in known}
        values["group_ids"] = [fields.Command.set(groups.ids)]
        values["option_ids"] = [fields.Command.create(option) for option in values.get("option_ids", ())]
        field = self.env["nestogy.custom.field"].create(values)
        # its values are those of a field again
        self.unlink()
        return {
            "type": "ir.actions.act_window",
            "res_model": "nestogy.custom.field",
            "res_id": field.id,
            "views": [(False, "form")],
        }

    def unlink(self):
        """Forget the fields for good, with the values that nobody can see any more."""
        keys = set(self.mapped("key"))
        result = super().unlink()
        living = self.env["nestogy.custom.field"].with_context(active_test=False).search([("key", "in", list(keys))])
        if gone := keys - set(living.mapped("key")):
            self._purge_values(gone)
        return result

    @api.model
    def _purge_values(self, keys):
        partners = self.env["res.partner"]
        partners.flush_model(["client_fields"])
        # SQL: one statement for all clients, and for keys that no field has any more
        self.env.cr.execute(
            SQL(
                "UPDATE res_partner SET client_fields = client_fields - %s WHERE client_fields ?| %s",
                list(keys),
                list(keys),
            )
        )
        partners.invalidate_model(["client_fields"])
