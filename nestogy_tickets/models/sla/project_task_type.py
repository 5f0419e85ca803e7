from odoo import fields, models


class ProjectTaskType(models.Model):
    _inherit = "project.task.type"

    stops_sla = fields.Boolean(
        string="Stops the SLA Clocks",
        groups="base.group_user",
        help="While a job is in this stage, its times do not run, whatever its policy says.",
    )
    waits_for_client = fields.Boolean(
        string="Waits for the Client",
        groups="base.group_user",
        help="Jobs of this stage wait for the client; their times stand still when the SLA policy says so.",
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"stops_sla", "waits_for_client"}:
            self.env["project.task"]._sla_sync_stages(self)
        return result
