import json
import logging
import re

import psycopg2
from werkzeug.exceptions import BadRequest, Forbidden

from odoo.http import request, route

from odoo.addons.payment_stripe.const import HANDLED_WEBHOOK_EVENTS
from odoo.addons.payment_stripe.controllers.main import StripeController

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
        return super().stripe_return(**data)

    @route()
    def stripe_webhook(self):
        """Answer 4xx, and change nothing, unless a provider's secret signed the message."""
        self._check_event()
        try:
            with request.env.cr.savepoint():
                return super().stripe_webhook()
        except psycopg2.OperationalError:
            raise  # a conflict with another request: this one is tried again
        except (KeyError, TypeError, ValueError, AttributeError, psycopg2.Error) as error:
            _logger.warning("Refused a signed message of Stripe that cannot be understood", exc_info=True)
            raise BadRequest() from error

    def _check_event(self):
        raw = request.httprequest.get_data(cache=True)
        try:
            if len(raw) > EVENT_LIMIT:
                raise ValueError("too long")
            event = json.loads(raw)
            described = event["data"]["object"]
            if not isinstance(event["type"], str) or not isinstance(described, dict):
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
                return
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
