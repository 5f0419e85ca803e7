from odoo import models


class ProjectTask(models.Model):
    """Moving a job to another project takes the links of its tickets along."""

    _inherit = "project.task"

    def write(self, vals):
        result = super().write(vals)
        if "project_id" in vals and vals["project_id"]:
            # helpdesk_mgmt_project forgets the job of a ticket whose project is another one; whoever moves the job need
            # not be allowed to write tickets
            tickets_sudo = self.sudo().ticket_ids.filtered(
                lambda ticket: ticket.project_id != ticket.task_id.project_id
            )
            for ticket_sudo in tickets_sudo:
                ticket_sudo.write({"project_id": ticket_sudo.task_id.project_id.id, "task_id": ticket_sudo.task_id.id})
        return result
