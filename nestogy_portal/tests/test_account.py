import csv
import io
from datetime import date, timedelta

import openpyxl
from freezegun import freeze_time
from lxml import html
from pypdf import PdfReader

from odoo import fields
from odoo.tests import tagged, warmup

from .common import PortalCase

PAGE = "/my/statement/account"
FILE = "/my/statement/file"


@tagged("post_install", "-at_install")
class TestAccount(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = cls.today = fields.Date.today()
        cls.day = (today - timedelta(days=60)).isoformat()
        cls.late = cls.make_invoice(cls.client, 100, date=today - timedelta(days=60), due=today - timedelta(days=30))
        cls.partial = cls.make_invoice(cls.client, 200, date=today - timedelta(days=20))
        cls.pay(cls.partial, 50, date=today - timedelta(days=10))
        cls.credit = cls.make_invoice(cls.client, 30, move_type="out_refund", date=today - timedelta(days=5))
        cls.to_colleague = cls.make_invoice(cls.colleague, 7, date=today - timedelta(days=4))
        cls.draft = cls.make_invoice(cls.client, 999, post=False)
        cls.foreign = cls.make_invoice(cls.other_client, 5000, date=today - timedelta(days=3))
        unapplied = cls.env["account.payment"].create(
            {"payment_type": "inbound", "partner_type": "customer", "partner_id": cls.owner.id, "amount": 11}
        )
        unapplied.action_post()

    def lines(self, response):
        tree = html.fromstring(response.content)
        return {row.get("data-line"): " ".join(row.text_content().split()) for row in tree.xpath("//tr[@data-line]")}

    def closing(self, response):
        (row,) = html.fromstring(response.content).xpath("//tr[contains(@class, 'nestogy-closing')]")
        return row.xpath("td")[-1].text_content().strip()

    def test_what_happened_and_what_is_open(self):
        self.enter(self.owner)
        response = self.open(f"{PAGE}?period=all")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        lines = self.lines(response)
        self.assertEqual(len(lines), 6)
        self.assertEqual(self.closing(response), "216.00")
        self.assertIn("100.00 100.00", lines[self.late.name])
        self.assertIn("open items add up to 216.00", response.text)
        opened = self.open(f"{PAGE}?layout=open")
        self.assertEqual(
            set(self.lines(opened)) & {move.name for move in (self.late, self.partial, self.credit, self.to_colleague)},
            {move.name for move in (self.late, self.partial, self.credit, self.to_colleague)},
        )
        self.assertEqual(self.closing(opened), "216.00")
        self.assertIn("30 days late", self.lines(opened)[self.late.name])

    def test_a_period_begins_with_what_was_before(self):
        self.enter(self.owner)
        first = (self.today - timedelta(days=15)).isoformat()
        response = self.open(f"{PAGE}?period=custom&date_from={first}")
        lines = self.lines(response)
        self.assertNotIn(self.late.name, lines)
        self.assertNotIn(self.partial.name, lines)
        self.assertIn("300.00", response.text)
        self.assertEqual(self.closing(response), "216.00")
        before = self.open(f"{PAGE}?layout=open&date_to={(self.today - timedelta(days=11)).isoformat()}")
        self.assertEqual(self.closing(before), "300.00", "as it stood on that day")

    def test_a_long_account_has_pages_and_the_balance_goes_on(self):
        for number in range(85):
            self.make_invoice(self.client, 1 + number, date=self.today - timedelta(days=2))
        self.enter(self.owner)
        first, second = self.open(f"{PAGE}?period=all"), self.open(f"{PAGE}/page/2?period=all")
        self.assertEqual((len(self.lines(first)), len(self.lines(second))), (80, 11))
        self.assertIn("Brought forward", second.text)
        last_of_first = html.fromstring(first.content).xpath("//tr[@data-line]")[-1].xpath("td")[-1].text_content()
        (brought,) = html.fromstring(second.content).xpath("//tr[contains(., 'Brought forward')]/td[last()]")
        self.assertEqual(brought.text_content().strip(), last_of_first.strip())
        self.assertEqual(self.closing(second), f"{216 + sum(range(1, 86)):,.2f}")
        self.assertEqual(len(self.lines(self.open(f"{PAGE}/page/99?period=all"))), 11, "beyond the last page")

    def test_each_file_says_the_same(self):
        self.enter(self.owner)
        response = self.open(f"{FILE}/pdf?layout=open")
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertIn("attachment", response.headers["Content-Disposition"])
        text = PdfReader(io.BytesIO(response.content)).pages[0].extract_text()
        for words in ("Acme Dental", self.late.name, "216.00", "Page 1 of 1", "30"):
            self.assertIn(words, text)
        self.assertNotIn(self.foreign.name, text)
        response = self.open(f"{FILE}/csv?period=all")
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        self.assertEqual(rows[-1][-1], "216.0")
        self.assertEqual(len(rows), 9)
        response = self.open(f"{FILE}/xlsx?period=all")
        sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
        self.assertEqual(sheet.cell(sheet.max_row, sheet.max_column).value, 216)
        self.assertEqual(sheet.cell(3, 2).value.date(), self.late.date)
        self.assertEqual(self.open(f"{FILE}/exe").status_code, 404)

    def test_who_sees_his_own_only_gets_his_own_account(self):
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_own")
        self.enter(self.colleague)
        self.pay(self.to_colleague, 3)
        for path in (f"{PAGE}?period=all", f"{PAGE}?layout=open", f"{FILE}/csv?period=all"):
            response = self.open(path)
            self.assertEqual(response.status_code, 200)
            self.assertIn(self.to_colleague.name, response.content.decode())
            for move in (self.late, self.partial, self.credit):
                self.assertNotIn(move.name, response.content.decode(), path)
        response = self.open(f"{PAGE}?period=all")
        self.assertEqual(self.closing(response), "4.00")
        self.assertIn("Payment", self.lines(response))
        self.assertIn("only what is addressed to Carl Colleague", response.text)

    def test_strangers_and_nobody(self):
        response = self.visit(f"{PAGE}?period=all", self.stranger)
        self.assertEqual(set(self.lines(response)), {self.foreign.name})
        self.assertNotIn(self.late.name, response.text)
        for path in (PAGE, f"{FILE}/pdf"):
            self.assertIn("/web/login", self.visit(path).headers["Location"])
        self.owner.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_technical")
        self.enter(self.owner)
        for path in (PAGE, f"{PAGE}/page/2", f"{FILE}/pdf"):
            self.assertEqual(self.open(path).status_code, 404)

    def test_senseless_addresses_are_answered(self):
        self.enter(self.owner)
        for query in (
            f"{PAGE}?layout=x&period=y&date_from=z",
            f"{PAGE}?period=custom&date_from=2026-12-31&date_to=2026-01-01",
            f"{PAGE}?date_from=0001-01-01&date_to=9999-12-31",
            f"{PAGE}?date_from=2026-01-01%00&date_to=%F0%9F%92%A9",
            f"{PAGE}?page=abc",
            f"{PAGE}?page=-1",
            f"{PAGE}/page/99999999999999",
            f"{PAGE}?layout={'x' * 5000}",
            f"{PAGE}?period=all&period=month",
            f"{FILE}/pdf?layout=x&date_to=y",
            f"{FILE}/xlsx?period=custom&date_from=2999-12-31&date_to=1900-01-01",
        ):
            self.assertLess(self.open(query).status_code, 500, query[:80])

    @warmup
    def test_the_page_costs_a_constant_number_of_queries(self):
        self.enter(self.owner)
        self.open(f"{PAGE}?period=all")

        def count():
            before = self.cr.sql_log_count
            self.assertEqual(self.open(f"{PAGE}?period=all").status_code, 200)
            return self.cr.sql_log_count - before

        few = count()
        for number in range(15):
            self.make_invoice(self.client, 10 + number)
        self.env.flush_all()
        self.assertEqual(count(), few)

    # ------------------------------------------------------------------
    # By e-mail and for the staff
    # ------------------------------------------------------------------

    def test_billing_sends_the_statement_that_was_chosen(self):
        billing = self.make_user("account_billing", "billing", email="billing@firm.example")
        wizard = (
            self.env["nestogy.client.statement"]
            .with_user(billing)
            .create({"client_id": self.client.id, "layout": "activity", "period": "custom", "date_from": self.day})
        )
        context = wizard.action_send()["context"]
        composer = self.env["mail.compose.message"].with_user(billing).with_context(**context).create({})
        (attachment,) = composer.attachment_ids
        self.assertTrue(attachment.name.startswith("Statement-Acme-Dental-"))
        text = PdfReader(io.BytesIO(attachment.raw)).pages[0].extract_text()
        self.assertIn("Opening balance", text)
        self.assertIn(self.late.name, text)
        message = self.env["mail.message"]
        before = message.search([("model", "=", "res.partner"), ("res_id", "=", self.client.id)])
        composer._action_send_mail()
        new = message.search([("model", "=", "res.partner"), ("res_id", "=", self.client.id)]) - before
        self.assertEqual(new.attachment_ids.mapped("name"), [attachment.name])

    def test_scheduled_statements_have_the_pdf(self):
        self.env.company.statement_schedule = "monthly"
        self.env.company.email = "office@firm.example"
        cron = self.env.ref("nestogy_portal.ir_cron_statements")
        month = date(self.today.year + 1, 3, 15)
        for day in (month, month + timedelta(days=31)):
            with freeze_time(f"{day} 03:00:00"), self.enter_registry_test_mode():
                cron.method_direct_trigger()
        message = self.env["mail.message"].search(
            [("model", "=", "res.partner"), ("res_id", "=", self.client.id), ("partner_ids", "in", self.owner.ids)]
        )
        self.assertEqual(len(message), 1)
        (attachment,) = message.attachment_ids
        self.assertIn(self.late.name, PdfReader(io.BytesIO(attachment.raw)).pages[0].extract_text())

    def test_the_statement_bears_the_brand_of_the_client(self):
        self.client.portal_profile_id = self.env["nestogy.portal.profile"].create(
            {"name": "Care", "brand_name": "Care Plus", "brand_color": "#0B5FA5", "brand_contact": "Call 555."}
        )
        brand = self.client._statement_brand()
        self.assertEqual((brand["name"], brand["color"], brand["ink"]), ("Care Plus", "#0B5FA5", "#FFFFFF"))
        self.assertIn("Call 555.", brand["footer"])
        self.assertNotEqual(self.other_client._statement_brand()["name"], "Care Plus")
