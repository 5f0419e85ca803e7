from markupsafe import Markup

from odoo import api, models

from ..ticket.helpdesk_ticket_closing import CLOSING_TEMPLATE
from .helpdesk_ticket_confirm import RECEIVED_TEMPLATE


class NestogyClientMailTemplate(models.Model):
    _inherit = "nestogy.client.mail.template"

    @api.model
    def _mail_kinds(self):
        """Let clients have their own words for mails about a ticket, and around our answers.

        Neither title nor text of the ticket can be repeated in the confirmation: who wrote them is not proven.
        """
        plain = {
            "client": self.env._("name of the client"),
            "contact": self.env._("name of the contact who gets the mail"),
            "company": self.env._("your company"),
            "number": self.env._("number of the ticket"),
            "date": self.env._("day on which it was opened"),
            "category": self.env._("category of the ticket"),
            "link": self.env._("the reader's own link into the portal"),
        }
        titled = plain | {"title": self.env._("title of the ticket")}
        return super()._mail_kinds() | {
            "ticket": {
                "label": self.env._("Ticket opened"),
                "model": "helpdesk.ticket",
                "template_xmlid": RECEIVED_TEMPLATE,
                "placeholders": plain,
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
                "placeholders": titled
                | {"author": self.env._("who answers"), "message": self.env._("the answer itself")},
                "blocks": ("message",),
                "required": ("message",),
                "subject": self.env._("Re: {title} [{number}]"),
                "body": self.env._(
                    "<p>Hello {contact},</p><div>{message}</div><p>Kind regards,<br/>{author}, {company}</p>"
                ),
            },
            "ticket_closing": {
                "label": self.env._("Ticket closing soon"),
                "model": "helpdesk.ticket",
                "template_xmlid": CLOSING_TEMPLATE,
                "placeholders": titled | {"closes": self.env._("day on which it will be closed")},
                "subject": self.env._("Do you still need us for {number}?"),
                "body": self.env._(
                    "<p>Hello {contact},</p><p>we are waiting for your answer to our last message about your request "
                    "{number}. Without one we close it on {closes}.</p><p>{link}</p><p>Kind regards,<br/>{company}</p>"
                ),
            },
        }

    @api.model
    def _mail_leaders(self):
        return super()._mail_leaders() | {"ticket_reply": "ticket", "ticket_closing": "ticket"}

    @api.model
    def _mail_samples(self, kind):
        samples = super()._mail_samples(kind)
        if kind in ("ticket", "ticket_reply", "ticket_closing"):
            samples |= {
                "number": "HT00042",
                "category": self.env._("Hardware"),
                "title": self.env._("The printer is offline"),
                "closes": samples.get("date", ""),
            }
        if kind == "ticket_reply":
            samples |= {
                "author": self.env.user.name,
                "message": Markup("<p>%s</p>") % self.env._("We have replaced the cable; please try again."),
            }
        return samples
