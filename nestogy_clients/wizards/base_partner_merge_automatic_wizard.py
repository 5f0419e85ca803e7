from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merging partners keeps the custom fields, which Odoo drops."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_values(self, src_partners, dst_partner):
        result = super()._update_values(src_partners, dst_partner)
        self.env["res.partner"]._client_fields_merge(dst_partner, src_partners)
        return result
