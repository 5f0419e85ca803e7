from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    client_job_project_id = fields.Many2one(
        "project.project",
        string="Project for Jobs",
        domain="[('company_id', 'in', (id, False)), ('is_template', '=', False)]",
        help="Where jobs of clients go that have no project of their own.",
    )

    def _get_client_job_project(self):
        """The project for jobs of clients without a project; the first job of the company makes it.

        :return: a ``project.project`` in sudo
        """
        self.ensure_one()
        # whoever logs a job need not be a project manager
        company_sudo = self.sudo()
        if not company_sudo.client_job_project_id.active:
            stages = (self.env._("New"), self.env._("In Progress"), self.env._("Done"))
            values = {
                "name": self.env._("Jobs"),
                "company_id": self.id,
                "type_ids": [
                    fields.Command.create({"name": name, "sequence": sequence, "fold": sequence == len(stages)})
                    for sequence, name in enumerate(stages, 1)
                ],
            }
            if "allow_billable" in company_sudo.env["project.project"]._fields:
                values["allow_billable"] = True  # otherwise its tasks have no customer
            company_sudo.client_job_project_id = company_sudo.env["project.project"].create(values)
        return company_sudo.client_job_project_id
