import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.sla_clock import Clock, Line, Terms, forecast
from .nestogy_sla_policy_line import PRIORITIES

_logger = logging.getLogger(__name__)

REASONS = [
    ("waiting_client", "Waiting for the client"),
    ("stage", "Stage stops the clock"),
    ("manual", "Stopped by hand"),
    ("client_inactive", "Client is not active"),
]
SWEEP_BATCH = 200
EVENTS = ("warning", "breached", "met", "missed")  # in the order in which they can happen to a clock at one moment
RETRY = timedelta(minutes=5)

# the columns that change during the life of a clock
STATE_COLUMNS = {
    "client_id": "int4",
    "company_id": "int4",
    "policy_id": "int4",
    "priority": "varchar",
    "calendar_id": "int4",
    "goal_seconds": "int4",
    "consumed_seconds": "int4",
    "state": "varchar",
    "deadline_at": "timestamp",
    "done_at": "timestamp",
    "breached_at": "timestamp",
    "risk_at": "timestamp",
    "next_event_at": "timestamp",
    "warned_percent": "int4",
}
VALUE_COLUMNS = tuple(STATE_COLUMNS)[6:]  # without client, company and terms
FORECAST_COLUMNS = ("deadline_at", "risk_at", "next_event_at")
OWNER_COLUMNS = {
    "ticket_id": "int4",
    "task_id": "int4",
    "target": "varchar",
    "started_at": "timestamp",
}
LINE_COLUMNS = {
    "clock_id": "int4",
    "kind": "varchar",
    "reason": "varchar",
    "started_at": "timestamp",
    "ended_at": "timestamp",
    "worked_seconds": "int4",
    "policy_id": "int4",
    "priority": "varchar",
    "calendar_id": "int4",
    "goal_seconds": "int4",
}


