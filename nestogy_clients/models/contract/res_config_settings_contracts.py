from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    contract_paused_time = fields.Selection(related="company_id.contract_paused_time", readonly=False, required=True)
