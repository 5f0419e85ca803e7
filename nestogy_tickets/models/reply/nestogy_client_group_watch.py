from odoo import fields, models

from .res_partner_watch import CC_WATCH


class NestogyClientGroup(models.Model):
    _inherit = "nestogy.client.group"

    cc_watch = fields.Selection(CC_WATCH, string="Colleagues in Cc")
