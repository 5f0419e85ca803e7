from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..tools.masking import masked
from .test_totals import TotalsCase


@tagged("post_install", "-at_install")
class TestTransactions(TotalsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client("Acme")
        cls.viewer = cls.make_user("tx_viewer", "viewer")
        cls.agent = cls.make_user("tx_agent", "agent")
        cls.billing = cls.make_user("tx_billing", "billing")

    def rows(self, user=None, client=None):
        self.env.flush_all()
        self.env.invalidate_all()
        transactions = self.env["nestogy.client.transaction"].with_user(user or self.billing)
        return transactions.search([("client_id", "=", (client or self.client).id)])

    def apply(self, row, *amounts):
        """Answer the question with amounts for the invoices in their order; the suggestion without any."""
        action = row.action_apply()
        wizard = self.env[action["res_model"]].with_user(self.billing).with_context(**action["context"]).create({})
        for line, amount in zip(wizard.line_ids, amounts, strict=False):
            line.amount = amount
        return wizard

    def test_all_money_that_is_no_invoice_is_in_the_list(self):
        invoice = self.make_invoice(self.client, 100.0)
        self.pay(invoice, amount=60.0)
        self.prepay(self.make_contact(self.client, "Ann"), 25.0)
        self.make_invoice(self.client, 15.0, move_type="out_refund")
        self.prepay(self.client, 5.0, payment_type="outbound")
        draft = self.prepay(self.client, 7.0)
        draft.action_draft()
        self.prepay(self.client, 9.0, self.eur)
        self.prepay(self.make_client("Other"), 1000.0)
        rows = self.rows()
        self.assertEqual(
            sorted((row.kind, row.state, row.currency_id.name, row.amount, row.unapplied) for row in rows),
            sorted(
                [
                    ("payment", "applied", self.own.name, 60.0, 0.0),
                    ("payment", "open", self.own.name, 25.0, 25.0),
                    ("credit_note", "open", self.own.name, 15.0, 15.0),
                    ("refund", "open", self.own.name, -5.0, -5.0),
                    ("payment", "draft", self.own.name, 7.0, 0.0),
                    ("payment", "open", self.eur.name, 9.0, 9.0),
                ]
            ),
        )
        applied = rows.filtered(lambda row: row.state == "applied")
        self.assertEqual(applied.applied_to, invoice.name)
        self.assertEqual(rows.filtered(lambda row: row.amount == 25.0).partner_id.name, "Ann")
        groups = rows._read_group([("client_id", "=", self.client.id)], ["currency_id"], ["amount:sum"])
        self.assertEqual(dict(groups), {self.own: 102.0, self.eur: 9.0})

    def test_what_is_undone_leaves_the_list_or_says_so(self):
        payment = self.prepay(self.client, 50.0)
        self.assertEqual(self.rows().mapped("state"), ["open"])
        payment.action_draft()
        payment.action_cancel()
        self.assertEqual(self.rows().mapped("state"), ["canceled"])
        self.assertEqual(self.rows().id, -payment.id)

    def test_exchange_differences_move_no_money(self):
        old = self.make_invoice(self.client, 100.0, currency=self.eur, date=self.today - timedelta(days=90))
        self.pay(old)
        self.assertTrue(old.line_ids.matched_credit_ids.exchange_move_id)
        self.assertRecordValues(self.rows(), [{"amount": 100.0, "currency_id": self.eur.id, "applied_to": old.name}])

    def test_a_bank_line_is_a_payment(self):
        journal = self.env["account.journal"].search([("type", "=", "bank")], limit=1)
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": journal.id,
                "amount": 80.0,
                "payment_ref": "Transfer of Acme",
                "partner_id": self.client.id,
                "account_number": "DE89370400440532013000",
            }
        )
        receivable = self.client.property_account_receivable_id
        line.move_id.button_draft()
        line.line_ids.filtered(lambda each: each.balance < 0).account_id = receivable
        line.move_id.action_post()
        self.assertRecordValues(
            self.rows(),
            [
                {
                    "kind": "payment",
                    "amount": 80.0,
                    "unapplied": 80.0,
                    "reference": "Transfer of Acme",
                    "method": "Bank transfer •• 3000",
                }
            ],
        )

    def test_the_oldest_invoices_are_suggested_first(self):
        late = self.make_invoice(self.client, 30.0, date=self.today - timedelta(days=60), due=self.today)
        later = self.make_invoice(self.client, 50.0)
        self.make_invoice(self.make_client("Other"), 1.0)
        payment = self.prepay(self.client, 45.0)
        row = self.rows()
        wizard = self.apply(row)
        self.assertRecordValues(
            wizard.line_ids,
            [
                {"name": late.name, "open_amount": 30.0, "amount": 30.0},
                {"name": later.name, "open_amount": 50.0, "amount": 15.0},
            ],
        )
        self.assertEqual((wizard.available, wizard.remaining), (45.0, 0.0))
        wizard.action_apply()
        self.assertEqual((late.amount_residual, later.amount_residual), (0.0, 35.0))
        self.assertEqual(self.rows().applied_to, f"{late.name}, {later.name}")
        self.assertIn(f"Applied to {late.name}", payment.message_ids[:1].body)

    def test_chosen_parts_are_applied_to_the_cent(self):
        invoices = [self.make_invoice(self.client, amount) for amount in (30.0, 50.0, 20.0)]
        self.prepay(self.client, 45.0)
        self.apply(self.rows(), 10.01, 0.0, 7.5).action_apply()
        self.assertEqual([invoice.amount_residual for invoice in invoices], [19.99, 50.0, 12.5])
        self.assertRecordValues(self.rows(), [{"unapplied": 27.49, "state": "partial"}])
        self.apply(self.rows(), 19.99, 7.5, 0.0).action_apply()
        self.assertEqual([invoice.amount_residual for invoice in invoices], [0.0, 42.5, 12.5])
        self.assertRecordValues(self.rows(), [{"unapplied": 0.0, "state": "applied"}])

    def test_a_part_in_another_currency_is_exact_and_the_rest_stays_true(self):
        old = self.make_invoice(self.client, 100.0, currency=self.eur, date=self.today - timedelta(days=90))
        self.prepay(self.client, 60.0, self.eur)
        self.apply(self.rows(), 33.33).action_apply()
        self.assertEqual(old.amount_residual, 66.67)
        self.assertEqual(self.rows().unapplied, 26.67)
        self.apply(self.rows(), 26.67).action_apply()
        self.assertEqual((old.amount_residual, self.rows().unapplied, self.rows().company_unapplied), (40.0, 0.0, 0.0))
        self.prepay(self.client, 500.0)
        row = self.rows().filtered("unapplied")
        wizard = self.apply(row)
        self.assertTrue(wizard.has_other_currency)
        self.assertEqual(wizard.line_ids.amount, 0.0)
        wizard.line_ids.amount = 40.0
        wizard.action_apply()
        self.assertEqual((old.amount_residual, old.payment_state in ("paid", "in_payment")), (0.0, True))
        receivable = old.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        self.assertEqual(receivable.amount_residual, 0.0)

    def test_a_credit_note_is_applied_likewise(self):
        invoice = self.make_invoice(self.client, 30.0)
        credit = self.make_invoice(self.client, 12.0, move_type="out_refund")
        self.apply(self.rows()).action_apply()
        self.assertEqual((invoice.amount_residual, credit.amount_residual), (18.0, 0.0))

    def test_too_much_is_refused_and_nothing_moves(self):
        invoice, second = self.make_invoice(self.client, 30.0), self.make_invoice(self.client, 30.0)
        self.prepay(self.client, 45.0)
        with self.assertRefused(ValidationError, f"Of {invoice.name}, between nothing and"):
            self.apply(self.rows(), 30.01)
        with self.assertRefused(ValidationError, "between nothing and"):
            self.apply(self.rows(), -1.0)
        with self.assertRefused(UserError, r"has \$\s?45.00 left to apply. Enter less."):
            self.apply(self.rows(), 30.0, 20.0).action_apply()
        with self.assertRefused(UserError, "Enter an amount for at least one invoice."):
            self.apply(self.rows(), 0.0, 0.0).action_apply()
        wizard = self.apply(self.rows(), 30.0, 15.0)
        self.pay(second)
        with self.assertRefused(UserError, "settled meanwhile"):
            wizard.action_apply()
        self.assertEqual((invoice.amount_residual, second.amount_residual), (30.0, 0.0))
        foreign = self.make_invoice(self.client, 100.0, currency=self.eur)
        with self.assertRefused(UserError, "reaches for"):
            self.apply(self.rows().filtered("unapplied"), 0.0, 100.0).action_apply()
        self.assertEqual(foreign.amount_residual, 100.0)

    def test_only_billing_staff_moves_money(self):
        invoice = self.make_invoice(self.client, 30.0)
        self.prepay(self.client, 30.0)
        for user in (self.viewer, self.agent):
            (row,) = self.rows(user)
            self.assertEqual((row.amount, row.method, row.applied_to), (30.0, self.rows().method, ""))
            for deed in ("action_apply", "action_refund", "action_unapply", "action_send_receipt"):
                with self.assertRefused(AccessError, "moved by the billing staff"):
                    getattr(row, deed)()
            with self.assertRaises(AccessError):
                row.read(["payment_id"])
            with self.assertRaises(AccessError):
                self.env["nestogy.client.apply"].with_user(user).create({"line_id": self.rows().line_id.id})
        with self.assertRaises(AccessError):
            self.rows(self.make_user("tx_nobody"))
        self.assertEqual(invoice.amount_residual, 30.0)

    def test_clients_of_other_teams_and_companies_are_not_in_the_list(self):
        self.prepay(self.client, 30.0)
        self.client.client_team_id = self.env["crm.team"].create({"name": "Theirs"})
        self.assertEqual(len(self.rows(self.viewer)), 1)
        self.env.company.client_own_team_only = True
        self.assertEqual(len(self.rows(self.viewer)), 0)
        self.env.company.client_own_team_only = False
        company = self.env["res.company"].create({"name": "Second", "country_id": self.env.ref("base.us").id})
        self.billing.write({"company_ids": [(4, company.id)]})
        row = self.rows().with_context(allowed_company_ids=company.ids)
        self.assertFalse(row.search([("client_id", "=", self.client.id)]))

    def test_unapplying_opens_the_invoice_again(self):
        invoice = self.make_invoice(self.client, 30.0)
        self.pay(invoice)
        (row,) = self.rows()
        with self.assertRefused(UserError, "nothing left to apply"):
            row.action_apply()
        row.action_unapply()
        self.assertEqual((invoice.amount_residual, invoice.payment_state), (30.0, "not_paid"))
        self.assertRecordValues(self.rows(), [{"unapplied": 30.0, "state": "open", "applied_to": ""}])
        with self.assertRefused(UserError, "not applied to anything"):
            self.rows().action_unapply()

    def test_what_is_unapplied_is_paid_back(self):
        invoice = self.make_invoice(self.client, 20.0)
        self.prepay(self.client, 50.0)
        self.apply(self.rows()).action_apply()
        self.assertEqual(invoice.amount_residual, 0.0)
        (row,) = self.rows()
        self.assertTrue(row.may_refund)
        action = row.action_refund()
        register = Form(self.env[action["res_model"]].with_user(self.billing).with_context(**action["context"]))
        self.assertEqual((register.amount, register.payment_type), (30.0, "outbound"))
        register.save().action_create_payments()
        self.assertEqual(
            [(each.kind, each.amount, each.unapplied) for each in self.rows().sorted("id")],
            [("payment", 50.0, 0.0), ("refund", -30.0, 0.0)],
        )
        with self.assertRefused(UserError, "nothing left to refund"):
            self.rows().filtered(lambda each: each.kind == "payment").action_refund()

    def test_the_receipt_goes_out_in_the_words_of_the_client(self):
        payment = self.prepay(self.client, 50.0)
        action = self.rows().action_send_receipt()
        self.assertEqual(action["context"]["default_res_ids"], payment.ids)
        template = self.env["mail.template"].browse(action["context"]["default_template_id"])
        self.assertEqual(template.model, "account.payment")
        self.make_invoice(self.client, 1.0, move_type="out_refund")
        credit = self.rows().filtered(lambda row: row.kind == "credit_note")
        with self.assertRefused(UserError, "A receipt is for a payment. Open"):
            credit.action_send_receipt()

    def test_the_list_costs_the_same_queries_for_few_and_many(self):
        names = ["date", "kind", "name", "method", "amount", "unapplied", "state", "applied_to", "may_refund"]
        counts = []
        for number in (2, 6):
            while len(self.rows()) < number:
                self.pay(self.make_invoice(self.client, 10.0))
            self.rows().read(names)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["nestogy.client.transaction"].with_user(self.billing).search_fetch(
                [("client_id", "=", self.client.id)], ["date"]
            ).read(names)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_numbers_are_masked(self):
        self.assertEqual(masked("4242"), "•••• 4242")
        self.assertEqual(masked("4111 1111-1111 1234"), "•••• 1234")
        self.assertEqual(masked("DE89 3704 0044 0532 0130 00", dots="••"), "•• 3000")
        for text in (None, "", "dana@example.com", "12"):
            self.assertEqual(masked(text), "")
