"""Invoices through Odoo's own report and the launcher's printer: headers, footers, numbers, all there."""

import io
import re

from pypdf import PdfReader

from odoo.fields import Command
from odoo.tests import HttpCase, tagged

STREET = "1 Header Street"


@tagged("post_install", "-at_install")
class TestPrinter(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        layout = cls.env.ref("web.external_layout_standard")
        cls.env.company.write({"street": STREET, "external_report_layout_id": layout.id})
        partner = cls.env["res.partner"].create({"name": "Printed Client", "vat": "US12345678"})
        cls.invoices = cls.env["account.move"].create(
            [cls._prepare_invoice_values(partner, lines) for lines in (45, 1, 60)]
        )
        cls.invoices.action_post()

    @staticmethod
    def _prepare_invoice_values(partner, lines):
        return {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_line_ids": [
                Command.create({"name": f"Work {number}", "price_unit": 5.0, "tax_ids": False})
                for number in range(1, lines + 1)
            ],
        }

    def _print(self, invoices):
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        pdf, kind = report._render_qweb_pdf("account.account_invoices", invoices.ids)
        self.assertEqual(kind, "pdf")
        return pdf, [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]

    def test_each_page_has_header_footer_and_number(self):
        _pdf, pages = self._print(self.invoices[0])
        self.assertGreater(len(pages), 1)
        for number, text in enumerate(pages, 1):
            self.assertIn(STREET, text)
            self.assertIn(f"Page {number} / {len(pages)}", text)
        self.assertEqual(" ".join(pages).count("Work 45"), 1)

    def test_several_invoices_keep_their_own_pages(self):
        _pdf, pages = self._print(self.invoices)
        self.assertEqual(" ".join(pages).count("Work 60"), 1)
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        streams = report._render_qweb_pdf_prepare_streams(
            "account.account_invoices", {"report_type": "pdf"}, self.invoices.ids
        )
        lengths = [len(PdfReader(streams[number]["stream"]).pages) for number in self.invoices.ids]
        self.assertEqual(lengths[1], 1)
        texts = [PdfReader(streams[number]["stream"]).pages[0].extract_text() for number in self.invoices.ids]
        for length, text in zip(lengths, texts, strict=True):  # each is counted by itself
            self.assertIn(f"Page 1 / {length}", re.sub(r"\s+", " ", text))
        self.assertEqual(sum(lengths), len(pages))

    def test_a_failing_printer_is_an_error_not_an_empty_file(self):
        with self.assertRaisesRegex(Exception, "no length"), self.assertLogs("odoo.addons.base", "WARNING"):
            self.env["ir.actions.report"]._run_wkhtmltopdf(
                ["<html/>"], specific_paperformat_args={"data-report-margin-top": "wide"}
            )
