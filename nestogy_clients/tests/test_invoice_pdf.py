import io
import re
import unicodedata

from pypdf import PdfReader

from odoo.fields import Command, Date
from odoo.tests import HttpCase, tagged

from .common import ClientsMakers

STREET = "84 Wharf Street"


@tagged("post_install", "-at_install")
class TestInvoicePdf(ClientsMakers, HttpCase):
    """What an invoice says on paper (F2): the printer takes its styles from the server, hence an HTTP test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.write(
            {"street": STREET, "external_report_layout_id": cls.env.ref("web.external_layout_standard").id}
        )
        cls.client = cls.make_client("Acme Dental", street="1 Surgery Road", vat="US12345678")
        cls.billing = cls.env["res.partner"].create(
            {"name": "Accounts Payable", "type": "invoice", "parent_id": cls.client.id, "street": "PO Box 4410"}
        )
        cls.contact = cls.make_contact(cls.client, "Ann Assistant", "ann@acme.example")
        cls.contact.write({"type": "other", "street": "7 Branch Lane"})

    def printed(self, invoice):
        """The pages of an invoice as text."""
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        pdf, kind = report._render_qweb_pdf("account.account_invoices", invoice.ids)
        self.assertEqual(kind, "pdf")
        texts = [unicodedata.normalize("NFKC", page.extract_text()) for page in PdfReader(io.BytesIO(pdf)).pages]
        return [re.sub(r"\s+", " ", text) for text in texts]

    def test_everything_that_an_invoice_needs_is_on_it(self):
        invoice = self.make_invoice(self.client, 87.5, due=Date.from_string("2030-03-31"))
        (page,) = self.printed(invoice)
        for text in (
            STREET,  # the firm, at the head
            "Acme Dental",
            "Accounts Payable",
            "PO Box 4410",  # where the client wants its invoices
            "US12345678",
            invoice.name,
            "03/31/2030",
            f"Payment Communication: {invoice.payment_reference}",
            "87.50",
            "Page 1 / 1",
        ):
            self.assertIn(text, page)
        self.assertNotIn("1 Surgery Road", page)
        self.assertNotIn("Exempt", page)

    def test_each_page_has_head_and_foot(self):
        invoice = self.make_invoice(self.client, 1.0, post=False)
        invoice.invoice_line_ids = [
            Command.create({"name": f"Work {number}", "price_unit": 5.0, "tax_ids": False}) for number in range(60)
        ]
        invoice.action_post()
        pages = self.printed(invoice)
        self.assertGreater(len(pages), 1)
        for number, page in enumerate(pages, 1):
            self.assertIn(STREET, page)
            self.assertIn(f"Page {number} / {len(pages)}", page)

    def test_the_reason_of_an_exemption_is_on_it(self):
        self.client.write({"tax_exempt": True, "tax_exempt_reason": "Charity, certificate 4711"})
        (page,) = self.printed(self.make_invoice(self.client, 10.0))
        self.assertIn("Exempt from tax: Charity, certificate 4711", page)

    def test_whose_address_is_printed(self):
        for partner, billing in (
            (self.client, self.billing),
            (self.contact, self.contact),
            (self.billing, self.billing),
            (self.make_client("Without"), None),
        ):
            invoice = self.make_invoice(partner, 1.0)
            self.assertEqual(invoice.client_billing_id, billing or partner)
        bill = self.env["account.move"].create({"move_type": "in_invoice", "partner_id": self.client.id})
        self.assertEqual(bill.client_billing_id, self.client)
        self.assertFalse(self.env["account.move"].create({"move_type": "out_invoice"}).client_billing_id)

    def test_an_estimate_is_called_so_on_paper(self):
        order = self.env["sale.order"].create({"partner_id": self.client.id})
        for state, title in (("sent", "Estimate"), ("sale", "Order")):
            order.state = state
            html, _kind = self.env["ir.actions.report"]._render_qweb_html("sale.action_report_saleorder", order.ids)
            text = re.sub(r"<[^>]*>|\s+", " ", html.decode())
            self.assertRegex(text, rf"{title} #\s+{order.name}")
            self.assertNotIn("Quotation", text)
