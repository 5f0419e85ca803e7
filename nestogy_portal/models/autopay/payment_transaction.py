from odoo import models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _update_state(self, allowed_states, target_state, state_message):
        """What a provider reports later is seen by automatic payment at once."""
        transactions = super()._update_state(allowed_states, target_state, state_message)
        charges_sudo = self.env["nestogy.autopay.charge"].sudo()  # reported by a provider
        waiting = [("transaction_id", "in", transactions.ids), ("state", "in", ("sent", "unknown"))]
        if transactions and charges_sudo.search_count(waiting, limit=1):
            self.env.ref("nestogy_portal.ir_cron_autopay").sudo()._trigger()  # our own job
        return transactions
