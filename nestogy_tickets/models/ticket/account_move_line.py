from odoo import models


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "nestogy.ticket.subject.mixin"]

    def _ticket_link(self):
        return "invoice_line_id"

    def _ticket_partner(self):
        return self.move_id.partner_id

    def _ticket_defaults(self):
        return super()._ticket_defaults() | {"default_invoice_id": self.move_id.id}
