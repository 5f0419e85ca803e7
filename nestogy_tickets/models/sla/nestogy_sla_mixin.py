from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.sla_clock import CANCELLED, DONE, MET, MISSED, PAUSED, RUNNING, Clock, Terms
from .nestogy_sla_clock import REASONS

TARGETS = ("response", "resolution")
SYNC_AT_ONCE = 2000  # more records than that are brought in line by the cron
SYNC_BATCH = 500

STORED_COLUMNS = {
    "sla_policy_id": "int4",
    "sla_first_response_at": "timestamp",
    "sla_resolved_at": "timestamp",
    "sla_paused_since": "timestamp",
    "sla_pause_reason": "varchar",
}


class SlaPlan(NamedTuple):
    """What a record asks of its clocks."""

    policy_id: int | None
    goals: dict
    calendar_id: int | None
    levels: tuple
    client_id: int | None
    company_id: int
    wanted: str
    reason: str | None


class NestogySlaMixin(models.AbstractModel):
    """A ticket or job whose first response and resolution are promised by the client's SLA policy.

    The fields are written by the engine with SQL: they neither touch ``write_date`` nor what others write at the time.
    """

    _name = "nestogy.sla.mixin"
    _description = "SLA"
    _sla_kind = ""  # of the policy's lines
    _sla_key = ""  # the field of the clock that points here

    sla_policy_id = fields.Many2one(
        "nestogy.sla.policy",
        string="SLA Policy",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
        help="The policy in force: the client's, else that of its group, else that of the company. When a policy is"
        " set or changed, the clocks of open tickets and jobs start from that moment; when a ticket is given to a"
        " client later, they start from its creation.",
    )
    sla_deadline = fields.Datetime(
        string="SLA Deadline",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
        help="The first deadline that is still ahead or was missed; empty when no time runs.",
    )
    sla_risk_at = fields.Datetime(string="At Risk From", readonly=True, copy=False, groups="base.group_user")
    sla_response_deadline = fields.Datetime(
        string="First Response Until", readonly=True, copy=False, groups="base.group_user"
    )
    sla_resolution_deadline = fields.Datetime(
        string="Resolution Until", readonly=True, copy=False, groups="base.group_user"
    )
    sla_first_response_at = fields.Datetime(
        string="First Response",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The first message of ours that the client can see; else when it was closed.",
    )
    sla_resolved_at = fields.Datetime(string="Resolved", readonly=True, copy=False, groups="base.group_user")
    sla_paused_since = fields.Datetime(
        string="Paused Since", readonly=True, copy=False, index="btree_not_null", groups="base.group_user"
    )
    sla_pause_reason = fields.Selection(
        REASONS, string="Paused Because", readonly=True, copy=False, groups="base.group_user"
    )
    sla_hold_reason = fields.Selection(
        REASONS,
        string="Stopped Because",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Why the clocks were stopped whatever the stage says.",
    )
    sla_client_answered = fields.Boolean(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The client has written since we began to wait, so nobody waits for it any more.",
    )
    sla_is_stale = fields.Boolean(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Waits to be brought in line with a policy that has changed for many.",
    )

    # ------------------------------------------------------------------
    # What a ticket or job says; the sides fill these in
    # ------------------------------------------------------------------

    @api.model
    def _sla_triggers(self):
        """:return: set of the fields whose change may start, stop, pause or change the clocks"""
        return {"active", "priority", "partner_id", "company_id", "stage_id"}

    def _sla_clients(self):
        """:return: dict of record to its client, maybe empty"""
        raise NotImplementedError

    def _sla_company(self):
        """The company whose promise it is; the same whoever looks."""
        return self.company_id

    def _sla_wanted(self):
        """:return: ``running``, ``done`` or ``cancelled``; ``None`` when it has no clocks of its own"""
        raise NotImplementedError

    def _sla_pause_reason(self, policy):
        """Why the clocks of an open record stand still.

        :param policy: the policy in force, in sudo
        :return: one of the reasons, ``None`` when they run
        """
        self.ensure_one()
        if self.sla_hold_reason or not policy:
            return self.sla_hold_reason or None
        if self.stage_id.stops_sla:
            return "stage"
        if self.stage_id.waits_for_client and policy.pause_when_waiting and not self.sla_client_answered:
            return "waiting_client"
        return None

    @api.model
    def _sla_open_domain(self):
        raise NotImplementedError

    def _sla_event(self, clocks, event):
        """Called once for each thing that happens to clocks; addons send notices here.

        :param clocks: ``nestogy.sla.clock`` in sudo, one for each record of the set, in which a record may be twice
        :param str event: ``warning`` (``clock.warned_percent`` says which), ``breached``, ``met`` or ``missed``
        """
        if event == "breached":
            labels = dict(clocks._fields["target"]._description_selection(self.env))
            for target, late in clocks.grouped("target").items():
                body = self.env._("SLA time for %s has passed.", labels[target])
                late_ids = set(late.ids)
                records = self.browse(
                    record.id for record, clock in zip(self, clocks, strict=True) if clock.id in late_ids
                )
                # a line in the history, whoever looks
                records.sudo()._message_log_batch(dict.fromkeys(records.ids, body))

    # ------------------------------------------------------------------
    # Domains
    # ------------------------------------------------------------------

    @api.model
    def _sla_running_domain(self):
        return Domain("sla_deadline", "!=", False)

    @api.model
    def _sla_paused_domain(self):
        return Domain("sla_paused_since", "!=", False)

    @api.model
    def _sla_breached_domain(self, now=None):
        """A time is running that should be over."""
        return Domain("sla_deadline", "<", now or fields.Datetime.now())

    @api.model
    def _sla_at_risk_domain(self, now=None):
        """The last warning level of a running time has passed, its deadline has not."""
        now = now or fields.Datetime.now()
        return Domain("sla_risk_at", "<=", now) & Domain("sla_deadline", ">=", now)

    # ------------------------------------------------------------------
    # Doors
    # ------------------------------------------------------------------

    def _sla_pause(self, reason):
        """Stop the clocks whatever the stage says, until :meth:`_sla_resume`."""
        self._sla_set_hold(reason)

    def _sla_resume(self):
        """Let the clocks go on, also when the stage waits for the client: it has answered."""
        self._sla_set_hold(None, is_answered=True)

    def _sla_set_hold(self, reason, is_answered=False):
        self._sla_write({"sla_hold_reason": reason, "sla_client_answered": is_answered})
        self._sla_sync()

    def _sla_first_response(self, at=None):
        """Note our first message to the client; later ones change nothing."""
        at = at or fields.Datetime.now()
        # whoever answers, the clocks know
        fresh = self.filtered(lambda record: not record.sudo().sla_first_response_at)
        fresh._sla_write({"sla_first_response_at": at})
        fresh._sla_sync()

    def _sla_write(self, values):
        """Write SLA fields of the set alike, past ``write`` and its tracking."""
        if not self:
            return
        self.flush_recordset(values)
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id = ANY(%s)",
                SQL.identifier(self._table),
                SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()),
                self.ids,
            )
        )
        self.invalidate_recordset(list(values), flush=False)

    def _sla_note_write(self, vals):
        """Follow a change of the records, once all of it is written."""
        if "stage_id" in vals:
            # in the new stage we wait for another answer; whoever moves it
            self.filtered(lambda record: record.sudo().sla_client_answered)._sla_write({"sla_client_answered": False})
        if vals.keys() & self._sla_triggers():
            self._sla_sync(since_creation="partner_id" in vals)

    def _sla_note_message(self, message):
        """Read what a message means for the clocks: the first answer of ours, or the client's answer."""
        self.ensure_one()
        if message.message_type not in ("comment", "email", "email_outgoing"):
            return
        if not message.subtype_id or message.subtype_id.internal or message.is_internal:
            return
        # visitors may post, and authors may be of other companies
        record_sudo, author_sudo = self.sudo(), message.sudo().author_id
        if author_sudo.id == self.env["ir.model.data"]._xmlid_to_res_id("base.partner_root"):
            return
        if author_sudo and not author_sudo.partner_share:
            if record_sudo.sla_client_answered:
                record_sudo._sla_write({"sla_client_answered": False})
                record_sudo._sla_sync()
            record_sudo._sla_first_response()
        elif not record_sudo.sla_client_answered and record_sudo.sla_pause_reason == "waiting_client":
            held = record_sudo.sla_hold_reason
            record_sudo._sla_write(
                {"sla_client_answered": True, "sla_hold_reason": None if held == "waiting_client" else held or None}
            )
            record_sudo._sla_sync()

    # ------------------------------------------------------------------
    # Bringing clocks in line
    # ------------------------------------------------------------------

    def _sla_policies(self):
        """The policies in force.

        :return: dict of record to a tuple of policy in sudo, maybe empty, and client
        """
        clients = self._sla_clients()
        none_sudo = self.env["nestogy.sla.policy"].sudo()  # the promise holds, whoever opens the ticket
        found = {}
        for company, records in self.grouped(lambda record: record._sla_company()).items():
            partners = self.env["res.partner"].union(*(clients[record] for record in records))
            settings = partners.with_company(company)._client_settings_of("sla_policy")
            policies = {partner.id: values["sla_policy"][0] for partner, values in settings.items()}
            for record in records:
                policy_sudo = none_sudo.browse(policies.get(clients[record].id, none_sudo).id)
                found[record] = (policy_sudo if policy_sudo.active else none_sudo), clients[record]
        return found

    def _sla_plans(self):
        """:return: dict of record to a :class:`SlaPlan`; records without clocks of their own are left out"""
        found = {}
        policies = self._sla_policies()
        goals = self.env["nestogy.sla.policy"].union(*(policy for policy, _client in policies.values()))._goals()
        for record, (policy, client) in policies.items():
            wanted = record._sla_wanted()
            if wanted is None:
                policy, wanted = policy.browse(), CANCELLED
            reason = record._sla_pause_reason(policy) if wanted == RUNNING else None
            found[record] = SlaPlan(
                policy_id=policy.id or None,
                goals=goals.get(policy.id, {}).get((self._sla_kind, record.priority), {}),
                calendar_id=policy.calendar_id.id or None,
                levels=policy._levels() if policy else (),
                client_id=client.id or None,
                company_id=record._sla_company().id,
                wanted=PAUSED if reason else wanted,
                reason=reason,
            )
        return found

    def _sla_sync(self, since_creation=False):
        """Bring the clocks in line with the records.

        :param bool since_creation: clocks that start now count from the creation of the record
        """
        if not self:
            return
        # whoever changes the ticket, its clocks follow
        records_sudo = self.sudo()
        records_sudo.flush_recordset(STORED_COLUMNS)  # an import may bring them along
        engine = self.env["nestogy.sla.clock"]
        now = fields.Datetime.now()
        plans = records_sudo._sla_plans()
        known = {}
        for clock in engine._load(SQL("%s = ANY(%s)", SQL.identifier("c", self._sla_key), self.ids)):
            known.setdefault(clock.owner[1], {})[clock.target] = clock
        rows, changed = [], []
        for record, plan in plans.items():
            clocks = known.get(record.id, {})
            stored = record._sla_stored_values(plan, now)
            for target in TARGETS:
                clock = record._sla_move(target, clocks.get(target), plan, stored, now, since_creation)
                if clock and (not clock.id or clock.is_changed or clock.stored != engine._state_values(clock)):
                    changed.append(clock)
            if changed and changed[-1].owner[1] == record.id or stored != record._sla_former_values():
                rows.append((record.id, *stored))
        if changed:
            engine._store(changed)
        if rows:
            engine._update(self._table, STORED_COLUMNS, rows)
            self.invalidate_recordset([*STORED_COLUMNS, "sla_clock_ids"], flush=False)
            self._sla_store_deadlines([row[0] for row in rows])
        engine._tell(changed, is_guarded=False)

    def _sla_former_values(self):
        return tuple((self[name].id if name == "sla_policy_id" else self[name]) or None for name in STORED_COLUMNS)

    def _sla_stored_values(self, plan, now):
        """:return: values for ``STORED_COLUMNS``"""
        responded, resolved = self.sla_first_response_at or None, self.sla_resolved_at or None
        if plan.wanted == DONE:
            resolved = resolved or now
            responded = responded or resolved  # who closes it has answered
        else:
            resolved = None
        is_paused = plan.wanted == PAUSED and plan.policy_id
        since = (self.sla_paused_since or now) if is_paused else None
        return plan.policy_id, responded, resolved, since, plan.reason if is_paused else None

    def _sla_move(self, target, clock, plan, stored, now, since_creation):
        """Move one clock, or begin it.

        :return: the clock, ``None`` where there is none
        """
        goal = plan.goals.get(target)
        responded = stored[1] if target == "response" else None
        schedules = self.env["resource.calendar"]
        wanted = DONE if responded and plan.wanted != CANCELLED else plan.wanted
        if not clock:
            # who brings a closed record along from elsewhere says when it was resolved
            is_history = since_creation and plan.wanted == DONE and self.sla_resolved_at
            if not goal or (plan.wanted in (DONE, CANCELLED) and not is_history) or (responded and not since_creation):
                return None
            terms = Terms(plan.policy_id, self.priority, plan.calendar_id, goal)
            schedule = schedules._sla_schedule(plan.calendar_id, plan.company_id)
            start = min(self.create_date.replace(microsecond=0), now) if since_creation else now
            clock = Clock.begin(target, start, terms, schedule, plan.levels)
            clock.owner = (self._sla_key, self.id)
            clock.client_id, clock.company_id = plan.client_id, plan.company_id
            if wanted != RUNNING:
                at = responded or (stored[2] if is_history else now)
                clock.move(wanted, max(start, at), terms, schedule, plan.levels, plan.reason)
            return clock
        former = schedules._sla_schedule(clock.terms.calendar_id, clock.company_id)
        is_moved = clock.company_id != plan.company_id  # to another company, with other holidays
        clock.client_id, clock.company_id = plan.client_id, plan.company_id
        if clock.is_over and (wanted in (DONE, CANCELLED) or not goal):
            return clock
        if not goal:
            clock.move(CANCELLED, now, clock.terms, former, ())
            return clock
        terms = Terms(plan.policy_id, self.priority, plan.calendar_id, goal)
        schedule = schedules._sla_schedule(plan.calendar_id, plan.company_id)
        at = min(now, max(responded, clock.line.started_at)) if responded and clock.line else now
        clock.move(wanted, at, terms, schedule, plan.levels, plan.reason, former=former, is_forced=is_moved)
        if not clock.is_changed and not clock.is_over:
            clock.plan_events(schedule, plan.levels)
        return clock

    @api.model
    def _sla_store_deadlines(self, ids):
        """Copy what lists search and sort by from the clocks to their records.

        :param ids: each once
        """
        if not ids:
            return
        # the names of columns come from the class alone
        key = SQL.identifier(self._sla_key)
        self.env.cr.execute(
            SQL(
                """UPDATE %(table)s record
                      SET sla_deadline = clocks.deadline, sla_risk_at = clocks.risk,
                          sla_response_deadline = clocks.response, sla_resolution_deadline = clocks.resolution
                     FROM (SELECT ids.id,
                                  min(c.deadline_at) FILTER (WHERE c.state = 'running') AS deadline,
                                  min(c.risk_at) FILTER (WHERE c.state = 'running') AS risk,
                                  min(c.deadline_at) FILTER (WHERE c.target = 'response') AS response,
                                  min(c.deadline_at) FILTER (WHERE c.target = 'resolution') AS resolution
                             FROM unnest(%(ids)s) ids(id)
                             LEFT JOIN nestogy_sla_clock c ON c.%(key)s = ids.id
                            GROUP BY ids.id) clocks
                    WHERE record.id = clocks.id""",
                table=SQL.identifier(self._table),
                key=key,
                ids=self.env["nestogy.sla.clock"]._arrays({"id": "int4"}, [(number,) for number in sorted(ids)]),
            )
        )
        self.browse(ids).invalidate_recordset(
            ["sla_deadline", "sla_risk_at", "sla_response_deadline", "sla_resolution_deadline"], flush=False
        )

    @api.model
    def _sla_sync_domain(self, domain):
        """Bring the open records of a domain in line: at once when they are few, else by the cron."""
        # a policy holds for the tickets of all teams
        records_sudo = self.sudo().with_context(active_test=False)
        found = records_sudo.search(Domain(domain) & self._sla_open_domain(), order="id")
        if len(found) <= SYNC_AT_ONCE:
            found._sla_sync()
            return
        found._sla_write({"sla_is_stale": True})
        self.env.ref("nestogy_tickets.ir_cron_sla_sync").sudo()._trigger()  # our own job

    @api.model
    def _sla_sync_stages(self, stages):
        """Bring those in line whose stage means something else now, also the closed ones."""
        # a stage is that of all teams
        self.sudo().search([("stage_id", "in", stages.ids), ("sla_policy_id", "!=", False)])._sla_sync()

    @api.model
    def _cron_sla_sync(self):
        """Bring stale records in line, in batches; what another worker has in hand is passed over."""
        cron = self.env["ir.cron"]
        for model in self.env["nestogy.sla.clock"]._sla_models():
            while True:
                self.env.cr.execute(
                    SQL(
                        "SELECT id FROM %s WHERE sla_is_stale LIMIT %s FOR UPDATE SKIP LOCKED",
                        SQL.identifier(model._table),
                        SYNC_BATCH,
                    )
                )
                records = model.browse([row[0] for row in self.env.cr.fetchall()])
                if not records:
                    break
                records._sla_write({"sla_is_stale": False})
                records._sla_sync()
                if not cron._commit_progress(len(records)):
                    return

    # ------------------------------------------------------------------
    # To be read
    # ------------------------------------------------------------------

    def _sla_status(self):
        """How the records stand now.

        :return: dict of record id to a dict of ``state`` (``none``, ``running``, ``paused``, ``met``, ``missed``),
            ``targets``, ``open_now`` and ``next_open``
        """
        now = fields.Datetime.now()
        engine = self.env["nestogy.sla.clock"]
        schedules = self.env["resource.calendar"]
        labels = dict(engine._fields["target"]._description_selection(self.env))
        found = {}
        for clock in engine._load(SQL("%s = ANY(%s)", SQL.identifier("c", self._sla_key), self.ids)):
            found.setdefault(clock.owner[1], []).append(clock)
        status = {}
        for record_id in self.ids:
            clocks = sorted(found.get(record_id, []), key=lambda clock: TARGETS.index(clock.target))
            live = [clock for clock in clocks if clock.state != CANCELLED]
            states = {clock.state for clock in live}
            targets = []
            for clock in live:
                schedule = schedules._sla_schedule(clock.terms.calendar_id, clock.company_id)
                consumed, goal = clock.consumed_at(now, schedule), clock.terms.goal_seconds
                is_late = clock.state == RUNNING and clock.deadline_at is not None and clock.deadline_at < now
                targets.append(
                    {
                        "target": clock.target,
                        "label": labels[clock.target],
                        "state": clock.state,
                        "deadline": clock.deadline_at,
                        "goal_seconds": goal,
                        "consumed_seconds": consumed,
                        "left_seconds": goal - consumed,
                        "percent": round(consumed * 100 / goal) if goal else 0,
                        "breached": bool(clock.breached_at) or is_late,
                    }
                )
            open_clocks = [clock for clock in live if not clock.is_over] or live
            terms = open_clocks[0] if open_clocks else None
            schedule = schedules._sla_schedule(terms.terms.calendar_id, terms.company_id) if terms else None
            status[record_id] = {
                "state": next((state for state in (RUNNING, PAUSED, MISSED, MET) if state in states), "none"),
                "targets": targets,
                "open_now": schedule.is_open(now) if schedule else True,
                "next_open": schedule.next_open(now) if schedule else None,
            }
        return status

    def _sla_receipt(self):
        """The ledger of one record, for people.

        :return: list of dicts of ``target``, ``kind``, ``reason``, ``from``, ``to`` (``None``: until now),
            ``worked_seconds`` (of the open line: until now), ``policy``, ``priority``, ``goal_seconds``
        """
        self.ensure_one()
        now = fields.Datetime.now()
        # who may see the ticket may see how its times came about
        lines_sudo = self.env["nestogy.sla.interval"].sudo()
        lines_sudo = lines_sudo.search([(f"clock_id.{self._sla_key}", "=", self.id)], order="started_at, id")
        kinds = dict(lines_sudo._fields["kind"]._description_selection(self.env))
        reasons = dict(lines_sudo._fields["reason"]._description_selection(self.env))
        priorities = dict(lines_sudo._fields["priority"]._description_selection(self.env))
        targets = dict(lines_sudo.clock_id._fields["target"]._description_selection(self.env))
        schedules = self.env["resource.calendar"]
        receipt = []
        for line in lines_sudo:
            if line.started_at == line.ended_at:
                continue  # two changes in one moment
            worked = line.worked_seconds
            if line.kind == RUNNING and not line.ended_at:
                schedule = schedules._sla_schedule(line.calendar_id.id or None, line.clock_id.company_id.id)
                worked = schedule.seconds_between(line.started_at, now)
            receipt.append(
                {
                    "target": targets[line.clock_id.target],
                    "kind": kinds[line.kind],
                    "reason": reasons.get(line.reason, ""),
                    "from": line.started_at,
                    "to": line.ended_at or None,
                    "worked_seconds": worked,
                    "policy": line.policy_id.name or "",
                    "priority": priorities.get(line.priority, ""),
                    "goal_seconds": line.goal_seconds,
                }
            )
        return receipt
