from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

HEALTH_DOMAINS = {
    "breached": "_sla_breached_domain",
    "at_risk": "_sla_at_risk_domain",
    "running": "_sla_running_domain",
    "paused": "_sla_paused_domain",
}


class NestogySlaMixin(models.AbstractModel):
    """What people see of the SLA of a ticket or a job."""

    _inherit = "nestogy.sla.mixin"

    sla_status = fields.Json(string="SLA", compute="_compute_sla_status", groups="base.group_user")
    sla_health = fields.Selection(
        [
            ("breached", "Late"),
            ("at_risk", "At risk"),
            ("running", "Running"),
            ("paused", "Paused"),
        ],
        string="SLA State",
        compute="_compute_sla_health",
        search="_search_sla_health",
        groups="base.group_user",
        help="To find what is late or soon will be. Late and at risk are among the running ones.",
    )
    sla_receipt = fields.Html(
        string="SLA Receipt", compute="_compute_sla_receipt", groups="base.group_user", sanitize=False
    )

    @api.depends_context("lang", "tz")
    @api.depends(
        "sla_deadline", "sla_paused_since", "sla_policy_id", "sla_clock_ids.state", "sla_clock_ids.deadline_at"
    )
    def _compute_sla_status(self):
        """What the countdown needs, so that it asks nobody until the record is read again."""
        statuses = self._sla_status()
        reasons = dict(self._fields["sla_pause_reason"]._description_selection(self.env))
        now = fields.Datetime.to_string(fields.Datetime.now())
        for record in self:
            status = statuses.get(record._origin.id) or {"state": "none", "targets": []}
            if not status["targets"]:
                record.sla_status = False
                continue
            policy_sudo = record.sla_policy_id.sudo()  # its name is shown to whoever reads the record
            risks = {clock.target: clock.risk_at for clock in record.sla_clock_ids}
            paused = self.env._("Paused: %s", reasons.get(record.sla_pause_reason, "")).rstrip(": ")
            record.sla_status = {
                "now": now,
                "state": status["state"],
                "open_now": status["open_now"],
                "next_open": status["next_open"] and fields.Datetime.to_string(status["next_open"]),
                "policy": policy_sudo.name or "",
                "calendar": policy_sudo.calendar_id.name or self.env._("around the clock"),
                "targets": [
                    {
                        "target": target["target"],
                        "label": target["label"],
                        "state": target["state"],
                        "deadline": target["deadline"] and fields.Datetime.to_string(target["deadline"]),
                        "risk_at": risks.get(target["target"]) and fields.Datetime.to_string(risks[target["target"]]),
                        "goal_text": policy_sudo._hours_text(target["goal_seconds"] / 3600),
                        "consumed_text": policy_sudo._hours_text(target["consumed_seconds"] / 3600),
                        "breached": target["breached"],
                        "paused": paused,
                    }
                    for target in status["targets"]
                ],
            }

    def _compute_sla_health(self):
        for record in self:
            record.sla_health = next(
                (
                    key
                    for key, name in HEALTH_DOMAINS.items()
                    if record._origin and record._origin.filtered_domain(getattr(self, name)())
                ),
                False,
            )

    def _search_sla_health(self, operator, value):
        self._check_field_access(self._fields["sla_health"], "read")
        if operator != "in":
            return NotImplemented
        domains = {key: getattr(self, name)() for key, name in HEALTH_DOMAINS.items()}
        found = Domain.OR([domains[key] for key in value if key in domains])
        return found | ~Domain.OR(domains.values()) if False in value else found

    # ------------------------------------------------------------------
    # The receipt
    # ------------------------------------------------------------------

    @api.depends_context("lang", "tz")
    @api.depends("sla_clock_ids.state", "sla_clock_ids.deadline_at", "sla_paused_since")
    def _compute_sla_receipt(self):
        for record in self:
            record.sla_receipt = record._origin._sla_receipt_html() if record._origin else False

    def _sla_receipt_html(self):
        """The ledger as staff read it: for each target what counted, what did not and why, and the sum."""
        self.ensure_one()
        status = self._sla_status().get(self.id)
        if not status or not status["targets"]:
            return Markup("<p>%s</p>") % self.env._("Nothing was promised for this, so no clock runs.")
        policy_sudo = self.sla_policy_id.sudo()  # as in _compute_sla_status
        lines = self._sla_receipt()
        return self.env["ir.qweb"]._render(
            "nestogy_tickets.sla_receipt",
            {
                "targets": [
                    target
                    | {
                        "goal": policy_sudo._hours_text(target["goal_seconds"] / 3600),
                        "consumed": policy_sudo._hours_text(target["consumed_seconds"] / 3600),
                        "due": self._sla_moment(target["deadline"]),
                        "lines": [
                            self._prepare_receipt_line(line) for line in lines if line["target"] == target["label"]
                        ],
                    }
                    for target in status["targets"]
                ],
                "counting": policy_sudo._counting_text() if policy_sudo else "",
                "notices": self._sla_receipt_notices(),
            },
        )

    def _sla_receipt_notices(self):
        """Who was told what, and when."""
        # who may see the record may know who was told about it
        notices_sudo = self.env["nestogy.sla.notice"].sudo()
        notices_sudo = notices_sudo.search([(f"clock_id.{self._sla_key}", "=", self.id)], order="due_at, id")
        states = dict(notices_sudo._fields["state"]._description_selection(self.env))
        targets = dict(notices_sudo.clock_id._fields["target"]._description_selection(self.env))
        return [
            {
                "moment": self._sla_moment(notice.done_at or notice.due_at),
                "what": f"{targets[notice.clock_id.target]}: {notice.escalation_id.display_name}",
                "who": ", ".join(notice.user_ids.mapped("name")),
                "state": states[notice.state],
            }
            for notice in notices_sudo
        ]

    def _prepare_receipt_line(self, line):
        policy_sudo = self.sla_policy_id.sudo()  # as in _compute_sla_status
        return {
            "what": line["kind"],
            "why": line["reason"],
            "is_counted": bool(line["worked_seconds"]),
            "start": self._sla_moment(line["from"]),
            "end": self._sla_moment(line["to"]) or self.env._("now"),
            "worked": policy_sudo._hours_text(line["worked_seconds"] / 3600),
            "policy": line["policy"],
            "priority": line["priority"],
        }

    def _sla_moment(self, moment, tz=None):
        return format_datetime(self.env, moment, tz=tz, dt_format="short") if moment else ""
