from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    document_client_upload = fields.Boolean(related="company_id.document_client_upload", readonly=False)
