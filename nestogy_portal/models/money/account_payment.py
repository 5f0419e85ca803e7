from odoo import fields, models
from odoo.exceptions import UserError


class AccountPayment(models.Model):
    """What became of the receipt of an online payment, and another try."""

    _inherit = "account.payment"

    receipt_state = fields.Selection(
        related="payment_transaction_id.receipt_state", string="Receipt Mailed", groups="base.group_user"
    )

    def action_receipt_again(self):
        """Mail receipts that could not be mailed; the job does it, so that none goes out twice."""
        self.check_access("write")
        transactions_sudo = self.payment_transaction_id.sudo()  # who registers payments may not read providers
        again_sudo = transactions_sudo.filtered(lambda tx: tx.receipt_state in ("nobody", "failed"))
        if not again_sudo:
            raise UserError(self.env._("This receipt needs no other try; reload the page."))
        again_sudo._order_receipt()
        return {"type": "ir.actions.client", "tag": "soft_reload"}
