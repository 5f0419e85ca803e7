from markupsafe import Markup

from odoo import api, models


class NestogyClientMailTemplate(models.Model):
    _inherit = "nestogy.client.mail.template"

    @api.model
    def _mail_kinds(self):
        """Offer ``{link}`` in the mails of documents that have a page in the portal; add the portal's own kinds."""
        kinds = super()._mail_kinds()
        whole = {name: kinds["reminder"]["placeholders"][name] for name in ("client", "contact", "company", "date")}
        kinds["statement"] = {
            "label": self.env._("Statement"),
            "model": "res.partner",
            "client_path": "",
            "template_xmlid": "nestogy_portal.mail_template_client_statement",
            "placeholders": whole
            | {
                "amount": self.env._("what is still to be paid"),
                "overdue": self.env._("the part of it that is overdue"),
                "credit": self.env._("credit of the client"),
                "count": self.env._("number of open invoices"),
                "invoices": self.env._("table of the open invoices"),
            },
            "blocks": ("invoices",),
            "subject": self.env._("Your statement of {date} from {company}"),
            "body": self.env._(
                "<p>Dear {contact},</p><p>this is the statement of your account of {date}; {amount} is still to be "
                'paid.</p><div>{invoices}</div><p><a href="{link}">Open the statement</a></p>'
                "<p>Kind regards,<br/>{company}</p>"
            ),
        }
        kinds["invitation"] = {
            "label": self.env._("Portal invitation"),
            "model": "res.users",
            "template_xmlid": "nestogy_portal.mail_template_portal_invitation",
            "placeholders": {name: whole[name] for name in ("client", "contact", "company")}
            | {
                "login": self.env._("user name of the contact"),
                "welcome": self.env._("what was written for this invitation"),
                "link": self.env._("where the contact sets the password"),
            },
            "domain": [("share", "=", True), ("partner_id.commercial_partner_id.is_client", "=", True)],
            "is_personal": True,
            "subject": self.env._("Your access to the client portal of {company}"),
            "body": self.env._(
                "<p>Dear {contact},</p><p>in our client portal you see your invoices and estimates, pay and write to "
                'us. Your user name is {login}.</p><p><a href="{link}">Set a password and sign in</a></p>'
                "<p>Kind regards,<br/>{company}</p>"
            ),
        }
        kinds["invitation_password"] = kinds["invitation"] | {
            "label": self.env._("Portal invitation with a temporary password"),
            "template_xmlid": "nestogy_portal.mail_template_portal_invitation_password",
            "placeholders": kinds["invitation"]["placeholders"]
            | {
                "link": self.env._("where the contact signs in"),
                "password": self.env._("the temporary password"),
                "days": self.env._("for how many days it works"),
            },
            "required": ("password",),
            "body": self.env._(
                "<p>Dear {contact},</p><p>in our client portal you see your invoices and estimates, pay and write to "
                "us.</p><p>Your user name is {login}, your password for the first sign-in is {password}. It works for "
                '{days} days; you then choose one of your own.</p><p><a href="{link}">Sign in</a></p>'
                "<p>Kind regards,<br/>{company}</p>"
            ),
        }
        kinds["message"] = {
            "label": self.env._("Message"),
            "model": "nestogy.conversation",
            "client_path": "client_id",
            "template_xmlid": "",  # a message of ours is mailed as it was written
            "placeholders": {name: whole[name] for name in ("client", "contact", "company")}
            | {"author": self.env._("who writes"), "message": self.env._("the message itself")},
            "blocks": ("message",),
            "required": ("message",),
            "subject": self.env._("Message from {company}"),
            "body": self.env._(
                "<p>Hello {contact},</p><div>{message}</div><p>Kind regards,<br/>{author}, {company}</p>"
            ),
        }
        mixin = self.env.registry["nestogy.portal.mail.mixin"]
        return {
            kind: spec
            | (
                {"placeholders": spec["placeholders"] | {"link": self.env._("the reader's own link into the portal")}}
                if kind.startswith("reminder")
                or kind == "statement"
                or spec["model"] in self.env
                and isinstance(self.env[spec["model"]], mixin)
                else {}
            )
            for kind, spec in kinds.items()
        }

    @api.model
    def _mail_samples(self, kind):
        samples = super()._mail_samples(kind)
        if kind == "statement":
            none = self.env._("none")
            samples |= {"overdue": none, "credit": none, "count": "1", "invoices": self._sample_invoices()}
        if kind in ("invitation", "invitation_password"):
            samples |= {"login": "sam@example.com", "welcome": "", "password": "••••••••••", "days": "7"}
        if kind == "message":
            samples |= {
                "author": self.env.user.name,
                "message": Markup("<p>%s</p>") % self.env._("We come on Monday at nine."),
            }
        return samples
