from odoo import models


class AccountPayment(models.Model):
    """Payments are read by client and day."""

    _inherit = "account.payment"

    _client_timeline_idx = models.Index("(partner_id, date DESC, id DESC) WHERE partner_type = 'customer'")
