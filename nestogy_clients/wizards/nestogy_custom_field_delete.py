from odoo import fields, models


class NestogyCustomFieldDelete(models.TransientModel):
    """Asks before a custom field is deleted, and says what becomes of its values."""

    _name = "nestogy.custom.field.delete"
    _description = "Delete Custom Field"

    field_id = fields.Many2one("nestogy.custom.field", required=True, ondelete="cascade")
    filled_count = fields.Integer(related="field_id.filled_count")

    def action_delete(self):
        """Delete the field."""
        self.ensure_one()
        self.field_id.unlink()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.nestogy_custom_field_action")
        return action | {"target": "main"}

    def action_archive(self):
        """Archive the field instead."""
        self.ensure_one()
        self.field_id.active = False
        return {"type": "ir.actions.act_window_close"}
