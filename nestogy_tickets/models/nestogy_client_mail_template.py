from odoo import api, models

from .helpdesk_ticket_mail import RECEIVED_TEMPLATE


class NestogyClientMailTemplate(models.Model):
    _inherit = "nestogy.client.mail.template"

    @api.model
    def _mail_kinds(self):
        """Let clients have their own words for the mail that confirms a new ticket.

        Neither title nor text of the ticket can be repeated in it: who wrote them is not proven.
        """
        return super()._mail_kinds() | {
            "ticket": {
                "label": self.env._("Ticket received"),
                "model": "helpdesk.ticket",
                "template_xmlid": RECEIVED_TEMPLATE,
                "placeholders": {
                    "client": self.env._("name of the client"),
                    "contact": self.env._("name of the contact who gets the mail"),
                    "company": self.env._("your company"),
                    "number": self.env._("number of the ticket"),
                    "date": self.env._("day on which it was opened"),
                    "category": self.env._("category of the ticket"),
                    "link": self.env._("the reader's own link into the portal"),
                },
                "subject": self.env._("We have your request {number}"),
                "body": self.env._(
                    "<p>Hello {contact},</p><p>thank you for writing to us. Your request has the number "
                    "{number}; we get back to you as soon as we can.</p><p>Kind regards,<br/>{company}</p>"
                ),
            },
        }
