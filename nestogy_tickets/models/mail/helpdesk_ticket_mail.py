from markupsafe import Markup

from odoo import api, models
from odoo.tools import email_normalize, is_html_empty

RECEIVED_TEMPLATE = "nestogy_tickets.mail_template_ticket_received"
SUBJECT_CHARACTERS = 200


class HelpdeskTicket(models.Model):
    """Mail to and from a ticket: who gets it, who may answer, and what is never answered by a machine."""

    _name = "helpdesk.ticket"
    _inherit = [
        "helpdesk.ticket",
        "nestogy.client.mail.mixin",
        "nestogy.portal.mail.mixin",
        "nestogy.portal.reply.mixin",
    ]
    _reply_kind = "ticket_reply"
    _primary_email = "partner_email"  # lets the core count tickets by sender and stop loops

    # ------------------------------------------------------------------
    # Out
    # ------------------------------------------------------------------

    def _get_mail_recipients(self, kind="ticket"):
        """Who gets this ticket's mails: the contact who asked, else whoever the client named for tickets."""
        self.ensure_one()
        contact = self.partner_id
        if contact and (not contact.email or contact == contact.commercial_partner_id):
            return contact._client_mail_recipients(kind or "ticket") or contact.filtered("email")
        return contact

    def _client_mail_readers(self, kind):
        return self._get_mail_recipients(kind)

    def _client_mail_kind(self):
        return "ticket"

    def _client_mail_values(self, kind=None):
        return (
            super()._client_mail_values(kind)
            | {
                "contact": self._get_mail_recipients(kind)[:1].name or self.partner_name or "",
                "number": self.number,
                "date": self._client_mail_date(self.create_date),
                "category": self.category_id.complete_name or "",
                "link": self._portal_link_marker() if self.id else "",
            }
            | (self._reply_values() if kind == "ticket_reply" else {})
        )

    def _reply_values(self):
        return super()._reply_values() | {"title": self.name or ""}

    def _subscribe_mail_recipients(self):
        """Make the recipients followers, so that every answer of ours reaches them."""
        for recipients, tickets in self.grouped(lambda ticket: ticket._get_mail_recipients()).items():
            if recipients:
                tickets.message_subscribe(recipients.ids)

    def _track_template(self, changes):
        """Send the mail of a stage as a message of the thread, with our link, and never to a machine."""
        templates = super()._track_template(changes)
        ticket = self[:1]
        if "stage_id" in templates:
            template, options = templates["stage_id"]
            if self._mail_traits().get("automatic") or not ticket._get_mail_recipients():
                del templates["stage_id"]
            else:
                if template == self.env.ref(RECEIVED_TEMPLATE, raise_if_not_found=False):
                    template = ticket._client_mail_template() or template
                options = {key: value for key, value in options.items() if key != "auto_delete_keep_log"}
                templates["stage_id"] = template, options | {"composition_mode": "comment"}
        return templates

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        # visitors, and colleagues without the right to write, may post; that is enough to complete the ticket
        ticket_sudo = self.sudo()
        if message.subtype_id and not message.subtype_id.internal and not message.is_internal:
            ticket_sudo._touch()
        if not ticket_sudo.partner_id and ticket_sudo.partner_email:
            known = message.partner_ids.filtered(
                lambda partner: partner.email_normalized == email_normalize(ticket_sudo.partner_email)
            )
            if known:
                ticket_sudo.partner_id = known[:1]
        return result

    # ------------------------------------------------------------------
    # In
    # ------------------------------------------------------------------

    @api.model
    def _mail_traits(self):
        """What the headers of the mail that is being taken in tell; empty outside the gateway."""
        return self.env.context.get("nestogy_mail_traits") or {}

    def _may_answer_by_mail(self, message_dict):
        """Tell whether a mail's sender takes part in this ticket: staff, people of the client, followers."""
        self.ensure_one()
        address = email_normalize(message_dict.get("email_from") or "")
        if not address:
            return False
        if address == email_normalize(self.partner_email or ""):
            return True
        senders = self.env["res.partner"].search([("email_normalized", "=", address)])
        return bool(
            senders.filtered(
                lambda sender: (
                    not sender.partner_share
                    or (self.commercial_partner_id and sender.commercial_partner_id == self.commercial_partner_id)
                    or sender in self.message_partner_ids
                )
            )
        )

    @api.model
    def message_new(self, msg, custom_values=None):
        subject = " ".join((msg.get("subject") or "").split())
        body = msg.get("body")
        if not body or is_html_empty(body):
            body = Markup("<p>%s</p>") % self.env._("(The message had no text.)")
        values = {
            "name": subject[:SUBJECT_CHARACTERS] or self.env._("No subject"),
            "description": body,
            "user_id": False,  # not the gateway's user, nor whoever the From claims to be
            **(custom_values or {}),
        }
        channel = self.env.ref("helpdesk_mgmt.helpdesk_ticket_channel_email", raise_if_not_found=False)
        if channel:
            values.setdefault("channel_id", channel.id)
        author = self.env["res.partner"].browse(msg.get("author_id") or [])
        if author and not author.partner_share:
            # a colleague's address: nobody's ticket until a person says whose (and anybody can write a From)
            values.setdefault("partner_id", False)
        return super().message_new(msg, custom_values=values)

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Keep strangers out whom a mail only names in To or Cc: following means getting every answer."""
        if partner_ids and self._mail_traits():
            wanted = self.env["res.partner"].browse(partner_ids)
            clients = self.commercial_partner_id
            partner_ids = wanted.filtered(
                lambda partner: not partner.partner_share or partner.commercial_partner_id in clients
            ).ids
            if not partner_ids:
                return True
        return super().message_subscribe(partner_ids=partner_ids, subtype_ids=subtype_ids)

    def _needs_sign_in_to_write(self):
        return True  # also where somebody asks who is no client

    def message_post(self, **kwargs):
        """Post a colleague's mail as a note, unless our mail server proved that it is his."""
        traits = self._mail_traits()
        if traits and kwargs.get("message_type") == "email" and not traits.get("proven"):
            author = self.env["res.partner"].browse(kwargs.get("author_id") or [])
            if author and not author.partner_share:
                kwargs["subtype_id"] = self.env.ref("mail.mt_note").id
                kwargs["partner_ids"] = []
                kwargs["body"] = Markup("<p><b>%s</b></p>") % self.env._(
                    "Came by e-mail from the address of a colleague, unproven, so the client does not see it:"
                ) + (kwargs.get("body") or "")
        return super().message_post(**kwargs)

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        if not self:
            return groups
        for name, _is_member, options in groups:
            if name == "portal_customer":
                # people who are no clients may ask, too: they get the text, but no key to the ticket
                options["has_button_access"] = False
                options.pop("button_access", None)
        groups = self._nestogy_notify_link_groups(groups, message, msg_vals)
        for name, _is_member, options in groups:
            if name == "nestogy_client_contact":
                options["has_button_access"] = True
                options["button_access"]["title"] = self.env._("Open ticket")
        return groups

    def _notify_by_email_prepare_rendering_context(self, message, msg_vals=False, **kwargs):
        if (msg_vals or {}).get("message_type", message.message_type) == "auto_comment":
            # the mail's frame shows the name of the record; a title that a stranger wrote must not come along
            kwargs["force_record_name"] = self.number
        return super()._notify_by_email_prepare_rendering_context(message, msg_vals=msg_vals, **kwargs)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        if self._mail_traits().get("automatic"):
            # two out-of-office replies would answer each other; staff still see it
            recipients = [recipient for recipient in recipients if not recipient["share"]]
        return recipients
