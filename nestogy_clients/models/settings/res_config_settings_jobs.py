from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    client_job_project_id = fields.Many2one(related="company_id.client_job_project_id", readonly=False)
