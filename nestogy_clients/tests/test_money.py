from odoo import fields
from odoo.tests import tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestMoney(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client("Acme")
        cls.contact = cls.make_contact(cls.client, "Ann", "ann@acme.example")
        cls.usd = cls.env.company.currency_id
        cls.eur = cls.env.ref("base.EUR") if cls.usd != cls.env.ref("base.EUR") else cls.env.ref("base.USD")
        cls.eur.active = True
        cls.env["res.currency.rate"].create(
            {"currency_id": cls.eur.id, "rate": 0.5, "name": fields.Date.today(), "company_id": cls.env.company.id}
        )
        cls.today = fields.Date.today()
        cls.past = fields.Date.subtract(cls.today, days=40)
        cls.due = fields.Date.subtract(cls.today, days=10)

    def test_figures_tie_to_the_documents(self):
        self.make_invoice(self.client, 100.0)
        self.make_invoice(self.contact, 50.0, date=self.past, due=self.due)
        paid = self.make_invoice(self.client, 30.0)
        self.pay(paid)
        partial = self.make_invoice(self.client, 80.0, date=self.past, due=self.due)
        self.pay(partial, amount=20.0)
        self.make_invoice(self.client, 999.0, post=False)
        self.make_invoice(self.client, 15.0, move_type="out_refund")
        self.make_invoice(self.make_client("Other"), 7.0)
        self.assertEqual(
            self.client._client_balances(),
            {
                self.client.id: [
                    {
                        "currency": self.usd,
                        "invoiced": 245.0,
                        "invoiced_untaxed": 245.0,
                        "paid": 50.0,
                        "outstanding": 210.0,
                        "overdue": 110.0,
                        "credit": 15.0,
                    }
                ]
            },
        )
        self.assertRecordValues(
            self.client,
            [
                {
                    "client_invoiced": 245.0,
                    "client_paid": 50.0,
                    "client_outstanding": 210.0,
                    "client_overdue": 110.0,
                    "client_currency_id": self.usd.id,
                }
            ],
        )

    def test_a_credit_that_settles_an_invoice_is_neither_invoiced_nor_paid(self):
        invoice = self.make_invoice(self.client, 100.0)
        credit = invoice._reverse_moves([{"invoice_date": self.today}], cancel=True)
        self.assertEqual((invoice.amount_residual, credit.amount_residual), (0.0, 0.0))
        row = self.client._client_balances()[self.client.id][0]
        self.assertEqual((row["invoiced"], row["paid"], row["outstanding"], row["credit"]), (0.0, 0.0, 0.0, 0.0))

    def test_currencies_stay_apart_and_add_up_in_the_companys(self):
        self.make_invoice(self.client, 100.0)
        self.make_invoice(self.client, 10.0, currency=self.eur)
        rows = {row["currency"]: row["outstanding"] for row in self.client._client_balances()[self.client.id]}
        self.assertEqual(rows, {self.usd: 100.0, self.eur: 10.0})
        self.assertEqual(self.client.client_outstanding, 120.0)

    def test_companies_that_are_off_do_not_count(self):
        company = self.env["res.company"].create({"name": "Second", "country_id": self.env.ref("base.us").id})
        self.make_invoice(self.client, 100.0)
        self.assertEqual(
            self.client.with_company(company).with_context(allowed_company_ids=company.ids)._client_balances(), {}
        )

    def test_the_same_queries_for_one_and_for_many(self):
        clients = self.client
        for number in range(12):
            clients |= self.make_client(f"C{number}")
        for client in clients:
            self.make_invoice(client, 10.0)
        self.env.flush_all()
        for some in (self.client, clients):
            self.env.invalidate_all()
            self.env.companies.mapped("name")
            self.env.company._client_currency_ids()
            with self.assertQueryCount(2):  # the figures, and the names of the currencies
                self.assertEqual(
                    sum(row[0]["outstanding"] for row in some._client_balances().values()), 10.0 * len(some)
                )

    def test_the_figures_can_be_read_from_an_index_alone(self):
        """The plan itself hangs on statistics and other transactions; what it needs is this index."""
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'account_move_client_money_idx'")
        definition = self.env.cr.fetchone()[0]
        self.assertIn("(commercial_partner_id, company_id, currency_id) INCLUDE", definition)
        for column in (
            "amount_total",
            "amount_residual",
            "amount_untaxed_signed",
            "amount_residual_signed",
            "move_type",
        ):
            self.assertIn(column, definition)
        self.assertIn("WHERE (((state)::text = 'posted'::text)", definition)

    def test_states_are_told_in_the_clients_words(self):
        invoice = self.make_invoice(self.client, 100.0, post=False)
        self.assertEqual(invoice._client_state()[0], "Draft")
        invoice.action_post()
        self.assertEqual(invoice._client_state()[0], "Open")
        invoice.is_move_sent = True
        self.assertEqual(invoice._client_state()[0], "Sent")
        self.pay(invoice, amount=40.0)
        self.assertEqual(invoice._client_state()[0], "Partial")
        self.pay(invoice)
        self.assertEqual(invoice._client_state()[0], "Paid")
        late = self.make_invoice(self.client, 1.0, date=self.past, due=self.due)
        self.assertEqual(late._client_state(), ("Overdue", "danger"))
        self.assertEqual(self.make_invoice(self.client, 1.0, move_type="out_refund")._client_state()[0], "Credit")
        order = self.env["sale.order"].create({"partner_id": self.client.id})
        self.assertEqual(order._client_state()[0], "Draft")
        order.validity_date = self.due
        self.assertEqual(order._client_state()[0], "Expired")
        order.action_cancel()
        self.assertEqual(order._client_state()[0], "Cancelled")
