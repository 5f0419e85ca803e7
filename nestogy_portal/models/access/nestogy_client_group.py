from odoo import fields, models


class NestogyClientGroup(models.Model):
    _inherit = "nestogy.client.group"

    statement_schedule = fields.Selection(
        selection=lambda self: self.env["res.partner"]._fields["statement_schedule"]._description_selection(self.env),
        string="Statement by E-mail",
    )
    receipt_mail = fields.Selection(
        selection=lambda self: self.env["res.partner"]._fields["receipt_mail"]._description_selection(self.env),
        string="Receipt by E-mail",
    )
    portal_profile_id = fields.Many2one("nestogy.portal.profile", check_company=True)
