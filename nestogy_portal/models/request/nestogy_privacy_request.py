import io
import json
import zipfile
from datetime import date, datetime

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

from ...tools import zip_stream

ANSWER_DAYS, DOWNLOAD_DAYS = 30, 7
FILES_BYTES = 200_000_000  # of uploaded files in one archive
BATCH = 20
ACTIVITY = "nestogy_portal.mail_activity_type_privacy_request"


class NestogyPrivacyRequest(models.Model):
    """A person wants a copy of what is held about him, or wants it erased.

    A copy is made by the clock and waits a week for the person; an erasure is done by staff, within the time that the
    law gives.
    """

    _name = "nestogy.privacy.request"
    _description = "Privacy Request"
    _order = "due_on, id"
    _rec_name = "partner_id"

    kind = fields.Selection(
        [("export", "Copy of the data"), ("erasure", "Erasure")], string="Wanted", required=True, readonly=True
    )
    partner_id = fields.Many2one(
        "res.partner", string="Asked by", required=True, readonly=True, index=True, ondelete="cascade"
    )
    client_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="cascade")
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("refused", "Refused"), ("withdrawn", "Withdrawn")],
        required=True,
        readonly=True,
        default="open",
    )
    due_on = fields.Date(
        string="Due",
        required=True,
        readonly=True,
        default=lambda self: fields.Date.add(fields.Date.context_today(self), days=ANSWER_DAYS),
        help="The law gives a month for the answer.",
    )
    note = fields.Text(string="Their Note", readonly=True)
    answer = fields.Text(help="What was done, or why not. The person reads it.")
    problem = fields.Char(readonly=True, help="Why the copy could not be made.")
    user_id = fields.Many2one("res.users", string="Answered by", readonly=True, ondelete="set null")
    answered_at = fields.Datetime(string="Answered", readonly=True)
    downloaded_at = fields.Datetime(string="Downloaded", readonly=True)
    expires_at = fields.Datetime(string="Copy Kept Until", readonly=True)

    _one_open = models.UniqueIndex("(partner_id, kind) WHERE state = 'open'", "This has been asked for already.")
    _waiting_idx = models.Index("(id) WHERE kind = 'export' AND state = 'open' AND problem IS NULL")

    def write(self, vals):
        if not self.env.su and set(vals) - {"answer"}:
            raise AccessError(self.env._("A privacy request is not changed; write the answer and close it."))
        return super().write(vals)

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _portal_ask(self, kind, note=""):
        """Take the wish of the visitor.

        :return: the request in sudo
        :raise UserError: it has been asked for already
        """
        me = self.env.user.partner_id
        client = me._get_client()
        if not client:
            raise UserError(self.env._("You cannot ask for this here; please write to us."))
        if len(note or "") > 1000:
            raise UserError(self.env._("Write at most %s characters as a note.", 1000))
        requests_sudo = self.sudo()  # visitors have no rights on requests
        if requests_sudo.search_count(
            [("partner_id", "=", me.id), ("kind", "=", kind), ("state", "=", "open")], limit=1
        ):
            raise UserError(self.env._("You have asked for this already; it is under way."))
        request_sudo = requests_sudo.create(
            {"kind": kind, "partner_id": me.id, "client_id": client.id, "note": (note or "").strip()}
        )
        request_sudo._tell_managers()
        if kind == "export":
            self.env.ref("nestogy_portal.ir_cron_privacy_export").sudo()._trigger()  # a job of ours
        return request_sudo

    @api.model
    def _portal_rows(self):
        """The visitor's own requests, the newest first, in sudo."""
        # visitors have no rights on requests
        return self.sudo().search([("partner_id", "=", self.env.user.partner_id.id)], order="id desc", limit=10)

    @api.model
    def _portal_downloadable_domain(self):
        """The visitor's own copies that are ready and were not fetched yet."""
        return (
            Domain("partner_id", "=", self.env.user.partner_id.id)
            & Domain("kind", "=", "export")
            & Domain("state", "=", "done")
            & Domain("expires_at", ">", fields.Datetime.now())
            & Domain("downloaded_at", "=", False)
        )

    def _tell_managers(self):
        """Give the manager of the client, or else the first manager there is, something to do until it is due."""
        managers = self.env.ref("nestogy_clients.nestogy_clients_group_manager").all_user_ids.filtered(
            lambda user: user.active and not user.share
        )
        label = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        text = self.env._("Privacy request of %(who)s: %(what)s", who=self.partner_id.name, what=label)
        company = self.client_id.company_id
        fitting = managers.filtered(lambda user: not company or company in user.company_ids) or managers
        manager = self.client_id.user_id if self.client_id.user_id in fitting else fitting.sorted("id")[:1]
        if not manager:
            self.client_id._message_log(body=text)
            return
        self.client_id.activity_schedule(
            ACTIVITY, date_deadline=self.due_on, summary=text, note=self.note or "", user_id=manager.id
        )

    # ------------------------------------------------------------------
    # Answering
    # ------------------------------------------------------------------

    def _check_may_answer(self):
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_manager"):
            raise AccessError(self.env._("Managers of the Clients app answer privacy requests."))
        self.check_access("read")
        if self.filtered(lambda request: request.state != "open"):
            raise UserError(self.env._("This request has been answered."))

    def action_erase(self):
        """Show what goes with the person and what the law keeps, and ask; the request is answered when it begins."""
        self.ensure_one()
        self._check_may_answer()
        if self.kind != "erasure":
            raise UserError(self.env._("The person wants a copy; it is made by itself."))
        return self.partner_id.action_client_delete()

    def _erased(self):
        """Tell the person, while there still is an address; called in sudo when the erasure begins."""
        for request in self:
            contact = request.partner_id.with_context(lang=request.partner_id.lang or self.env.lang)
            if not (request.answer or "").strip():
                request.answer = contact.env._(
                    "Your data is being erased. What the law makes us keep, such as invoices, is kept without your"
                    " name."
                )
            request._finish("done")

    def action_refuse(self):
        self._check_may_answer()
        for request in self:
            if not (request.answer or "").strip():
                raise UserError(self.env._("Write the answer first: why not? The person reads it."))
        for request in self:
            request.sudo()._finish("refused")  # as above

    def action_retry(self):
        """Make the copy again after what was in its way is gone."""
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_manager"):
            raise AccessError(self.env._("Managers of the Clients app answer privacy requests."))
        self.check_access("read")
        self.sudo().filtered(lambda each: each.state == "open").problem = False  # as above
        self.env.ref("nestogy_portal.ir_cron_privacy_export").sudo()._trigger()  # a job of ours

    def _finish(self, state):
        self.ensure_one()
        self.write({"state": state, "user_id": self.env.uid, "answered_at": fields.Datetime.now(), "problem": False})
        self._mail(state)
        self._clear_activity()

    def _clear_activity(self):
        if not self.search_count([("client_id", "=", self.client_id.id), ("state", "=", "open")], limit=1):
            self.client_id.activity_feedback([ACTIVITY])

    def _portal_withdraw(self):
        self.ensure_one()
        self.write({"state": "withdrawn", "answered_at": fields.Datetime.now()})
        self._clear_activity()

    def _mail(self, page):
        contact = self.partner_id.with_context(lang=self.partner_id.lang or self.env.lang)
        company = self.client_id.company_id or self.env.company
        subject = (
            contact.env._("The copy of your data is ready")
            if page == "ready"
            else contact.env._("About your privacy request")
        )
        values = {
            "page": page,
            "change": self.with_env(contact.env),
            "company": company,
            "days": DOWNLOAD_DAYS,
            "url": f"{self.env['nestogy.portal.link']._base_url()}/my/privacy",
        }
        contact._mail_from_portal(subject, "nestogy_portal.privacy_mail", values, company)

    # ------------------------------------------------------------------
    # The copy
    # ------------------------------------------------------------------

    @api.model
    def _cron_build_exports(self):
        """Make the copies that were asked for. One that fails does not stop the others."""
        domain = [("kind", "=", "export"), ("state", "=", "open"), ("problem", "=", False)]
        due = self.search(domain, limit=BATCH, order="id")
        remaining = self.search_count(domain)
        self.env["ir.cron"]._commit_each(due, domain, "_build_export", "_note_problem", remaining=remaining)

    def _note_problem(self, error):
        """Whatever an addon's part raises, staff reads it on the request."""
        self.problem = str(error)[:500] or type(error).__name__

    def _build_export(self):
        """Put what is held about the person into an archive, as data, as a page to read, and the files."""
        self.ensure_one()
        contact = self.partner_id.with_context(lang=self.partner_id.lang or self.env.lang, tz=self.partner_id.tz)
        parts = contact._client_export_parts()
        data = {part["key"]: part["rows"] for part in parts}
        page = contact.env["ir.qweb"]._render(
            "nestogy_portal.export_page",
            {
                "contact": contact,
                "company": self.client_id.company_id or self.env.company,
                "parts": parts,
                "today": format_date(contact.env, fields.Date.context_today(contact)),
                "show": lambda value: self._show(contact.env, value),
                "html_attributes": contact.env["res.lang"]._html_attributes(),
            },
        )
        output, size, left_out = io.BytesIO(), 0, []
        with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data.json", json.dumps(data, indent=2, ensure_ascii=False, default=self._json))
            archive.writestr("data.html", f"<!DOCTYPE html>\n{page}")
            for part in parts:
                files = part.get("files") or []
                names = zip_stream.unique_names([name for name, _attachment in files])
                for name, (_name, attachment) in zip(names, files, strict=True):
                    size += attachment.file_size
                    if size > FILES_BYTES:
                        left_out.append(name)
                        continue
                    archive.writestr(f"{part['key']}/{name}", attachment.raw or b"")
            if left_out:
                archive.writestr("left-out.txt", "\n".join(left_out))
        self._attachment().unlink()
        self.env["ir.attachment"].create(
            {
                "name": f"data-{fields.Date.today()}.zip",
                "raw": output.getvalue(),
                "mimetype": "application/zip",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        now = fields.Datetime.now()
        self.write(
            {
                "state": "done",
                "answered_at": now,
                "expires_at": fields.Datetime.add(now, days=DOWNLOAD_DAYS),
                "answer": self.answer or contact.env._("The copy is ready; download it here."),
            }
        )
        self._mail("ready")
        self._clear_activity()

    @api.model
    def _show(self, env, value):
        """A value of a part as the page shows it."""
        if value is True or value is False:
            return env._("Yes") if value else env._("No")
        if isinstance(value, datetime):
            return format_datetime(env, value)
        if isinstance(value, date):
            return format_date(env, value)
        if isinstance(value, (list, tuple)):
            return ", ".join(str(each) for each in value)
        return str(value)

    @staticmethod
    def _json(value):
        if isinstance(value, date):  # and moments, which are dates too
            return value.isoformat()
        return str(value)

    def _attachment(self):
        """The archive, in the rights of the caller."""
        return self.env["ir.attachment"].search([("res_model", "=", self._name), ("res_id", "in", self.ids)])

    def _is_downloadable(self):
        self.ensure_one()
        is_there = self.kind == "export" and self.state == "done" and self.expires_at
        return bool(is_there and self.expires_at > fields.Datetime.now())

    @api.autovacuum
    def _gc_exports(self):
        """Throw copies away after their week."""
        # our own rows
        old_sudo = self.sudo().search([("expires_at", "<", fields.Datetime.now())])
        old_sudo._attachment().unlink()
