from odoo import api, models
from odoo.exceptions import UserError

from ...tools.placeholders import TemplateError, compile_body, compile_subject
from ..communication.nestogy_client_mail_mixin import VALUES

KIND = "letter"
PLACEHOLDERS = ("client", "contact", "company", "date")
TYPED = "typed"


class ResPartner(models.Model):
    """One mail to each of many clients, to the right contact, as far as it is welcome."""

    _inherit = "res.partner"

    @api.model
    def _bulk_email_words_choices(self):
        """Where the words of a mail to many come from: the sender, or the e-mail texts that hold for each client.

        :return: list of pairs of value and label
        """
        kinds = self.env["nestogy.client.mail.template"]._mail_kinds()
        return [
            (TYPED, self.env._("I write them here")),
            *(
                (kind, self.env._("The e-mail text of each client: %s", spec["label"]))
                for kind, spec in kinds.items()
                if spec.get("is_letter")
            ),
        ]

    @api.model
    def _bulk_email_kind(self, values):
        """The kind of mail whose texts are used; that by which mails to many are routed where words were typed."""
        words = values.get("words") or TYPED
        return KIND if words == TYPED else words

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
        if values.get("words") not in dict(self._bulk_email_words_choices()):
            raise UserError(self.env._("Say whose words the mail has."))
        if values["words"] == TYPED:
            if not values.get("subject") or not values.get("body"):
                raise UserError(self.env._("Write a subject and a body."))
            self._bulk_email_words(values)

    def _bulk_email_contacts(self, values):
        """Who gets the mail of each client: one contact, the primary one unless the client says otherwise."""
        kind = self._bulk_email_kind(values)
        return {client: client._client_mail_route(kind)[0][:1] for client in self}

    def _bulk_email_texts(self, values):
        """The e-mail text that holds for each client, empty when words are typed.

        :return: dict of client to a tuple of template and level
        """
        if (values.get("words") or TYPED) == TYPED:
            return {}
        contacts = self._bulk_email_contacts(values)
        return self.env["nestogy.client.mail.template"]._in_force_for_many(values["words"], contacts)

    def _bulk_email_check(self, values):
        kind = self.env["nestogy.message.kind"].browse(values.get("message_kind_id") or [])
        contacts = self._bulk_email_contacts(values)
        answers = {}
        if kind:
            everybody = self.browse([contact.id for contact in contacts.values() if contact])
            answers = everybody._client_contact_answers("email", kind)
        has_words = (values.get("words") or TYPED) == TYPED
        texts = self._bulk_email_texts(values)
        refused = {}
        for client, contact in contacts.items():
            if not client.active:
                refused[client] = self.env._("The client is archived.")
            elif not contact:
                refused[client] = self.env._("Neither the client nor its primary contact has an e-mail address.")
            elif contact.id in answers and not answers[contact.id].allowed and not answers[contact.id].next_allowed:
                refused[client] = answers[contact.id].reason
            elif not has_words and client not in texts:
                refused[client] = self.env._(
                    "There is no such e-mail text: write one for the client, its group or the company."
                )
        return refused

    def _bulk_email(self, values):
        """Queue one mail a client; who has had enough for now, or prefers other hours, gets it later."""
        contacts = self._bulk_email_contacts(values)
        if values.get("words") in (None, TYPED):
            parts = {self._bulk_email_words(values): list(contacts.values())}
        else:
            parts = {}
            for client, (template, _level) in self._bulk_email_texts(values).items():
                # compiled from what colleagues wrote, by us; the expressions in it are ours
                compiled_sudo = template.sudo().mail_template_id.with_context(lang=None)
                words = compiled_sudo.subject, compiled_sudo.body_html
                parts.setdefault(words, []).append(contacts[client])
        lost = {}
        for (subject, body), readers in parts.items():
            lost |= self.browse([each.id for each in readers])._bulk_email_queue(values, subject, body)
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()  # Odoo's own job
        return {client: lost[contact.id] for client, contact in contacts.items() if contact.id in lost}

    def _bulk_email_queue(self, values, subject, body):
        """Make the mails to these people in the same words.

        :return: dict of id to the reason why there is none
        """
        # the words are compiled by us: nothing of what was typed is executed; the mail is in the user's name
        composer_sudo = (
            self.env["mail.compose.message"]
            .with_context(**{VALUES: {}})  # what stands for the placeholders is asked once a reader
            .sudo()
            .create(
                {
                    "composition_mode": "mass_mail",
                    "model": "res.partner",
                    "res_ids": self.ids,
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
        return {
            mail_sudo.res_id: failures.get(mail_sudo.failure_type) or self.env._("The mail was not accepted.")
            for mail_sudo in mails_sudo
            if mail_sudo.state in ("cancel", "exception")
        }
