from odoo.http import request, route

from odoo.addons.payment_paypal.controllers.main import PaypalController

from ..models.money.payment_provider import UnknownOutcome


class GuardedPaypalController(PaypalController):
    """Takes the money of the order that was made for a payment, and loses no payment whose answer is lost."""

    @route()
    def paypal_complete_order(self, order_id, reference):
        transactions_sudo = request.env["payment.transaction"].sudo()  # the payer may be nobody in particular
        if not isinstance(reference, str):
            reference = ""
        tx_sudo = transactions_sudo._search_by_reference("paypal", {"reference_id": reference})
        if not tx_sudo:
            return None
        tx_sudo._check_paypal_order(order_id)
        try:
            return super().paypal_complete_order(order_id, reference)
        except UnknownOutcome:
            tx_sudo._set_unknown()  # the job asks PayPal
            return None
