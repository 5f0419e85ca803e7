from odoo import api, models


class NestogyClientMailTemplate(models.Model):
    _inherit = "nestogy.client.mail.template"

    @api.model
    def _mail_kinds(self):
        plain = {
            "client": self.env._("name of the client"),
            "contact": self.env._("name of the contact who gets the mail"),
            "company": self.env._("your company"),
            "grades": self.env._("the answers to choose from, as links"),
            "link": self.env._("link to the page with the question"),
        }
        shared = {"is_personal": True, "blocks": ("grades", "link"), "required": ("grades",)}
        return super()._mail_kinds() | {
            "satisfaction": shared
            | {
                "label": self.env._("Satisfaction request"),
                "model": "nestogy.satisfaction.request",
                "template_xmlid": "nestogy_tickets.mail_template_satisfaction",
                "placeholders": plain
                | {
                    "number": self.env._("number of the ticket"),
                    "title": self.env._("title of the ticket"),
                    "agent": self.env._("who worked on it"),
                },
                "domain": [("state", "=", "sent")],
                "subject": self.env._("How did we do? {number}"),
                "body": self.env._(
                    "<p>Hello {contact},</p><p>your request {number} is closed. How satisfied are you with how "
                    "{agent} handled it?</p><div>{grades}</div><p>Kind regards,<br/>{company}</p>"
                ),
            },
            "nps": shared
            | {
                "label": self.env._("Recommendation survey (NPS)"),
                "model": "nestogy.nps.answer",
                "template_xmlid": "nestogy_tickets.mail_template_nps",
                "placeholders": plain | {"question": self.env._("the question of the campaign")},
                "domain": [("state", "=", "sent")],
                "subject": self.env._("One question from {company}"),
                "body": self.env._(
                    "<p>Hello {contact},</p><p>{question}</p><div>{grades}</div><p>Kind regards,<br/>{company}</p>"
                ),
            },
        }

    @api.model
    def _mail_samples(self, kind):
        samples = super()._mail_samples(kind)
        models_of = {"satisfaction": "nestogy.satisfaction.request", "nps": "nestogy.nps.answer"}
        if kind in models_of:
            row = self.env[models_of[kind]]
            samples |= {
                "number": "HT00042",
                "title": self.env._("The printer is offline"),
                "agent": self.env.user.name,
                "question": self.env["nestogy.nps.campaign"]._default_question(),
                "grades": row._feedback_buttons("https://example.com/"),
            }
        return samples
