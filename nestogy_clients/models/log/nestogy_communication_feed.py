import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import clean_context, email_normalize_all, html2plaintext

from ...tools.mail_excerpt import MOST_READ, excerpt
from .nestogy_communication import MOST_PREVIEW, MOST_TITLE

_logger = logging.getLogger(__name__)

QUEUE = "nestogy_clients.communication"
WRITTEN_TYPES = ("email", "comment", "sms")  # messages that somebody wrote, and whose beginning may be shown


@dataclass
class FedMail:
    """A message on its way into the log, kept by itself: some are deleted as soon as they are sent."""

    message_id: int
    ref: str
    subject: str
    date: datetime
    author_id: int
    email_from: str
    model: str
    res_id: int
    message_type: str
    company_id: int
    body: str = ""
    is_new: bool = False  # its Message-ID was made in this transaction, so there are no rows of it
    is_posted: bool = False  # somebody wrote it in a document or it came by mail: its author counts, too
    is_internal: bool = False
    named: str = ""  # addresses in To and Cc of a mail that came in
    to_ids: set = field(default_factory=set)
    to_addresses: set = field(default_factory=set)
    failed_ids: set = field(default_factory=set)
    failed_addresses: set = field(default_factory=set)


class NestogyCommunication(models.Model):
    """E-mails and texts that log themselves: one row a message and client.

    What is sent or comes in is put on a list and written before the transaction is committed, all at once: the number
    of queries does not grow with that of the mails, a mail that is rolled back leaves no row, and a failure here loses
    rows but never a mail.
    """

    _inherit = "nestogy.communication"

    # of a mail it is the beginning of the message, of which no copy is kept
    preview = fields.Char(readonly=False, copy=False)

    # ------------------------------------------------------------------
    # The list
    # ------------------------------------------------------------------

    @api.model
    def _feed_queue(self):
        """What is written before the transaction is committed: dict of ``mails`` by message id and ``event_ids``."""
        precommit = self.env.cr.precommit
        if QUEUE not in precommit.data:
            precommit.data[QUEUE] = {"mails": {}, "event_ids": set()}
            writer_sudo = self.sudo().with_context(clean_context(self.env.context))  # whoever sends writes the log
            precommit.add(writer_sudo._feed_run)
        return precommit.data[QUEUE]

    @api.model
    def _feed_queued(self):
        """The mails that wait to be written, by message id."""
        return self.env.cr.precommit.data.get(QUEUE, {}).get("mails", {})

    @api.model
    def _feed_run(self):
        """Write what is on the list; called in sudo."""
        queue = self.env.cr.precommit.data.pop(QUEUE, None)
        if not queue:
            return
        self._feed_safely(list(queue["mails"].values()), queue["event_ids"])

    @api.model
    def _feed_safely(self, mails, event_ids):
        """Write rows; where that fails each by itself, so that one that cannot be logged loses no other.

        Called in sudo.
        """
        self.env.flush_all()  # what others did stays, whatever happens to ours
        try:
            with self.env.cr.savepoint(flush=False):
                self._feed_mails(mails)
                self._feed_meetings(event_ids)
                self.env.flush_all()
        except Exception:
            self.env.transaction.clear()
            if len(mails) + len(event_ids) == 1:
                _logger.exception("Not logged: message %s, meeting %s", [one.message_id for one in mails], event_ids)
                return
            for mail in mails:
                self._feed_safely([mail], ())
            for event_id in event_ids:
                self._feed_safely([], (event_id,))

    @api.model
    def _feed_skipped_models(self):
        """Models whose messages are no mails to or from a client: chats, and meetings, which have rows of their own."""
        return {"discuss.channel", "calendar.event", "calendar.attendee"}

    @api.model
    def _feed_add(self, message_sudo):
        """Put a message on the list.

        :return FedMail: ``None`` when it is none to be logged
        """
        if message_sudo.model in self._feed_skipped_models():
            return None
        mails = self._feed_queue()["mails"]
        if message_sudo.id not in mails:
            mails[message_sudo.id] = self._feed_mail_of(message_sudo)
        return mails[message_sudo.id]

    @api.model
    def _feed_mail_of(self, message_sudo):
        return FedMail(
            message_id=message_sudo.id,
            ref=message_sudo.message_id or f"<message-{message_sudo.id}>",
            subject=message_sudo.subject or "",
            date=message_sudo.date,
            author_id=message_sudo.author_id.id,
            email_from=message_sudo.email_from or "",
            model=message_sudo.model or "",
            res_id=message_sudo.res_id or 0,
            message_type=message_sudo.message_type,
            company_id=message_sudo.record_company_id.id,
        )

    @api.model
    def _feed_posted(self, messages_sudo):
        """Put messages on the list that somebody wrote in a document or by mail."""
        for message_sudo in messages_sudo:
            if message_sudo.message_type in WRITTEN_TYPES and message_sudo.model and message_sudo.res_id:
                mail = self._feed_add(message_sudo)
                if mail:
                    mail.is_new = mail.message_type != "email"
                    self._feed_mark_posted(mail, message_sudo)

    @api.model
    def _feed_mark_posted(self, mail, message_sudo):
        mail.is_posted = True
        mail.is_internal = message_sudo.is_internal or message_sudo.subtype_id.internal
        mail.body = message_sudo.body or ""
        mail.named = f"{message_sudo.incoming_email_to or ''},{message_sudo.incoming_email_cc or ''}"

    # ------------------------------------------------------------------
    # Rows
    # ------------------------------------------------------------------

    def _feed_mails(self, mails):
        """Write a row for each client whose people wrote or got a mail; called in sudo.

        :param list mails: of :class:`FedMail`
        :return: the rows
        """
        if not mails:
            return self.browse()
        self._feed_texts([mail for mail in mails if mail.message_type == "sms"])
        people = self.env["res.partner"].browse(
            {id_ for mail in mails for id_ in (*mail.to_ids, mail.author_id) if id_}
        )
        people.fetch(["parent_id", "partner_share", "is_client"])
        outside = people.filtered("partner_share")
        staff_ids = set((people - outside).ids)
        for mail in mails:
            if mail.is_posted and mail.author_id in staff_ids and not mail.is_internal:
                # a colleague's mail to the client with a copy to us
                mail.to_addresses.update(email_normalize_all(mail.named))
        found = self._feed_by_address({address for mail in mails for address in mail.to_addresses})
        clients = {person.id: person._get_client().id for person in outside}
        clients |= {person.id: person._get_client().id for persons in found.values() for person in persons}
        strangers = [
            mail
            for mail in mails
            if mail.is_posted
            and mail.message_type == "email"
            and mail.author_id not in staff_ids
            and not clients.get(mail.author_id)
        ]
        shared = [mail for mail in mails if any(len(found[each]) > 1 for each in mail.to_addresses if each in found)]
        owners = self._feed_owners([*strangers, *shared])
        stranger_ids = {mail.message_id for mail in strangers}
        values_list = []
        for mail in mails:
            owner = owners.get((mail.model, mail.res_id))
            rows = {}
            if mail.is_posted and clients.get(mail.author_id):
                rows[clients[mail.author_id]] = ("in", mail.author_id)
            elif owner and mail.message_id in stranger_ids:
                rows[owner] = ("in", False)
            for person_id in sorted(mail.to_ids):
                if clients.get(person_id):
                    rows.setdefault(clients[person_id], ("out", person_id))
            for address in sorted(mail.to_addresses):
                client_id, person_id = self._feed_reader(found.get(address, ()), clients, owner)
                if client_id:
                    rows.setdefault(client_id, ("out", person_id))
            for client_id, (direction, contact_id) in rows.items():
                values_list.append(self._feed_values(mail, client_id, direction, contact_id, clients))
        return self._feed_write(values_list, {mail.message_id: mail for mail in mails})

    def _feed_write(self, values_list, mails):
        """Make the rows that are not there yet.

        :param list values_list: as of :meth:`_feed_values`
        :param dict mails: by message id
        """
        if not values_list:
            return self.browse()
        known = self._feed_known([values for values in values_list if not mails[values["mail_message_id"]].is_new])
        fresh = {}  # one mail may come to two of our addresses, and so into two documents
        for values in values_list:
            key = values["client_id"], values["message_ref"]
            if key not in known:
                fresh.setdefault(key, values)
        values_list = list(fresh.values())
        used = [mails[values["mail_message_id"]] for values in values_list]
        gone = {mail.message_id for mail in used if not mail.is_posted}
        gone -= set(self.env["mail.message"].browse(gone).exists().ids) if gone else set()
        names = self._feed_names([mail for mail in used if not mail.subject])
        staff = self._feed_staff(
            {values["mail_message_id"] for values in values_list if values["direction"] == "out"}, mails
        )
        for values, mail in zip(values_list, used, strict=True):
            values["user_id"] = staff.get(mail.author_id, False) if values["direction"] == "out" else False
            values["name"] = (mail.subject or names.get((mail.model, mail.res_id)) or self.env._("E-mail"))[:MOST_TITLE]
            if values["mail_message_id"] in gone:
                values["mail_message_id"] = False
        return self.create(values_list)

    def _feed_known(self, values_list):
        """Which of these rows there are: set of client's id and Message-ID."""
        if not values_list:
            return set()
        rows = self.search_fetch(
            Domain("client_id", "in", list({values["client_id"] for values in values_list}))
            & Domain("message_ref", "in", list({values["message_ref"] for values in values_list})),
            ["client_id", "message_ref"],
        )
        return {(row.client_id.id, row.message_ref) for row in rows}

    def _feed_staff(self, message_ids, mails):
        """Which colleague wrote a mail: dict of the author's id to that of his user."""
        author_ids = {mails[message_id].author_id for message_id in message_ids} - {False}
        if author_ids == {self.env.user.partner_id.id} and not self.env.user.share:
            return {self.env.user.partner_id.id: self.env.uid}
        if not author_ids:
            return {}
        users = self.env["res.users"].search_fetch(
            Domain("partner_id", "in", list(author_ids)) & Domain("share", "=", False), ["partner_id"], order="id desc"
        )
        return {user.partner_id.id: user.id for user in users}

    def _feed_values(self, mail, client_id, direction, contact_id, clients):
        """Values of a row, but for its name and who of us wrote it.

        :param dict clients: client's id by that of a person
        """
        client = self.env["res.partner"].browse(client_id)
        failed = any(clients.get(id_) == client_id for id_ in mail.failed_ids)
        text = ""
        if mail.body and mail.message_type in WRITTEN_TYPES and mail.model != "res.users":
            text = excerpt(html2plaintext(mail.body[:MOST_READ], include_references=False), MOST_PREVIEW)
        return {
            "kind": "text" if mail.message_type == "sms" else "email",
            "direction": direction,
            "date": mail.date,
            "client_id": client_id,
            "contact_id": contact_id if contact_id != client_id else False,
            "company_id": mail.company_id or client.company_id.id or self.env.company.id,
            "preview": text,
            "is_bounced": direction == "out" and (failed or bool(mail.failed_addresses)),
            "mail_message_id": mail.message_id,
            "message_ref": mail.ref,
            "res_model": mail.model or False,
            "res_id": mail.res_id or False,
        }

    def _feed_texts(self, mails):
        """Find out who got texts: the people whom the message notified, else those of the document."""
        if not mails:
            return
        by_id = {mail.message_id: mail for mail in mails}
        told = self.env["mail.notification"].search_fetch(
            Domain("mail_message_id", "in", list(by_id)) & Domain("notification_type", "=", "sms"),
            ["mail_message_id", "res_partner_id", "notification_status"],
        )
        for notification in told:
            mail = by_id[notification.mail_message_id.id]
            if notification.res_partner_id:
                mail.to_ids.add(notification.res_partner_id.id)
                if notification.notification_status in ("bounce", "exception"):
                    mail.failed_ids.add(notification.res_partner_id.id)
        for model, group in self._feed_by_model([mail for mail in mails if not mail.to_ids]).items():
            records = self.env[model].browse({mail.res_id for mail in group}).exists()
            partners = records._mail_get_partners() if records else {}
            for mail in group:
                mail.to_ids.update(partners.get(mail.res_id, self.env["res.partner"])[:1].ids)

    @api.model
    def _feed_by_address(self, addresses):
        """The people of clients who have these addresses.

        :return: dict of address to partners
        """
        if not addresses:
            return {}
        partners = self.env["res.partner"].search_fetch(
            Domain("email_normalized", "in", list(addresses)) & Domain("partner_share", "=", True),
            ["email_normalized", "parent_id", "is_client"],
            order="id",
        )
        people = dict(partners.filtered(lambda partner: partner._get_client()).grouped("email_normalized"))
        # addresses of records that were merged are those of the ones that were kept
        merged_sudo = self.env["nestogy.client.merge.source"].sudo()  # which is nobody's secret to the log
        earlier = merged_sudo._kept_by_address(set(addresses) - set(partners.mapped("email_normalized")))
        for address, kept_sudo in earlier.items():
            if kept_sudo.partner_share and kept_sudo._get_client():
                people[address] = partners.browse(kept_sudo.id)
        return people

    @api.model
    def _feed_reader(self, persons, clients, owner):
        """Whose an address is: of the client whom the document belongs to, else of the only client that has it.

        :return: tuple of ids of client and person
        """
        ids = {clients[person.id] for person in persons}
        client_id = owner if owner in ids else next(iter(ids)) if len(ids) == 1 else None
        mine = [person.id for person in persons if clients[person.id] == client_id]
        return client_id, next((id_ for id_ in mine if id_ != client_id), client_id)

    @api.model
    def _feed_by_model(self, mails):
        groups = defaultdict(list)
        for mail in mails:
            if mail.res_id and mail.model in self.env and not self.env[mail.model]._abstract:
                groups[mail.model].append(mail)
        return groups

    @api.model
    def _feed_owners(self, mails):
        """The clients to whom the documents of mails belong.

        :return: dict of model and id to the client's id
        """
        owners = {}
        for model, group in self._feed_by_model(mails).items():
            records = self.env[model].browse({mail.res_id for mail in group}).exists()
            partners = records._mail_get_partners() if records else {}
            for record in records:
                owners[model, record.id] = partners[record.id]._get_client()[:1].id
        return owners

    @api.model
    def _feed_names(self, mails):
        """The names of the documents of mails without a subject, by model and id."""
        names = {}
        for model, group in self._feed_by_model(mails).items():
            for record in self.env[model].browse({mail.res_id for mail in group}).exists():
                names[model, record.id] = record.display_name
        return names
