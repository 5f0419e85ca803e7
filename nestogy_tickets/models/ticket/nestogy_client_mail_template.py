from odoo import api, models

from .helpdesk_ticket_closing import CLOSING_TEMPLATE


class NestogyClientMailTemplate(models.Model):
    _inherit = "nestogy.client.mail.template"

    @api.model
    def _mail_kinds(self):
        """Let clients have their own words for the mail that announces the closing of a ticket."""
        return super()._mail_kinds() | {
            "ticket_closing": {
                "label": self.env._("Ticket closing soon"),
                "model": "helpdesk.ticket",
                "template_xmlid": CLOSING_TEMPLATE,
                "placeholders": {
                    "client": self.env._("name of the client"),
                    "contact": self.env._("name of the contact who gets the mail"),
                    "company": self.env._("your company"),
                    "number": self.env._("number of the ticket"),
                    "title": self.env._("title of the ticket"),
                    "date": self.env._("day on which it was opened"),
                    "closes": self.env._("day on which it will be closed"),
                    "category": self.env._("category of the ticket"),
                    "link": self.env._("the reader's own link into the portal"),
                },
                "subject": self.env._("Do you still need us for {number}?"),
                "body": self.env._(
                    "<p>Hello {contact},</p><p>we are waiting for your answer to our last message about your request "
                    "{number}. Without one we close it on {closes}.</p><p>{link}</p><p>Kind regards,<br/>{company}</p>"
                ),
            }
        }

    @api.model
    def _mail_leaders(self):
        return super()._mail_leaders() | {"ticket_closing": "ticket"}

    @api.model
    def _mail_samples(self, kind):
        samples = super()._mail_samples(kind)
        if kind == "ticket_closing":
            samples |= {
                "number": "HT00042",
                "category": self.env._("Hardware"),
                "title": self.env._("The printer is offline"),
                "closes": samples.get("date", ""),
            }
        return samples
