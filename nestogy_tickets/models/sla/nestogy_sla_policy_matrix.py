from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

KINDS = ("request", "job")
TARGETS = ("response", "resolution")
PRIORITIES = ("0", "1", "2", "3")
DAY_HOURS = 24.0  # of a policy around the clock


class NestogySlaPolicy(models.Model):
    """What a policy promises as people read and write it: one table, one sentence, and whom it is for."""

    _inherit = "nestogy.sla.policy"

    client_id = fields.Many2one(
        "res.partner",
        string="Own Times of",
        ondelete="cascade",
        index="btree_not_null",
        readonly=True,
        copy=False,
        help="The one client that these times were made for; nobody else can have them.",
    )
    matrix = fields.Json(
        string="Table of Times",
        compute="_compute_matrix",
        inverse="_inverse_matrix",
        help="Hours by kind, priority and target; 0 or none for no promise.",
    )
    promise = fields.Text(compute="_compute_promise", string="What We Promise")
    is_shown_to_clients = fields.Boolean(
        string="Clients See It", default=True, help="The page of a ticket in the portal says what we promised."
    )
    escalation_ids = fields.One2many("nestogy.sla.escalation", "policy_id", copy=True)

    @api.constrains("client_id", "company_id")
    def _check_client(self):
        for policy in self:
            if policy.client_id and not policy.client_id.is_client:
                raise ValidationError(
                    self.env._(
                        "%s is not a client; make it one before it gets times of its own.", policy.client_id.name
                    )
                )

    @api.constrains("warning_percents", "escalation_ids")
    def _check_escalation_percents(self):
        self.escalation_ids._check_percent()

    @api.depends_context("lang")
    @api.depends("line_ids.kind", "line_ids.priority", "line_ids.response_hours", "line_ids.resolution_hours")
    def _compute_matrix(self):
        # not from the calendar: who chooses another one must not lose what was just written into the table
        for policy in self:
            hours = {}
            for line in policy.line_ids:
                for target in TARGETS:
                    if line[f"{target}_hours"]:
                        hours[f"{line.kind}.{line.priority}.{target}"] = line[f"{target}_hours"]
            policy.matrix = policy._prepare_matrix(hours)

    def _prepare_matrix(self, hours):
        """The table with its headings, in the reader's language."""
        lines = self.env["nestogy.sla.policy.line"]
        kinds, priorities = (
            dict(lines._fields[name]._description_selection(self.env)) for name in ("kind", "priority")
        )
        return {
            "kinds": [{"key": key, "label": kinds[key]} for key in KINDS],
            "targets": [
                {"key": "response", "label": self.env._("First response")},
                {"key": "resolution", "label": self.env._("Resolution")},
            ],
            "priorities": [{"key": key, "label": priorities[key]} for key in reversed(PRIORITIES)],
            "day_hours": self._day_hours(),
            "hours": hours,
        }

    def _day_hours(self):
        """How many hours somebody means who writes of a day."""
        return self.calendar_id.hours_per_day or DAY_HOURS

    def _inverse_matrix(self):
        for policy in self:
            hours = policy._check_matrix(policy.matrix)
            lines = {(line.kind, line.priority): line for line in policy.line_ids}
            commands = []
            for kind in KINDS:
                for priority in PRIORITIES:
                    values = {f"{target}_hours": hours.get(f"{kind}.{priority}.{target}", 0.0) for target in TARGETS}
                    line = lines.get((kind, priority))
                    if line and any(values.values()):
                        commands.append(Command.update(line.id, values))
                    elif line:
                        commands.append(Command.delete(line.id))
                    elif any(values.values()):
                        commands.append(Command.create({"kind": kind, "priority": priority, **values}))
            policy.line_ids = commands

    def _check_matrix(self, matrix):
        """Hours as they came from outside.

        :return: dict of ``kind.priority.target`` to hours
        :raise ValidationError: what is no number, or makes no sense as a promise
        """
        cells = [f"{kind}.{priority}.{target}" for kind in KINDS for priority in PRIORITIES for target in TARGETS]
        hours = matrix.get("hours") if isinstance(matrix, dict) else None
        if not isinstance(hours, dict) or set(hours) - set(cells):
            raise ValidationError(self.env._("The times cannot be read; load the page again and write them anew."))
        if any(isinstance(value, bool) or not isinstance(value, int | float) for value in hours.values()):
            raise ValidationError(self.env._("The times cannot be read; load the page again and write them anew."))
        priorities = dict(self.env["nestogy.sla.policy.line"]._fields["priority"]._description_selection(self.env))
        for kind in KINDS:
            for priority in PRIORITIES:
                response, resolution = (hours.get(f"{kind}.{priority}.{target}") for target in TARGETS)
                if response and resolution and response > resolution:
                    raise ValidationError(
                        self.env._(
                            "Priority %s: the first response cannot be due after the resolution; make it shorter.",
                            priorities[priority],
                        )
                    )
        return hours

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    @api.depends_context("lang")
    @api.depends("matrix", "calendar_id", "calendar_id.tz", "pause_when_waiting", "warning_percents")
    def _compute_promise(self):
        kinds = {"request": self.env._("Requests"), "job": self.env._("Jobs")}
        targets = {"response": self.env._("a first answer"), "resolution": self.env._("a solution")}
        for policy in self:
            hours = (policy.matrix or {}).get("hours") or {}
            sentences = []
            for kind, label in kinds.items():
                parts = []
                for target, what in targets.items():
                    # from the most urgent on
                    found = [hours.get(f"{kind}.{priority}.{target}") for priority in reversed(PRIORITIES)]
                    found = [value for value in found if value]
                    if not found:
                        continue
                    least, most = policy._hours_text(min(found)), policy._hours_text(max(found))
                    parts.append(
                        self.env._("%(what)s within %(time)s", what=what, time=least)
                        if least == most
                        else self.env._("%(what)s within %(least)s to %(most)s", what=what, least=least, most=most)
                    )
                if parts:
                    both = self.env._("%(one)s and %(other)s", one=parts[0], other=parts[1]) if parts[1:] else parts[0]
                    sentences.append(self.env._("%(kind)s get %(promise)s.", kind=label, promise=both))
            if not sentences:
                policy.promise = self.env._("Nothing is promised yet: write times into the table.")
                continue
            sentences.append(policy._counting_text())
            if policy.pause_when_waiting:
                sentences.append(self.env._("The clock stands still while we wait for the client."))
            policy.promise = " ".join(sentences)

    def _counting_text(self):
        """When time counts."""
        self.ensure_one()
        if not self.calendar_id:
            return self.env._("Time counts around the clock.")
        return self.env._(
            "Time counts in the working hours of %(calendar)s (%(zone)s).",
            calendar=self.calendar_id.name,
            zone=self.calendar_id.tz,
        )

    def _hours_text(self, hours):
        """A length of time as a person says it: ``30 min``, ``4 h``, ``2 d``, in days of the policy from two on."""
        minutes, day = round(hours * 60), round(self._day_hours() * 60)
        days = minutes // day if minutes >= 2 * day else 0
        whole, rest = divmod(minutes - days * day, 60)
        if days:
            return self.env._("%(days)s d %(hours)s h", days=days, hours=whole) if whole else self.env._("%s d", days)
        if whole:
            if rest:
                return self.env._("%(hours)s h %(minutes)s min", hours=whole, minutes=rest)
            return self.env._("%s h", whole)
        return self.env._("%s min", rest)

    def action_sla_clients(self):
        """Open the clients for which this policy was chosen; others have it by their group or company."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client")
        return action | {
            "display_name": self.env._("Clients with %s", self.name),
            "domain": list(Domain("is_client", "=", True) & Domain("sla_policy_id", "=", self.id)),
            "context": {},
        }
