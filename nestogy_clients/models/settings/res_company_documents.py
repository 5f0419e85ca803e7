from odoo import api, fields, models
from odoo.exceptions import ValidationError

FILE_MEGABYTES_MAX = 100  # the whole of a request has to stay below what Odoo takes, 128 by default


class ResCompany(models.Model):
    """How much clients' documents may take."""

    _inherit = "res.company"

    document_megabytes = fields.Integer(string="Largest Document", default=25)
    document_quota_megabytes = fields.Integer(string="Room for the Documents of a Client", default=1024)

    @api.constrains("document_megabytes", "document_quota_megabytes")
    def _check_document_megabytes(self):
        for company in self:
            if not 1 <= company.document_megabytes <= FILE_MEGABYTES_MAX:
                raise ValidationError(
                    self.env._("A document may have 1 to %s MB; choose a number between.", FILE_MEGABYTES_MAX)
                )
            if company.document_quota_megabytes < company.document_megabytes:
                raise ValidationError(
                    self.env._("The room for a client's documents cannot be smaller than one document.")
                )

    def _document_limits(self):
        """:return: dict of ``megabytes`` of one file and ``quota_megabytes`` of all files of a client"""
        company_sudo = self.sudo()  # told to clients too, who may not read the company's settings
        return {
            "megabytes": company_sudo.document_megabytes,
            "quota_megabytes": company_sudo.document_quota_megabytes,
        }
