from odoo import models


class IrRule(models.Model):
    _inherit = "ir.rule"

    def _compute_domain(self, model_name, mode="read"):
        """Narrow what people from outside reach by the areas and levels of the portal.

        Here and not in rules of the database, because Odoo keeps their domains in a cache that knows nothing of a
        contact's level: taking access away must hold at once.
        """
        domain = super()._compute_domain(model_name, mode)
        user = self.env.user
        if self.env.su or not user or not user.share or user._is_public():
            return domain
        return domain & self.env["nestogy.portal.area"]._narrow_domain(model_name, user, mode)
