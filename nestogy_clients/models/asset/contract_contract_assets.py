from odoo import fields, models


class ContractContract(models.Model):
    _inherit = "contract.contract"

    equipment_ids = fields.One2many("maintenance.equipment", "contract_id", string="Assets", groups="base.group_user")
    equipment_count = fields.Integer(compute="_compute_equipment_count", groups="base.group_user")

    def _compute_equipment_count(self):
        counts = dict(
            self.env["maintenance.equipment"]._read_group(
                [("contract_id", "in", self.ids)], ["contract_id"], ["__count"]
            )
        )
        for contract in self:
            contract.equipment_count = counts.get(contract, 0)

    def action_assets(self):
        """Open the assets that this contract covers."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.maintenance_equipment_action_client")
        action["domain"] = [("contract_id", "=", self.id)]
        action["context"] = {"default_contract_id": self.id, "default_client_id": self.commercial_partner_id.id}
        return action
