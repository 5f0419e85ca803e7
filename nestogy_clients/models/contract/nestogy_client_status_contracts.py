from odoo import models


class NestogyClientStatus(models.Model):
    _inherit = "nestogy.client.status"

    def write(self, vals):
        """Let contracts rest and go on when a status begins or ceases to be invoiced."""
        result = super().write(vals)
        if "is_invoiced" in vals:
            # who sets up statuses need not be allowed to change contracts
            contracts_sudo = self.env["contract.contract"].sudo()
            contracts_sudo.search(
                [("commercial_partner_id.client_status_id", "in", self.ids), ("contract_type", "=", "sale")]
            )._sync_client_pauses()
        return result
