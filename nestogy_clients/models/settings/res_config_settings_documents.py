from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    document_megabytes = fields.Integer(related="company_id.document_megabytes", readonly=False)
    document_quota_megabytes = fields.Integer(related="company_id.document_quota_megabytes", readonly=False)
