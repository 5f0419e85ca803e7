from markupsafe import Markup

from odoo import api, models

from .helpdesk_ticket_mail import RECEIVED_TEMPLATE


class NestogyClientMailTemplate(models.Model):
    _inherit = "nestogy.client.mail.template"

    @api.model
    def _mail_kinds(self):
        """Let clients have their own words for the mail that confirms a new ticket, and around our answers.

        Neither title nor text of the ticket can be repeated in the confirmation: who wrote them is not proven.
        """
        return super()._mail_kinds() | {
            "ticket": {
                "label": self.env._("Ticket opened"),
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
            "ticket_reply": {
                "label": self.env._("Ticket reply"),
                "model": "helpdesk.ticket",
                "template_xmlid": "",  # an answer of ours is mailed as it was written
                "placeholders": {
                    "client": self.env._("name of the client"),
                    "contact": self.env._("name of the contact who gets the mail"),
                    "company": self.env._("your company"),
                    "number": self.env._("number of the ticket"),
                    "title": self.env._("title of the ticket"),
                    "date": self.env._("day on which it was opened"),
                    "category": self.env._("category of the ticket"),
                    "author": self.env._("who answers"),
                    "message": self.env._("the answer itself"),
                    "link": self.env._("the reader's own link into the portal"),
                },
                "blocks": ("message",),
                "required": ("message",),
                "subject": self.env._("Re: {title} [{number}]"),
                "body": self.env._(
                    "<p>Hello {contact},</p><div>{message}</div><p>Kind regards,<br/>{author}, {company}</p>"
                ),
            },
        }

    @api.model
    def _mail_leaders(self):
        return super()._mail_leaders() | {"ticket_reply": "ticket"}

    @api.model
    def _mail_samples(self, kind):
        samples = super()._mail_samples(kind)
        if kind in ("ticket", "ticket_reply"):
            samples |= {"number": "HT00042", "category": self.env._("Hardware")}
        if kind == "ticket_reply":
            samples |= {
                "title": self.env._("The printer is offline"),
                "author": self.env.user.name,
                "message": Markup("<p>%s</p>") % self.env._("We have replaced the cable; please try again."),
            }
        return samples
