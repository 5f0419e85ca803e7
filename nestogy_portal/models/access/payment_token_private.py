from odoo import models


class PaymentToken(models.Model):
    _name = "payment.token"
    _inherit = ["payment.token", "nestogy.portal.private.mixin"]

    _portal_private_fields = frozenset(
        {
            "demo_simulated_state",
            "provider_ref",
            "stripe_mandate",
            "stripe_payment_method",
        }
    )
