from odoo import models
from odoo.exceptions import UserError


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

    def action_client_send_receipt(self):
        """Open the send dialog with the receipt, in the words and to the people that hold for the client."""
        self.ensure_one()
        self.check_access("write")
        if self._client_mail_kind() != "receipt" or self.state not in ("in_process", "paid"):
            raise UserError(self.env._("A receipt is for a payment that came in and is confirmed."))
        template = self._client_mail_template() or self.env.ref("account.mail_template_data_payment_receipt")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Receipt"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_template_id": template.id,
                "default_email_layout_xmlid": "mail.mail_notification_light",
                "force_email": True,
            },
        }
