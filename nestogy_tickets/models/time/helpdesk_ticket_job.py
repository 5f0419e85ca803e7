from odoo import fields, models
from odoo.exceptions import AccessError, UserError

JOB_GROUP = "project.group_project_user"


class HelpdeskTicket(models.Model):
    """A ticket that needs more than an answer becomes a job."""

    _inherit = "helpdesk.ticket"

    job_state = fields.Selection(related="task_id.state", string="State of the Job", groups=JOB_GROUP)
    job_stage = fields.Char(related="task_id.stage_id.name", string="Stage of the Job", groups=JOB_GROUP)

    def _prepare_job_values(self, project):
        """A ``project.task`` that says what the ticket says; addons add theirs."""
        self.ensure_one()
        values = {
            "name": self.name,
            "project_id": project.id,
            "partner_id": self.partner_id.id,
            "description": self.description,
            "priority": self.priority,
            "user_ids": [fields.Command.set((self.user_id or self.env.user).ids)],
            "date_deadline": self.sla_resolution_deadline,
            "company_id": project.company_id.id or self.company_id.id,
        }
        if self.equipment_id:
            values["equipment_id"] = self.equipment_id.id
        return values

    def action_make_job(self):
        """Make the job of this ticket, or open it when there is one."""
        self.ensure_one()
        self.check_access("write")
        if not self.env.user.has_group(JOB_GROUP):
            raise AccessError(self.env._("Jobs are made by users of projects; ask for that right."))
        if not self.task_id:
            if not self.partner_id:
                raise UserError(self.env._("A job is done for somebody; give the ticket a contact first."))
            self.commercial_partner_id._check_client_may_order()
            project_sudo = self._time_project()  # in whose project it goes is the ticket's own affair
            project = self.env["project.project"].browse(project_sudo.id)
            task = self.env["project.task"].create(self._prepare_job_values(project))
            self.write({"project_id": project.id, "task_id": task.id})
            # time goes along, whoever noted it; what is invoiced stays as it is
            lines_sudo = (
                self.sudo()
                .env["account.analytic.line"]
                .search([("ticket_id", "=", self.id), ("project_id", "=", project.id), ("task_id", "=", False)])
            )
            lines_sudo.task_id = task
            self._message_log(body=self.env._("Made the job %s.", task._get_html_link()))
            task._message_log(body=self.env._("Made from the ticket %s.", self._get_html_link()))
        return self.action_open_job()

    def action_open_job(self):
        self.ensure_one()
        self.check_access("read")
        return self.task_id.action_open_job() | {"name": self.env._("Job")}
