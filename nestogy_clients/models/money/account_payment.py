from odoo import models


class AccountPayment(models.Model):
    """A payment whose receipt is mailed to the client."""

    _name = "account.payment"
    _inherit = ["account.payment", "nestogy.client.mail.mixin"]

    def _client_mail_kind(self):
        self.ensure_one()
        return "receipt" if self.payment_type == "inbound" and self.partner_type == "customer" else False

    def _client_mail_values(self, kind=None):
        return super()._client_mail_values(kind) | {
            "number": self.name or self.env._("draft"),
            "amount": self._client_mail_amount(self.amount),
            "date": self._client_mail_date(self.date),
            "reference": self.memo or "",
            "method": self.payment_method_line_id.name or "",
            "numbers": ", ".join(self.reconciled_invoice_ids.mapped("name")),
        }
