from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    project_portal_show_materials = fields.Boolean(
        string="Show Materials of Jobs",
        help="Clients see in the portal which materials were used on a job, without costs. Each project can say"
        " otherwise.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        for company in companies:
            # each company counts its jobs for itself, from the first one on
            self.env["project.task"]._get_job_sequence(company)
        return companies
