from odoo import fields, models

from .res_partner_priority import CHOICES


class NestogyClientGroup(models.Model):
    _inherit = "nestogy.client.group"

    ticket_priority_choice = fields.Selection(CHOICES, string="Priorities to Choose From")
