import logging

import psycopg2
import stripe

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

OPEN_DAYS = 30  # what is older is not asked about any more
BATCH = 100
ASKED = ("stripe", "paypal")


class PaymentTransaction(models.Model):
    """Payments of which nothing was heard: the provider is asked what became of them, nothing is charged."""

    _inherit = "payment.transaction"

    checked_at = fields.Datetime(string="Asked About", readonly=True, copy=False)

    @api.model
    def _check_domain(self):
        """Payments of Stripe and PayPal that are open, or settled with the provider and not with us."""
        since = fields.Datetime.subtract(fields.Datetime.now(), days=OPEN_DAYS)
        return (
            Domain("provider_id.code", "in", ASKED)
            & Domain("provider_id.state", "!=", "disabled")
            & Domain("operation", "not in", ("refund", "validation"))
            & Domain("source_transaction_id", "=", False)
            & Domain("create_date", ">=", since)
            & Domain("state", "in", ("draft", "pending", "authorized"))
            & (
                Domain("provider_id.code", "=", "stripe")
                & (Domain("provider_reference", "!=", False) | Domain("asked_at", "!=", False))
                | Domain("paypal_order_ref", "!=", False)
            )
        )

    @api.model
    def _cron_check_open(self, batch=BATCH):
        """Every quarter of an hour: ask about what is open, so that a lost event is no lost payment."""
        cron = self.env["ir.cron"]
        found = self.search(self._check_domain(), order="checked_at NULLS FIRST, id", limit=batch)
        cron._commit_progress(remaining=len(found))
        for transaction in found:
            transaction = transaction.try_lock_for_update().filtered_domain(self._check_domain())
            if transaction:
                transaction._check_safely()
                transaction.checked_at = fields.Datetime.now()
            if not cron._commit_progress(1):
                break

    def action_check_with_provider(self):
        """Ask the provider now."""
        for transaction in self.filtered(lambda tx: tx.provider_code in ASKED):
            transaction.check_access("write")
            transaction_sudo = transaction.sudo()  # who does the invoicing may not read the provider's key
            try:
                transaction_sudo._check_with_provider()
            except stripe.StripeError as error:
                raise UserError(self.env._("Stripe does not answer: %s", error.user_message or error)) from error
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _check_safely(self):
        """Ask about one payment; what goes wrong with it keeps no other one waiting."""
        try:
            with self.env.cr.savepoint():
                self._check_with_provider()
        except (UserError, stripe.StripeError, psycopg2.Error) as error:
            _logger.warning("Payment %s could not be checked: %s", self.reference, error)
            return False
        return True

    def _check_with_provider(self):
        """Take over what the provider says about this payment."""
        self.ensure_one()
        if self.provider_code == "paypal":
            self._check_with_paypal()
            return
        client = self.provider_id._stripe_client()
        if self.provider_reference:
            intent = client.v1.payment_intents.retrieve(self.provider_reference, {"expand": ["payment_method"]})
        else:
            intent = self._find_intent(client)
        if intent is None:
            self._give_up_unanswered()
            return
        self._take_intent(intent.to_dict())

    def _find_intent(self, client):
        """Look for the payment of which the answer was lost."""
        begin = int(fields.Datetime.subtract(self.asked_at, minutes=5).timestamp())
        end = int(fields.Datetime.add(self.asked_at, days=1).timestamp())
        found = client.v1.payment_intents.list(
            {"created": {"gte": begin, "lte": end}, "limit": 100, "expand": ["data.payment_method"]}
        )
        for intent in found.auto_paging_iter():
            if intent.description == self.reference:
                return intent
        return None

    def _give_up_unanswered(self):
        """What Stripe does not know of an hour later never reached it."""
        if fields.Datetime.now() > fields.Datetime.add(self.asked_at, hours=1):
            self._set_error(self.env._("The payment never reached the provider. Nothing was charged."))

    def _take_intent(self, intent):
        """Treat an answer of Stripe like an event of this moment."""
        status = intent.get("status")
        if self.state == "draft" and not self.asked_at:
            if status in ("requires_confirmation", "requires_action"):
                return
            if status == "requires_payment_method" and not intent.get("last_payment_error"):
                # somebody began and went away; what is a day old is not finished any more
                if self.last_state_change < fields.Datetime.subtract(fields.Datetime.now(), days=1):
                    self._release()
                return
        data = {"reference": self.reference, "payment_intent": intent, "payment_method": intent.get("payment_method")}
        self._process("stripe", data)
