from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "nestogy.ticket.subject.mixin"]

    def _ticket_link(self):
        return "order_id"
