from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.tests import tagged, warmup

from .common import PortalCase


@tagged("post_install", "-at_install")
class TestStatement(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_demo_provider()
        today = fields.Date.today()
        cls.overdue = cls.make_invoice(cls.client, 100, date=today - timedelta(days=60), due=today - timedelta(days=30))
        cls.partial = cls.make_invoice(cls.client, 200)
        cls.pay(cls.partial, 50)
        cls.paid = cls.make_invoice(cls.client, 300)
        cls.pay(cls.paid)
        cls.credit = cls.make_invoice(cls.client, 30, move_type="out_refund")
        cls.to_colleague = cls.make_invoice(cls.colleague, 7)
        cls.draft = cls.make_invoice(cls.client, 999, post=False)
        cls.foreign = cls.make_invoice(cls.other_client, 5000)

    def rows(self, response):
        tree = html.fromstring(response.content)
        return {
            row.get("data-document"): " ".join(row.text_content().split()) for row in tree.xpath("//tr[@data-document]")
        }

    def figure(self, response, name):
        (node,) = html.fromstring(response.content).xpath(f"//*[contains(@class, 'nestogy-{name}')]")
        return node.text_content().strip().replace("\xa0", "")

    def test_the_owner_sees_what_the_client_owes(self):
        response = self.visit("/my/statement", self.owner)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertEqual(self.figure(response, "outstanding"), "$257.00")
        self.assertEqual(self.figure(response, "overdue"), "$100.00")
        self.assertEqual(self.figure(response, "credit"), "$30.00")
        rows = self.rows(response)
        self.assertEqual(set(rows), {self.overdue.name, self.partial.name, self.credit.name, self.to_colleague.name})
        self.assertIn("Overdue", rows[self.overdue.name])
        self.assertIn("Partial", rows[self.partial.name])
        self.assertIn("150.00", rows[self.partial.name])
        self.assertIn("-30.00", rows[self.credit.name].replace("\N{ZERO WIDTH NO-BREAK SPACE}", ""))
        self.assertIn("Pay", rows[self.overdue.name])
        self.assertNotIn("Pay ", rows[self.credit.name])

    def test_tabs(self):
        self.enter(self.colleague)
        paid = self.rows(self.open("/my/statement?show=paid"))
        self.assertEqual(set(paid), {self.paid.name})
        self.assertIn("Paid", paid[self.paid.name])
        self.assertEqual(len(self.rows(self.open("/my/statement?show=all"))), 5)

    def test_strangers_and_nobody_see_nothing_of_it(self):
        response = self.visit("/my/statement?show=all", self.stranger)
        self.assertEqual(set(self.rows(response)), {self.foreign.name})
        self.assertEqual(self.figure(response, "outstanding"), "$5,000.00")
        for word in (self.client.name, self.overdue.name, "257.00"):
            self.assertNotIn(word, response.text)
        self.assertIn("/web/login", self.visit("/my/statement").headers["Location"])

    def test_a_client_without_documents_is_welcome(self):
        newcomer = self.make_contact(self.make_client("Fresh"), "New", "new@fresh.example")
        self.make_portal_user(newcomer)
        response = self.visit("/my/statement", newcomer)
        self.assertEqual(response.status_code, 200)
        self.assertIn("no invoices yet", response.text)

    def test_each_currency_has_its_own_total(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.make_invoice(self.client, 40, currency=euro)
        tree = html.fromstring(self.visit("/my/statement", self.owner).content)
        self.assertEqual(set(tree.xpath("//*[@data-currency]/@data-currency")), {"USD", "EUR"})

    def test_the_first_page_shows_the_figure(self):
        response = self.visit("/my", self.owner)
        self.assertEqual(response.status_code, 200)
        self.assertIn('href="/my/statement"', response.text)
        self.assertIn("257.00", response.text)
        self.assertNotIn("257.00", self.visit("/my", self.stranger).text)

    def test_the_number_of_queries_does_not_depend_on_the_number_of_documents(self):
        partner = self.client.with_user(self.owner.user_ids)

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            partner._get_statement_counts()
            rows = partner._get_statement_rows("all", 0, 80)
            partner._get_statement_totals()
            return len(rows), self.env.cr.sql_log_count - before

        count()
        few, few_queries = count()
        for n in range(15):
            self.make_invoice(self.client, 10 + n)
        many, many_queries = count()
        self.assertEqual((few, many), (5, 20))
        self.assertEqual(few_queries, many_queries)
        self.assertLessEqual(many_queries, 20)

    @warmup
    def test_the_page_costs_a_constant_number_of_queries(self):
        self.enter(self.owner)
        self.open("/my/statement?show=all")

        def count():
            before = self.cr.sql_log_count
            self.assertEqual(self.open("/my/statement?show=all").status_code, 200)
            return self.cr.sql_log_count - before

        few = count()
        for n in range(15):
            self.make_invoice(self.client, 10 + n)
        self.env.flush_all()
        self.assertEqual(count(), few)

    def test_bad_addresses_are_answered(self):
        self.enter(self.owner)
        for query in (
            "/my/statement?show=x&page=abc&notice=%00",
            "/my/statement?page=-5",
            "/my/statement/page/99999999",
            f"/my/statement?show={'x' * 10000}",
            "/my/invoices?sortby=x",
            "/my/invoices?filterby=x&sortby=",
            "/my/invoices?date_begin=x",
            "/my/invoices?date_begin=x&date_end=y",
            "/my/invoices?date_begin=2026-01-01&date_end=2026-99-99",
            "/my/invoices?date_begin=2026-01-01%00&date_end=2026-12-31",
            "/my/invoices?page=abc",
            "/my/invoices/page/-1",
            "/my/invoices?notice=select",
            f"/my/invoices/{self.overdue.id}?access_token=%C3%A4",
            f"/my/invoices/{self.foreign.id}?access_token=%C3%A4",
            f"/my/invoices/{self.overdue.id}?amount=abc",
            "/my/address?partner_id=abc",
            "/my/address?partner_id=99999999999999999999",
            "/my/invoices/overdue?x=%00",
        ):
            response = self.open(query)
            self.assertLess(response.status_code, 500, query[:80])

    def test_overdue_is_asked_for_the_whole_client(self):
        today = fields.Date.today()
        self.make_invoice(self.colleague, 11, date=today - timedelta(days=60), due=today - timedelta(days=3))
        for who in (self.owner, self.colleague):
            response = self.visit("/my/invoices/overdue", who)
            self.assertEqual(response.status_code, 200)
            self.assertIn("111.00", response.text)
        self.assertEqual(self.visit("/my/invoices/overdue", self.stranger).status_code, 303)
        self.assertIn(self.visit("/my/invoices/overdue").status_code, (302, 303))

    def test_the_token_of_a_closed_client_s_document_opens_nothing(self):
        token = self.overdue._portal_ensure_token()
        path = f"/my/invoices/{self.overdue.id}?access_token={token}"
        self.assertEqual(self.visit(path).status_code, 200)
        self.set_status(self.client, "fraud")
        response = self.visit(path)
        self.assertEqual(response.status_code, 303)
        self.assertNotIn(self.overdue.name, response.text)
