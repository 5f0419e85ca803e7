from odoo import api, models
from odoo.tools import html2plaintext


class MailComposeMessage(models.TransientModel):
    """The send dialog begins with the client's words where it was opened with the ordinary ones."""

    _inherit = "mail.compose.message"

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
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
