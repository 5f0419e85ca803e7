import hashlib
import json
import logging
import os
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg2
from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models, modules
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import config, email_normalize, email_normalize_all, exception_to_unicode

from odoo.addons.nestogy_clients.tools.database import is_trouble

from ...tools import mail_source

_logger = logging.getLogger(__name__)

MANAGER = "nestogy_clients.nestogy_clients_group_manager"
RETRY_MINUTES = (1, 5, 15, 60, 240, 720)
ORPHAN_MINUTES = 10  # a mail that nobody works on after this time was left by a process that died
TWIN_MINUTES = 10
BATCH = 50
FORGOTTEN = 2_000  # originals that are deleted in one go
DAYS_PARAMETER = "nestogy_tickets.mail_days"
DAYS = 90
DIGITS = 32


def may_pass(error):
    """Say whether what went wrong may be right later."""
    return is_trouble(error) or isinstance(error, psycopg2.errors.InFailedSqlTransaction | OSError | MemoryError)


class MailHeld(Exception):
    """A mail that is not to become a ticket by itself: a person looks at it."""

    def __init__(self, kind, reason):
        super().__init__(reason)
        self.kind = kind


class NestogyMailInbox(models.Model):
    """Each mail that came in, as it came, and what became of it.

    A mail is stored here in a transaction of its own before anything reads it. It is then taken in by a second
    transaction, which also marks it as done: so it is done once or, after any failure, still here.
    """

    _name = "nestogy.mail.inbox"
    _description = "Received Mail"
    _order = "id desc"
    _rec_name = "subject"

    state = fields.Selection(
        [
            ("received", "Waiting"),
            ("quarantined", "In quarantine"),
            ("done", "Done"),
            ("discarded", "Discarded"),
        ],
        required=True,
        readonly=True,
        default="received",
    )
    kind = fields.Selection(
        [
            ("error", "An error occurred"),
            ("temporary", "Tried too often"),
            ("flood", "Too many mails"),
            ("own", "From our own address"),
            ("machine", "Written by a machine"),
            ("unknown", "Unknown sender"),
            ("nobody", "Nobody wanted it"),
            ("twin", "Same Message-Id, other text"),
        ],
        string="Why",
        readonly=True,
    )
    reason = fields.Text(readonly=True)
    outcome = fields.Selection(
        [
            ("record", "Taken in"),
            ("repaired", "Taken in as far as it could be read"),
            ("bounce", "Report that one of our mails was not delivered"),
            ("duplicate", "Had been taken in before"),
        ],
        readonly=True,
    )
    message_id = fields.Char("Message-Id", readonly=True)
    key = fields.Char(readonly=True, copy=False, help="What two copies of one mail have in common.")
    digest = fields.Char(readonly=True)
    copies = fields.Integer(readonly=True, default=1, help="How often this mail was delivered to us.")
    sender = fields.Char("From", readonly=True)
    sender_address = fields.Char(readonly=True)
    recipients = fields.Char("To", readonly=True)
    subject = fields.Char(readonly=True)
    company_id = fields.Many2one(
        "res.company",
        readonly=True,
        ondelete="set null",
        help="Whose ticket it went into, else to whose address it was sent; empty when that is not clear.",
    )
    received_at = fields.Datetime("Received", required=True, readonly=True, default=fields.Datetime.now)
    source = fields.Binary("Original", attachment=True, readonly=True, groups=MANAGER)
    source_size = fields.Integer("Size", readonly=True)
    headers = fields.Text(compute="_compute_text", groups=MANAGER)
    text = fields.Text(compute="_compute_text", groups=MANAGER)
    options = fields.Json(readonly=True, groups="base.group_system")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    tries = fields.Integer("Failed Tries", readonly=True)
    next_try_at = fields.Datetime(readonly=True)
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True)
    decided_at = fields.Datetime("Decided on", readonly=True)

    _key_once = models.UniqueIndex("(key) WHERE key IS NOT NULL", "This mail has been received before.")
    _sender_idx = models.Index("(sender_address, received_at)")
    _digest_idx = models.Index("(digest, received_at)")
    _todo_idx = models.Index("(next_try_at) WHERE state = 'received'")
    _quarantine_idx = models.Index("(id) WHERE state = 'quarantined'")
    _done_idx = models.Index("(received_at) WHERE state IN ('done', 'discarded')")

    @api.depends("source")
    def _compute_text(self):
        for mail in self:
            source = mail.sudo()._get_source()  # the fields are for managers, attachments of fields are read as such
            mail.headers = mail_source.headers(source)
            mail.text = mail_source.text(source)

    # ------------------------------------------------------------------
    # The way in
    # ------------------------------------------------------------------

    @contextmanager
    def _in_own_transaction(self):
        """The same records in a transaction of their own, which is committed in the end.

        While tests run it is a savepoint of theirs: as in the core, nothing is committed then.
        """
        if modules.module.current_test:
            with self.env.cr.savepoint():
                yield self
        else:
            with self.env.registry.cursor() as cr:
                yield self.with_env(self.env(cr=cr))

    @api.model
    def _take_in(self, source, options):
        """Store a mail, then make of it what it is.

        :param bytes source: the mail as it was received
        :param dict options: the other arguments of ``message_process``, and the user as ``uid``
        :return: id of the record it went into, False when there is none (yet)
        """
        try:
            mail = self._store(source, options)
        except Exception:
            # the database does not take it: keep it beside, for whoever handed it over may now delete it
            self._spool(source, options)
            raise
        return mail._process(source) if mail else False

    @api.model
    def _store(self, source, options):
        """Store a mail that has not come before.

        :return: the new record; empty when this mail is here already
        """
        facts = mail_source.facts(source)
        values = facts | {
            "source_size": len(source),
            "options": json.loads(json.dumps(options, default=str)),
            "next_try_at": fields.Datetime.now() + timedelta(minutes=ORPHAN_MINUTES),
            "key": facts["message_id"] or self._key_of_text(facts),
        }
        for is_second_look in (False, True):
            try:
                with self._in_own_transaction() as inbox:
                    mail, twin = inbox._store_once(values, source)
                break
            except psycopg2.errors.UniqueViolation:
                if is_second_look:
                    raise
                # another process stored the same mail at the same moment; now it can be seen
        if twin:
            self.browse(twin.id)._count_copy()
        return self.browse(mail.id)

    @api.model
    def _store_once(self, values, source):
        """:return: the new record, which is empty if nothing is to be done, and the one that was here before"""
        twin = self.search([("key", "=", values["key"])], limit=1)
        if not values["message_id"]:
            twin = twin or self.search(self._twin_domain(values), limit=1)
        if not twin:
            return self._create_with_source(values, source), twin
        if twin.digest != values["digest"]:
            values = values | {
                "key": False,
                "state": "quarantined",
                "kind": "twin",
                "reason": self.env._("An earlier mail has the same Message-Id, but another text."),
                "next_try_at": False,
            }
            twin = self.search(self._twin_domain(values) & Domain("kind", "=", "twin"), limit=1)
            if not twin:
                self._create_with_source(values, source)
        return self.browse(), twin

    def _count_copy(self):
        """Note that a mail came once more; it does not matter if this is lost."""
        try:
            with self._in_own_transaction() as twin:
                for each in twin.try_lock_for_update():
                    each.copies += 1
                twin.env.flush_all()
        except psycopg2.OperationalError:
            _logger.info("mail %s came again while it was being taken in", self.id)

    @api.model
    def _key_of_text(self, facts):
        """What copies of a mail without a Message-Id have in common for some minutes."""
        period = int(fields.Datetime.now().timestamp()) // (TWIN_MINUTES * 60)
        text = "\0".join((facts["sender_address"], facts["subject"], facts["digest"], str(period)))
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:DIGITS]

    @api.model
    def _twin_domain(self, facts):
        """Mails of the last minutes with the same sender, subject and text."""
        since = fields.Datetime.now() - timedelta(minutes=TWIN_MINUTES)
        return (
            Domain("digest", "=", facts["digest"])
            & Domain("received_at", ">", since)
            & Domain("sender_address", "=", facts["sender_address"])
            & Domain("subject", "=", facts["subject"] or False)
        )

    @api.model
    def _company_of_addresses(self, recipients):
        """The company to whose team, or else to whose domain, a mail was sent; empty unless it is exactly one."""
        addresses = email_normalize_all(recipients or "")
        if not addresses:
            return self.env["res.company"]
        # addresses, teams and companies are those of all, whoever hands the mail in
        teams_sudo = self.env["helpdesk.ticket.team"].sudo()
        teams_sudo = teams_sudo.search_fetch([("alias_id.alias_full_name", "in", addresses)], ["company_id"])
        companies_sudo = teams_sudo.company_id
        if not companies_sudo:
            names = {address.rpartition("@")[2] for address in addresses}
            domains_sudo = teams_sudo.env["mail.alias.domain"].search([("name", "in", list(names))])
            companies_sudo = domains_sudo.company_ids
        return companies_sudo.sudo(False) if len(companies_sudo) == 1 else self.env["res.company"]

    def _create_with_source(self, values, source):
        mail = self.create({"company_id": self._company_of_addresses(values["recipients"]).id, **values})
        self.env["ir.attachment"].create(
            {
                "name": "source",
                "res_model": self._name,
                "res_field": "source",
                "res_id": mail.id,
                "raw": source,
                "mimetype": "message/rfc822",  # and nothing that a browser would run
            }
        )
        self.env.flush_all()
        mail.invalidate_recordset(["source"])
        return mail

    def _get_source(self):
        self.ensure_one()
        # lists and forms ask for sizes instead of contents
        attachment = (
            self.env["ir.attachment"]
            .with_context(bin_size=False, bin_size_raw=False)
            .search([("res_model", "=", self._name), ("res_field", "=", "source"), ("res_id", "=", self.id)], limit=1)
        )
        return attachment.raw or b""

    # ------------------------------------------------------------------
    # Beside the database
    # ------------------------------------------------------------------

    @api.model
    def _spool_folder(self):
        return Path(config["data_dir"]) / "nestogy_mail" / self.env.cr.dbname

    @api.model
    def _spool(self, source, options):
        """Keep a mail in a file, whole or not at all."""
        folder = self._spool_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{hashlib.sha256(source).hexdigest()[:DIGITS]}.eml"
        draft = path.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as file:
            file.write(json.dumps(options, default=str).encode() + b"\n" + source)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _logger.warning("The database does not take a mail; it is kept in %s", path)

    @api.model
    def _unspool(self):
        """Bring mails home that the database did not take when they came."""
        folder = self._spool_folder()
        for path in sorted(folder.glob("*.eml")) if folder.is_dir() else ():
            options, _newline, source = path.read_bytes().partition(b"\n")
            self._take_in(source, json.loads(options))
            path.unlink(missing_ok=True)

    # ------------------------------------------------------------------
    # From mail to record
    # ------------------------------------------------------------------

    def _process(self, source=None, **extra):
        """Make of a stored mail what it is; whatever goes wrong, the mail stays.

        :param bytes source: the mail as it was received, if that is at hand
        :param extra: context that says how, as a person decided
        :return: id of the record it went into, False when there is none (yet)
        """
        self.ensure_one()
        fault = None
        for is_repair in (False, True):
            try:
                with self._in_own_transaction() as mail:
                    mail = mail.try_lock_for_update()
                    if not mail or mail.state not in ("received", "quarantined"):
                        return False  # somebody else has it
                    return mail._route(is_repair, extra, source)
            except Exception as error:  # noqa: BLE001  our code, others', the database's: no mail is lost by it
                fault = fault or error
                if isinstance(error, MailHeld) or may_pass(error):
                    fault = error
                    break
                _logger.info("mail %s could not be taken in", self.id, exc_info=True)
        self._keep(fault)
        return False

    def _route(self, is_repair, extra, source=None):
        """Hand the mail to the gateway, which marks it as done when a record has it."""
        options = dict(self.options or {})
        source = source or self._get_source()
        context = {key: value for key, value in (options.pop("context", None) or {}).items()}
        user = self.env.user
        if (uid := options.pop("uid", None) or user.id) != user.id:
            user = self.env["res.users"].browse(uid).exists() or user
        threads = self.env[options.pop("threads", None) or "mail.thread"].with_user(user)
        if user.id == SUPERUSER_ID:
            threads = threads.sudo()  # the fetching of mail runs as root, and so does a later try
        options.update(extra.pop("options", {}))
        threads = threads.with_context(**context, **extra, nestogy_inbox_id=self.id)
        thread_id = threads.message_process(
            message=mail_source.repaired(source) if is_repair else source, model=options.pop("model", None), **options
        )
        self.env.flush_all()
        if self.state in ("received", "quarantined"):
            if self.message_id and self.env["mail.message"].search_count(
                [("message_id", "=", self.message_id)], limit=1
            ):
                self._finish("duplicate")
            else:
                raise MailHeld("nobody", self.env._("No address of ours in it takes mails of this sender."))
        elif is_repair:
            self.outcome = "repaired"
        return thread_id

    def _finish(self, outcome, record=None):
        values = {
            "state": "done",
            "outcome": outcome,
            "kind": False,
            "next_try_at": False,
            "res_model": record._name if record else False,
            "res_id": record.id if record else False,
        }
        if record and "company_id" in record._fields and record.company_id:
            values["company_id"] = record.company_id.id
        self.write(values)

    def _keep(self, error):
        """Say why a mail could not be taken in; what may pass is tried again by itself."""
        reason = exception_to_unicode(error).strip()[:1000] or type(error).__name__
        with self._in_own_transaction() as mail:
            values = {"state": "quarantined", "kind": "error", "reason": reason, "next_try_at": False}
            values["tries"] = mail.tries + 1
            if isinstance(error, MailHeld):
                values["kind"] = error.kind
            elif may_pass(error):
                if mail.tries < len(RETRY_MINUTES):
                    minutes = RETRY_MINUTES[mail.tries]
                    values |= {
                        "state": "received",
                        "kind": "temporary",
                        "next_try_at": fields.Datetime.now() + timedelta(minutes=minutes),
                    }
                    mail.env.ref("nestogy_tickets.ir_cron_mail_inbox")._trigger(values["next_try_at"])
                else:
                    values["kind"] = "temporary"
            else:
                values["reason"] = f"{type(error).__name__}: {reason}"
            mail.write(values)
            if values["kind"] == "flood":
                mail._tell_of_flood()

    # ------------------------------------------------------------------
    # Who floods us
    # ------------------------------------------------------------------

    @api.model
    def _flood_window(self):
        """:return: how many mails of one address are taken in within how many minutes; the core's own settings"""
        parameters_sudo = self.env["ir.config_parameter"].sudo()  # settings are for administrators
        return (
            int(parameters_sudo.get_param("mail.gateway.loop.threshold", 20)),
            int(parameters_sudo.get_param("mail.gateway.loop.minutes", 120)),
        )

    def _is_flood(self):
        """Tell whether the sender of this mail has had as many mails taken in as anybody may."""
        self.ensure_one()
        limit, minutes = self._flood_window()
        since = self.received_at - timedelta(minutes=minutes)
        domain = Domain("sender_address", "=", self.sender_address) & Domain("received_at", ">", since)
        domain &= Domain("state", "=", "done") & Domain("id", "!=", self.id)
        return self.search_count(domain, limit=limit) >= limit

    def _tell_of_flood(self):
        """Tell staff once per address and time."""
        self.ensure_one()
        limit, minutes = self._flood_window()
        since = self.received_at - timedelta(minutes=minutes)
        told = Domain("sender_address", "=", self.sender_address) & Domain("kind", "=", "flood")
        if self.search_count(told & Domain("received_at", ">", since) & Domain("id", "!=", self.id), limit=1):
            return
        managers = self.env.ref(MANAGER).all_user_ids.filtered(
            lambda user: (
                user.active
                and not user.share
                and (self.company_id in user.company_ids if self.company_id else user._sees_mails_of_no_company())
            )
        )
        if managers:
            self.env["mail.thread"].message_notify(
                partner_ids=managers.partner_id.ids,
                subject=self.env._("Too many mails from %s", self.sender_address),
                body=Markup("<p>%s</p>")
                % self.env._(
                    "More than %(limit)s mails in %(minutes)s minutes came from %(address)s. Further ones wait under "
                    "To Do, Mails in Quarantine; nobody was answered.",
                    limit=limit,
                    minutes=minutes,
                    address=self.sender_address,
                ),
            )

    # ------------------------------------------------------------------
    # The clock
    # ------------------------------------------------------------------

    @api.model
    def _todo_domain(self):
        return Domain("state", "=", "received") & Domain("next_try_at", "<=", fields.Datetime.now())

    @api.model
    def _cron_process(self):
        """Take in what waits: after a temporary failure, or because the process died that had it."""
        self._unspool()
        cron = self.env["ir.cron"]
        due = self.search(self._todo_domain(), limit=BATCH, order="id")
        cron._commit_progress(remaining=self.search_count(self._todo_domain()))
        for mail in due:
            mail._process()
            if not cron._commit_progress(1):
                break

    @api.autovacuum
    def _gc_originals(self):
        """Forget mails that were dealt with long ago; what is in quarantine stays."""
        # settings are for administrators
        days = int(self.env["ir.config_parameter"].sudo().get_param(DAYS_PARAMETER, DAYS))
        if days <= 0:
            return 0, 0
        before = fields.Datetime.now() - timedelta(days=days)
        domain = Domain("state", "in", ("done", "discarded")) & Domain("received_at", "<", before)
        old = self.search(domain, limit=FORGOTTEN)
        old.unlink()
        return len(old), len(old) == FORGOTTEN

    # ------------------------------------------------------------------
    # What a manager does
    # ------------------------------------------------------------------

    def _decide(self):
        """The records in sudo of a manager who decides about them."""
        if not self.env.user.has_group(MANAGER):
            self.check_access("write")
            raise UserError(self.env._("Only managers decide about mails in quarantine; ask one."))
        self.check_access("read")
        waiting = self.filtered(lambda mail: mail.state in ("quarantined", "received"))
        if not waiting:
            raise UserError(self.env._("These mails are not in quarantine any more; reload the list."))
        waiting_sudo = waiting.sudo()  # nobody writes these records by hand; managers may decide, as checked here
        waiting_sudo.write({"decided_by_id": self.env.uid, "decided_at": fields.Datetime.now()})
        self.env.flush_all()
        return waiting_sudo

    def action_retry(self):
        """Take the mails in although a rule holds them back."""
        for mail_sudo in self._decide():
            mail_sudo._process_now()
        return self._tell_result()

    def _process_now(self, **extra):
        """Take a mail in within the transaction of the person who asks for it."""
        self.ensure_one()
        for is_repair in (False, True):
            try:
                with self.env.cr.savepoint():
                    self._route(is_repair, {"nestogy_inbox_force": True, **extra})
                    return True
            except Exception as error:  # noqa: BLE001  told to the person who asked
                _logger.info("mail %s could not be taken in", self.id, exc_info=True)
                if not is_repair or isinstance(error, MailHeld):
                    self.write({"reason": f"{type(error).__name__}: {exception_to_unicode(error)}"[:1000]})
        return False

    def _tell_result(self):
        done = self.filtered(lambda mail: mail.state == "done")
        if len(self) == 1 and done and done.res_model and done.res_id:
            return done.action_open_record()
        left = len(self) - len(done)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if left else "success",
                "message": self.env._("%(done)s taken in, %(left)s still here.", done=len(done), left=left),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_open_record(self):
        self.ensure_one()
        return self.env[self.res_model].browse(self.res_id)._get_records_action(context={})

    def action_download(self):
        """Hand out the mail as it came, as a file, streamed from the disk."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/source?download=true&filename=mail-{self.id}.eml",
            "target": "download",
        }

    def action_assign(self):
        return self._open_wizard("assign", self.env._("Make a ticket"))

    def action_discard(self):
        return self._open_wizard("discard", self.env._("Discard"))

    def _open_wizard(self, deed, title):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "nestogy.mail.decision",
            "view_mode": "form",
            "target": "new",
            "context": {"default_mail_ids": self.ids, "default_deed": deed},
        }

    @api.model
    def _is_own_address(self, address):
        """Tell whether an address is one of ours: of a team, of a catchall, of the company."""
        address = email_normalize(address or "")
        if not address:
            return False
        domains_sudo = self.env["mail.alias.domain"].sudo()  # addresses of ours are known to administrators
        return bool(domains_sudo._find_aliases([address]))
