from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    portal_email_automatic = fields.Boolean(related="company_id.portal_email_automatic", readonly=False)
