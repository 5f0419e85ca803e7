from odoo import models
from odoo.tools import SQL

PAID_DOCUMENTS = {"account.move": "invoice_ids", "sale.order": "sale_order_ids"}  # of a transaction


class NestogyPortalPayableMixin(models.AbstractModel):
    """Documents that clients pay in the portal: one open payment at a time."""

    _name = "nestogy.portal.payable.mixin"
    _description = "Document Paid in the Portal"

    def _visitor_may_pay(self):
        """Offer paying to those only whose portal has it."""
        user = self.env["res.users"]._get_portal_visitor()
        return user._is_public() or (user._portal_scope("pay") != "none" and user._portal_may_act())

    def _lock_for_online_payment(self):
        """Let no other request start a payment of these documents before this one is through.

        A row that is written makes a request that waited for it begin again, and see what this one did; a
        mere lock would let it go on with what it knew before (transactions here read one snapshot).
        """
        self.flush_recordset()
        # SQL: an update without effect on any field, access_token is as good as any other column
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET access_token = access_token WHERE id IN %s",
                SQL.identifier(self._table),
                tuple(sorted(self.ids)),
            )
        )

    def _get_open_transactions(self):
        """Payments of these documents that were begun and may still go through, in sudo."""
        transactions_sudo = self.sudo().transaction_ids  # the caller has checked the documents
        return transactions_sudo.filtered(
            lambda tx: (
                tx.state in ("draft", "pending", "authorized")
                and tx.operation != "refund"
                and tx.provider_code not in ("none", "custom")
            )
        )

    def _is_paid_by(self, transaction):
        """Say whether a transaction pays these documents and no others."""
        return transaction[PAID_DOCUMENTS[self._name]] == self
