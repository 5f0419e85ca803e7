from odoo import models


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "nestogy.portal.mail.mixin"]

    def _client_mail_values(self, kind=None):
        return super()._client_mail_values(kind) | {"link": self._portal_link_marker() if self.id else ""}

    def _has_to_be_paid(self):
        """Offer paying to those only whose portal has it."""
        user = self.env["res.users"]._get_portal_visitor()
        may_pay = user._is_public() or (user._portal_scope("pay") != "none" and user._portal_may_act())
        return may_pay and super()._has_to_be_paid()

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        return self._nestogy_notify_link_groups(groups, message, msg_vals)

    def _lock_for_online_payment(self):
        """Let no other request start a payment of these invoices before this one is through.

        A row that is written makes a request that waited for it begin again, and see what this one did; a
        mere lock would let it go on with what it knew before (transactions here read one snapshot).
        """
        self.flush_recordset()
        # SQL: an update without effect on any field, access_token is as good as any other column
        self.env.cr.execute(
            "UPDATE account_move SET access_token = access_token WHERE id IN %s", [tuple(sorted(self.ids))]
        )

    def _get_open_transactions(self):
        """Payments of these invoices that were begun and may still go through, in sudo."""
        transactions_sudo = self.sudo().transaction_ids  # the caller has checked the invoices
        return transactions_sudo.filtered(
            lambda tx: (
                tx.state in ("draft", "pending", "authorized")
                and tx.operation != "refund"
                and tx.provider_code not in ("none", "custom")
            )
        )
