import logging

from odoo import api, fields, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)

BATCH = 50


class PaymentTransaction(models.Model):
    """Receipts of online payments, mailed once, in the words of the client."""

    _inherit = "payment.transaction"

    receipt_state = fields.Selection(
        [("due", "To Be Sent"), ("sent", "Sent"), ("nobody", "Nobody Has an Address"), ("failed", "Failed")],
        string="Receipt",
        readonly=True,
        copy=False,
    )

    _receipt_idx = models.Index("(id) WHERE receipt_state = 'due'")

    def _create_payment(self, **extra_create_values):
        payment = super()._create_payment(**extra_create_values)
        if self.amount > 0 and not self.receipt_state and self._mails_receipt():
            self._order_receipt()
        return payment

    def _mails_receipt(self):
        """Whether this client gets its receipts by itself."""
        client = self.partner_id.commercial_partner_id.with_company(self.company_id)
        return bool(client._client_setting("receipt_mail")[0])

    def _order_receipt(self):
        """Let the job make receipts: rendering takes longer than the provider, or the visitor, likes to wait."""
        self.receipt_state = "due"
        # a job that visitors have no rights on
        self.env.ref("nestogy_portal.ir_cron_payment_receipt").sudo()._trigger()

    @api.model
    def _cron_send_receipts(self, batch=BATCH):
        """Mail what is due. Mail and mark are kept together, so that no receipt is sent twice."""
        cron = self.env["ir.cron"]
        due = self.search([("receipt_state", "=", "due")], order="id", limit=batch)
        cron._commit_progress(remaining=self.search_count([("receipt_state", "=", "due")]))
        for transaction in due:
            transaction = transaction.try_lock_for_update().filtered(lambda tx: tx.receipt_state == "due")
            if transaction:
                transaction._send_receipt()
            if not cron._commit_progress(1):
                break

    def _send_receipt(self):
        """Mail the receipt to who gets receipts of this client."""
        self.ensure_one()
        payment = self.payment_id.with_company(self.company_id)
        if not payment or payment.state in ("draft", "canceled", "rejected"):
            self.receipt_state = "failed"
            return
        recipients = payment._message_get_default_recipients()[payment.id]
        readers = self.env["res.partner"].browse(recipients["partner_ids"]).filtered("email")
        if not readers and not recipients["email_to"]:
            self.receipt_state = "nobody"
            return
        template = payment._client_mail_template() or self.env.ref("account.mail_template_data_payment_receipt")
        try:
            with self.env.cr.savepoint():
                payment.message_post_with_source(
                    template,
                    message_type="comment",
                    subtype_xmlid="mail.mt_comment",
                    force_send=False,
                )
                payment.is_sent = True
            self.receipt_state = "sent"
        except Exception as error:
            if not isinstance(error, UserError | ValueError | KeyError | OSError):
                raise
            _logger.warning("The receipt of payment %s could not be made", self.reference, exc_info=True)
            self.receipt_state = "failed"
