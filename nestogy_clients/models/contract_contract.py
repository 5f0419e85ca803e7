from odoo import api, models
from odoo.fields import Domain


class ContractContract(models.Model):
    _inherit = "contract.contract"

    @api.model
    def _get_contracts_to_invoice_domain(self, date_ref=None):
        """Let recurring invoices pause while a client's status says that it is not invoiced."""
        return super()._get_contracts_to_invoice_domain(date_ref) & (
            Domain("partner_id.commercial_partner_id.client_status_id", "=", False)
            | Domain("partner_id.commercial_partner_id.client_status_id.is_invoiced", "=", True)
        )
