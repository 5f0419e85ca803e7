from odoo import fields, models


class ProjectUpdate(models.Model):
    _inherit = "project.update"

    portal_published = fields.Boolean(
        string="Shown to the Client",
        copy=False,
        help="The client reads title, state, progress and text of this update on the page of the project.",
    )

    _portal_idx = models.Index("(project_id, id) WHERE portal_published")
