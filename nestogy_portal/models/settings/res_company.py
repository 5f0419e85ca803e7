from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    portal_profile_id = fields.Many2one("nestogy.portal.profile", check_company=True)
    statement_schedule = fields.Selection(
        selection=lambda self: self.env["res.partner"]._fields["statement_schedule"]._description_selection(self.env),
        string="Statement by E-mail",
    )
    receipt_mail = fields.Selection(
        selection=lambda self: self.env["res.partner"]._fields["receipt_mail"]._description_selection(self.env),
        string="Receipt by E-mail",
        default="online",
    )
    portal_document_by_link = fields.Boolean(
        string="Show Mailed Documents Without Signing In",
        default=True,
        help="Whoever holds the mail of an invoice or estimate sees and pays this one document in any browser; "
        "everything else asks to sign in.",
    )
