from odoo import api, models
from odoo.fields import Domain

IN_FLIGHT = ("pending", "authorized")


class AccountMove(models.Model):
    """Invoices whose payment is on its way: nobody asks for the money again."""

    _inherit = "account.move"

    @api.model
    def _client_in_flight_domain(self):
        """Invoices with an online payment that was begun and of which it is not known yet how it ends."""
        return Domain("transaction_ids", "any!", self.env["payment.transaction"]._in_flight_domain())

    def _client_in_flight(self):
        """:return: those of these invoices with a payment on its way"""
        # clients may not read payments; only whether there is one is asked
        return self.filtered(lambda move: any(tx._is_in_flight() for tx in move.sudo().transaction_ids))

    def _client_state(self):
        state = super()._client_state()
        is_open = self.state == "posted" and not self.currency_id.is_zero(self.amount_residual)
        if is_open and self.move_type != "out_refund" and self._client_in_flight():
            return self.env._("Processing"), "info"
        return state
