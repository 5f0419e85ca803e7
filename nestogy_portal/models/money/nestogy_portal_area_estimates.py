from odoo import api, models
from odoo.fields import Domain


class NestogyPortalArea(models.Model):
    """Clients see an estimate from when it is sent, not while it is being written."""

    _inherit = "nestogy.portal.area"

    @api.model
    def _narrow_domain(self, model_name, user, mode="read"):
        domain = super()._narrow_domain(model_name, user, mode)
        if model_name == "sale.order":
            return domain & Domain("state", "!=", "draft")
        if model_name == "sale.order.line":
            return domain & Domain("order_id.state", "!=", "draft")
        return domain
