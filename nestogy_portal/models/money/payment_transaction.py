import logging

import psycopg2
from markupsafe import escape

from odoo import fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_round

_logger = logging.getLogger(__name__)

FORGOTTEN_MINUTES = 30  # after which a payment that somebody began and left stops nobody


class PaymentTransaction(models.Model):
    """Payments that settle what they were made for, and nothing else."""

    _inherit = "payment.transaction"

    # the parts of a capture bear the reference of the whole
    _provider_reference_unique = models.UniqueIndex(
        "(provider_id, provider_reference) WHERE provider_reference <> '' AND source_transaction_id IS NULL",
        "This payment of the provider belongs to another transaction.",
    )

    # ------------------------------------------------------------------
    # What the provider says must fit
    # ------------------------------------------------------------------

    def _stripe_create_intent(self):
        """Remember the intent with the transaction it was made for, before anybody can pay it."""
        intent = super()._stripe_create_intent()
        if intent and self.operation != "validation" and not self.provider_reference:
            self.provider_reference = intent["id"]
        return intent

    def _process(self, provider_code, payment_data):
        tx = self or self._search_by_reference(provider_code, payment_data)
        if tx and (problem := tx._find_event_problem(payment_data)):
            tx._report_event_problem(problem)
            return tx
        tx = super(PaymentTransaction, tx)._process(provider_code, payment_data)
        if tx.state == "done" and not tx.is_post_processed:
            tx._post_process_at_once()
        return tx

    def _find_event_problem(self, payment_data):
        """Compare what a provider reports with what was asked of it, on every event.

        :return: a sentence for the accountant, ``None`` when all fits
        """
        self.ensure_one()
        if self.provider_id.state == "disabled":
            return self.env._("the payment provider is disabled")
        if self.provider_code == "stripe" and (problem := self._find_stripe_problem(payment_data)):
            return problem
        if self.operation == "validation":
            return None
        reported = self._extract_amount_data(payment_data)
        if reported is None:  # the provider's module does not compare amounts
            return None
        amount, digits = reported.get("amount"), reported.get("precision_digits")
        if not amount or not reported.get("currency_code"):
            return self.env._("amount or currency is missing")
        own = abs(self.amount)
        if digits is not None:
            own = float_round(own, precision_digits=digits, rounding_method="DOWN")
        if self.currency_id.compare_amounts(abs(amount), own) != 0:
            return self.env._(
                "the amount is %(reported)s instead of %(own)s",
                reported=self.currency_id.format(abs(amount)),
                own=self.currency_id.format(own),
            )
        if reported["currency_code"] != self.currency_id.name:
            return self.env._("the currency is %s", reported["currency_code"])
        return None

    def _find_stripe_problem(self, payment_data):
        source = self.source_transaction_id
        if self.operation == "refund":
            refunded = (payment_data.get("refund") or {}).get("payment_intent")
            if refunded and source.provider_reference and refunded != source.provider_reference:
                return self.env._("the refund is one of another payment")
            return None
        key = "setup_intent" if self.operation == "validation" else "payment_intent"
        intent = payment_data.get(key)
        if not isinstance(intent, dict) or not isinstance(intent.get("id"), str) or "status" not in intent:
            return self.env._("the payment is not described")
        asked = source or self  # a capture of a part reports the whole
        if asked.provider_reference and intent["id"] != asked.provider_reference:
            return self.env._("it is the payment %s, not the one that was asked for", intent["id"])
        if intent.get("description") != asked.reference:
            return self.env._("it is the payment of another document")
        return None

    def _report_event_problem(self, problem):
        """Change nothing, and tell those who look after the money."""
        self.ensure_one()
        _logger.warning("Refused payment data for transaction %s: %s", self.reference, problem)
        message = self.env._(
            "A message about payment %(reference)s was refused: %(problem)s. Compare with the provider's records.",
            reference=self.reference,
            problem=problem,
        )
        for document in (*self.invoice_ids, *self.sale_order_ids):
            if not any(escape(message) in (note.body or "") for note in document.message_ids):  # once is enough
                document._message_log(body=message)

    # ------------------------------------------------------------------
    # Paid is paid
    # ------------------------------------------------------------------

    def _post_process_at_once(self):
        """Settle the invoices now; should that fail, Odoo's job tries again and the payment stays
        recorded."""
        try:
            with self.env.cr.savepoint():
                self._post_process()
        except psycopg2.OperationalError:
            raise  # a conflict with another request: the whole request is tried again
        except Exception:
            _logger.warning("Settling payment %s is left to the job.", self.reference, exc_info=True)
            self.invalidate_recordset()
            # Odoo's own job, which visitors have no rights on
            self.env.ref("payment.cron_post_process_payment_tx").sudo()._trigger()

    # ------------------------------------------------------------------
    # One open payment for an invoice
    # ------------------------------------------------------------------

    def _release(self):
        """End a payment that was begun and not finished, so that another can begin.

        :return: whether it is certain that this one cannot be completed any more
        """
        self.ensure_one()
        if self.state != "draft":
            return False
        if self.provider_code == "stripe" and self.provider_reference:
            try:
                intent = self._send_api_request("POST", f"payment_intents/{self.provider_reference}/cancel")
            except ValidationError:
                return False  # being paid at this moment, or Stripe cannot be asked
            if intent.get("status") != "canceled":
                return False
        elif self.provider_code not in ("stripe", "demo"):
            return False  # there is no way to take it back
        self._set_canceled(state_message=self.env._("Replaced by another payment."))
        return True

    def _cancel_failed_intents(self):
        """A card that was refused leaves a payment at Stripe that another tab could still complete; end
        those of the last day. Such as Stripe cannot cancel any more need not be."""
        since = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        for tx in self.filtered(
            lambda each: (
                each.state == "error"
                and each.provider_code == "stripe"
                and each.provider_reference
                and each.operation == "online_direct"
                and each.last_state_change > since
            )
        ):
            try:
                tx._send_api_request("POST", f"payment_intents/{tx.provider_reference}/cancel")
            except ValidationError:
                _logger.info("The failed payment %s could not be cancelled at Stripe.", tx.reference)

    def _is_forgotten(self):
        self.ensure_one()
        age = fields.Datetime.now() - self.last_state_change
        return self.state == "draft" and age.total_seconds() > FORGOTTEN_MINUTES * 60
