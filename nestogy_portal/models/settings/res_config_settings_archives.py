from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    portal_archive_documents = fields.Integer(related="company_id.portal_archive_documents", readonly=False)
    portal_archive_megabytes = fields.Integer(related="company_id.portal_archive_megabytes", readonly=False)
