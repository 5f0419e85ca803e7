from odoo import api, models
from odoo.fields import Domain

# what a client's people may read of a milestone, over RPC too
CLIENT_FIELDS = frozenset(
    "id name display_name project_id deadline is_reached reached_date sequence create_date write_date".split()
)


class ProjectMilestone(models.Model):
    _inherit = "project.milestone"

    @api.model
    def _portal_shown_domain(self, client):
        """Which milestones a client's people may see: those of its shown projects."""
        return Domain("project_id", "any", self.env["project.project"]._portal_shown_domain(client))

    def _has_field_access(self, field, operation):
        if not super()._has_field_access(field, operation):
            return False
        return self.env.su or field.name in CLIENT_FIELDS or not self.env.user._portal_client()

    def _portal_rows(self):
        """What the page prints."""
        today = self.env["project.project"]._portal_today()
        return [
            {
                "name": milestone.name,
                "deadline": milestone.deadline,
                "is_reached": milestone.is_reached,
                "reached_on": milestone.is_reached and milestone.reached_date,
                "is_late": bool(not milestone.is_reached and milestone.deadline and milestone.deadline < today),
            }
            for milestone in self
        ]
