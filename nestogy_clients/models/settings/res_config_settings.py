from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    client_own_team_only = fields.Boolean(related="company_id.client_own_team_only", readonly=False)
    client_warn_tax_id = fields.Boolean(related="company_id.client_warn_tax_id", readonly=False)
    marketing_consent_text = fields.Text(related="company_id.marketing_consent_text", readonly=False)
