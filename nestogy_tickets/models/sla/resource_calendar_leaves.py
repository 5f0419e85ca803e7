from odoo import api, models


class ResourceCalendarLeaves(models.Model):
    """Days off for all stop the SLA clocks; those of one person do not."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.context.get("sla_watched") or all(vals.get("resource_id") for vals in vals_list):
            return super().create(vals_list)
        with self.env["resource.calendar"]._sla_watch():
            return super().create(vals_list)

    def write(self, vals):
        # the rule reads days off of all people, whoever changes one
        is_personal = "resource_id" not in vals and all(leave.resource_id for leave in self.sudo())
        if self.env.context.get("sla_watched") or is_personal:
            return super().write(vals)
        with self.env["resource.calendar"]._sla_watch():
            return super().write(vals)

    def unlink(self):
        # as above
        is_personal = all(leave.resource_id for leave in self.sudo())
        if self.env.context.get("sla_watched") or is_personal:
            return super().unlink()
        with self.env["resource.calendar"]._sla_watch():
            return super().unlink()
