from odoo import fields, models


class HelpdeskTicketStage(models.Model):
    _inherit = "helpdesk.ticket.stage"

    waits_for_client = fields.Boolean(
        string="Waits for the Client",
        groups="base.group_user",
        help="Tickets of this stage stand on the client's first page of the portal until the client has answered.",
    )
    takes_reopened = fields.Boolean(
        string="Takes Re-opened Tickets",
        groups="base.group_user",
        help="A closed ticket that the client answers comes into this stage; without one into the first open stage.",
    )
