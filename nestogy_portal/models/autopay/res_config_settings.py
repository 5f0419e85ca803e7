from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    autopay_notice_days = fields.Integer(related="company_id.autopay_notice_days", readonly=False)
