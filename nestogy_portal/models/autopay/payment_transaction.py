from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _extract_token_values(self, payment_data):
        """A card that is saved knows when it expires."""
        values = super()._extract_token_values(payment_data)
        if values and self.provider_code == "stripe":
            values["expires_on"] = self.env["payment.token"]._stripe_expiry(payment_data.get("payment_method"))
        return values

    def _apply_updates(self, payment_data):
        """A saved card that was used says so again."""
        result = super()._apply_updates(payment_data)
        if self.provider_code == "stripe" and self.token_id:
            token_sudo = self.token_id.sudo()  # reported by the provider, whoever looks
            if expires_on := token_sudo._stripe_expiry(payment_data.get("payment_method")):
                token_sudo._take_expiry(expires_on)
        return result

    def _update_state(self, allowed_states, target_state, state_message):
        """What a provider reports later is seen by automatic payment at once."""
        transactions = super()._update_state(allowed_states, target_state, state_message)
        charges_sudo = self.env["nestogy.autopay.charge"].sudo()  # reported by a provider
        waiting = [("transaction_id", "in", transactions.ids), ("state", "in", ("sent", "unknown"))]
        if transactions and charges_sudo.search_count(waiting, limit=1):
            self.env.ref("nestogy_portal.ir_cron_autopay").sudo()._trigger()  # our own job
        return transactions
