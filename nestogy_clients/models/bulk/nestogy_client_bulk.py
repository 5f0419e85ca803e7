import base64
import csv
import io
import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.sheets import safe_cell

BATCH = 500  # clients a transaction
AT_ONCE = 100  # clients that are dealt with while the user waits


class NestogyClientBulk(models.Model):
    """One deed done to many clients: who it was, what became of each, and what was before.

    What can be done is told by ``res.partner._bulk_deeds``.
    """

    _name = "nestogy.client.bulk"
    _description = "Bulk Action"
    _inherit = ["nestogy.work.mixin"]
    _order = "id desc"

    name = fields.Char(required=True, readonly=True)
    deed = fields.Char(required=True, readonly=True)
    values = fields.Json(readonly=True)
    values_text = fields.Text(string="With", readonly=True)
    line_ids = fields.One2many("nestogy.client.bulk.line", "bulk_id", string="Clients", readonly=True)
    refused_line_ids = fields.One2many(
        "nestogy.client.bulk.line", "bulk_id", domain=[("state", "in", ("refused", "kept"))], readonly=True
    )
    may_undo = fields.Boolean(compute="_compute_may_undo")
    report = fields.Binary(compute="_compute_report", attachment=False)

    # ------------------------------------------------------------------
    # The deed
    # ------------------------------------------------------------------

    def _spec(self):
        """What is known of the deed, if the user may still do it.

        :raise UserError: the deed is gone with its addon, or is not the user's any more
        """
        self.ensure_one()
        spec = self.env["res.partner"]._bulk_deeds().get(self.deed)
        if not spec:
            raise UserError(self.env._("The bulk action “%s” is not installed any more.", self.name))
        self.env["res.partner"]._check_bulk_deed(spec)
        return spec

    @api.model
    def _make(self, deed, domain, values, values_text=""):
        """Note a deed and the clients that a filter matches now, as the user sees them.

        :param str deed: key of ``res.partner._bulk_deeds``
        :param domain: of clients
        :param dict values: what the deed asks for, ids for records
        :raise AccessError: the user may not do it
        :raise UserError: no client matches
        """
        spec = self.env["res.partner"]._bulk_deeds()[deed]
        self.env["res.partner"]._check_bulk_deed(spec)
        # users read bulk actions, they begin here
        bulk_sudo = self.sudo().create(
            {"name": spec["label"], "deed": deed, "values": values, "values_text": values_text}
        )
        bulk_sudo.total = bulk_sudo._fill(self.env["res.partner"]._bulk_query(domain))
        if not bulk_sudo.total:
            raise UserError(self.env._("No client matches."))
        return bulk_sudo.with_env(self.env)

    def _fill(self, query):
        """Add a line for each client of a query, in one statement.

        :return int: how many
        """
        rows = self.env.execute_query(
            SQL(
                """INSERT INTO nestogy_client_bulk_line
                          (bulk_id, client_id, client_name, state, create_uid, write_uid, create_date, write_date)
                   SELECT %s, p.id, p.name, 'waiting', %s, %s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                     FROM res_partner p
                    WHERE p.id IN %s
                 ORDER BY p.id
                RETURNING id""",
                self.id,
                self.env.uid,
                self.env.uid,
                query.subselect(),
            )
        )
        self.invalidate_recordset(["line_ids", "refused_line_ids"])
        return len(rows)

    def _run(self, undo=False):
        """Do it at once for few clients, in the background for many."""
        if self.total <= AT_ONCE:
            self._work_now(undo)
        else:
            self._work_start(undo)

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Bulk Action"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    # ------------------------------------------------------------------
    # Batches
    # ------------------------------------------------------------------

    def _next_lines(self, state):
        # the report is written here and nowhere else
        lines_sudo = self.env["nestogy.client.bulk.line"].sudo()
        return lines_sudo.search(
            [("bulk_id", "=", self.id), ("state", "=", state)],
            order="id",
            limit=self._spec().get("batch", BATCH),
        )

    def _work_step(self):
        lines_sudo = self._next_lines("waiting")
        if lines_sudo:
            self._work_each(lines_sudo, self._deal, lambda line_sudo, reason: line_sudo._mark("refused", reason))
        return len(lines_sudo)

    def _work_undo_step(self):
        lines_sudo = self._next_lines("done")
        if lines_sudo:
            self._work_each(lines_sudo, self._restore, lambda line_sudo, reason: line_sudo._mark("kept", reason))
        return len(lines_sudo)

    def _partners(self):
        """Partners as bulk actions deal with them: the log is written in one go afterwards, not one by one."""
        return self.env["res.partner"].with_context(
            active_test=False, mail_notrack=True, mail_auto_subscribe_no_notify=True
        )

    def _clients_of(self, lines_sudo, spec):
        """The clients of lines that the user may deal with, and why not the others.

        :return: tuple of clients and a dict of line to reason
        """
        partners = self._partners()
        seen = partners.search([("id", "in", lines_sudo.client_id.ids), ("is_client", "=", True)])
        clients = seen._filtered_access(spec.get("access", "write"))
        erased = self.env["nestogy.client.deletion"]._under_way(clients)
        clients -= erased
        refused = {}
        for line_sudo in lines_sudo:
            if line_sudo.client_id.id in erased._ids:
                refused[line_sudo] = self.env._("The client is being erased.")
            elif line_sudo.client_id.id not in seen._ids:
                refused[line_sudo] = self.env._("You do not see this client any more, or it is no client any more.")
            elif line_sudo.client_id.id not in clients._ids:
                refused[line_sudo] = self.env._("You may not change this client.")
        return clients, refused

    def _deal(self, lines_sudo):
        """Do the deed to the clients of these lines, and keep what was before."""
        spec = self._spec()
        clients, refused = self._clients_of(lines_sudo, spec)
        by_client = {line_sudo.client_id.id: line_sudo for line_sudo in lines_sudo}
        no = getattr(clients, spec["check"])(self.values or {}) if spec.get("check") else {}
        refused |= {by_client[client.id]: reason for client, reason in no.items()}
        clients -= clients.browse([client.id for client in no])
        keeps = spec.get("keeps", ())
        before = clients._bulk_keep(keeps, self.values or {})
        no = (getattr(clients, spec["deal"])(self.values or {}) if clients else None) or {}
        refused |= {by_client[client.id]: reason for client, reason in no.items()}
        clients -= clients.browse([client.id for client in no])
        after = clients._bulk_keep(keeps, self.values or {})
        self._log(clients, before, after, spec, self.values_text if spec.get("says_values") else "")
        for client in clients:
            by_client[client.id]._remember(before[client.id], after[client.id], keeps)
        lines_sudo.filtered(lambda line: line not in refused)._mark("done")
        return refused

    def _restore(self, lines_sudo):
        """Give the clients of these lines back what was before, where nothing newer stands there."""
        spec = self._spec()
        clients, refused = self._clients_of(lines_sudo, spec)
        now = clients._bulk_keep(spec["keeps"], self.values or {})
        back = {}
        for line_sudo in lines_sudo.filtered(lambda line: line not in refused):
            client_id = line_sudo.client_id.id
            if line_sudo.before == line_sudo.after:
                continue
            if now[client_id] != line_sudo.after:
                refused[line_sudo] = self.env._(
                    "It was changed since: %s.", clients._bulk_words(line_sudo.after, now[client_id])
                )
                continue
            back.setdefault(json.dumps(line_sudo.before, sort_keys=True), []).append(client_id)
        for before, ids in back.items():
            some = clients.browse(ids)
            getattr(some, spec.get("restore", "_bulk_restore"))(json.loads(before), self.values or {})
            label = self.env._("%s, taken back", self.name)
            then = some._bulk_keep(spec["keeps"], self.values or {})
            self._log(some, now, then, spec | {"label": label}, "")
        lines_sudo.filtered(lambda line: line not in refused)._mark("undone")
        return refused

    def _log(self, clients, before, after, spec, text):
        """A line in the chatter of each client that changed, all made at once."""
        if spec.get("logs_itself") or not spec.get("keeps"):
            return
        words = {}
        bodies = {}
        for client in clients:
            if before[client.id] == after[client.id]:
                continue
            key = json.dumps([before[client.id], after[client.id]], sort_keys=True)
            if key not in words:
                words[key] = self.env._(
                    "%(deed)s (bulk action): %(change)s. %(text)s",
                    deed=spec["label"],
                    change=clients._bulk_words(before[client.id], after[client.id]),
                    text=text,
                ).strip()
            bodies[client.id] = words[key]
        if bodies:
            clients.browse(bodies)._message_log_batch(bodies=bodies)

    def _work_ended(self):
        spec = self._spec()
        if spec.get("ended") and not self.is_undo:
            getattr(self._partners(), spec["ended"])(self)
        if self.total > AT_ONCE:
            self._work_say_ended()

    # ------------------------------------------------------------------
    # Taking back
    # ------------------------------------------------------------------

    @api.depends("state", "deed")
    def _compute_may_undo(self):
        deeds = self.env["res.partner"]._bulk_deeds()
        for bulk in self:
            bulk.may_undo = bool(
                deeds.get(bulk.deed, {}).get("keeps")
                and bulk.state in ("done", "cancelled", "failed")
                and not bulk.is_undo
            )

    def action_undo(self):
        """Give each client back what was before; who was changed since is listed and left alone."""
        self.ensure_one()
        self._check_work_mine()
        if not self.may_undo:
            raise UserError(self.env._("This cannot be taken back."))
        if self.user_id != self.env.user:
            raise AccessError(self.env._("Only %s can take this back.", self.user_id.name))
        self._spec()
        bulk_sudo = self.sudo()  # checked above; users may read bulk actions only
        bulk_sudo.total = self.env["nestogy.client.bulk.line"].search_count(
            Domain("bulk_id", "=", self.id) & Domain("state", "=", "done")
        )
        self._run(undo=True)
        return self._open()

    # ------------------------------------------------------------------
    # The report
    # ------------------------------------------------------------------

    def _compute_report(self):
        states = dict(self.env["nestogy.client.bulk.line"]._fields["state"]._description_selection(self.env))
        header = [self.env._("Client ID"), self.env._("Client"), self.env._("Result"), self.env._("Reason")]
        for bulk in self:
            text = io.StringIO()
            writer = csv.writer(text)
            writer.writerow(header)
            for line in bulk.line_ids:
                number = line.client_id.sudo().client_number  # stood in the user's list when it was done
                cells = (number, line.client_name, states[line.state], line.reason)
                writer.writerow([safe_cell(cell or "") for cell in cells])
            bulk.report = base64.b64encode(text.getvalue().encode("utf-8-sig"))

    def action_download(self):
        """Give out what was done and what was refused, and why."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/report/bulk-action-{self.id}.csv?download=true",
            "target": "download",
        }
