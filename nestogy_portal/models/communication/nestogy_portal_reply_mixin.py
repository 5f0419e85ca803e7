from typing import NamedTuple

from markupsafe import Markup

from odoo import api, models


class ReplyWords(NamedTuple):
    """Subject and body of one answer of ours, in the words that hold for the client."""

    subject: str
    body: Markup


class NestogyPortalReplyMixin(models.AbstractModel):
    """A thread whose answers are mailed to clients in the words of an e-mail template, where they have one.

    Inherit it beside ``nestogy.client.mail.mixin`` and ``nestogy.portal.mail.mixin``, name the kind of mail in
    ``_reply_kind``, and put :meth:`_reply_values` into the placeholders of that kind.
    """

    _name = "nestogy.portal.reply.mixin"
    _inherit = "mail.thread"
    _description = "Thread Answered in a Client's Words"

    _reply_kind = ""

    @api.model
    def _is_reply_of_staff(self, message):
        """Say whether a message is an answer that one of us wrote for the client to read."""
        author_sudo = message.author_id.sudo()  # whoever notifies may not see all authors
        return (
            message.message_type in ("comment", "email", "email_outgoing")
            and message.subtype_id == self.env.ref("mail.mt_comment")
            and not message.is_internal
            and bool(author_sudo.user_ids)
            and not author_sudo.partner_share
        )

    def _reply_values(self):
        """What the placeholders about the answer itself stand for."""
        reply = self.env.context.get("client_mail_reply")
        if not isinstance(reply, models.BaseModel):  # a preview: our last answer
            reply = self.message_ids.filtered(lambda message: self._is_reply_of_staff(message))[:1]
        return {
            "author": reply.author_id.name or self.env.user.name,
            "message": reply.body or Markup("<p>%s</p>") % self.env._("(The answer stands here.)"),
        }

    def _notify_thread_by_email(self, message, recipients_data, **kwargs):
        template = self.env["mail.template"]
        is_for_client = any(recipient["share"] and recipient["notif"] == "email" for recipient in recipients_data)
        if len(self) == 1 and is_for_client and self._is_reply_of_staff(message):
            template = self._client_mail_template(self._reply_kind)
        if template:
            # rendered in the name of who answers; what was compiled is ours
            template_sudo = template.sudo().with_context(client_mail_reply=message)
            subject = template_sudo._render_field("subject", self.ids, compute_lang=True)[self.id]
            body = template_sudo._render_field("body_html", self.ids, compute_lang=True)[self.id]
            self = self.with_context(client_mail_reply_words=ReplyWords(subject, Markup(body)))
        return super()._notify_thread_by_email(message, recipients_data, **kwargs)

    def _reply_words(self):
        words = self.env.context.get("client_mail_reply_words")
        return words if isinstance(words, ReplyWords) else None  # nothing that came in over RPC

    def _notify_by_email_render_layout(self, message, recipients_group, msg_vals=False, render_values=None):
        words = self._reply_words()
        if words and recipients_group["notification_group_name"] == "nestogy_client_contact":
            # the frame around the mail prints the body of the message; everything else is the message's own
            worded = message.new({"body": words.body}, origin=message)
            render_values = (render_values or {}) | {"message": worded, "email_add_signature": False}
        return super()._notify_by_email_render_layout(
            message, recipients_group, msg_vals=msg_vals, render_values=render_values
        )

    def _notify_by_email_get_base_mail_values(self, message, recipients_data, additional_values=None):
        values = super()._notify_by_email_get_base_mail_values(
            message, recipients_data, additional_values=additional_values
        )
        if words := self._reply_words():  # all mails of a message share its subject
            values["subject"] = " ".join(words.subject.splitlines())
        return values
