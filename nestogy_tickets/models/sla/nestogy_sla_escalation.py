from odoo import api, fields, models
from odoo.exceptions import ValidationError

PEOPLE = ("assignee", "leader", "manager")
HOURS_MAX = 1_000


class NestogySlaEscalation(models.Model):
    """A level of a policy: who is told, and how, when a target comes into danger or is missed."""

    _name = "nestogy.sla.escalation"
    _description = "SLA Escalation Level"
    _order = "policy_id, sequence, id"

    policy_id = fields.Many2one("nestogy.sla.policy", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    event = fields.Selection(
        [("warning", "At a warning"), ("breached", "When late"), ("after", "Hours after that")],
        string="When",
        required=True,
        default="breached",
    )
    percent = fields.Integer(
        string="At %", help="How much of the time is used: one of the warnings of the policy. 0: the last of them."
    )
    hours = fields.Float(default=2.0, help="Hours of the policy's time that go by after the target was missed.")
    target = fields.Selection(
        [("any", "Both"), ("response", "First response"), ("resolution", "Resolution")], required=True, default="any"
    )
    to_assignee = fields.Boolean(
        string="Assignee", default=True, help="Whoever leads the team is told while nobody is assigned."
    )
    to_leader = fields.Boolean(string="Team Leader", help="Of the ticket's team, or of the job's project.")
    to_manager = fields.Boolean(string="Account Manager")
    user_ids = fields.Many2many("res.users", string="And", domain=[("share", "=", False)])
    by_activity = fields.Boolean(string="Activity", help="A to-do on the ticket or job.")
    by_message = fields.Boolean(string="Message", default=True, help="By e-mail or inbox, as each user prefers.")
    at_once = fields.Boolean(help="Also outside of working hours; else the notice waits until work begins.")
    display_name = fields.Char(compute="_compute_display_name")

    _percent_in_range = models.Constraint(
        "CHECK (percent BETWEEN 0 AND 99)", "A warning is between 1 and 99 percent; 0 stands for the last one."
    )
    _hours_in_range = models.Constraint(
        f"CHECK (event <> 'after' OR (hours > 0 AND hours <= {HOURS_MAX}))",
        f"Hours after a missed target are more than 0 and at most {HOURS_MAX}.",
    )

    @api.depends_context("lang")
    @api.depends("event", "percent", "hours", "target")
    def _compute_display_name(self):
        for level in self:
            if level.event == "warning":
                percent = level._warning_percent()
                name = self.env._("%s percent used", percent) if percent else self.env._("At risk")
            elif level.event == "after":
                name = self.env._("Late by %s", level.policy_id._hours_text(level.hours))
            else:
                name = self.env._("Late")
            level.display_name = name

    @api.constrains("to_assignee", "to_leader", "to_manager", "user_ids", "by_activity", "by_message")
    def _check_reaches_somebody(self):
        for level in self:
            if not (level.user_ids or any(level[f"to_{who}"] for who in PEOPLE)):
                raise ValidationError(
                    self.env._("The level “%s” reaches nobody; choose who is told.", level.display_name)
                )
            if not (level.by_activity or level.by_message):
                raise ValidationError(
                    self.env._(
                        "The level “%s” does nothing; choose an activity, a message or both.", level.display_name
                    )
                )

    @api.constrains("event", "percent", "policy_id")
    def _check_percent(self):
        for level in self:
            percents = level.policy_id._levels()
            if level.event == "warning" and level.percent and level.percent not in percents:
                raise ValidationError(
                    self.env._(
                        "The policy warns at %(percents)s percent, not at %(percent)s; choose one of these.",
                        percents=", ".join(map(str, percents)),
                        percent=level.percent,
                    )
                )

    def _levels_for(self, clock, event):
        """The levels that a target has come to; lower warnings too, which may have been passed over by a late sweep."""
        events = {"warning": ("warning",), "breached": ("breached", "after")}.get(event, ())
        return self.filtered(
            lambda level: (
                level.event in events
                and level.target in ("any", clock.target)
                and (level.event != "warning" or 0 < level._warning_percent() <= clock.warned_percent)
            )
        )

    def _warning_percent(self):
        """:return: at how much it warns, 0 when the policy has no warnings"""
        return self.percent or max(self.policy_id._levels(), default=0)

    def _schedule(self, clock):
        """The working time that a clock is counted in."""
        return self.env["resource.calendar"]._sla_schedule(clock.calendar_id.id, clock.company_id.id)

    def _due_at(self, clock, now):
        """When a level that a target has come to is to speak, outside of working hours or not."""
        self.ensure_one()
        if self.event != "after":
            return now
        since = clock.breached_at or now
        return self._schedule(clock).deadline(since, round(self.hours * 3600)) or since
