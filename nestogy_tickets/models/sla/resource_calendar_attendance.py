from odoo import api, models


class ResourceCalendarAttendance(models.Model):
    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.context.get("sla_watched"):
            return super().create(vals_list)
        with self.env["resource.calendar"]._sla_watch():
            return super().create(vals_list)

    def write(self, vals):
        if self.env.context.get("sla_watched"):
            return super().write(vals)
        with self.env["resource.calendar"]._sla_watch():
            return super().write(vals)

    def unlink(self):
        if self.env.context.get("sla_watched"):
            return super().unlink()
        with self.env["resource.calendar"]._sla_watch():
            return super().unlink()
