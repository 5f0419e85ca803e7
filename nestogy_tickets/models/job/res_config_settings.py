from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    project_portal_show_materials = fields.Boolean(related="company_id.project_portal_show_materials", readonly=False)
