from odoo import fields, models


class HelpdeskTicketCategory(models.Model):
    _inherit = "helpdesk.ticket.category"

    is_complaint = fields.Boolean(
        string="Complaints", groups="base.group_user", help="Tickets of this category are complaints from the start."
    )
