from odoo import Command, api, models
from odoo.exceptions import UserError

from ..models.merge.nestogy_client_merge import MANAGER


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Odoo's own merging goes through ours: it deletes rows that hit a unique key, and the merged partners."""

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        partners = self.env["res.partner"].browse(partner_ids).exists()
        if len(partners) < 2:
            return
        partners._client_merge_check_right()
        user = self.env.user
        if extra_checks and not self.env.su and not user._is_admin() and not user.has_group(MANAGER):
            # Odoo's rule: who may write partners alone does not hand one's login and papers to another one
            if len(set(partners.mapped("email"))) > 1:
                raise UserError(self.env._("They have different e-mail addresses; only a manager can merge them."))
        # whoever may merge partners needs no right on the log of merges
        merge_sudo = self.env["nestogy.client.merge"].sudo()
        values = {"partner_ids": [Command.set(partners.ids)]}
        if dst_partner and dst_partner in partners:
            values["target_id"] = dst_partner.id
        merge_sudo = merge_sudo.create(values)
        merge_sudo._merge_locked(user, is_machine=self.env.su)
