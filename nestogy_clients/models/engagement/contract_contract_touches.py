from odoo import api, models


class ContractContract(models.Model):
    """A new contract counts for the engagement of its client."""

    _inherit = "contract.contract"

    @api.model_create_multi
    def create(self, vals_list):
        contracts = super().create(vals_list)
        contracts.partner_id._note_touches()
        return contracts

    def write(self, vals):
        result = super().write(vals)
        if "service_phase" in vals:
            self.partner_id._note_touches()
        return result
