from odoo import fields, models


class NestogyClientGroup(models.Model):
    _inherit = "nestogy.client.group"

    time_product_id = fields.Many2one(
        "product.product", string="Service for Time", domain=[("type", "=", "service"), ("sale_ok", "=", True)]
    )
