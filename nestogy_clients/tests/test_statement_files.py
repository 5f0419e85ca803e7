import base64
import csv
import io
from datetime import date, timedelta
from zipfile import ZipFile

from pypdf import PdfReader

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..report import statement_pdf
from ..tools.sheets import safe_cell
from .common import ClientsCase
from .test_ledger import LedgerMakers


@tagged("post_install", "-at_install")
class TestStatementFiles(LedgerMakers, ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_ledger_world()
        cls.billing = cls.make_user("statement_billing", "billing")

    def pdf_text(self, content):
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)

    def file(self, file_type, *args, client=None, **context):
        client = (client or self.client).with_context(**context)
        return client._client_statement_file(file_type, client._client_statement(*args))

    def labels(self, block):
        return [(line["label"], line["change"]) for line in block["lines"]]

    # ------------------------------------------------------------------
    # What the lines say
    # ------------------------------------------------------------------

    def test_each_line_says_what_it_is(self):
        invoice = self.make_invoice(self.client, 100, date=date(2026, 3, 1))
        self.register(invoice, date(2026, 3, 5), 90, write_off=True)
        self.make_invoice(self.contact, 20, date=date(2026, 3, 6), move_type="out_refund")
        self.money(self.contact, 30, date(2026, 3, 7))
        self.money(self.client, 5, date(2026, 3, 8), kind="outbound")
        self.adjust(self.client, 7, date(2026, 3, 9))
        (block,) = self.client._client_statement("activity", date_to=date(2026, 3, 31))["blocks"]
        self.assertEqual(
            self.labels(block),
            [
                ("Invoice", 100.0),
                ("Payment", -90.0),
                ("Discount or write-off", -10.0),
                ("Credit note", -20.0),
                ("Payment", -30.0),
                ("Refund", 5.0),
                ("Adjustment", 7.0),
            ],
        )
        self.assertEqual([line["balance"] for line in block["lines"]], [100, 10, 0, -20, -50, -45, -38])
        self.assertEqual((block["credit"], block["outstanding"]), (50.0, 12.0))

    def test_what_is_paid_in_another_currency_leaves_the_currency_of_the_invoice(self):
        invoice = self.make_invoice(self.client, 100, date=date(2026, 3, 1), currency=self.foreign)
        self.register(invoice, date(2026, 3, 2), currency=self.own)
        blocks = self.client._client_statement("activity", date_to=date(2026, 3, 31))["blocks"]
        self.assertEqual({block["currency"]: block["closing"] for block in blocks}, {self.own: 0.0, self.foreign: 0.0})
        foreign = next(block for block in blocks if block["currency"] == self.foreign)
        self.assertEqual(self.labels(foreign), [("Invoice", 100.0), ("Settled in another currency", -100.0)])
        self.assertTrue(all(block["ties"] for block in blocks))

    def test_a_payment_of_tomorrow_does_not_count_today(self):
        invoice = self.make_invoice(self.client, 100, date=date(2026, 3, 1), due=date(2026, 3, 31))
        self.register(invoice, date(2026, 5, 2))
        for day, total, overdue in ((date(2026, 4, 30), 100.0, 100.0), (date(2026, 5, 2), 0.0, 0.0)):
            (block,) = self.client._client_statement(date_to=day)["blocks"]
            self.assertEqual((block["closing"], block["overdue"], block["to_30"]), (total, overdue, overdue))

    def test_other_companies_stay_out(self):
        self.make_invoice(self.client, 100)
        other = self.env["res.company"].create({"name": "Another Firm"})
        self.env.user.company_ids |= other
        client = self.client.with_context(allowed_company_ids=other.ids)
        self.assertFalse(client._client_statement()["blocks"])
        self.assertFalse(client._client_open_totals())

    def test_the_number_of_queries_does_not_depend_on_the_number_of_lines(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            statement = self.client._client_statement("activity")
            self.client._client_statement_file("pdf", statement)
            return statement["line_count"], self.env.cr.sql_log_count - before

        self.make_invoice(self.client, 10)
        count()
        few, few_queries = count()
        for number in range(12):
            self.make_invoice(self.client, 10 + number)
        many, many_queries = count()
        self.assertEqual((few, many), (1, 13))
        self.assertEqual(few_queries, many_queries)
        self.assertLessEqual(many_queries, 20)

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    def test_long_statements_repeat_their_heading_and_number_their_pages(self):
        rows = [{"cells": ["1", f"Line {number}", *[""] * 4, "1.00"], "style": ""} for number in range(120)]
        self.make_invoice(self.client, 10)
        document = self.client._client_statement_document(self.client._client_statement("activity"))
        document["blocks"][0]["rows"] = rows
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(statement_pdf.draw(document))).pages]
        self.assertGreater(len(pages), 2)
        for number, text in enumerate(pages, 1):
            self.assertIn(f"Page {number} of {len(pages)}", text)
        for text in pages[1:-1]:
            self.assertIn("Charges", text)
            self.assertIn("Carried forward", text)

    def test_letters_of_europe_are_printed_and_others_are_visible_gaps(self):
        for name in ("Ελληνική Εταιρεία", "Українська фірма", "Żółć Łódź Ő"):
            client = self.make_client(name)
            self.make_invoice(client, 10)
            text = self.pdf_text(self.file("pdf", client=client)[2])
            self.assertIn(name, text)
            self.assertNotIn(statement_pdf.STAND_IN, text)
        client = self.make_client("株式会社")
        self.make_invoice(client, 10)
        text = self.pdf_text(self.file("pdf", client=client)[2])
        self.assertIn(statement_pdf.STAND_IN * 4, text)
        self.assertIn("cannot show", text)

    def test_amounts_and_dates_are_written_as_in_the_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.make_invoice(self.client, 1234.5, date=date(2026, 3, 9))
        text = self.pdf_text(self.file("pdf", lang="de_DE")[2])
        self.assertIn("1.234,50", text)
        self.assertIn("09.03.2026", text)

    def test_no_cell_is_a_formula(self):
        for risky in ("=1+1", "+1", "-1", "@x", "\t=1", " =1"):
            self.assertEqual(safe_cell(risky), f"'{risky}")
        for harmless in ("INV/1", "", None, -5.0, date(2026, 1, 1)):
            self.assertEqual(safe_cell(harmless), harmless)
        invoice = self.make_invoice(self.client, 10, post=False)
        invoice.ref = "=HYPERLINK(1)"
        invoice.action_post()
        rows = list(csv.reader(io.StringIO(self.file("csv")[2].decode("utf-8-sig"))))
        self.assertIn("'=HYPERLINK(1)", rows[1])
        content = self.file("xlsx")[2]
        self.assertIn(b"=HYPERLINK(1)", self.sheet_xml(content))
        self.assertNotIn(b"<f>", self.sheet_xml(content))

    def sheet_xml(self, content):
        with ZipFile(io.BytesIO(content)) as file:
            return file.read("xl/worksheets/sheet1.xml")

    def test_a_file_name_is_a_name(self):
        client = self.make_client('A/..\\B "x"\n')
        name, _mimetype, _content = self.file("csv", client=client)
        self.assertRegex(name, r"^Statement-A-B-x-\d{4}-\d\d-\d\d\.csv$")

    # ------------------------------------------------------------------
    # The dialog
    # ------------------------------------------------------------------

    def test_billing_gets_a_statement_from_the_dialog(self):
        self.make_invoice(self.client, 100, date=date(2026, 3, 1), due=date(2026, 3, 31))
        action = self.client.with_user(self.billing).action_client_statement()
        wizard = self.env["nestogy.client.statement"].with_user(self.billing).with_context(**action["context"])
        wizard = wizard.create({"layout": "open", "date_to": date(2026, 4, 10)})
        self.assertIn("100.00", wizard.preview)
        self.assertIn("<td>03/31/2026</td>", wizard.preview.replace(' class=""', ""))
        for file_type, signature in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("csv", b"\xef\xbb\xbfCurrency")):
            wizard.file_type = file_type
            action = wizard.action_download()
            self.assertEqual(action["type"], "ir.actions.act_url")
            self.assertIn(f"/web/content/nestogy.client.statement/{wizard.id}/file/Statement-Acme-", action["url"])
            self.assertTrue(base64.b64decode(wizard.file).startswith(signature), file_type)
        self.assertEqual(wizard.action_preview()["target"], "new")

    def test_periods_fill_in_the_days(self):
        wizard = self.env["nestogy.client.statement"].create(
            {"client_id": self.client.id, "layout": "activity", "period": "last_year"}
        )
        self.assertEqual(wizard.date_to - wizard.date_from, timedelta(days=364 + (wizard.date_to.year % 4 == 0)))
        with self.assertRefused(UserError, "must begin before it ends"):
            wizard.write({"period": "custom", "date_from": date(2026, 2, 1), "date_to": date(2026, 1, 1)})

    def test_statements_are_for_billing(self):
        agent = self.make_user("statement_agent", "agent")
        with self.assertRefused(AccessError, "Statement of Account"):
            self.client.with_user(agent).action_client_statement()
        keys = {action["key"] for action in self.client.with_user(agent).get_client_quick_actions()}
        self.assertNotIn("account", keys)
        keys = {action["key"] for action in self.client.with_user(self.billing).get_client_quick_actions()}
        self.assertIn("account", keys)
