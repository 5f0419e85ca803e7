from odoo import fields, models


class NestogyClientGroup(models.Model):
    _inherit = "nestogy.client.group"

    job_time_product_id = fields.Many2one(
        "product.product", string="Time of Jobs", domain=[("type", "=", "service"), ("sale_ok", "=", True)]
    )
