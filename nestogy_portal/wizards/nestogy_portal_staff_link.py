from odoo import fields, models


class NestogyPortalStaffLink(models.TransientModel):
    """Shows a sign-in link once. It is never saved: only its digest is kept, with the link itself."""

    _name = "nestogy.portal.staff.link"
    _description = "Sign-in Link Made by Staff"

    partner_id = fields.Many2one("res.partner", string="Contact", readonly=True)
    url = fields.Char(string="Link", store=False, readonly=True)
