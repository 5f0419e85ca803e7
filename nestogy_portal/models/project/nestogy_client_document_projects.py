from odoo import api, fields, models
from odoo.exceptions import ValidationError


class NestogyClientDocument(models.Model):
    _inherit = "nestogy.client.document"

    project_id = fields.Many2one(
        "project.project",
        index="btree_not_null",
        ondelete="set null",
        domain="[('partner_id', 'child_of', client_id), ('is_template', '=', False)]",
        groups="base.group_user",
        help="Shared, it stands on the page of this project in the portal, too.",
    )

    @api.constrains("project_id", "client_id")
    def _check_project(self):
        for document in self:
            # whose project it is, whatever of projects the user may see
            project_sudo = document.sudo().project_id
            if project_sudo and project_sudo.partner_id.commercial_partner_id != document.client_id:
                raise ValidationError(
                    self.env._(
                        "%(project)s is no project of %(client)s; choose one of this client's projects.",
                        project=project_sudo.name,
                        client=document.client_id.display_name,
                    )
                )
