from odoo import api, fields, models

ENDED_DISPUTES = {"won", "warning_closed"}


class PaymentTransaction(models.Model):
    """Money that goes back: refunds, and disputes of which somebody has to know."""

    _inherit = "payment.transaction"

    dispute_status = fields.Char(
        string="Dispute", readonly=True, copy=False, help="What the provider says of a payment that its payer disputes."
    )

    @api.model
    def _search_by_event(self, provider, kind, described):
        """The payment that an event of Stripe speaks of, empty when it is none of ours."""
        domain = [("provider_id", "=", provider.id)]
        if kind.startswith("charge.dispute."):
            intent = described.get("payment_intent")
            return self.search([*domain, ("provider_reference", "=", intent)]) if isinstance(intent, str) else self
        if kind == "charge.refund.updated":
            return self.search([*domain, ("provider_reference", "=", described["id"]), ("operation", "=", "refund")])
        reference = described.get("description")
        return self.search([*domain, ("reference", "=", reference)]) if reference else self

    def _create_payment(self, **extra_create_values):
        payment = super()._create_payment(**extra_create_values)
        if self.operation == "refund":
            self._settle_refund()
            self._report_open_refund()
        else:
            # events come in any order: a refund may be known before its payment
            for refund in self.child_transaction_ids.filtered(lambda tx: tx.operation == "refund" and tx.payment_id):
                refund._settle_refund()
        return payment

    def _settle_refund(self):
        """A refund takes first what its payment had left."""
        source = self.source_transaction_id
        account = self.payment_id.destination_account_id
        lines = (self.payment_id.move_id | source.payment_id.move_id).line_ids.filtered(
            lambda line: line.account_id == account and not line.reconciled
        )
        if len(lines.move_id) == 2:
            before = self._get_open_refund()
            lines.reconcile()
            source.unapplied_amount -= before - self._get_open_refund()

    def _get_open_refund(self):
        """What of a refund has neither credit note nor money that was too much."""
        account = self.payment_id.destination_account_id
        lines = self.payment_id.move_id.line_ids.filtered(lambda line: line.account_id == account)
        return abs(sum(lines.mapped("amount_residual_currency")))

    def _report_open_refund(self):
        rest = self.currency_id.format(self._get_open_refund())
        if self.currency_id.is_zero(self._get_open_refund()):
            return
        source = self.source_transaction_id
        self._remind_accountant(
            self.payment_id,
            self.env._("%s refunded without a credit note", rest),
            self.env._(
                "%(amount)s of %(reference)s went back to the payer. The invoices %(invoices)s stay paid: make a "
                "credit note and reconcile it with this refund, or take the invoices' payment off.",
                amount=rest,
                reference=source.reference,
                invoices=", ".join(source.invoice_ids.mapped("name")),
            ),
        )

    def _set_error(self, state_message, extra_allowed_states=()):
        failed = self.filtered(lambda tx: tx.operation == "refund" and tx.payment_id)
        done = super()._set_error(state_message, extra_allowed_states=extra_allowed_states)
        for refund in failed & done:
            refund._remind_accountant(
                refund.payment_id,
                self.env._("A refund did not go through"),
                self.env._("The provider took back refund %s. Cancel this payment.", refund.reference),
            )
        return done

    def _take_dispute(self, dispute):
        """A payer disputes a payment: the provider holds the money until it is decided."""
        for tx in self:
            status = str(dispute.get("status") or "")[:40]
            if tx.dispute_status == status:
                continue
            tx.dispute_status = status
            if not tx.payment_id or status in ENDED_DISPUTES:
                continue
            tx._remind_accountant(
                tx.payment_id,
                self.env._("Payment %s is disputed", tx.reference),
                self.env._(
                    "The payer disputes this payment; the provider says “%(status)s”. Answer at the provider. If the "
                    "dispute is lost, book the money that went back.",
                    status=status,
                ),
            )
