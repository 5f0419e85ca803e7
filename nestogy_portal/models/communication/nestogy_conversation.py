from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize, format_datetime, html2plaintext, plaintext2html

from odoo.addons.nestogy_clients.tools import document_files

PREVIEW_CHARACTERS = 140
TEXT_CHARACTERS = 10000
FILES_LIMIT = 10
MESSAGES_SHOWN = 50
# what a client's people may read of it, over RPC too
CLIENT_FIELDS = frozenset(
    "id display_name client_id partner_id company_id staff_seen_at access_url create_date write_date".split()
)
WRITTEN = ("comment", "email", "email_outgoing")  # types of messages that people write


class NestogyConversation(models.Model):
    """What a client and the firm write to each other beside tickets and documents: one thread a client.

    Messages are those of the thread that are no notes. All people of the client who have the area see all of them; the
    firm's are mailed to those who take part, and their answers by mail come back here.
    """

    _name = "nestogy.conversation"
    _description = "Conversation with a Client"
    _inherit = [
        "nestogy.portal.reply.mixin",
        "nestogy.client.mail.mixin",
        "nestogy.portal.mail.mixin",
        "mail.activity.mixin",
    ]
    _order = "is_unread desc, last_message_at desc, id desc"
    _reply_kind = "message"

    client_id = fields.Many2one(
        "res.partner", required=True, readonly=True, ondelete="cascade", domain=[("is_client", "=", True)]
    )
    partner_id = fields.Many2one(related="client_id", string="Customer")
    company_id = fields.Many2one(related="client_id.company_id")
    user_id = fields.Many2one(
        related="client_id.user_id",
        string="Account Manager",
        store=True,
        index="btree_not_null",
    )
    unread_count = fields.Integer(
        string="Unread",
        readonly=True,
        copy=False,
        help="Messages of the client since one of us answered or marked them as read.",
    )
    is_unread = fields.Boolean(compute="_compute_is_unread", store=True)
    last_message_at = fields.Datetime(string="Last Message", readonly=True, copy=False)
    last_author = fields.Char(string="From", readonly=True, copy=False)
    last_text = fields.Char(string="Text", readonly=True, copy=False)
    staff_seen_at = fields.Datetime(string="Read by Us", readonly=True, copy=False)
    reader_ids = fields.One2many("nestogy.conversation.reader", "conversation_id")
    seen_text = fields.Char(string="Read by", compute="_compute_seen_text")
    reach_text = fields.Char(string="Goes to", compute="_compute_reach_text")
    access_url = fields.Char(compute="_compute_access_url")

    _client_unique = models.UniqueIndex("(client_id)", "The client has a conversation already; go on in that one.")
    _inbox_idx = models.Index("(is_unread DESC, last_message_at DESC, id DESC)")

    @api.depends("unread_count")
    def _compute_is_unread(self):
        for conversation in self:
            conversation.is_unread = conversation.unread_count > 0

    @api.depends("reader_ids.seen_at", "last_message_at")
    def _compute_seen_text(self):
        for conversation in self:
            conversation.seen_text = ", ".join(
                self.env._(
                    "%(contact)s up to %(at)s",
                    contact=reader.partner_id.name,
                    at=format_datetime(self.env, reader.seen_at, dt_format="short"),
                )
                for reader in conversation.reader_ids
            )

    @api.depends("message_follower_ids", "client_id")
    def _compute_reach_text(self):
        for conversation in self:
            names = sorted(contact.name or contact.email for contact in conversation._get_mail_recipients())
            conversation.reach_text = ", ".join(names) or self.env._(
                "Nobody: no contact of this client has an e-mail address and may see messages."
            )

    def _compute_access_url(self):
        self.access_url = "/my/messages"

    @api.depends("client_id")
    def _compute_display_name(self):
        for conversation in self:
            conversation.display_name = conversation.client_id.display_name

    def _has_field_access(self, field, operation):
        if not super()._has_field_access(field, operation):
            return False
        return self.env.su or field.name in CLIENT_FIELDS or not self.env.user.share

    @api.constrains("client_id")
    def _check_client(self):
        for conversation in self:
            if not conversation.client_id.is_client:
                raise ValidationError(
                    self.env._("%s is not a client; messages are exchanged with clients.", conversation.client_id.name)
                )

    @api.model
    def _get_for(self, client):
        """The conversation of a client, in the caller's rights; the first use makes it.

        :param res.partner client: whom the caller may see
        """
        conversation = self.search([("client_id", "=", client.id)], limit=1)
        if not conversation:
            # two first messages at once make one conversation
            client.sudo().lock_for_update(allow_referencing=True)
            conversation = self.search([("client_id", "=", client.id)], limit=1)
        return conversation or self.create({"client_id": client.id})

    # ------------------------------------------------------------------
    # Who takes part
    # ------------------------------------------------------------------

    def _participants(self, contacts):
        """Those of some contacts who take part in this conversation now: people of the client to whom it is open."""
        self.ensure_one()
        client_sudo = self.client_id.sudo()  # asked whoever writes
        if not client_sudo._client_may_log_in():
            return contacts.browse()

        def takes_part(contact_sudo):
            users_sudo = contact_sudo.with_context(active_test=False).user_ids
            is_blocked = users_sudo and not any(user.active and user.share for user in users_sudo)
            if contact_sudo.commercial_partner_id != client_sudo or not contact_sudo.active or is_blocked:
                return False
            profile_sudo, _origin = contact_sudo._get_portal_profile()
            is_open = "messages" in profile_sudo.area_ids.mapped("key")
            return is_open and contact_sudo._get_portal_level()[0]._scope("messages") != "none"

        return contacts.filtered(lambda contact: takes_part(contact.sudo()))  # levels, whoever writes

    def _get_mail_recipients(self):
        """Who of the client gets our messages by mail: whoever the client named for them, and who wrote himself."""
        self.ensure_one()
        followers_sudo = self.sudo().message_partner_ids  # whoever writes
        chosen = self.client_id._client_mail_recipients("message")
        people = chosen | followers_sudo.filtered(lambda each: each.partner_share and each.email).with_env(self.env)
        return self._participants(people)

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Keep strangers out, whoever names them: following means getting every message."""
        wanted = self.env["res.partner"].browse(partner_ids or [])
        strangers = wanted.sudo().filtered("partner_share").with_env(self.env)  # contacts that the user may not see
        for conversation in self:
            strangers -= conversation._participants(strangers)
        partner_ids = (wanted - strangers).ids
        return not partner_ids or super().message_subscribe(partner_ids=partner_ids, subtype_ids=subtype_ids)

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Mail to people outside only what one of us wrote for the client, and only to who takes part."""
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        outside = self.env["res.partner"].browse(each["id"] for each in recipients if each["share"] and each["id"])
        allowed = self._participants(outside) if self and self._is_reply_of_staff(message) else outside.browse()
        return [each for each in recipients if not each["share"] or each["id"] in allowed.ids]

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        groups = self._nestogy_notify_link_groups(groups, message, msg_vals)
        for name, _is_member, options in groups:
            if name == "nestogy_client_contact":
                options["has_button_access"] = True
                options["button_access"]["title"] = self.env._("Open the conversation")
        return groups

    def _needs_sign_in_to_write(self):
        return True

    def _client_mail_kind(self):
        return "message"

    def _client_mail_readers(self, kind):
        return self._get_mail_recipients()

    def _client_mail_values(self, kind=None):
        return (
            super()._client_mail_values(kind)
            | self._reply_values()
            | {"link": self._portal_link_marker() if self.id else ""}
        )

    def _message_compute_subject(self):
        self.ensure_one()
        return self.env._("Message from %s", (self.company_id or self.env.company).name)

    # ------------------------------------------------------------------
    # Messages
    # ------------------------------------------------------------------

    @api.model
    def _open_messages_domain(self, conversations):
        """The messages of conversations that both sides see.

        :param conversations: ids or a :class:`Query`
        """
        return (
            Domain("model", "=", self._name)
            & Domain("res_id", "in", conversations)
            & Domain("message_type", "in", WRITTEN)
            & Domain("subtype_id", "=", self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"))
            & Domain("is_internal", "=", False)
        )

    def message_post(self, **kwargs):
        self.ensure_one()
        if kwargs.get("message_type") == "email":
            kwargs = self._sort_in_mail(kwargs)
        comment = self.env.ref("mail.mt_comment")
        is_open = kwargs.get("subtype_xmlid") == "mail.mt_comment" or kwargs.get("subtype_id") == comment.id
        if is_open:
            author = self.env["res.partner"].browse(kwargs.get("author_id") or self.env.user.partner_id.id)
            told = self.env["res.partner"].browse(kwargs.get("partner_ids") or [])
            if author.sudo().partner_share:  # whose side he is on
                # a contact speaks to us: to the account manager, and to those of us who follow
                manager_sudo = self.sudo().user_id
                told = manager_sudo.filtered(lambda user: user.active and not user.share).partner_id
            else:
                told |= self._get_mail_recipients()
            kwargs["partner_ids"] = told.ids
        message = super().message_post(**kwargs)
        if message.subtype_id == comment and not message.is_internal and message.message_type in WRITTEN:
            self._note_message(message)
        return message

    def _note_message(self, message):
        """Keep what the inbox shows of a new message."""
        # whoever wrote: contacts have no right to write here
        conversation_sudo = self.sudo()
        message_sudo = message.sudo()  # the same
        author_sudo = message_sudo.author_id
        text = " ".join(html2plaintext(message.body or "").split())
        values = {
            "last_message_at": message.date,
            "last_author": author_sudo.name or message.email_from,
            "last_text": text[:PREVIEW_CHARACTERS] or ", ".join(message_sudo.attachment_ids.mapped("name")),
        }
        if author_sudo.partner_share:
            values["unread_count"] = conversation_sudo.unread_count + 1
            conversation_sudo.message_subscribe(author_sudo.ids)  # who writes gets our answers
        else:
            values |= {"unread_count": 0, "staff_seen_at": fields.Datetime.now()}
        conversation_sudo.write(values)

    def action_mark_read(self):
        """Take the client's messages as read, without an answer."""
        self.check_access("write")
        self.write({"unread_count": 0, "staff_seen_at": fields.Datetime.now()})

    def action_open_client(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.client_id.id,
            "views": [(self.env.ref("nestogy_clients.res_partner_view_form_client").id, "form")],
        }

    # ------------------------------------------------------------------
    # Mail that comes in
    # ------------------------------------------------------------------

    def _sort_in_mail(self, values):
        """Say what a mail is that answered one of ours: a message of a contact or a colleague, else a note for us.

        Anybody can write a From. A contact's is believed as far as his client's own thread goes, into which the mail
        had to quote one of our messages; a colleague's only if our mail server proved it.
        """
        traits = self.env.context.get("nestogy_mail_traits") or {}
        address = email_normalize(values.get("email_from") or "") or ""
        # the gateway may not read all contacts; an address may be that of people of several clients
        people_sudo = self.env["res.partner"].sudo().search([("email_normalized", "=", address)]) if address else None
        contact = self._participants(people_sudo or self.env["res.partner"])[:1]
        colleague = (people_sudo or self.env["res.partner"]).filtered(lambda each: not each.partner_share)[:1]
        reason = ""
        if traits.get("automatic"):
            reason = self.env._("Answered by a machine, so it is no message:")
        elif colleague:
            contact = colleague
            if not traits.get("proven"):
                reason = self.env._(
                    "Came by e-mail from the address of a colleague, unproven, so the client does not see it:"
                )
        elif not contact:
            reason = self.env._("Came by e-mail from %s, who takes no part in this conversation:", address or "?")
        values = dict(values, partner_ids=[], **({"author_id": contact.id} if contact else {}))
        values["body"], values["attachments"] = self._sort_out_files(values.get("body"), values.get("attachments"))
        values.pop("subtype_xmlid", None)
        values["subtype_id"] = self.env.ref("mail.mt_note" if reason else "mail.mt_comment").id
        if reason:
            values["body"] = Markup("<p><b>%s</b></p>%s") % (reason, values["body"])
        return values

    def _sort_out_files(self, body, attachments):
        """Leave out the files of a mail that the portal would not take either, and say so."""
        body = body if isinstance(body, Markup) else Markup(plaintext2html(body or ""))
        kept, dropped = [], []
        megabytes = (self.company_id or self.env.company)._document_limits()["megabytes"]
        for attachment in attachments or []:
            name, content = attachment[0], attachment[1]
            data = content.encode() if isinstance(content, str) else content
            is_bad = isinstance(data, bytes) and document_files.problem(
                document_files.clean_name(name), data, megabytes
            ) in ("program", "size")
            (dropped if is_bad else kept).append(attachment)
        if dropped:
            names = ", ".join(str(attachment[0]) for attachment in dropped)
            body += Markup("<p><i>%s</i></p>") % self.env._("Not kept, programs or too large: %s", names)
        return body, kept

    # ------------------------------------------------------------------
    # Portal
    # ------------------------------------------------------------------

    @api.model
    def _portal_conversation(self):
        """The visitor's conversation in his own rights; empty before the first message."""
        client = self.env.user.partner_id.commercial_partner_id
        return (
            self.search([("client_id", "=", client.id)], order="id", limit=1)
            if self.has_access("read")
            else self.browse()
        )

    @api.model
    def _portal_unread(self):
        """The messages of ours that the visitor has not read, as a :class:`Query`."""
        me = self.env.user.partner_id
        marks = self.env["nestogy.conversation.reader"]
        marks.flush_model(["conversation_id", "partner_id", "seen_at"])

        def is_unread(_model, alias, _query):
            return SQL(
                "NOT EXISTS (SELECT 1 FROM nestogy_conversation_reader mark WHERE mark.conversation_id = %s"
                " AND mark.partner_id = %s AND mark.seen_at >= %s)",
                SQL.identifier(alias, "res_id"),
                me.id,
                SQL.identifier(alias, "date"),
            )

        found = self._search([("client_id", "=", me.commercial_partner_id.id)])  # with the visitor's rights
        domain = self._open_messages_domain(found) & Domain("author_id.partner_share", "=", False)
        # of the conversations just found
        return self.env["mail.message"].sudo()._search(domain & Domain.custom(to_sql=is_unread))

    def _portal_rows(self, before=None):
        """The latest messages for the page, oldest first, in as many queries for one message as for many.

        Call it on a conversation that was found with the visitor's rights.

        :param int before: id of a message; those before it
        :return: tuple of a list of dicts, and whether there are earlier ones
        """
        # the messages that both sides see, with the names of who wrote them
        messages_sudo = self.env["mail.message"].sudo()
        domain = self._open_messages_domain(self.ids)
        if before:
            domain &= Domain("id", "<", before)
        found = messages_sudo.search(domain, order="id desc", limit=MESSAGES_SHOWN + 1) if self else messages_sudo
        reader = self.env.user.partner_id
        mark_sudo = self.sudo().reader_ids.filtered(lambda mark: mark.partner_id == reader)  # his own
        rows = []
        for message in found[:MESSAGES_SHOWN][::-1]:
            is_ours = bool(message.author_id) and not message.author_id.partner_share
            rows.append(
                {
                    "id": message.id,
                    "body": message.body,
                    "author": message.author_id.name or message.email_from or "",
                    "is_firm": is_ours,
                    "is_mine": message.author_id == reader,
                    "is_new": is_ours and (not mark_sudo or message.date > mark_sudo.seen_at),
                    "is_seen": not is_ours and bool(self.staff_seen_at and self.staff_seen_at >= message.date),
                    "at": message.date,
                    "files": [
                        {
                            "name": file.name,
                            "size": document_files.size_text(file.file_size),
                            "url": f"/my/messages/file/{file.id}",
                        }
                        for file in message.attachment_ids
                    ],
                }
            )
        return rows, len(found) > MESSAGES_SHOWN

    def _portal_mark_seen(self, message_id):
        """Note that the visitor has read up to a message.

        Call it on a conversation that was found with the visitor's rights.
        """
        self.ensure_one()
        # marks are written by this method alone
        conversation_sudo = self.sudo()
        domain = self._open_messages_domain(self.ids) & Domain("id", "=", message_id)
        message_sudo = conversation_sudo.env["mail.message"].search(domain, limit=1)
        if not message_sudo:
            return
        reader = self.env.user.partner_id
        mark_sudo = conversation_sudo.reader_ids.filtered(lambda mark: mark.partner_id == reader)
        if not mark_sudo:
            mark_sudo.create({"conversation_id": self.id, "partner_id": reader.id, "seen_at": message_sudo.date})
        elif mark_sudo.seen_at < message_sudo.date:
            mark_sudo.seen_at = message_sudo.date

    def _portal_file(self, attachment_id):
        """A file of a message that both sides see, in sudo; empty for any other.

        Call it on a conversation that was found with the visitor's rights.
        """
        # clients have no rights on files: what they get comes through here
        messages_sudo = self.env["mail.message"].sudo()
        domain = self._open_messages_domain(self.ids) & Domain("attachment_ids", "=", attachment_id)
        return messages_sudo.search(domain, limit=1).attachment_ids.filtered(lambda file: file.id == attachment_id)

    @api.model
    def _portal_refusal(self, text, files):
        """What keeps a message of the visitor from being sent, as a sentence; nothing if it can be sent.

        :param list files: pairs of name and content
        """
        if not text.strip() and not files:
            return self.env._("Write something, or add a file.")
        if len(text) > TEXT_CHARACTERS:
            return self.env._("This is very long: please write at most %s characters, or add a file.", TEXT_CHARACTERS)
        if len(files) > FILES_LIMIT:
            return self.env._("Please send at most %s files at a time.", FILES_LIMIT)
        documents = self.env["nestogy.client.document"]
        limits = self._portal_limits()
        for name, content in files:
            refusal = documents._file_refusal(document_files.clean_name(name), content, limits, 0)
            if refusal:
                return f"{document_files.clean_name(name) or name}: {refusal}"
        return None

    @api.model
    def _portal_limits(self):
        client_sudo = self.env.user.partner_id.commercial_partner_id.sudo()  # his own
        return (client_sudo.company_id or self.env.company)._document_limits()

    @api.model
    def _portal_send(self, text, files):
        """Post a message of the visitor. The caller has asked :meth:`_portal_refusal`.

        :return: the message in sudo
        """
        person = self.env.user.partner_id
        # contacts write through here alone, and their client's conversation is the one they get
        conversation_sudo = self.sudo()._get_for(person.commercial_partner_id.sudo())
        attachments = [(document_files.clean_name(name), content) for name, content in files]
        return conversation_sudo.message_post(
            body=Markup(plaintext2html(text.strip())) if text.strip() else "",
            author_id=person.id,
            email_from=person.email_formatted,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachments=attachments,
        )
