from odoo import models


class ProjectTask(models.Model):
    """Who of ours is told about the SLA of a job."""

    _inherit = "project.task"

    def _sla_assignees(self):
        return self.user_ids

    def _sla_leaders(self):
        return self.project_id.user_id
