from odoo import fields, models

from .res_partner_priority import CHOICES


class ResCompany(models.Model):
    _inherit = "res.company"

    client_ticket_priority_choice = fields.Selection(CHOICES, string="Priorities in the Portal")
