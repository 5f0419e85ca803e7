import time

import requests

from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.http import request

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment_stripe import utils as stripe_utils

PATIENCE = 3  # seconds that Stripe may take before the last call of a page, which may take ten
PATIENT_SINCE = "nestogy.stripe.patient.since"


# what Odoo's webhook does not ask for
MORE_EVENTS = ("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed")


class UnknownOutcome(UserError):
    """A provider was asked and nobody knows whether it did what it was asked for.

    No ValidationError, which Odoo takes for a refusal.
    """


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    def _send_api_request(self, method, endpoint, **kwargs):
        """Tell a refusal from silence where money may move, and keep nobody waiting for long."""
        if self.code != "stripe" and not (self.code == "paypal" and endpoint.endswith("/capture")):
            return super()._send_api_request(method, endpoint, **kwargs)
        if method == "POST" and endpoint == "webhook_endpoints":
            asked = kwargs["data"]["enabled_events[]"]
            kwargs["data"] = kwargs["data"] | {"enabled_events[]": [*asked, *MORE_EVENTS]}
        if request:
            since = request.httprequest.environ.setdefault(PATIENT_SINCE, time.monotonic())
            if time.monotonic() - since > PATIENCE:
                raise ValidationError(
                    self.env._("The payment provider is slow at this moment. Please try again in a minute.")
                )
        try:
            return super()._send_api_request(method, endpoint, **kwargs)
        except ValidationError as error:
            cause = error.__context__
            is_silent = isinstance(cause, requests.exceptions.ConnectionError | requests.exceptions.Timeout)
            status = getattr(getattr(cause, "response", None), "status_code", 0)
            if is_silent or status >= 500 or status == 409:
                raise UnknownOutcome(self.env._("The payment provider does not answer.")) from error
            raise

    def _can_trust_events(self):
        """Say whether messages about payments can be told from forged ones: Stripe's need the webhook
        secret."""
        self.ensure_one()
        return self.code != "stripe" or bool(stripe_utils.get_webhook_secret(self))

    @api.constrains("state", "is_published", "code", "stripe_webhook_secret")
    def _check_webhook_secret(self):
        for provider in self:
            if (provider.state == "enabled" or provider.is_published) and not provider._can_trust_events():
                raise ValidationError(
                    self.env._(
                        "%s cannot be enabled or published without a webhook secret: anybody could report "
                        "payments "
                        "that never happened. Press “Generate your webhook”, or paste the secret from "
                        "Stripe.",
                        provider.name,
                    )
                )

    @api.model
    def _get_compatible_providers(self, *args, report=None, **kwargs):
        providers = super()._get_compatible_providers(*args, report=report, **kwargs)
        trusted = providers.filtered(lambda provider: provider._can_trust_events())
        payment_utils.add_to_report(
            report, providers - trusted, available=False, reason=self.env._("no webhook secret")
        )
        return trusted
