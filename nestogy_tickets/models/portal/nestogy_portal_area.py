from odoo import api, models


class NestogyPortalArea(models.Model):
    _inherit = "nestogy.portal.area"

    @api.model
    def _area_models(self):
        return super()._area_models() | {"helpdesk.ticket": ("tickets", "partner_id")}
