from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..tools.masking import masked

ACCOUNTANTS = "account.group_account_invoice,account.group_account_readonly"
BILLING = "nestogy_clients.nestogy_clients_group_billing"
POSTED = ("open", "partial", "applied")


class NestogyClientTransaction(models.Model):
    """Money of clients that came or went, and credits: all that is no invoice, in one list.

    A row is a line of the ledger on a receivable account, with the number of that line, so that what a client owes by
    his open invoices less what is unapplied here is what the ledger says he owes. Payments that are not in the ledger,
    because they are drafts, cancelled or in a process, have the number of the payment with a minus.

    Amounts are positive for what speaks for the client (he paid, or got a credit) and negative for what was paid out.
    """

    _name = "nestogy.client.transaction"
    _description = "Client Transaction"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "name"
    _depends = {
        "account.move.line": [
            "account_id",
            "amount_currency",
            "amount_residual",
            "amount_residual_currency",
            "balance",
            "company_id",
            "currency_id",
            "date",
            "move_id",
            "name",
            "parent_state",
            "partner_id",
        ],
        "account.move": ["journal_id", "move_type", "name", "origin_payment_id", "partner_id", "ref", "state"],
        "account.payment": [
            "amount",
            "amount_company_currency_signed",
            "company_id",
            "currency_id",
            "date",
            "journal_id",
            "memo",
            "move_id",
            "name",
            "partner_id",
            "partner_type",
            "payment_type",
            "state",
        ],
        "account.account": ["account_type"],
        "account.bank.statement.line": ["move_id", "payment_ref"],
        "payment.transaction": ["partner_id"],
        "res.company": ["currency_exchange_journal_id", "currency_id"],
        "res.partner": ["commercial_partner_id"],
    }

    client_id = fields.Many2one("res.partner", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Paid by", readonly=True)
    date = fields.Date(readonly=True)
    name = fields.Char(string="Number", readonly=True)
    reference = fields.Char(readonly=True)
    kind = fields.Selection(
        [
            ("payment", "Payment"),
            ("refund", "Refund"),
            ("credit_note", "Credit Note"),
            ("entry", "Adjustment"),
        ],
        readonly=True,
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("process", "Processing"),
            ("open", "Unapplied"),
            ("partial", "Partly Applied"),
            ("applied", "Applied"),
            ("canceled", "Cancelled"),
            ("rejected", "Rejected"),
        ],
        readonly=True,
        help="Unapplied money is not set against an invoice yet.",
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True, help="Minus is what was paid out to the client.")
    unapplied = fields.Monetary(readonly=True, help="What is not set against an invoice yet.")
    company_id = fields.Many2one("res.company", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    company_amount = fields.Monetary(
        string="Amount in Company Currency", currency_field="company_currency_id", readonly=True
    )
    company_unapplied = fields.Monetary(
        string="Unapplied in Company Currency", currency_field="company_currency_id", readonly=True
    )
    payment_id = fields.Many2one("account.payment", readonly=True, groups=ACCOUNTANTS)
    move_id = fields.Many2one("account.move", string="Journal Entry", readonly=True, groups=ACCOUNTANTS)
    line_id = fields.Many2one("account.move.line", string="Journal Item", readonly=True, groups=ACCOUNTANTS)
    method = fields.Char(compute="_compute_method", compute_sudo=True)
    applied_to = fields.Char(compute="_compute_applied_to", compute_sudo=True, help="Invoices, and what was paid out.")
    may_refund = fields.Boolean(compute="_compute_may_refund", compute_sudo=True)

    @property
    def _table_query(self):
        return SQL("(%s) UNION ALL (%s)", self._ledger_sql(), self._waiting_sql())

    def _ledger_sql(self):
        """SQL of what is in the ledger. Exchange differences move no money, so they are left out."""
        return SQL(
            """
            SELECT line.id,
                   partner.commercial_partner_id AS client_id,
                   COALESCE(transaction.partner_id, payment.partner_id, move.partner_id, partner.id) AS partner_id,
                   line.date,
                   COALESCE(payment.name, move.name) AS name,
                   COALESCE(payment.memo, statement_line.payment_ref, move.ref, line.name) AS reference,
                   CASE WHEN move.move_type = 'out_refund' THEN 'credit_note'
                        WHEN move.origin_payment_id IS NULL AND move.statement_line_id IS NULL THEN 'entry'
                        WHEN line.amount_currency < 0 THEN 'payment'
                        ELSE 'refund' END AS kind,
                   CASE WHEN line.amount_residual_currency = 0 AND line.amount_residual = 0 THEN 'applied'
                        WHEN line.amount_residual_currency = line.amount_currency THEN 'open'
                        ELSE 'partial' END AS state,
                   line.currency_id,
                   -line.amount_currency AS amount,
                   -line.amount_residual_currency AS unapplied,
                   line.company_id,
                   company.currency_id AS company_currency_id,
                   -line.balance AS company_amount,
                   -line.amount_residual AS company_unapplied,
                   move.origin_payment_id AS payment_id,
                   move.id AS move_id,
                   line.id AS line_id
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
               AND account.account_type = 'asset_receivable'
              JOIN account_move move ON move.id = line.move_id
              JOIN res_partner partner ON partner.id = line.partner_id
              JOIN res_company company ON company.id = line.company_id
         LEFT JOIN account_payment payment ON payment.id = move.origin_payment_id
         LEFT JOIN payment_transaction transaction ON transaction.id = payment.payment_transaction_id
         LEFT JOIN account_bank_statement_line statement_line ON statement_line.id = move.statement_line_id
             WHERE line.parent_state = 'posted'
               AND move.move_type IN ('entry', 'out_refund')
               AND line.amount_currency <> 0
               AND move.journal_id IS DISTINCT FROM company.currency_exchange_journal_id
            """
        )

    def _waiting_sql(self):
        """SQL of payments without a posted entry."""
        return SQL(
            """
            SELECT -payment.id AS id,
                   partner.commercial_partner_id AS client_id,
                   COALESCE(transaction.partner_id, payment.partner_id) AS partner_id,
                   payment.date,
                   payment.name,
                   payment.memo AS reference,
                   CASE WHEN payment.payment_type = 'inbound' THEN 'payment' ELSE 'refund' END AS kind,
                   CASE payment.state WHEN 'in_process' THEN 'process'
                                      WHEN 'paid' THEN 'applied'
                                      ELSE payment.state END AS state,
                   payment.currency_id,
                   CASE WHEN payment.payment_type = 'inbound' THEN payment.amount ELSE -payment.amount END AS amount,
                   0 AS unapplied,
                   payment.company_id,
                   company.currency_id AS company_currency_id,
                   payment.amount_company_currency_signed AS company_amount,
                   0 AS company_unapplied,
                   payment.id AS payment_id,
                   NULL::int AS move_id,
                   NULL::int AS line_id
              FROM account_payment payment
              JOIN res_partner partner ON partner.id = payment.partner_id
              JOIN res_company company ON company.id = payment.company_id
         LEFT JOIN account_move move ON move.id = payment.move_id
         LEFT JOIN payment_transaction transaction ON transaction.id = payment.payment_transaction_id
             WHERE payment.partner_type = 'customer'
               AND (move.id IS NULL OR move.state <> 'posted')
            """
        )

    def _compute_method(self):
        """How it was paid, in words, with the end of the number of the card or account."""
        for transaction in self:
            transaction.method = transaction._get_method()

    def _get_method(self):
        self.ensure_one()
        payment = self.payment_id
        if payment:
            paid = payment.payment_transaction_id
            token = payment.payment_token_id or paid.token_id
            method = token.payment_method_id or paid.payment_method_id
            if token or method:
                name = method.name or paid.provider_id.name or ""
                return f"{name} {masked(token.payment_details)}".strip()
            line = payment.payment_method_line_id
            # by hand says nothing; the bank, cash or check journal does
            name = (line.name if line.code != "manual" else "") or payment.journal_id.name or ""
            # the account on a payment that came in is the firm's own
            account = payment.partner_bank_id.acc_number if payment.payment_type == "outbound" else ""
            return f"{name} {masked(account, dots='••')}".strip()
        statement_line = self.move_id.statement_line_id
        if statement_line:
            name = self.env._("Bank transfer")
            return f"{name} {masked(statement_line.account_number, dots='••')}".strip()
        return ""

    def _compute_applied_to(self):
        documents = self._get_applied_documents()
        for transaction in self:
            found = documents.get(transaction.id)
            transaction.applied_to = ", ".join(found.mapped("name")) if found else ""

    def _get_applied_documents(self):
        """:return: dict of id to the documents and payments that this money was set against, in that order"""
        found = {}
        lines = self.env["account.move.line"].browse([number for number in self.ids if number > 0])
        for partial in (lines.matched_debit_ids | lines.matched_credit_ids).sorted("id"):
            for own, other in (
                (partial.credit_move_id, partial.debit_move_id),
                (partial.debit_move_id, partial.credit_move_id),
            ):
                if own in lines and other.journal_id != other.company_id.currency_exchange_journal_id:
                    found.setdefault(own.id, {})[other.move_id.id] = True
        moves = self.env["account.move"]
        everything = [move_id for ids in found.values() for move_id in ids]
        return {number: moves.browse(ids).with_prefetch(everything) for number, ids in found.items()}

    def _compute_may_refund(self):
        """Money that came in can go back: what is unapplied, or through the provider what it took."""
        for transaction in self:
            payment = transaction.payment_id
            by_provider = payment.payment_type == "inbound" and payment.amount_available_for_refund > 0
            transaction.may_refund = transaction.unapplied > 0 or (transaction.id > 0 and by_provider)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_open(self):
        """Open the payment, credit note or entry behind the row."""
        self.ensure_one()
        record = self._get_document()
        record.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    def _get_document(self):
        """The payment, credit note or entry behind the row."""
        return self.payment_id or self.move_id

    def action_apply(self):
        """Ask which open invoices of the client this money is for."""
        self.ensure_one()
        self._check_billing()
        if self.state not in POSTED or self.currency_id.compare_amounts(self.unapplied, 0.0) <= 0:
            raise UserError(self.env._("%s has nothing left to apply.", self.name or self.reference))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Apply %s", self.name),
            "res_model": "nestogy.client.apply",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_line_id": self.line_id.id},
        }

    def action_unapply(self):
        """Take this money from the invoices that it was set against; they are open again."""
        self.ensure_one()
        self._check_billing()
        line = self.line_id
        if not line.matched_debit_ids and not line.matched_credit_ids:
            raise UserError(self.env._("%s is not applied to anything.", self.name or self.reference))
        applied_to = self.applied_to
        line.remove_move_reconcile()
        self._get_document()._message_log(
            body=self.env._("No longer applied to %s.", applied_to or self.env._("anything"))
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_refund(self):
        """Pay the money back: through the provider that took it where that is possible, else from a journal."""
        self.ensure_one()
        self._check_billing()
        payment = self.payment_id
        if self.id > 0 and payment.payment_type == "inbound" and payment.amount_available_for_refund > 0:
            return payment.action_refund_wizard() | {
                "views": [(False, "form")],
                "context": {"active_model": payment._name, "active_id": payment.id},
            }
        if self.currency_id.compare_amounts(self.unapplied, 0.0) <= 0:
            raise UserError(self.env._("%s has nothing left to refund. Unapply it from its invoices first.", self.name))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Refund %s", self.name),
            "res_model": "account.payment.register",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "active_model": "account.move.line",
                "active_ids": self.line_id.ids,
                "default_communication": self.env._("Refund of %s", self.name),
            },
        }

    def action_send_receipt(self):
        """Open the send dialog with the receipt of this payment."""
        self.ensure_one()
        self._check_billing()
        if not self.payment_id:
            raise UserError(self.env._("A receipt is for a payment. Open %s and send the document itself.", self.name))
        return self.payment_id.action_client_send_receipt()

    def _check_billing(self):
        """:raise AccessError: the user is not of the billing staff, or may not see the row"""
        if not self.env.user.has_group(BILLING):
            raise AccessError(self.env._("Money of clients is moved by the billing staff. Ask one of them."))
        self.check_access("read")
