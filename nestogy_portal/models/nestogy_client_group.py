from odoo import fields, models


class NestogyClientGroup(models.Model):
    _inherit = "nestogy.client.group"

    portal_profile_id = fields.Many2one("nestogy.portal.profile", string="Portal Profile", check_company=True)
