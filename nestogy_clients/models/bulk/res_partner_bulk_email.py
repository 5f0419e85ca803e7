from odoo import api, models
from odoo.exceptions import UserError

from ...tools.placeholders import TemplateError, compile_body, compile_subject

KIND = "letter"
PLACEHOLDERS = ("client", "contact", "company", "date")


class ResPartner(models.Model):
    """One mail to each of many clients, to the right contact, as far as it is welcome."""

    _inherit = "res.partner"

    @api.model
    def _bulk_email_words(self, values):
        """Subject and body with their placeholders as the send dialog renders them.

        :raise UserError: a placeholder is unknown, or a text is empty or too long
        """
        try:
            return (
                compile_subject(values["subject"], PLACEHOLDERS, KIND),
                compile_body(values["body"], PLACEHOLDERS, KIND),
            )
        except TemplateError as error:
            known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            if error.kind == "unknown":
                unknown = ", ".join(f"{{{name}}}" for name in error.names)
                raise UserError(
                    self.env._(
                        "%(unknown)s cannot be filled here. Placeholders: %(known)s.", unknown=unknown, known=known
                    )
                ) from error
            raise UserError(self.env._("Write a subject of one line and a body, both of a sensible length.")) from error

    def _bulk_email_validate(self, values):
        self._bulk_email_words(values)

    def _bulk_email_contacts(self):
        """Who gets the mail of each client: one contact, the primary one unless the client says otherwise."""
        return {client: client._client_mail_route(KIND)[0][:1] for client in self}

    def _bulk_email_check(self, values):
        kind = self.env["nestogy.message.kind"].browse(values.get("message_kind_id") or [])
        contacts = self._bulk_email_contacts()
        answers = {}
        if kind:
            everybody = self.union(*contacts.values()) - self.browse(
                [client.id for client, contact in contacts.items() if not contact]
            )
            answers = everybody._client_contact_answers("email", kind)
        refused = {}
        for client, contact in contacts.items():
            if not client.active:
                refused[client] = self.env._("The client is archived.")
            elif not contact:
                refused[client] = self.env._("Neither the client nor its primary contact has an e-mail address.")
            elif contact.id in answers and not answers[contact.id].allowed and not answers[contact.id].next_allowed:
                refused[client] = answers[contact.id].reason
        return refused

    def _bulk_email(self, values):
        """Queue one mail a client; who has had enough for now, or prefers other hours, gets it later."""
        subject, body = self._bulk_email_words(values)
        contacts = self._bulk_email_contacts()
        recipients = self.browse([contact.id for contact in contacts.values()])
        # the words are compiled by us: nothing of what was typed is executed; the mail is in the user's name
        composer_sudo = (
            self.env["mail.compose.message"]
            .sudo()
            .create(
                {
                    "composition_mode": "mass_mail",
                    "model": "res.partner",
                    "res_ids": recipients.ids,
                    "subject": subject,
                    "body": body,
                    "lang": "{{ object.lang }}",
                    "message_kind_id": values["message_kind_id"],
                    "author_id": self.env.user.partner_id.id,
                    "email_from": self.env.user.email_formatted or self.env.company.email_formatted,
                    "email_layout_xmlid": "mail.mail_notification_light",
                    "auto_delete": False,
                    "force_send": False,
                }
            )
        )
        mails_sudo, _messages = composer_sudo._action_send_mail()
        failures = dict(mails_sudo._fields["failure_type"]._description_selection(self.env))
        lost = {
            mail_sudo.res_id: failures.get(mail_sudo.failure_type) or self.env._("The mail was not accepted.")
            for mail_sudo in mails_sudo
            if mail_sudo.state in ("cancel", "exception")
        }
        return {client: lost[contact.id] for client, contact in contacts.items() if contact.id in lost}
