from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def get_base_url(self):
        """Lead a client's people to the address of their brand: invitations and new passwords use this."""
        if len(self) == 1 and self._get_client():
            return self.env["nestogy.portal.link"]._base_url(self)
        return super().get_base_url()

    def _portal_brand(self):
        """The brand under which this contact sees the portal, in the current company and language."""
        self.ensure_one()
        return self.env["nestogy.portal.profile"]._brand_of(self)
