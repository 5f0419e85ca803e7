import hashlib
import logging

import psycopg2
from markupsafe import escape

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_round

from .payment_provider import UnknownOutcome

_logger = logging.getLogger(__name__)

FORGOTTEN_MINUTES = 30  # after which a payment that somebody began and left stops nobody
# what Stripe does once only, however often it is asked with the same words
ONCE = ("payment_intents", "refunds", "customers")


class PaymentTransaction(models.Model):
    """Payments that settle what they were made for, and nothing else."""

    _inherit = "payment.transaction"

    asked_at = fields.Datetime(
        string="Asked for the Money",
        readonly=True,
        copy=False,
        help="When a saved card was charged. Until the provider has answered, nobody knows whether it was.",
    )
    provider_event_at = fields.Datetime(
        string="Last Event",
        readonly=True,
        copy=False,
        help="When the last thing happened that the provider reported; what is older is not listened to.",
    )

    # the parts of a capture bear the reference of the whole
    _provider_reference_unique = models.UniqueIndex(
        "(provider_id, provider_reference) WHERE provider_reference <> '' AND source_transaction_id IS NULL",
        "This payment of the provider belongs to another transaction.",
    )
    _refund_reference_unique = models.UniqueIndex(
        "(provider_id, provider_reference) WHERE operation = 'refund' AND provider_reference <> ''",
        "This refund of the provider is recorded already.",
    )
    _open_idx = models.Index("(provider_id) WHERE state IN ('draft', 'pending', 'authorized')")

    # ------------------------------------------------------------------
    # On its way
    # ------------------------------------------------------------------

    @api.model
    def _in_flight_domain(self):
        """Payments that may have taken the money, or are about to, without our knowing how it ends."""
        return (
            Domain("operation", "not in", ("refund", "validation"))
            & Domain("provider_id", "any!", Domain("code", "not in", ("none", "custom")))
            & (
                Domain("state", "in", ("pending", "authorized"))
                | (Domain("state", "=", "draft") & Domain("asked_at", "!=", False))
            )
        )

    def _is_in_flight(self):
        self.ensure_one()
        return bool(self.filtered_domain(self._in_flight_domain()))

    def _charge_durably(self):
        """Charge a saved card so that a payment whose answer is lost is known of.

        The transaction is kept before the provider is asked: whatever happens then, it is found again and the
        provider asked what became of it (see ``_check_with_provider``). Not to be called inside of a savepoint.
        """
        self.ensure_one()
        self.asked_at = fields.Datetime.now()
        self.env.flush_all()
        # what was charged must not be forgotten, whatever becomes of the rest of the request
        self.env.cr.commit()  # pylint: disable=invalid-commit
        self._charge_with_token()

    def _charge_with_token(self):
        self.asked_at = self.asked_at or fields.Datetime.now()
        try:
            return super()._charge_with_token()
        except UnknownOutcome:
            return self._set_unknown()

    def _set_unknown(self):
        """Nobody knows whether the money was taken: the provider is asked until it says so."""
        _logger.warning("The answer about payment %s was lost; the provider will be asked.", self.reference)
        # a job that visitors have no rights on
        self.env.ref("nestogy_portal.ir_cron_payment_check").sudo()._trigger(
            fields.Datetime.add(fields.Datetime.now(), minutes=1)
        )
        return self._set_pending(
            state_message=self.env._(
                "The payment provider has not answered yet. We check whether the money was taken and tell you; "
                "please do not pay again."
            )
        )

    def _set_pending(self, *, state_message=None, extra_allowed_states=()):
        # a card that was refused may be followed by another one in the same payment
        extra = ("error",) if set(self.mapped("provider_code")) == {"stripe"} else ()
        return super()._set_pending(state_message=state_message, extra_allowed_states=(*extra_allowed_states, *extra))

    def _set_done(self, *, state_message=None, extra_allowed_states=()):
        """Money that was taken is money, also of a payment that had been given up."""
        return super()._set_done(state_message=state_message, extra_allowed_states=(*extra_allowed_states, "cancel"))

    def _send_api_request(self, method, endpoint, *, params=None, data=None, json=None, **kwargs):
        """Let Stripe do a thing once for each attempt, however often it is asked."""
        is_once = endpoint in ONCE or endpoint.endswith("/capture")
        if self.provider_code == "stripe" and method == "POST" and is_once:
            # database.uuid keeps two databases of one account apart; everybody's business
            uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
            words = [
                uuid,
                self.reference,
                endpoint,
                *(f"{name}={value}" for name, value in sorted((data or {}).items())),
            ]
            kwargs["idempotency_key"] = hashlib.sha256("\n".join(words).encode()).hexdigest()
        return super()._send_api_request(method, endpoint, params=params, data=data, json=json, **kwargs)

    # ------------------------------------------------------------------
    # What the provider says must fit
    # ------------------------------------------------------------------

    def _stripe_create_intent(self):
        """Remember the intent with the transaction it was made for, before anybody can pay it."""
        try:
            intent = super()._stripe_create_intent()
        except UnknownOutcome as error:
            if self.operation in ("online_token", "offline"):
                raise  # the card may be charged
            self._set_error(self.env._("%s Nothing was charged.", error.args[0]))
            return None
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

    def _stripe_prepare_payment_intent_payload(self):
        """Mark our payments, so that one that we do not know can be told from those of others."""
        # database.uuid keeps two databases of one account apart; everybody's business
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return super()._stripe_prepare_payment_intent_payload() | {
            "metadata[reference]": self.reference,
            "metadata[database]": uuid,
        }

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
        self._wait_for_turn()
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

    def _log_message_on_linked_documents(self, message):  # pylint: disable=missing-return
        """Note it on all invoices at once: one after the other takes longer than all the rest of a payment."""
        super(PaymentTransaction, self.with_context(logs_together=True))._log_message_on_linked_documents(message)
        moves = self._get_invoices_to_notify()
        if moves:
            is_ours = self.env.uid == SUPERUSER_ID or self.env.context.get("payment_backend_action")
            author = self.env.user.partner_id if is_ours else self.partner_id
            moves._message_log_batch(bodies=dict.fromkeys(moves.ids, message), author_id=author.id)

    def _get_invoices_to_notify(self):
        moves = super()._get_invoices_to_notify()
        return moves.browse() if self.env.context.get("logs_together") else moves

    def _wait_for_turn(self):
        """Let nobody else settle these payments at the same time: who waited begins again and sees what was done."""
        self.flush_recordset()
        # SQL: an update without effect, see nestogy.portal.payable.mixin
        self.env.cr.execute("UPDATE payment_transaction SET reference = reference WHERE id IN %s", (tuple(self.ids),))

    def _post_process(self):  # pylint: disable=missing-return
        """Settle each payment once, whoever comes first: the provider's event, the visitor's page, the job."""
        settled = self.filtered(lambda tx: tx.state == "done" and tx.is_post_processed and tx.payment_id)
        others = self - settled
        if others:
            others._wait_for_turn()
            # cancelled when the card seemed to be refused, and charged after all
            late = others.filtered(lambda tx: tx.state == "done" and tx.payment_id.state in ("canceled", "rejected"))
            late.payment_id = False
            super(PaymentTransaction, others)._post_process()
            # Odoo takes a refund that is known before its payment for a capture of a part, and makes no payment
            for tx in others.filtered(lambda each: each.state == "done" and not each.payment_id):
                ended = tx.child_transaction_ids.filtered(lambda child: child.state in ("done", "cancel"))
                if ended and set(ended.mapped("operation")) == {"refund"}:
                    tx.with_company(tx.company_id)._create_payment()

    # ------------------------------------------------------------------
    # One open payment for an invoice
    # ------------------------------------------------------------------

    def _release(self):
        """End a payment that was begun and not finished, so that another can begin.

        :return: whether it is certain that this one cannot be completed any more
        """
        self.ensure_one()
        if self.state != "draft" or self.asked_at:
            return False
        if self.provider_code == "stripe" and self.provider_reference:
            try:
                intent = self._send_api_request("POST", f"payment_intents/{self.provider_reference}/cancel")
            except UserError:
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
            except UserError:
                _logger.info("The failed payment %s could not be cancelled at Stripe.", tx.reference)

    def _is_forgotten(self):
        self.ensure_one()
        age = fields.Datetime.now() - self.last_state_change
        return self.state == "draft" and age.total_seconds() > FORGOTTEN_MINUTES * 60
