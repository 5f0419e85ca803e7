from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    ticket_time_product_id = fields.Many2one(
        "product.product",
        string="Product for Time on Tickets",
        domain="[('type', '=', 'service'), ('sale_ok', '=', True)]",
        ondelete="set null",
        help="An hour of it is invoiced for an hour on a ticket, at the price of the client's contract, else of the "
        "client's pricelist.",
    )
