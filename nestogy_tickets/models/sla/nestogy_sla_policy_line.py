from odoo import api, fields, models
from odoo.exceptions import ValidationError

HOURS_MAX = 8784  # a year around the clock
PRIORITIES = [("0", "Low"), ("1", "Medium"), ("2", "High"), ("3", "Very High")]


class NestogySlaPolicyLine(models.Model):
    """The times of one kind and priority."""

    _name = "nestogy.sla.policy.line"
    _description = "SLA Times"
    _order = "policy_id, kind desc, priority desc, id"

    policy_id = fields.Many2one("nestogy.sla.policy", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="policy_id.company_id")
    kind = fields.Selection([("request", "Requests"), ("job", "Jobs")], required=True, default="request")
    priority = fields.Selection(PRIORITIES, required=True, default="1")
    response_hours = fields.Float(
        string="First Response (Hours)",
        help="Working hours until our first message to the client. 0: no time is promised.",
    )
    resolution_hours = fields.Float(
        string="Resolution (Hours)", help="Working hours until it is closed. 0: no time is promised."
    )

    _one_each = models.UniqueIndex(
        "(policy_id, kind, priority)", "A policy has one line for each kind and priority; change the one that is there."
    )

    @api.constrains("response_hours", "resolution_hours")
    def _check_hours(self):
        for line in self:
            for hours in (line.response_hours, line.resolution_hours):
                # less than a second would be no time at all
                if not 0 <= hours <= HOURS_MAX or 0 < hours < 1 / 60:
                    raise ValidationError(
                        self.env._(
                            "SLA times are between one minute and %s hours; enter 0 where none is promised.", HOURS_MAX
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.policy_id._sync_open_records()
        return lines

    def write(self, vals):
        policies = self.policy_id
        result = super().write(vals)
        (policies | self.policy_id)._sync_open_records()
        return result

    def unlink(self):
        policies = self.policy_id
        result = super().unlink()
        policies.exists()._sync_open_records()
        return result