class NestogySlaClock(models.Model):
    """One promise on one ticket or job: when it is due, and what of it is used up.

    What happens to a clock is worked out by :mod:`tools.sla_clock`; here clocks are read and stored, many at once.
    """

    _name = "nestogy.sla.clock"
    _description = "SLA Clock"
    _order = "deadline_at, id"
    _rec_name = "target"

    # the unique indexes below begin with the owner, so that it needs none of its own
    ticket_id = fields.Many2one("helpdesk.ticket", readonly=True, ondelete="cascade")
    task_id = fields.Many2one("project.task", string="Job", readonly=True, ondelete="cascade")
    client_id = fields.Many2one("res.partner", index="btree_not_null", readonly=True, ondelete="set null")
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="cascade")
    target = fields.Selection(
        [("response", "First Response"), ("resolution", "Resolution")], required=True, readonly=True
    )
    policy_id = fields.Many2one("nestogy.sla.policy", readonly=True, ondelete="restrict", index=True)
    priority = fields.Selection(PRIORITIES, readonly=True)
    calendar_id = fields.Many2one("resource.calendar", string="Working Hours", readonly=True, ondelete="set null")
    goal_seconds = fields.Integer(readonly=True)
    consumed_seconds = fields.Integer(
        readonly=True, help="Working time used up until the last event: the sum of the ledger's closed running lines."
    )
    state = fields.Selection(
        [
            ("running", "Running"),
            ("paused", "Paused"),
            ("met", "Met"),
            ("missed", "Missed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
    )
    started_at = fields.Datetime(required=True, readonly=True)
    deadline_at = fields.Datetime(string="Deadline", readonly=True)
    done_at = fields.Datetime(string="Done", readonly=True)
    breached_at = fields.Datetime(string="Breached", readonly=True)
    risk_at = fields.Datetime(string="At Risk From", readonly=True)
    next_event_at = fields.Datetime(readonly=True)
    warned_percent = fields.Integer(string="Warned at (%)", readonly=True)
    interval_ids = fields.One2many("nestogy.sla.interval", "clock_id", string="Ledger", readonly=True)

    _one_owner = models.Constraint(
        "CHECK ((ticket_id IS NULL) <> (task_id IS NULL))", "A clock belongs to a ticket or to a job."
    )
    _one_a_ticket = models.UniqueIndex("(ticket_id, target) WHERE ticket_id IS NOT NULL", "The ticket has this clock.")
    _one_a_task = models.UniqueIndex("(task_id, target) WHERE task_id IS NOT NULL", "The job has this clock.")
    _next_event_idx = models.Index("(next_event_at) WHERE next_event_at IS NOT NULL")
    _running_idx = models.Index("(calendar_id, company_id) WHERE state = 'running'")

    def init(self):  # pylint: disable=missing-return
        super().init()
        # a changed deadline finds room on its page: twice as fast as a page elsewhere
        self.env.cr.execute(SQL("ALTER TABLE %s SET (fillfactor = 70)", SQL.identifier(self._table)))

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self.env._("SLA clocks are started by tickets and jobs, not by hand."))

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("SLA clocks cannot be changed by hand; change the ticket, the job or the policy."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("SLA clocks are kept as long as their ticket or job."))

    @api.model
    def _sla_models(self):
        return [self.env["helpdesk.ticket"], self.env["project.task"]]

    def _sla_record(self):
        self.ensure_one()
        return self.ticket_id or self.task_id

    # ------------------------------------------------------------------
    # Reading and storing many
    # ------------------------------------------------------------------

    @api.model
    def _load(self, condition):
        """Read clocks as objects of :mod:`tools.sla_clock`, each with its open line, in two queries.

        They are not joined: before the statistics of a new ledger are taken, the database compares each with each.

        :param SQL condition: on the clock as ``c``
        :return: list of clocks with ``id``, ``owner`` (``ticket_id`` or ``task_id``, id), ``company_id``
        """
        columns = ["id", *OWNER_COLUMNS, *STATE_COLUMNS]
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM nestogy_sla_clock c WHERE %s ORDER BY c.id",
                SQL(", ").join(SQL.identifier("c", name) for name in columns),
                condition,
            )
        )
        rows = self.env.cr.fetchall()
        if not rows:
            return []
        self.env.cr.execute(
            SQL(
                """SELECT clock_id, id, kind, reason, started_at, policy_id, priority, calendar_id, goal_seconds
                     FROM nestogy_sla_interval
                    WHERE ended_at IS NULL AND clock_id = ANY(%s)""",
                [row[0] for row in rows],
            )
        )
        lines = {row[0]: row[1:] for row in self.env.cr.fetchall()}
        clocks = []
        for clock_id, ticket_id, task_id, target, started_at, *stored in rows:
            client_id, company_id, policy_id, priority, calendar_id, goal, *values = stored
            clock = Clock(
                target,
                started_at,
                Terms(policy_id, priority, calendar_id, goal),
                id=clock_id,
                **dict(zip(VALUE_COLUMNS, values, strict=True)),
            )
            clock.line_id = None
            if clock_id in lines:
                clock.line_id, kind, reason, line_at, *in_force = lines[clock_id]
                clock.line = Line(kind, reason, line_at, None, 0, Terms(*in_force))
            clock.owner = ("ticket_id", ticket_id) if ticket_id else ("task_id", task_id)
            clock.client_id, clock.company_id = client_id, company_id
            clock.stored = tuple(stored)
            clocks.append(clock)
        return clocks

    @api.model
    def _state_values(self, clock):
        return (
            clock.client_id,
            clock.company_id,
            *clock.terms,
            clock.consumed_seconds,
            clock.state,
            clock.deadline_at,
            clock.done_at,
            clock.breached_at,
            clock.risk_at,
            clock.next_event_at,
            clock.warned_percent,
        )

    @api.model
    def _store(self, clocks):
        """Write clocks and their lines, with one statement for each kind of work.

        SQL, because the ORM refuses these models to everybody, and as a ticket is opened with four rows of ours.
        """
        fresh = {clock for clock in clocks if not clock.id}
        if fresh:
            rows = [self._owner_values(clock) + self._state_values(clock) for clock in fresh]
            self._insert(self._table, OWNER_COLUMNS | STATE_COLUMNS, rows, returning=True)
            ids = {(ticket or 0, task or 0, target): row_id for row_id, ticket, task, target in self.env.cr.fetchall()}
            for clock in fresh:
                values = self._owner_values(clock)
                clock.id = ids[values[0] or 0, values[1] or 0, clock.target]
        changed = [(clock, self._state_values(clock)) for clock in clocks if clock not in fresh]
        changed = [(clock, values) for clock, values in changed if values != clock.stored]
        # what stays alike for all is not written: a day off moves deadlines alone
        numbers = [
            number
            for number in range(len(STATE_COLUMNS))
            if any(values[number] != clock.stored[number] for clock, values in changed)
        ]
        names = list(STATE_COLUMNS)
        self._update(
            self._table,
            {names[number]: STATE_COLUMNS[names[number]] for number in numbers},
            [(clock.id, *(values[number] for number in numbers)) for clock, values in changed],
        )
        ended = [(clock.line_id, clock.ended.ended_at, clock.ended.worked_seconds) for clock in clocks if clock.ended]
        self._update("nestogy_sla_interval", {"ended_at": "timestamp", "worked_seconds": "int4"}, ended)
        lines = [(clock.id, *line[:-1], *line.terms) for clock in clocks for line in clock.added]
        self._insert("nestogy_sla_interval", LINE_COLUMNS, lines)
        self.invalidate_model(flush=False)
        self.env["nestogy.sla.interval"].invalidate_model(flush=False)

    @api.model
    def _owner_values(self, clock):
        column, owner_id = clock.owner
        return (
            owner_id if column == "ticket_id" else None,
            owner_id if column == "task_id" else None,
            clock.target,
            clock.started_at,
        )

    @api.model
    def _insert(self, table, columns, rows, returning=False):
        if not rows:
            return
        self.env.cr.execute(
            SQL(
                """INSERT INTO %s (%s, create_uid, create_date)
                        SELECT rows.*, %s, now() AT TIME ZONE 'UTC' FROM unnest(%s) rows %s""",
                SQL.identifier(table),
                SQL(", ").join(map(SQL.identifier, columns)),
                self.env.uid,
                self._arrays(columns, rows),
                SQL("RETURNING id, ticket_id, task_id, target") if returning else SQL(),
            )
        )

    @api.model
    def _update(self, table, columns, rows):
        """:param rows: tuples of the id and a value for each column"""
        if not rows:
            return
        self.env.cr.execute(
            SQL(
                "UPDATE %(table)s target SET %(values)s FROM unnest(%(arrays)s) rows(id, %(names)s)"
                " WHERE target.id = rows.id",
                table=SQL.identifier(table),
                values=SQL(", ").join(
                    SQL("%s = rows.%s", SQL.identifier(name), SQL.identifier(name)) for name in columns
                ),
                arrays=self._arrays({"id": "int4"} | columns, rows),
                names=SQL(", ").join(map(SQL.identifier, columns)),
            )
        )

    @api.model
    def _arrays(self, columns, rows):
        """Columns as array literals, which both ends read several times faster than lists of typed values.

        Values are numbers, instants and words of selections, so that none needs quotes.
        """

        def literal(values):
            words = ",".join("NULL" if value is None else str(value) for value in values)
            return f"{{{words}}}"

        return SQL(", ").join(
            SQL("%s::" + kind + "[]", literal(values))
            for kind, values in zip(columns.values(), zip(*rows, strict=True), strict=True)
        )

    # ------------------------------------------------------------------
    # When working time itself changes
    # ------------------------------------------------------------------

    @api.model
    def _running_schedules(self):
        """:return: dict of (calendar id, company id) to the working time by which clocks run now"""
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT calendar_id, company_id FROM nestogy_sla_clock"
                " WHERE state = 'running' AND calendar_id IS NOT NULL"
            )
        )
        calendars = self.env["resource.calendar"]
        return {keys: calendars._sla_schedule(*keys) for keys in self.env.cr.fetchall()}

    @api.model
    def _rebook(self, before):
        """Go on by the calendars as they are now; what was used up until now is kept.

        :param dict before: what :meth:`_running_schedules` said before the change
        """
        calendars = self.env["resource.calendar"]
        now = fields.Datetime.now()
        owners, moved = [], []
        for (calendar_id, company_id), former in before.items():
            schedule = calendars._sla_schedule(calendar_id, company_id)
            if schedule.rule == former.rule:
                continue
            running = SQL("c.state = 'running' AND c.calendar_id = %s AND c.company_id = %s", calendar_id, company_id)
            first = self.env.execute_query(SQL("SELECT min(started_at) FROM nestogy_sla_clock c WHERE %s", running))[0][
                0
            ]
            if not first:
                continue
            since, until = schedule.same_around(former, first, now)
            if since < now:
                owners += self._replan(running, schedule, since, max(now, until))
            if since > first:
                moved += self._rebook_lines(running, schedule, former, since, now)
        owners += [clock.owner for clock in moved]
        for model in self._sla_models():
            model._sla_store_deadlines({owner_id for key, owner_id in owners if key == model._sla_key})
        self._tell(moved, is_guarded=False)

    @api.model
    def _replan(self, running, schedule, since, until):
        """Move what is ahead of clocks for which the working time that has passed is the same as before.

        Nothing of their ledger changes, and nothing at all of those that are over, or due, before the change. So it
        works on rows: a day off moves the deadlines of all open tickets while somebody waits.

        :param SQL running: which clocks
        :param datetime since: the open lines begin then or later
        :param datetime until: what is due later than that may move
        :return: list of owners
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT c.id, c.ticket_id, c.task_id, c.policy_id, c.goal_seconds, c.consumed_seconds,
                          c.warned_percent, c.deadline_at, c.risk_at, c.next_event_at
                     FROM nestogy_sla_clock c
                    WHERE %s AND c.breached_at IS NULL AND (c.deadline_at IS NULL OR c.deadline_at > %s)
                    ORDER BY c.id""",
                running,
                until,
            )
        )
        if not rows:
            return []
        began = dict(
            self.env.execute_query(
                SQL(
                    """SELECT clock_id, started_at FROM nestogy_sla_interval
                        WHERE ended_at IS NULL AND started_at >= %s AND clock_id = ANY(%s)""",
                    since,
                    self._arrays({"id": "int4"}, [row[:1] for row in rows]),
                )
            )
        )
        levels = self._levels_of({row[3] for row in rows})
        moved, owners = [], []
        for clock_id, ticket_id, task_id, policy_id, goal, consumed, warned, *former in rows:
            if clock_id not in began:
                continue
            ahead = forecast(schedule, levels[policy_id], began[clock_id], goal, consumed, warned)
            if ahead != tuple(former):
                moved.append((clock_id, *ahead))
                owners.append(("ticket_id", ticket_id) if ticket_id else ("task_id", task_id))
        self._update(self._table, {name: STATE_COLUMNS[name] for name in FORECAST_COLUMNS}, moved)
        self.invalidate_model(FORECAST_COLUMNS, flush=False)
        return owners

    @api.model
    def _rebook_lines(self, running, schedule, former, since, now):
        """Go on with clocks whose open line began before an instant, from where the working time may have changed.

        :return: list of those that have changed
        """
        began = SQL(
            """EXISTS (SELECT FROM nestogy_sla_interval line
                        WHERE line.clock_id = c.id AND line.ended_at IS NULL AND line.started_at < %s)""",
            since,
        )
        clocks = self._load(SQL("%s AND %s", running, began))
        levels = self._levels_of({clock.terms.policy_id for clock in clocks})
        for clock in clocks:
            clock.rebook(now, schedule, levels[clock.terms.policy_id], former)
        moved = [clock for clock in clocks if clock.is_changed or self._state_values(clock) != clock.stored]
        self._store(moved)
        return moved

    @api.model
    def _levels_of(self, policy_ids):
        """:return: dict of policy id to the percents at which it warns"""
        # clocks are nobody's: they look at the clients of all teams, whoever changes a calendar
        policies_sudo = self.env["nestogy.sla.policy"].sudo().browse(policy_ids)
        return {policy.id: policy._levels() for policy in policies_sudo}

    # ------------------------------------------------------------------
    # The sweep
    # ------------------------------------------------------------------

    @api.model
    def _due_domain(self):
        return Domain("next_event_at", "!=", False) & Domain("next_event_at", "<=", fields.Datetime.now())

    @api.model
    def _cron_sweep(self):
        """Say each warning and breach once, in batches; what fails is tried again later and stops nothing else.

        Clocks that another worker has in hand are passed over, so it may be started twice.
        """
        cron = self.env["ir.cron"]
        while True:
            due = self._sweep_batch()
            if not due:
                break
            if not cron._commit_progress(due, remaining=self.search_count(self._due_domain(), limit=10_000)):
                break

    @api.model
    def _sweep_batch(self):
        """:return: number of clocks that were looked at"""
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """SELECT id FROM nestogy_sla_clock WHERE next_event_at <= %s
                    ORDER BY next_event_at LIMIT %s FOR UPDATE SKIP LOCKED""",
                now,
                SWEEP_BATCH,
            )
        )
        ids = [row[0] for row in self.env.cr.fetchall()]
        if not ids:
            return 0
        clocks = self._load(SQL("c.id = ANY(%s)", ids))
        calendars = self.env["resource.calendar"]
        levels = self._levels_of({clock.terms.policy_id for clock in clocks})
        for clock in clocks:
            schedule = calendars._sla_schedule(clock.terms.calendar_id, clock.company_id)
            clock.sweep(now, levels[clock.terms.policy_id], schedule)
        self._store(clocks)
        for model in self._sla_models():
            model._sla_store_deadlines({clock.owner[1] for clock in clocks if clock.owner[0] == model._sla_key})
        failed = self._tell(clocks)
        if failed:
            self._update(
                self._table,
                STATE_COLUMNS,
                [(clock.id, *clock.stored[:-2], now + RETRY, clock.stored[-1]) for clock in failed],
            )
            self.invalidate_model(flush=False)
        return len(ids)

    @api.model
    def _tell(self, clocks, is_guarded=True):
        """Hand the events of clocks to their records, all of a kind at once.

        :param bool is_guarded: in savepoints; else an error stops what the user does
        :return: the clocks whose events could not be told
        """
        told = [clock for clock in clocks if clock.events]
        if not is_guarded:
            self._tell_events(told)
            return []
        return self._tell_guarded(told) if told else []

    @api.model
    def _tell_guarded(self, clocks):
        """All at once; one by one when that fails."""
        try:
            with self.env.cr.savepoint():
                self._tell_events(clocks)
            return []
        except Exception:
            if len(clocks) == 1:
                _logger.exception("The events of SLA clock %s could not be told; it is tried again", clocks[0].id)
                return clocks
        return [failed for clock in clocks for failed in self._tell_guarded([clock])]

    @api.model
    def _tell_events(self, clocks):
        for event in EVENTS:
            for model in self._sla_models():
                told = [clock for clock in clocks if event in clock.events and clock.owner[0] == model._sla_key]
                if told:
                    # told to all who are to know, whoever looks
                    clocks_sudo = self.sudo().browse([clock.id for clock in told])
                    records_sudo = clocks_sudo.env[model._name].browse([clock.owner[1] for clock in told])
                    records_sudo._sla_event(clocks_sudo, event)
