from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.sla_clock import warning_levels


class NestogySlaPolicy(models.Model):
    """How soon we answer and finish what clients ask for; a client has its own, or that of its group or company."""

    _name = "nestogy.sla.policy"
    _description = "SLA Policy"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(
        default=True, help="An archived policy promises nothing any more: open tickets and jobs lose their clocks."
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        index=True,
        ondelete="restrict",
        check_company=True,
        help="Times are counted in these working hours, without their holidays. Empty: around the clock.",
    )
    warning_percents = fields.Char(
        string="Warn at (%)",
        default="50,75,90",
        help="At how many percent of a time there is a warning, separated by commas. From the last one on a ticket is"
        " at risk. Empty: no warnings.",
    )
    pause_when_waiting = fields.Boolean(
        string="Pause While We Wait for the Client",
        default=True,
        help="The clocks stand still in stages that wait for the client, until the client answers.",
    )
    line_ids = fields.One2many("nestogy.sla.policy.line", "policy_id", string="Times", copy=True)
    note = fields.Text(string="Description")

    @api.constrains("warning_percents")
    def _check_warning_percents(self):
        for policy in self:
            try:
                levels = warning_levels(policy.warning_percents)
            except ValueError:
                levels = None
            if levels is None or len(levels) > 10:
                raise ValidationError(
                    self.env._(
                        "Warnings are at most ten whole percents between 1 and 99, separated by commas, as 50, 75, 90."
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"active", "calendar_id", "warning_percents", "pause_when_waiting", "company_id", "line_ids"}:
            self._sync_open_records()
        return result

    def _sync_open_records(self):
        """Bring what runs under these policies in line with them."""
        for model in self.env["nestogy.sla.clock"]._sla_models():
            model._sla_sync_domain([("sla_policy_id", "in", self.ids)])

    def _levels(self):
        """:return: tuple of the percentages at which there is a warning"""
        self.ensure_one()
        return warning_levels(self.warning_percents)

    def _goals(self):
        """What is promised, for all kinds and priorities.

        :return: dict of policy id to a dict of (kind, priority) to a dict of target to seconds, without empty ones
        """
        goals = {policy.id: {} for policy in self}
        for line in self.line_ids:
            times = {"response": line.response_hours, "resolution": line.resolution_hours}
            goals[line.policy_id.id][line.kind, line.priority] = {
                target: round(hours * 3600) for target, hours in times.items() if hours > 0
            }
        return goals
