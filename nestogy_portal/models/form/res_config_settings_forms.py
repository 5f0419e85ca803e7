from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    form_spam_days = fields.Integer(related="company_id.form_spam_days", readonly=False)
