import logging

import psycopg2
import stripe

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment_stripe import const as stripe_const
from odoo.addons.payment_stripe import utils as stripe_utils
from odoo.addons.payment_stripe.controllers.main import StripeController

_logger = logging.getLogger(__name__)

TIMEOUT = 10  # seconds
COMPARED_DAYS = 7


class PaymentProvider(models.Model):
    """Asking Stripe what it knows; nothing here charges or changes anything at Stripe."""

    _inherit = "payment.provider"

    compared_at = fields.Datetime(string="Compared With the Provider", readonly=True, copy=False)
    difference_count = fields.Integer(compute="_compute_difference_count", string="Payment Differences")

    def _compute_difference_count(self):
        rows = self.env["nestogy.payment.difference"]._read_group(
            [("provider_id", "in", self.ids), ("is_solved", "=", False)], ["provider_id"], ["__count"]
        )
        counts = {provider.id: count for provider, count in rows}
        for provider in self:
            provider.difference_count = counts.get(provider.id, 0)

    def _stripe_api_base(self):
        """The address of Stripe's API, for whoever puts something in between."""
        return "https://api.stripe.com"

    def _stripe_client(self):
        """:return: a ``stripe.StripeClient`` that speaks in the version in which Odoo reads the answers"""
        self.ensure_one()
        return stripe.StripeClient(
            stripe_utils.get_secret_key(self),
            stripe_version=stripe_const.API_VERSION,
            base_addresses={"api": self._stripe_api_base()},
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
            max_network_retries=0,
        )

    # ------------------------------------------------------------------
    # Comparing
    # ------------------------------------------------------------------

    def action_compare_with_provider(self):
        """Compare now what the provider and we know."""
        self.check_access("write")
        found = self.env["nestogy.payment.difference"]
        for provider in self.filtered(lambda each: each.code == "stripe" and each.state != "disabled"):
            try:
                found |= provider._compare_with_stripe()
            except stripe.StripeError as error:
                raise UserError(self.env._("Stripe does not answer: %s", error.user_message or error)) from error
        if found:
            return self.action_open_differences()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Compared: no new differences."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_open_differences(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_portal.nestogy_payment_difference_action")
        return action | {"domain": [("provider_id", "in", self.ids)]}

    @api.model
    def _cron_compare(self):
        """Each night: what Stripe and we know of the last days must be the same."""
        cron = self.env["ir.cron"]
        # each provider once a night, also when the run is broken off and begun again
        before = fields.Datetime.subtract(fields.Datetime.now(), hours=12)
        providers = self.search(
            [
                ("code", "=", "stripe"),
                ("state", "!=", "disabled"),
                ("stripe_secret_key", "!=", False),
                "|",
                ("compared_at", "=", False),
                ("compared_at", "<", before),
            ]
        )
        cron._commit_progress(remaining=len(providers))
        for provider in providers:
            try:
                with self.env.cr.savepoint():
                    provider._compare_with_stripe()
            except (UserError, stripe.StripeError, psycopg2.Error):
                _logger.warning("Payments could not be compared with %s", provider.name, exc_info=True)
            if not cron._commit_progress(1):
                break

    def _compare_with_stripe(self, days=COMPARED_DAYS):
        """Take over what was lost and write down what cannot be explained. Nothing is charged.

        :return: the new differences
        """
        self.ensure_one()
        client = self._stripe_client()
        since = int(fields.Datetime.subtract(fields.Datetime.now(), days=days).timestamp())
        # database.uuid keeps two databases of one account apart; everybody's business
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        listed = client.v1.payment_intents.list(
            {"created": {"gte": since}, "limit": 100, "expand": ["data.payment_method"]}
        )
        intents = [intent.to_dict() for intent in listed.auto_paging_iter()]
        transactions = self.env["payment.transaction"].search(
            [
                ("provider_id", "=", self.id),
                ("operation", "!=", "refund"),
                ("source_transaction_id", "=", False),
                "|",
                ("provider_reference", "in", [intent["id"] for intent in intents]),
                ("reference", "in", [intent.get("description") for intent in intents if intent.get("description")]),
            ]
        )
        by_intent = {tx.provider_reference: tx for tx in transactions if tx.provider_reference}
        lost = {tx.reference: tx for tx in transactions if not tx.provider_reference}
        differences = []
        for intent in intents:
            tx = by_intent.get(intent["id"]) or lost.get(intent.get("description"))
            if tx:
                differences += self._compare_intent(tx, intent)
            elif intent["status"] == "succeeded" and (intent.get("metadata") or {}).get("database") == uuid:
                differences.append(self._unknown_difference(intent))
        self._compare_refunds(client, since)
        self.compared_at = fields.Datetime.now()
        return self.env["nestogy.payment.difference"]._report(differences)

    def _compare_intent(self, tx, intent):
        is_paid = intent["status"] == "succeeded"
        if is_paid != (tx.state == "done") and not (tx.state == "draft" and not is_paid):
            try:
                with self.env.cr.savepoint():
                    tx._take_intent(intent)
            except (UserError, psycopg2.IntegrityError) as error:
                _logger.warning("Payment %s could not be taken over: %s", tx.reference, error)
        if is_paid and tx.state == "done" and not tx.is_post_processed:
            tx._post_process_at_once()
        values = {
            "provider_id": self.id,
            "transaction_id": tx.id,
            "provider_reference": intent["id"],
            "description": tx.reference,
            "currency_id": tx.currency_id.id,
            "own_amount": tx.amount,
            "provider_amount": self._stripe_amount(intent["amount"], tx.currency_id) if is_paid else 0,
        }
        if tx.state == "done" and not is_paid and intent["status"] != "requires_capture":
            return [values | {"kind": "missing"}]
        if is_paid and tx.state != "done":
            return [values | {"kind": "amount", "own_amount": tx.amount}]
        if is_paid and tx.currency_id.compare_amounts(values["provider_amount"], tx.amount) != 0:
            return [values | {"kind": "amount"}]
        if is_paid and not tx.is_post_processed:
            return [values | {"kind": "unsettled"}]
        return []

    def _unknown_difference(self, intent):
        currency = self.env["res.currency"].search([("name", "=", intent["currency"].upper())], limit=1)
        return {
            "provider_id": self.id,
            "provider_reference": intent["id"],
            "kind": "unknown",
            "description": intent.get("description") or "",
            "currency_id": currency.id,
            "provider_amount": self._stripe_amount(intent["amount"], currency) if currency else 0,
        }

    def _compare_refunds(self, client, since):
        """Take over refunds that were made at Stripe and not told."""
        refunds = [
            refund.to_dict()
            for refund in client.v1.refunds.list({"created": {"gte": since}, "limit": 100}).auto_paging_iter()
        ]
        transactions = self.env["payment.transaction"].search(
            [
                ("provider_id", "=", self.id),
                "|",
                ("provider_reference", "in", [refund["id"] for refund in refunds]),
                ("provider_reference", "in", [refund.get("payment_intent") for refund in refunds]),
            ]
        )
        by_reference = {tx.provider_reference: tx for tx in transactions}
        for refund in refunds:
            source = by_reference.get(refund.get("payment_intent"))
            known = by_reference.get(refund["id"])
            if known:
                if known.state not in ("done", "error", "cancel"):
                    known._process("stripe", {"refund": refund})
            elif source and source.state == "done" and refund["status"] in ("succeeded", "pending"):
                refund_tx = StripeController._create_refund_tx_from_refund(source, refund)
                refund_tx._process("stripe", {"refund": refund})

    def _stripe_amount(self, minor, currency):
        decimals = stripe_const.CURRENCY_DECIMALS.get(currency.name)
        return payment_utils.to_major_currency_units(minor, currency, arbitrary_decimal_number=decimals)
