from odoo import models


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "nestogy.ticket.subject.mixin"]

    def _ticket_link(self):
        return "invoice_id"
