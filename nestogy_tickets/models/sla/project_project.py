from odoo import models


class ProjectProject(models.Model):
    _inherit = "project.project"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"partner_id", "is_template"}:
            # the jobs of the project are another client's now
            self.env["project.task"]._sla_sync_domain([("project_id", "in", self.ids)])
        return result
