from odoo import api, models
from odoo.fields import Domain


class NestogyPortalArea(models.Model):
    """Of projects a client's people see what its own shown projects hold, whoever follows what."""

    _inherit = "nestogy.portal.area"

    @api.model
    def _area_models(self):
        return super()._area_models() | {
            "project.project": ("projects", "partner_id"),
            "project.milestone": ("projects", "project_id.partner_id"),
        }

    @api.model
    def _narrow_domain(self, model_name, user, mode="read"):
        domain = super()._narrow_domain(model_name, user, mode)
        if model_name in ("project.project", "project.task", "project.milestone"):
            client = user._portal_client()
            return domain & self.env[model_name]._portal_shown_domain(client) if client else domain
        if model_name in ("project.tags", "account.analytic.line"):
            # how the firm sorts its work, and who worked when at what rate; sums are printed on the pages
            return Domain.FALSE if user._portal_client() else domain
        if model_name == "project.task.type":
            client = user._portal_client()
            # Odoo lets everybody from outside read the names of all stages
            return domain & Domain("project_ids", "any", self._stage_projects_domain(client)) if client else domain
        return domain

    @api.model
    def _stage_projects_domain(self, client):
        mine = Domain("partner_id.commercial_partner_id", "=", client.id) | Domain("partner_id", "=", False)
        return Domain("portal_show", "=", True) & mine
