from odoo import fields, models

from .res_partner_satisfaction import BAD_RATING_TO, SATISFACTION


class NestogyClientGroup(models.Model):
    _inherit = "nestogy.client.group"

    satisfaction = fields.Selection(SATISFACTION, string="Ask after Closing a Ticket")
    bad_rating_to = fields.Selection(BAD_RATING_TO, string="Bad Ratings Go to")
