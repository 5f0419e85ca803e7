from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merging partners keeps the custom fields, which Odoo drops, and joins the relations and the logs of both."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_values(self, src_partners, dst_partner):
        result = super()._update_values(src_partners, dst_partner)
        self.env["res.partner"]._client_fields_merge(dst_partner, src_partners)
        return result

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):  # pylint: disable=missing-return
        # whoever may merge may merge what hangs on the two, also where it leads to somebody he does not see
        for model in (
            "nestogy.relation",
            "nestogy.communication",
            "nestogy.engagement.record",
            "nestogy.client.duplicate",
        ):
            self.env[model].sudo()._merge_partners(src_partners, dst_partner)  # as said
        super()._update_foreign_keys(src_partners, dst_partner)

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        # what the merged clients had is moved: their rows may go
        merging = self.with_context(nestogy_merged=True)
        return super(BasePartnerMergeAutomaticWizard, merging)._merge(partner_ids, dst_partner, extra_checks)
