from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    time_product_id = fields.Many2one(
        "product.product", string="Service for Time", domain=[("type", "=", "service"), ("sale_ok", "=", True)]
    )
