from odoo import fields, models


class ProjectProject(models.Model):
    _inherit = "project.project"

    portal_show_materials = fields.Boolean(
        string="With Materials",
        default=lambda self: self.env.company.project_portal_show_materials,
        tracking=True,
        groups="base.group_user",
        help="The client sees which materials were used on the jobs, and their prices where it pays them.",
    )
