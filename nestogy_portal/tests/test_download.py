import io
import zipfile
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader

from .common import PortalCase


@tagged("post_install", "-at_install")
class TestDownload(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.make_invoice(cls.client, 101)
        cls.second = cls.make_invoice(cls.colleague, 202)
        cls.foreign = cls.make_invoice(cls.other_client, 303)
        cls.draft = cls.make_invoice(cls.client, 404, post=False)
        cls.pdf = b"%PDF-1.4 stored legal document"
        for invoice in cls.first | cls.second | cls.foreign:
            cls.store_pdf(invoice)

    @classmethod
    def store_pdf(cls, invoice, name=None):
        return cls.env["ir.attachment"].create(
            {
                "name": name or invoice._get_invoice_report_filename(),
                "raw": cls.pdf + invoice.name.encode(),
                "mimetype": "application/pdf",
                "res_model": "account.move",
                "res_id": invoice.id,
                "res_field": "invoice_pdf_report_file",
            }
        )

    def download(self, who, documents=(), page="/my/statement", **data):
        self.enter(who)
        ids = documents.ids if hasattr(documents, "ids") else list(documents)
        return self.post_form(page, "/my/invoices/download", document_ids=ids, **data)

    def files(self, response):
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/zip")
        self.assertEqual(int(response.headers["Content-Length"]), len(response.content))
        with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
            self.assertIsNone(archive.testzip())
            return {name: archive.read(name) for name in archive.namelist()}

    def test_people_of_the_client_get_what_they_selected(self):
        for who in (self.owner, self.colleague):
            response = self.download(who, self.first | self.second)
            self.assertIn("attachment", response.headers["Content-Disposition"])
            self.assertEqual(response.headers["Cache-Control"], "no-store")
            self.assertEqual(
                self.files(response),
                {
                    move._get_invoice_report_filename(): self.pdf + move.name.encode()
                    for move in self.first | self.second
                },
            )

    def test_foreign_unknown_and_senseless_ids_are_dropped(self):
        ids = [
            self.first.id,
            self.foreign.id,
            self.draft.id,
            999999999,
            "-1",
            "x",
            "1e3",
            "9" * 50,
            "\x00",
            "٣",
        ]
        self.assertEqual(
            list(self.files(self.download(self.owner, ids))),
            [self.first._get_invoice_report_filename()],
        )

    def test_a_stranger_gets_nothing(self):
        response = self.download(self.stranger, self.first | self.second)
        self.assertEqual(response.status_code, 303)
        self.assertIn("notice=none", response.headers["Location"])
        self.assertIn("can be downloaded", self.open("/my/statement?notice=none").text)

    @mute_logger("odoo.http")
    def test_nobody_gets_nothing(self):
        self.enter()
        page = self.open("/web/login")
        response = self.open(
            "/my/invoices/download", data={"csrf_token": self.csrf(page), "document_ids": self.first.ids}
        )
        self.assertEqual(response.status_code, 303)
        self.assertIn("/web/login", response.headers["Location"])
        self.enter(self.owner)
        self.assertEqual(self.open("/my/invoices/download", data={"document_ids": self.first.ids}).status_code, 400)
        self.assertIn(self.open("/my/invoices/download").status_code, (404, 405))

    def test_an_empty_selection_is_explained(self):
        for page, back in (("/my/statement", "statement"), ("/my/invoices", "invoices")):
            response = self.download(self.owner, [], page=page, back=back)
            self.assertEqual(response.status_code, 303)
            self.assertTrue(response.headers["Location"].endswith(f"{page}?notice=select"))
            self.assertIn("Select at least one document", self.open(response.headers["Location"]).text)

    def test_a_company_says_how_much_one_download_holds(self):
        self.env.company.portal_archive_documents = 2
        self.assertIn("notice=limit", self.download(self.owner, [1, 2, 3]).headers["Location"])
        self.assertIn("at most 2 documents", self.open("/my/statement?notice=limit").text)
        third = self.make_invoice(self.client, 303)
        response = self.download(self.owner, everything="1", show="all")
        self.assertIn("notice=limit", response.headers["Location"])
        self.assertFalse(self.env["nestogy.portal.archive"].search([]))
        self.env.company.write({"portal_archive_documents": 3, "portal_archive_megabytes": 1})
        self.store_pdf(third).raw = b"%PDF" + b"x" * 1_000_000
        self.assertIn("notice=large", self.download(self.owner, third).headers["Location"])
        for field, value, text in (
            ("portal_archive_documents", 0, "between 1 and 50000 documents"),
            ("portal_archive_documents", 50_001, "between 1 and 50000 documents"),
            ("portal_archive_megabytes", 3_501, "between 1 and 3500 megabytes"),
        ):
            with self.assertRaisesRegex(ValidationError, text), self.env.cr.savepoint():
                self.env.company[field] = value

    def test_all_documents_of_all_pages(self):
        paid = self.make_invoice(self.client, 55)
        self.store_pdf(paid)
        self.pay(paid)
        with patch("odoo.addons.portal.controllers.portal.CustomerPortal._items_per_page", 1):
            for page in ("/my/statement?show=all", "/my/invoices"):
                self.assertIn("All 3 documents, on all pages", self.visit(page, self.owner).text)
            self.assertIn('name="show" value="open"', self.open("/my/statement").text)
        self.assertNotIn("on all pages", self.visit("/my/invoices", self.owner).text)
        for data, expected in (
            ({"show": "all"}, self.first | self.second | paid),
            ({"show": "open"}, self.first | self.second),
            ({"show": "paid"}, paid),
            ({"back": "invoices"}, self.first | self.second | paid),
            ({"back": "invoices", "filterby": "bills"}, self.env["account.move"]),
            (
                {"back": "invoices", "date_begin": "2000-01-01", "date_end": "2000-12-31"},
                self.env["account.move"],
            ),
        ):
            response = self.download(self.owner, [self.foreign.id], everything="1", **data)
            if expected:
                names = {move._get_invoice_report_filename() for move in expected}
                self.assertEqual(set(self.files(response)), names, data)
            else:
                self.assertIn("notice=none", response.headers["Location"])

    def test_equal_names_stay_apart(self):
        self.first.invoice_pdf_report_id.name = "../../same.pdf"
        self.second.invoice_pdf_report_id.name = "../../SAME.pdf"
        self.assertEqual(
            set(self.files(self.download(self.owner, self.first | self.second))), {"same.pdf", "SAME (2).pdf"}
        )

    def test_documents_without_a_pdf_are_rendered(self):
        unprepared = self.make_invoice(self.client, 77.77)
        report = self.registry["ir.actions.report"]
        pre_render = report._pre_render_qweb_pdf

        def really_render(records, *args, **kwargs):  # tests get HTML otherwise
            return pre_render(records.with_context(force_report_rendering=True), *args, **kwargs)

        with patch.object(report, "_pre_render_qweb_pdf", really_render):
            self.enter(self.owner)
            response = self.post_form(
                "/my/statement",
                "/my/invoices/download",
                document_ids=(unprepared | self.first).ids,
                timeout=60,
            )
        files = self.files(response)
        self.assertEqual(len(files), 2)
        (content,) = [content for content in files.values() if not content.startswith(self.pdf)]
        self.assertTrue(content.startswith(b"%PDF"))
        text = "".join(page.extract_text() for page in PdfFileReader(io.BytesIO(content)).pages)
        self.assertIn("77.77", text)
        self.assertIn(unprepared.name, text)

    def test_the_list_of_invoices_has_the_same_button(self):
        response = self.visit("/my/invoices", self.owner)
        self.assertIn('action="/my/invoices/download"', response.text)
        self.assertIn(f'href="/my/invoices/{self.first.id}"', response.text)
        self.assertNotIn(f"/my/invoices/{self.first.id}?access_token", response.text)
        self.assertEqual(len(self.files(self.download(self.owner, self.first, page="/my/invoices"))), 1)
