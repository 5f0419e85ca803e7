from odoo import api, fields, models
from odoo.tools import html2plaintext


class MailComposeMessage(models.TransientModel):
    """The send dialog begins with the client's words where it was opened with the ordinary ones.

    Mail to many keeps to what its readers want, once its writer says what kind of message it is.
    """

    _inherit = "mail.compose.message"

    client_alerts = fields.Json(compute="_compute_client_alerts")
    message_kind_id = fields.Many2one(
        "nestogy.message.kind",
        string="Kind of Message",
        help="Who does not want this kind, or has not agreed to marketing, is left out; who has had enough for now, or"
        " prefers other hours, gets it later. Empty: everybody gets it now.",
    )

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        context = self.env.context
        model = values.get("model") or context.get("default_model") or context.get("active_model")
        ids = context.get("default_res_ids") or context.get("active_ids") or [context.get("active_id")]
        mode = values.get("composition_mode") or context.get("default_composition_mode") or "comment"
        if mode == "comment" and values.get("template_id") and isinstance(ids, (list, tuple)) and len(ids) == 1:
            template = self.env["mail.template"].browse(values["template_id"])
            kind = self.env["nestogy.client.mail.template"]._kind_of_ordinary(template)
            if kind and template.model == model and ids[0]:
                document = self.env[model].browse(ids)
                if hasattr(document, "_client_mail_kind") and document._client_mail_kind() == kind:
                    values["template_id"] = (document._client_mail_template() or template).id
        return values

    def _action_send_mail_mass_mail(self, res_ids, auto_commit=False):
        """Send each document in the words that hold for its client, unless the sender wrote words of his own."""
        kind = self.env["nestogy.client.mail.template"]._kind_of_ordinary(self.template_id)
        documents = self.env[self.model].browse(res_ids) if kind and self.model == self.template_id.model else None
        if not documents or not hasattr(documents, "_client_mail_kind") or not self._has_ordinary_words():
            return super()._action_send_mail_mass_mail(res_ids, auto_commit=auto_commit)
        mails_sudo = self.env["mail.mail"].sudo()  # as the core returns them
        for template, each in documents.grouped(
            lambda document: document._client_mail_template(kind) if document._client_mail_kind() == kind else None
        ).items():
            composer = self
            if template:
                composer = self.create(
                    {
                        "composition_mode": self.composition_mode,
                        "model": self.model,
                        "res_ids": each.ids,
                        "template_id": template.id,
                        "email_layout_xmlid": self.email_layout_xmlid,
                        "email_from": self.email_from,
                        "author_id": self.author_id.id,
                        "mail_server_id": self.mail_server_id.id,
                        "scheduled_date": self.scheduled_date,
                        "auto_delete": self.auto_delete,
                        "auto_delete_keep_log": self.auto_delete_keep_log,
                        "force_send": self.force_send,
                    }
                )
            mails_sudo += super(MailComposeMessage, composer)._action_send_mail_mass_mail(
                each.ids, auto_commit=auto_commit
            )
        return mails_sudo

    def _has_ordinary_words(self):
        """Say whether subject and body are still those of the template."""
        self.ensure_one()
        template = self.template_id
        return self.subject == template.subject and html2plaintext(self.body or "") == html2plaintext(
            template.body_html or ""
        )

    def _client_message_kind(self):
        """The kind of message that goes to many here; a mailing of the marketing app is always marketing."""
        self.ensure_one()
        if self.composition_mode != "mass_mail":
            return self.env["nestogy.message.kind"]
        if not self.message_kind_id and "mass_mailing_id" in self._fields and self.mass_mailing_id:
            return self.env.ref("nestogy_clients.nestogy_message_kind_newsletter")
        return self.message_kind_id

    def _contact_answers_by_email(self, mail_values_dict):
        """Ask for all readers at once.

        :return: dict of normalised address to a list of :class:`ContactAnswer`, one for each partner with it
        """
        kind = self._client_message_kind()
        emails = {
            email
            for info in self._get_recipients_data(mail_values_dict).values()
            for email in info["mail_to_normalized"]
        }
        # the wishes of all who have one of the addresses, whoever sends
        partners_sudo = self.env["res.partner"].sudo().search([("email_normalized", "in", list(emails))])
        answers = partners_sudo._client_contact_answers("email", kind)
        found = {email: [] for email in emails}
        for partner_sudo in partners_sudo:
            found[partner_sudo.email_normalized].append(answers[partner_sudo.id])
        return found

    def _get_optout_emails(self, mail_values_dict):
        """Leave out whoever does not want this kind of message, and for marketing whoever did not agree to it."""
        optouts = super()._get_optout_emails(mail_values_dict)
        kind = self._client_message_kind()
        if not kind or kind.is_obligatory:
            return optouts
        refused = [
            email
            for email, answers in self._contact_answers_by_email(mail_values_dict).items()
            if any(not answer.allowed and not answer.next_allowed for answer in answers)
            or (kind.is_marketing and not answers)
        ]
        return [*optouts, *refused]

    def _process_mail_values_state(self, mail_values_dict):
        """Let those wait who have had enough for now or prefer other hours."""
        result = super()._process_mail_values_state(mail_values_dict)
        kind = self._client_message_kind()
        if not kind or kind.is_obligatory:
            return result
        later = {
            email: max(answer.next_allowed for answer in answers if answer.next_allowed)
            for email, answers in self._contact_answers_by_email(mail_values_dict).items()
            if any(answer.next_allowed for answer in answers)
        }
        for res_id, info in self._get_recipients_data(mail_values_dict).items():
            waits = [later[email] for email in info["mail_to_normalized"] if email in later]
            values = mail_values_dict[res_id]
            if waits and not values.get("state") == "cancel":
                planned = values.get("scheduled_date")
                planned = self.env["mail.mail"]._parse_scheduled_datetime(planned) if planned else None
                planned = planned.replace(tzinfo=None) if planned else max(waits)
                values["scheduled_date"] = max(planned, *waits)
        return result

    @api.depends("model", "res_ids")
    def _compute_client_alerts(self):
        """Say what is missing at the client before an estimate goes out."""
        for composer in self:
            composer.client_alerts = {}
            if composer.model == "sale.order":
                orders = self.env["sale.order"].browse(composer._evaluate_res_ids())
                composer.client_alerts = orders.filtered(
                    lambda order: order.state in ("draft", "sent")
                )._client_alerts()
