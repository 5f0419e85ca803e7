from odoo import api, models
from odoo.fields import Domain


class NestogyPortalArea(models.Model):
    """Contracts and assets: what was agreed and what is looked after, whoever follows it."""

    _inherit = "nestogy.portal.area"

    @api.model
    def _area_models(self):
        return super()._area_models() | {"maintenance.equipment": ("assets", "contact_id")}

    @api.model
    def _narrow_domain(self, model_name, user, mode="read"):
        domain = super()._narrow_domain(model_name, user, mode)
        if model_name == "contract.contract" and user._portal_client():
            return domain & self.env[model_name]._portal_shown_domain()
        if model_name in ("contract.line", "contract.modification") and user._portal_client():
            return domain & Domain("contract_id", "any!", self.env["contract.contract"]._portal_shown_domain())
        return domain
