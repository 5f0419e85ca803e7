from odoo import fields, models


class NestogyInvoiceDispute(models.TransientModel):
    """Asks what a client finds wrong with invoices."""

    _name = "nestogy.invoice.dispute"
    _description = "Dispute of Invoices"

    move_ids = fields.Many2many("account.move", string="Invoices", required=True)
    reason = fields.Text(required=True)
    partner_id = fields.Many2one("res.partner", string="Said by")

    def action_apply(self):
        """Hold reminders and charges of the invoices until the dispute is settled."""
        self.ensure_one()
        self.move_ids._check_reminder_staff()
        self.move_ids.check_access("write")
        for move in self.move_ids:
            move._dispute(self.reason.strip(), self.partner_id or move.commercial_partner_id)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
