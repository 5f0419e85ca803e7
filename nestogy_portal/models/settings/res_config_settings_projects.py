from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    project_portal_show = fields.Boolean(related="company_id.project_portal_show", readonly=False)
    project_portal_show_hours = fields.Boolean(related="company_id.project_portal_show_hours", readonly=False)
