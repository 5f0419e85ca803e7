from odoo import models

from ...tools import colors


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

    def _statement_brand(self):
        """Show the client its own brand, whichever of the firm's hands out the statement."""
        shown = super()._statement_brand()
        profiles = self.env["nestogy.portal.profile"]
        brand = profiles._brand_of(self)
        chain_sudo = profiles._brand_chain(self, self.company_id or self.env.company)
        shown["name"] = brand.name
        shown["footer"] = " · ".join(dict.fromkeys(text for text in (shown["footer"], brand.contact) if text))
        if logo := next((logo for profile in chain_sudo if (logo := profile._brand_picture("brand_logo"))), b""):
            shown["logo"] = logo
        if any(profile.brand_color for profile in chain_sudo):
            shown["color"] = brand.colors["primary"]
            shown["ink"] = colors.text_on(brand.colors["primary"])
        return shown
