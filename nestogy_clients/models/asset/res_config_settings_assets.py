from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    asset_warranty_days = fields.Integer(related="company_id.asset_warranty_days", readonly=False)
