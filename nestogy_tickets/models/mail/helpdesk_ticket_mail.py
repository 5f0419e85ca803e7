from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize, is_html_empty
from odoo.tools.mail import email_split_tuples, unfold_references

from ...tools import mail_quotes
from .helpdesk_ticket_confirm import RECEIVED_TEMPLATE

SUBJECT_CHARACTERS = 200
ANSWERS, ANSWERS_MINUTES = 5, 60  # mails that no person wrote, to one address that mails come from


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

    mail_quoted = fields.Html(
        "Quoted Text",
        readonly=True,
        copy=False,
        sanitize_style=True,
        groups="base.group_user",
        help="What the mail that opened the ticket quoted, and its signature.",
    )
    mail_unverified = fields.Boolean(
        "Unverified Sender",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Our mail server found that a mail in this ticket may not come from the address that it names.",
    )
    mail_new_contact = fields.Char(compute="_compute_mail_new_contact", groups="base.group_user")

    @api.depends("partner_id", "partner_email", "commercial_partner_id.email")
    def _compute_mail_new_contact(self):
        """The address of somebody who wrote for a client and is none of its contacts yet."""
        for ticket in self:
            client = ticket.commercial_partner_id
            is_new = client and ticket.partner_id == client and ticket.partner_email
            known = email_normalize(ticket.partner_email or "") == client.email_normalized
            ticket.mail_new_contact = ticket.partner_email if is_new and not known and client.is_client else False

    # ------------------------------------------------------------------
    # Out
    # ------------------------------------------------------------------

    def _get_mail_recipients(self, kind="ticket"):
        """Who gets this ticket's mails: the contact who asked, else whoever the client named for tickets."""
        self.ensure_one()
        contact = self.partner_id
        # where mails come back, somebody else of the client gets them
        is_gone = contact.sudo().bounced_at
        if contact and (not contact.email or is_gone or contact == contact.commercial_partner_id):
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
        """Send the mail of a stage as a message of the thread, with our link, and never to a machine.

        The confirmation of what came by mail is sent by a job of its own.
        """
        templates = super()._track_template(changes)
        ticket = self[:1]
        if "stage_id" in templates:
            template, options = templates["stage_id"]
            is_received = template.id == self.env["ir.model.data"]._xmlid_to_res_id(RECEIVED_TEMPLATE)
            if not ticket._may_be_answered_by_machine(is_owed=is_received) or not ticket._get_mail_recipients():
                del templates["stage_id"]
            elif is_received and ticket._mail_traits().get("from"):
                del templates["stage_id"]
                self._owe_confirmation()
            else:
                if is_received:
                    template = ticket._client_mail_template() or template
                options = {key: value for key, value in options.items() if key != "auto_delete_keep_log"}
                templates["stage_id"] = template, options | {"composition_mode": "comment"}
        return templates

    def _may_be_answered_by_machine(self, is_owed=False):
        """Tell whether who is writing may get a mail that no person wrote.

        Not machines, not addresses that our mail server did not believe, and not people who are none of the contacts:
        the mail would go to others.

        :param bool is_owed: how many such mails he got is asked when it is sent
        """
        traits = self._mail_traits()
        if traits.get("automatic") or traits.get("refuted"):
            return False
        sender = traits.get("from")
        if not sender:
            return True
        recipients = self._get_mail_recipients()
        return sender in recipients.mapped("email_normalized") and (is_owed or not self._is_answered_enough(recipients))

    @api.model
    def _is_answered_enough(self, recipients):
        """Tell whether these people got as many mails that no person wrote as anybody may in this time.

        Anybody can write mails in their name, and each of them would send them one.
        """
        since = fields.Datetime.now() - timedelta(minutes=ANSWERS_MINUTES)
        domain = Domain("res_partner_id", "in", recipients.ids) & Domain("mail_message_id.model", "=", self._name)
        domain &= Domain("mail_message_id.message_type", "=", "auto_comment")
        domain &= Domain("mail_message_id.date", ">", since)
        # who was sent what is not for everybody to read
        return self.env["mail.notification"].sudo().search_count(domain, limit=ANSWERS) >= ANSWERS

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        if self._mail_traits() and message.message_type == "email":
            self.sudo()._complete_from_mail(message)  # the gateway may not write tickets
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

    @api.model
    def get_ticket_queues(self):
        """Beside the queues, for who decides about them: how many mails could not become tickets by themselves."""
        queues, inbox = super().get_ticket_queues(), self.env["nestogy.mail.inbox"]
        if inbox.has_access("read") and (count := inbox.search_count([("state", "=", "quarantined")])):
            queues.append(
                {
                    "key": "mail_quarantine",
                    "label": self.env._("Mails in quarantine"),
                    "tone": "warning",
                    "count": count,
                    "action": "nestogy_tickets.nestogy_mail_inbox_action",
                }
            )
        return queues

    # ------------------------------------------------------------------
    # In
    # ------------------------------------------------------------------

    @api.model
    def _mail_traits(self):
        """What the headers of the mail that is being taken in tell; empty outside the gateway."""
        return self.env.context.get("nestogy_mail_traits") or {}

    def _may_answer_by_mail(self, message_dict):
        """Tell whether a mail's sender takes part in this ticket.

        That is who asked, staff, who follows it or got the message that he answers, and who of the client sees the
        ticket in the portal. Called in sudo.
        """
        self.ensure_one()
        address = email_normalize(message_dict.get("email_from") or "")
        if not address:
            return False
        if address == email_normalize(self.partner_email or ""):
            return True
        senders = self.env["res.partner"]._mail_people(address)
        followers = self.message_partner_ids
        return any(
            not sender.partner_share or sender in followers or self._is_shown_to(sender) for sender in senders
        ) or self._has_written_to(senders, message_dict)

    def _is_shown_to(self, contact):
        """Tell whether somebody of the client sees this ticket in the portal, whether he has an account or not."""
        self.ensure_one()
        if contact == self.partner_id:
            return True
        if not self.commercial_partner_id or contact.commercial_partner_id != self.commercial_partner_id:
            return False
        rights, _may_act = contact.with_company(self.company_id)._get_portal_rights()
        return rights.get("tickets") == "company"

    def _has_written_to(self, people, message_dict):
        """Tell whether these people got, or wrote, a message of this ticket that a mail answers."""
        self.ensure_one()
        answered = unfold_references(f"{message_dict.get('references') or ''} {message_dict.get('in_reply_to') or ''}")
        if not people or not answered:
            return False
        messages = Domain("model", "=", self._name) & Domain("res_id", "=", self.id)
        messages &= Domain("message_id", "in", answered)
        taken_part = Domain("notified_partner_ids", "in", people.ids) | Domain("author_id", "in", people.ids)
        return bool(self.env["mail.message"].search_count(messages & taken_part, limit=1))

    @api.model
    def _mail_client(self, address):
        """The client for whom somebody writes: by the exact address of a contact, else by the domain.

        :return: ``res.partner`` in sudo, empty when no client or more than one comes into question
        """
        # the gateway may not read all contacts
        partners_sudo = self.env["res.partner"].sudo()
        if not address:
            return partners_sudo
        known = partners_sudo._mail_people(address)
        return known._get_client()[:1] or partners_sudo._client_of_domain(address)

    @api.model
    def _mail_contact_values(self, msg, fallback):
        """Who asks with a mail that opens a ticket.

        :param int fallback: id of the partner whom the alias names
        :return: values of the ticket
        """
        traits = self._mail_traits()
        chosen = self.env.context.get("nestogy_inbox_client")
        if chosen:
            return {"partner_id": chosen}
        # the gateway may not read all contacts
        author_sudo = self.env["res.partner"].sudo().browse(msg.get("author_id") or [])
        if author_sudo and not author_sudo.partner_share:
            # a colleague's address: nobody's ticket until a person says whose (and anybody can write a From)
            return {"partner_id": False}
        if author_sudo and author_sudo._get_client():
            return {"partner_id": author_sudo.id}
        address = email_normalize(msg.get("email_from") or "") or ""
        client_sudo = self._mail_client(address)
        if not client_sudo:
            return {"partner_id": author_sudo.id or fallback or False}
        company_sudo = self.env.company.sudo()  # rules of the company hold whoever hands the mail in
        if company_sudo.ticket_mail_contacts == "create" and not (traits.get("automatic") or traits.get("refuted")):
            contact = author_sudo or client_sudo._make_mail_contact(msg.get("email_from"))
            msg["author_id"] = contact.id
            return {"partner_id": contact.id}
        name, _address = (email_split_tuples(msg.get("email_from") or "") or [("", "")])[0]
        return {"partner_id": client_sudo.id, "partner_name": name or address}

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Describe no fields while a mail is taken in: the core only asks then which there are."""
        if attributes is None and self.env.context.get("nestogy_inbox_id"):
            attributes = ["type"]
        return super().fields_get(allfields, attributes)

    def _creation_subtype(self):
        # as in helpdesk_mgmt, which looks each time whether it is still there
        return self.env["mail.message.subtype"].browse(
            self.env["ir.model.data"]._xmlid_to_res_id("helpdesk_mgmt.hlp_tck_created", raise_if_not_found=True)
        )

    @api.model
    def message_new(self, msg, custom_values=None):
        subject = " ".join((msg.get("subject") or "").split())
        body, quoted = mail_quotes.unfold(msg.get("body"))
        if not body or (is_html_empty(body) and not quoted):
            body = Markup("<p>%s</p>") % self.env._("(The message had no text.)")
        values = {
            "name": subject[:SUBJECT_CHARACTERS] or self.env._("No subject"),
            "description": body,
            "mail_quoted": quoted or False,
            "mail_unverified": bool(self._mail_traits().get("refuted")),
            "user_id": False,  # not the gateway's user, nor whoever the From claims to be
            **(custom_values or {}),
        }
        channel_id = self.env["ir.model.data"]._xmlid_to_res_id("helpdesk_mgmt.helpdesk_ticket_channel_email")
        if channel_id:
            values.setdefault("channel_id", channel_id)
        values.update(self._mail_contact_values(msg, values.get("partner_id")))
        if self.env.context.get("nestogy_inbox_team"):
            values.setdefault("team_id", self.env.context["nestogy_inbox_team"])
        ticket = super().message_new(msg, custom_values=values)
        self.env.cr.cache["nestogy_fresh_ticket"] = ticket.id
        return ticket

    def _message_compute_parent_id(self, parent_id):
        """Search no earlier message for the mail that has just opened the ticket."""
        if self.env.cr.cache.pop("nestogy_fresh_ticket", None) == self.id and not parent_id:
            return False
        return super()._message_compute_parent_id(parent_id)

    def _complete_from_mail(self, message):
        """Show the pictures of the mail that opened the ticket, and say when a sender is not to be trusted."""
        is_opening = message.subtype_id == self._creation_subtype()
        if is_opening and message.attachment_ids and "cid:" in (self.description or ""):
            # in the message the pictures have an address by now
            self.description, self.mail_quoted = mail_quotes.unfold(message.body)
        if self._mail_traits().get("refuted"):
            self.mail_unverified = True
            self.with_context(nestogy_mail_traits={}).message_post(
                body=self.env._(
                    "Unverified: our mail server found that the mail from %s may be forged. Check by phone before you "
                    "act on it.",
                    message.email_from or "?",
                ),
                subtype_xmlid="mail.mt_note",
                author_id=self.env.ref("base.partner_root").id,
            )

    def action_add_mail_contact(self):
        """Make who wrote a contact of the client, so that answers reach him."""
        self.ensure_one()
        if not self.mail_new_contact:
            return
        address = self.partner_email
        if self.partner_name and self.partner_name != self.partner_id.name:
            address = f'"{self.partner_name}" <{address}>'
        self.partner_id = self.commercial_partner_id._make_mail_contact(address)

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
