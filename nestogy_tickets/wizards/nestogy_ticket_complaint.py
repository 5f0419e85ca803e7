from odoo import fields, models


class NestogyTicketComplaint(models.TransientModel):
    """Asks why tickets are complaints, or what was done about them."""

    _name = "nestogy.ticket.complaint"
    _description = "Complaint about Tickets"

    ticket_ids = fields.Many2many("helpdesk.ticket", string="Tickets", required=True)
    is_settled = fields.Boolean()
    reason = fields.Text(required=True)

    def action_apply(self):
        """Write it down and tell those who look after it."""
        self.ensure_one()
        self.ticket_ids.check_access("write")
        if self.is_settled:
            self.ticket_ids._settle_complaint(self.reason)
        else:
            self.ticket_ids._set_complaint(self.reason)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
