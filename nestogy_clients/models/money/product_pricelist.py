from odoo import models


class ProductPricelist(models.Model):
    _inherit = "product.pricelist"

    def _get_partner_pricelist_multi(self, partner_ids):
        """Let the pricelist of a client's group hold, after one of its own and before one that fits by country."""
        result = super()._get_partner_pricelist_multi(partner_ids)
        if self.env["res.groups"]._is_feature_enabled("product.group_product_pricelist"):
            for partner in self.env["res.partner"].browse(partner_ids):
                pricelist, level = partner._client_setting("pricelist")
                if level == "group" and pricelist.active:
                    result[partner.id] = pricelist
        return result
