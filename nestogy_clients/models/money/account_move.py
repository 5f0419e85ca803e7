from odoo import api, fields, models
from odoo.fields import Domain


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "nestogy.client.mail.mixin"]

    commercial_partner_id = fields.Many2one(index=True)

    # the figures of a client are one index-only scan
    _client_money_idx = models.Index(
        "(commercial_partner_id, company_id, currency_id)"
        " INCLUDE (move_type, invoice_date, invoice_date_due, amount_total, amount_untaxed, amount_residual,"
        " amount_total_signed, amount_untaxed_signed, amount_residual_signed)"
        " WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')"
    )
    _client_open_idx = models.Index(
        "(commercial_partner_id, company_id) INCLUDE (invoice_date_due, amount_residual_signed)"
        " WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_receipt') AND amount_residual_signed <> 0"
    )

    @api.depends("invoice_date")
    def _compute_fiscal_position_id(self):  # pylint: disable=missing-return
        """Let the day of the invoice decide whether an exemption from tax holds; what is posted stays as it is."""
        drafts = self.filtered(lambda move: move.state == "draft" or not move.id)
        for date, moves in drafts.grouped("invoice_date").items():
            super(AccountMove, moves.with_context(client_tax_date=date or None))._compute_fiscal_position_id()
        for move in self - drafts:
            move.fiscal_position_id = move.fiscal_position_id

    def _compute_invoice_payment_term_id(self):  # pylint: disable=missing-return
        super()._compute_invoice_payment_term_id()
        for move in self.filtered(lambda each: each.is_sale_document(include_receipts=True) and each.partner_id):
            client = move.commercial_partner_id.with_company(move.company_id)
            term, level = client._client_setting("payment_term")
            if level != "company":
                move.invoice_payment_term_id = term

    @api.depends("partner_id")
    def _compute_currency_id(self):  # pylint: disable=missing-return
        super()._compute_currency_id()
        for move in self.filtered(lambda each: each.is_sale_document(include_receipts=True) and each.partner_id):
            client = move.partner_id.commercial_partner_id.with_company(move.company_id)
            currency, level = client._client_setting("currency")
            # a journal in a currency of its own, and a document that was posted, keep theirs
            if level != "company" and not move.journal_id.currency_id and move.state == "draft":
                move.currency_id = currency

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        moves._check_client_may_be_invoiced()
        return moves

    def _post(self, soft=True):
        self._check_client_may_be_invoiced()
        return super()._post(soft)

    def _check_client_may_be_invoiced(self):
        """Refuse invoices for clients whose status forbids new ones; credit notes go out to anybody."""
        invoices = self.filtered(lambda move: move.move_type in ("out_invoice", "out_receipt"))
        invoices.commercial_partner_id._check_client_may_order()

    @api.model
    def _client_in_flight_domain(self):
        """Invoices for which a payment was begun and may still go through; whoever takes payments says which."""
        return Domain.FALSE

    def _client_mail_kind(self):
        self.ensure_one()
        return {"out_invoice": "invoice", "out_refund": "credit_note"}.get(self.move_type, False)

    def _client_mail_values(self, kind=None):
        return super()._client_mail_values(kind) | {
            "number": self.name if self.name and self.name != "/" else self.env._("draft"),
            "amount": self._client_mail_amount(self.amount_total),
            "amount_due": self._client_mail_amount(self.amount_residual),
            "date": self._client_mail_date(self.invoice_date),
            "due": self._client_mail_date(self.invoice_date_due),
            "reference": self.ref or "",
        }

    def _get_mail_template(self):
        return self._client_mail_template() or super()._get_mail_template()

    def action_client_send_reminder(self):
        """Remind the client of this invoice and of all others that are overdue."""
        self.ensure_one()
        return self.commercial_partner_id.with_company(self.company_id).action_client_send_reminder()

    def _get_alerts(self):
        alerts = super()._get_alerts()
        if self.state == "draft" or (self.state == "posted" and not self.is_move_sent):
            alerts |= self._client_alerts(self)
        return alerts

    def _client_alerts(self, mailed):
        """What is missing at the clients of these documents (see ``res.partner._client_alerts``).

        :param mailed: those of them that go out by e-mail
        """
        documents = self.filtered(lambda move: move.is_sale_document(include_receipts=True) and move.partner_id)
        return self.env["res.partner"]._client_alerts(
            [
                (move.partner_id, move.partner_id, move.company_id, move in mailed and move._client_mail_kind())
                for move in documents
            ]
        )
