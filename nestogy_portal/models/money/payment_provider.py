from odoo import api, models
from odoo.exceptions import ValidationError

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment_stripe import utils as stripe_utils


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

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
