from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    portal_email_automatic = fields.Boolean(
        string="Take New E-mail Addresses Without Approval",
        help="An address that a contact asked for in the portal and confirmed is taken at once; the old one is told.",
    )
