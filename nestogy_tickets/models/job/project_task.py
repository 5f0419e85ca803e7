from odoo import api, fields, models


class ProjectTask(models.Model):
    """A job is a task that is done for a client."""

    _inherit = "project.task"

    client_id = fields.Many2one(
        "res.partner",
        compute="_compute_client_id",
        store=True,
        index="btree_not_null",
        groups="base.group_user",
        help="Whom the job is for: the client of the task's customer, else that of its project.",
    )

    @api.depends("partner_id", "project_id", "project_id.partner_id", "is_template")
    def _compute_client_id(self):
        for task in self:
            partner = task.partner_id or task.project_id.partner_id
            task.client_id = partner._get_client() if partner and not task.is_template else False
