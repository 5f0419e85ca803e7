from odoo import api, fields, models
from odoo.exceptions import ValidationError


class NestogyClientDocument(models.Model):
    _inherit = "nestogy.client.document"

    contract_id = fields.Many2one(
        "contract.contract",
        index="btree_not_null",
        ondelete="set null",
        domain="[('commercial_partner_id', '=', client_id), ('contract_type', '=', 'sale')]",
        groups="base.group_user",
        help="Shared, it stands on the page of this contract in the portal, too.",
    )

    @api.constrains("contract_id", "client_id")
    def _check_contract(self):
        for document in self:
            # whose contract it is, whatever of contracts the user may see
            contract_sudo = document.sudo().contract_id
            if contract_sudo and contract_sudo.commercial_partner_id != document.client_id:
                raise ValidationError(
                    self.env._(
                        "%(contract)s is no contract of %(client)s; choose one of this client's contracts.",
                        contract=contract_sudo.name,
                        client=document.client_id.display_name,
                    )
                )
