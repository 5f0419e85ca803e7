from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _job_invoices_action(self):
        """Open these invoices, or the only one."""
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        if len(self) == 1:
            return action | {"res_id": self.id, "view_mode": "form", "views": [(False, "form")], "domain": []}
        return action | {"domain": [("id", "in", self.ids)], "context": {"default_move_type": "out_invoice"}}
