from odoo import api, fields, models
from odoo.exceptions import ValidationError

MOST_DOCUMENTS, MOST_MEGABYTES = 50_000, 3_500  # an archive beyond that is one that not every system unpacks


class ResCompany(models.Model):
    _inherit = "res.company"

    portal_archive_documents = fields.Integer(
        string="Documents in One Download",
        default=5000,
        required=True,
        help="How many invoices the people of a client download as one archive.",
    )
    portal_archive_megabytes = fields.Integer(
        string="Megabytes in One Download",
        default=2000,
        required=True,
        help="How large the PDFs of such an archive are together.",
    )

    @api.constrains("portal_archive_documents", "portal_archive_megabytes")
    def _check_portal_archive(self):
        for company in self:
            if not 1 <= company.portal_archive_documents <= MOST_DOCUMENTS:
                raise ValidationError(
                    self.env._("Let clients download between 1 and %s documents at a time.", MOST_DOCUMENTS)
                )
            if not 1 <= company.portal_archive_megabytes <= MOST_MEGABYTES:
                raise ValidationError(
                    self.env._("Let clients download between 1 and %s megabytes at a time.", MOST_MEGABYTES)
                )
