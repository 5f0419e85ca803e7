from odoo import fields, models


class ResCompany(models.Model):
    """What happens to mails of people and machines that we do not know."""

    _inherit = "res.company"

    ticket_mail_strangers = fields.Selection(
        [("ticket", "Open a ticket without a client"), ("quarantine", "Keep them in quarantine")],
        string="Mails of Unknown Senders",
        default="ticket",
        required=True,
    )
    ticket_mail_machines = fields.Selection(
        [("quarantine", "Keep them in quarantine"), ("ticket", "Open a ticket")],
        string="Mails of Machines",
        default="quarantine",
        required=True,
        help="Automatic replies, newsletters, reports. What answers a ticket is always added to it.",
    )
    ticket_mail_contacts = fields.Selection(
        [("propose", "Propose a contact on the ticket"), ("create", "Make a contact")],
        string="New People of a Client",
        default="propose",
        required=True,
        help="What to do when somebody writes from a client's domain who is none of its contacts.",
    )
