from odoo import fields, models

from .res_partner_satisfaction import BAD_RATING_TO, SATISFACTION


class ResCompany(models.Model):
    _inherit = "res.company"

    client_satisfaction = fields.Selection(SATISFACTION, string="Ask after Closing a Ticket")
    client_bad_rating_to = fields.Selection(BAD_RATING_TO, string="Bad Ratings Go to")
