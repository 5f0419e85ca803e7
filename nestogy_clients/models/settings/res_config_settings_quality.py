from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    potential_high_share = fields.Integer(related="company_id.potential_high_share", readonly=False)
    potential_low_share = fields.Integer(related="company_id.potential_low_share", readonly=False)
    quality_reminder = fields.Selection(related="company_id.quality_reminder", readonly=False)
