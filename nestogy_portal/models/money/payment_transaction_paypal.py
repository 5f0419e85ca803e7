import re

from odoo import fields, models
from odoo.exceptions import ValidationError

LAPSE_HOURS = 3  # for which PayPal keeps an order that nobody finishes
ORDER_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
ORDERS = "/v2/checkout/orders/"


class PaymentTransaction(models.Model):
    """Payments with PayPal: the order is remembered, so that PayPal can be asked what became of it."""

    _inherit = "payment.transaction"

    paypal_order_ref = fields.Char(string="PayPal Order", readonly=True, copy=False)

    def _get_specific_processing_values(self, processing_values):
        values = super()._get_specific_processing_values(processing_values)
        if self.provider_code == "paypal" and values.get("order_id"):
            self.paypal_order_ref = values["order_id"]
        return values

    def _check_paypal_order(self, order_id):
        """Refuse to take the money of an order that was not made for this payment.

        :raise ValidationError: it is another order
        """
        self.ensure_one()
        if not isinstance(order_id, str) or not ORDER_ID.fullmatch(order_id) or order_id != self.paypal_order_ref:
            raise ValidationError(self.env._("This PayPal order belongs to another payment. Please reload the page."))

    def _check_with_paypal(self):
        """Take over what PayPal says about this payment; nothing is charged.

        :raise ValidationError: PayPal does not answer
        """
        self.ensure_one()
        try:
            order = self._send_api_request("GET", f"{ORDERS}{self.paypal_order_ref}")
        except ValidationError as error:
            if getattr(getattr(error.__context__, "response", None), "status_code", 0) != 404:
                raise
            order = {}  # PayPal has forgotten what nobody finished
        unit = (order.get("purchase_units") or [{}])[0]
        if captures := (unit.get("payments") or {}).get("captures"):
            payment_data = captures[0] | {"reference_id": unit.get("reference_id"), "txn_type": "CAPTURE"}
            if unit.get("reference_id") != self.reference:
                self._report_event_problem(self.env._("it is the payment of another document"))
            elif captures[0]["status"] != "PENDING" or self.state == "draft":
                self._process("paypal", payment_data)
            return
        lapsed = fields.Datetime.add(self.last_state_change, hours=LAPSE_HOURS) < fields.Datetime.now()
        if order.get("status") == "VOIDED" or lapsed:
            self._set_canceled(state_message=self.env._("The payment was not finished at PayPal. Nothing was charged."))
