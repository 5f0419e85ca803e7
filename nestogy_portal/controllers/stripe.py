import json
import logging
import re

import psycopg2
from werkzeug.exceptions import BadRequest, Forbidden

from odoo.http import request, route

from odoo.addons.payment_stripe.const import HANDLED_WEBHOOK_EVENTS
from odoo.addons.payment_stripe.controllers.main import StripeController

from ..models.money.payment_provider import UnknownOutcome

_logger = logging.getLogger(__name__)

EVENT_LIMIT = 1_000_000  # bytes; Stripe's events are some thousand
INTENT = re.compile(r"(pi|seti)_[A-Za-z0-9_]{1,120}")


class GuardedStripeController(StripeController):
    """Believe Stripe's messages only when Stripe signed them and they speak of the payment that was asked
    for."""

    @route()
    def stripe_return(self, **data):
        """A browser comes back: the payment it names must be the one of the transaction it names."""
        # the transaction is found by a reference from outside and changed only by what Stripe itself answers
        tx_sudo = request.env["payment.transaction"].sudo()._search_by_reference("stripe", data)
        key = "setup_intent" if tx_sudo.operation == "validation" else "payment_intent"
        named = data.get(key)
        if (
            len(tx_sudo) != 1
            or tx_sudo.provider_id.state == "disabled"
            or not isinstance(named, str)
            or not INTENT.fullmatch(named)
            or (tx_sudo.provider_reference and named != tx_sudo.provider_reference)
        ):
            _logger.warning("Refused a return from Stripe that does not fit transaction %s", tx_sudo.reference)
            return request.redirect("/payment/status")
        try:
            return super().stripe_return(**data)
        except UnknownOutcome:  # the job asks again, and the page that follows waits for it
            _logger.warning("Stripe did not say what became of payment %s", tx_sudo.reference)
            return request.redirect("/payment/status")

    @route()
    def stripe_webhook(self):
        """Answer 4xx, and change nothing, unless a provider's secret signed the message."""
        provider_sudo, event = self._check_event()
        try:
            with request.env.cr.savepoint():
                return self._take_event(provider_sudo, event) or super().stripe_webhook()
        except psycopg2.OperationalError:
            raise  # a conflict with another request: this one is tried again
        except (KeyError, TypeError, ValueError, AttributeError, psycopg2.Error) as error:
            _logger.warning("Refused a signed message of Stripe that cannot be understood", exc_info=True)
            raise BadRequest() from error

    def _take_event(self, provider_sudo, event):
        """Listen to each event once, and to none that was overtaken by a later one.

        :return: the answer when there is nothing left to do
        """
        described = event["data"]["object"]
        # found by what the provider signed
        tx_sudo = request.env["payment.transaction"].sudo()._search_by_event(provider_sudo, event["type"], described)
        event_sudo = request.env["nestogy.payment.event"].sudo()._take(provider_sudo, event, tx_sudo)  # our own log
        if not event_sudo or event_sudo._is_overtaken():
            return request.make_json_response("")
        if event["type"].startswith("payment_intent.") and event_sudo.happened_at:
            tx_sudo.provider_event_at = event_sudo.happened_at
        if event["type"].startswith("charge.dispute."):
            tx_sudo._take_dispute(described)
            return request.make_json_response("")
        return None

    def _check_event(self):
        """
        :return: the provider whose secret signed the message, in sudo, and the event
        """
        raw = request.httprequest.get_data(cache=True)
        try:
            if len(raw) > EVENT_LIMIT:
                raise ValueError("too long")
            event = json.loads(raw)
            described = event["data"]["object"]
            texts = (event["type"], event["id"])
            if not all(isinstance(text, str) and 0 < len(text) <= 255 for text in texts):
                raise ValueError("not an event")
            if not isinstance(described, dict):
                raise ValueError("not an event")
            if event["type"] in HANDLED_WEBHOOK_EVENTS and not isinstance(described["id"], str):
                raise ValueError("not an event")
            if not isinstance(described.get("description", ""), str | None):
                raise ValueError("not an event")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            _logger.warning("Refused a message to Stripe's webhook that is no event")
            raise BadRequest() from error
        # the secrets are an administrator's; nothing is found or changed but by a right signature
        providers_sudo = (
            request.env["payment.provider"].sudo().search([("code", "=", "stripe"), ("state", "!=", "disabled")])
        )
        for provider_sudo in providers_sudo:
            try:
                # Odoo's check wants a transaction and looks at its provider only
                super()._verify_signature(  # pylint: disable=super-method-mismatch
                    provider_sudo.env["payment.transaction"].new({"provider_id": provider_sudo.id})
                )
            except (Forbidden, KeyError, TypeError, ValueError):
                continue
            if provider_sudo._can_trust_events():
                return provider_sudo, event
        _logger.warning("Refused an unsigned or wrongly signed message to Stripe's webhook")
        raise Forbidden()

    def _verify_signature(self, tx_sudo):  # pylint: disable=missing-return
        """The message must be signed with the secret of the very provider of the transaction."""
        provider_sudo = tx_sudo.provider_id
        if provider_sudo.state == "disabled" or not provider_sudo._can_trust_events():
            raise Forbidden()
        try:
            super()._verify_signature(tx_sudo)
        except (
            KeyError,
            TypeError,
            ValueError,
        ) as error:  # no header, or one that is not built like Stripe's
            _logger.warning("Refused a message with a broken signature")
            raise Forbidden() from error
