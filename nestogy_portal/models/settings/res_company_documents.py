from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    document_client_upload = fields.Boolean(
        string="Clients Upload Documents", default=True, help="People of clients may send documents in the portal."
    )
