from odoo import fields, models

from .res_partner_watch import CC_WATCH


class ResCompany(models.Model):
    _inherit = "res.company"

    client_cc_watch = fields.Selection(CC_WATCH, string="Colleagues in Cc")
