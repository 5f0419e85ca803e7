from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ticket_mail_strangers = fields.Selection(related="company_id.ticket_mail_strangers", readonly=False)
    ticket_mail_machines = fields.Selection(related="company_id.ticket_mail_machines", readonly=False)
    ticket_mail_contacts = fields.Selection(related="company_id.ticket_mail_contacts", readonly=False)
    ticket_mail_days = fields.Integer(
        "Days to Keep Originals",
        config_parameter="nestogy_tickets.mail_days",
        default=90,
        help="How long mails are kept as they came after they were dealt with; 0 for ever.",
    )
    ticket_mail_authserv = fields.Char(
        "Name of Your Mail Server",
        config_parameter="nestogy_tickets.authserv_id",
        help="The name by which it signs its header Authentication-Results. Empty: no sender is ever proven.",
    )
