from odoo import api, models


class NestogyPortalCatalogueMixin(models.AbstractModel):
    """A part of what ``nestogy.portal.profile._catalogue()`` keeps: it is read anew when a record changes."""

    _name = "nestogy.portal.catalogue.mixin"
    _description = "Part of the Portal's Catalogue"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env.registry.clear_cache()
        return records

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
