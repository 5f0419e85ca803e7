from odoo import models


class ContractContract(models.Model):
    _name = "contract.contract"
    _inherit = ["contract.contract", "nestogy.ticket.subject.mixin"]

    def _ticket_link(self):
        return "contract_id"
