"""The main road in real browsers: a client, an invoice in its own words, a link, a ZIP, a payment, a ticket."""

import io
import re
import zipfile
from unittest.mock import patch

from pypdf import PdfReader
from smtp_sink import SmtpSink
from visitor import Visitor

from odoo.tests import HttpCase, tagged

from odoo.addons.nestogy_clients.tests import common


@tagged("post_install", "-at_install")
class TestMainRoad(common.ClientsMakers, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.make_user("road_agent", "agent", "billing", name="Robin Staff", email="robin@firm.example")
        cls.env.company.write({"name": "Firm Ltd", "email": "office@firm.example", "vat": "11-1111111"})
        cls.domain = cls.env["mail.alias.domain"].create({"name": "firm.example"})
        cls.env.company.alias_domain_id = cls.domain
        cls.team = cls.env["helpdesk.ticket.team"].create({"name": "Service Desk", "alias_name": "support"})
        cls.env["helpdesk.ticket.category"].create({"name": "Radios"})
        cls.env["product.product"].create({"name": "Radio maintenance", "type": "service", "taxes_id": False})
        cls.env["ir.config_parameter"].set_param("account_payment.enable_portal_payment", "True")
        provider = cls.env.ref("payment.payment_provider_demo")
        provider.write({"state": "test", "is_published": True})
        provider.payment_method_ids.active = True
        # invoices are printed for real, although this is a test
        reports = type(cls.env["ir.actions.report"])
        render = reports._pre_render_qweb_pdf
        cls.startClassPatcher(
            patch.object(
                reports,
                "_pre_render_qweb_pdf",
                lambda self, *args, **kwargs: render(self.with_context(force_report_rendering=True), *args, **kwargs),
            )
        )
        # mail leaves over SMTP, although this is a test
        cls.startClassPatcher(patch.object(type(cls.env["ir.mail_server"]), "_disable_send", lambda _self: False))

    def setUp(self):
        super().setUp()
        self.sink = SmtpSink()
        self.sink.__enter__()
        self.addCleanup(self.sink.__exit__)
        self.env["ir.mail_server"].create(
            {"name": "sink", "smtp_host": self.sink.host, "smtp_port": self.sink.port, "sequence": 1}
        )

    def mail_to(self, address):
        """The newest mail that was sent to an address."""
        mails = [mail for mail in self.sink.messages if address in str(mail["To"])]
        self.assertTrue(mails, f"no mail to {address}: {[mail['To'] for mail in self.sink.messages]}")
        return mails[-1]

    def html_of(self, mail):
        return mail.get_body(("html",)).get_content()

    def link_in(self, mail):
        links = set(re.findall(r'href="([^"]*/my/link/[^"/]+)"', self.html_of(mail)))
        self.assertTrue(links, self.html_of(mail))
        self.assertNotIn("access_token", self.html_of(mail))
        return links.pop()

    def pdf_text(self, content):
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)

    def test_from_a_name_to_a_paid_invoice_and_an_answered_ticket(self):
        # 1, 2: staff makes the client, its contacts, its words, an invoice, and sends it
        self.start_tour("/odoo", "nestogy_main_road_staff", login=self.agent.login, timeout=180)
        client = self.env["res.partner"].search([("name", "=", "Gull & Sons Marine")])
        petra = client.primary_contact_id
        self.assertRecordValues(client, [{"is_client": True, "vat": "22-7654321"}])
        self.assertRecordValues(petra, [{"name": "Petra Gull", "email": "petra@gull.example"}])
        invoice = self.env["account.move"].search([("partner_id", "=", client.id)])
        self.assertRecordValues(invoice, [{"state": "posted", "payment_state": "not_paid", "is_move_sent": True}])
        mail = self.mail_to("petra@gull.example")
        self.assertEqual(mail["Subject"], f"Ahoy! Invoice {invoice.name}")
        self.assertIn("Dear Petra Gull", self.html_of(mail))
        pdfs = [part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf"]
        self.assertEqual(len(pdfs), 1)
        text = self.pdf_text(pdfs[0].get_content())
        for expected in (invoice.name, "22-7654321", "5 Ferry Landing", "Rockport", "Radio maintenance"):
            self.assertIn(expected, text)
        other = self.make_invoice(client, 80.0)

        with Visitor(self, size="360x740") as contact:
            # 3: the contact opens the link on a phone; looking at it does nothing, the button signs in
            link = self.link_in(mail)
            with contact.acting():
                contact.open(link)
                self.assertIn("Welcome, Petra Gull", contact.text())
                contact.assertNoSidewaysScroll()
            self.assertFalse(self.env["nestogy.portal.link"].search([("partner_id", "=", petra.id)]).used_at)
            with contact.acting():
                contact.click("button[name=sign_in]")
                contact.wait(f"location.pathname === '/my/invoices/{invoice.id}'")
                self.assertNotIn("access_token", contact.url())
                contact.settle()
                self.assertIn(invoice.name, contact.text())
                contact.assertNoSidewaysScroll()
                contact.open(self.base_url() + "/my/statement")
                statement = contact.text()
                contact.assertNoSidewaysScroll()
            for expected in (invoice.name, other.name, "330.00"):
                self.assertIn(expected, statement)

            # 4: both invoices in one ZIP
            with contact.acting():
                for each in (invoice, other):
                    contact.click(f"input[name=document_ids][value='{each.id}']")
                contact.click("button.nestogy-target[type=submit]")
                name, content = contact.downloaded(seconds=60)
            self.assertTrue(name.endswith(".zip"), name)
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                self.assertEqual(len(archive.namelist()), 2)
                texts = [self.pdf_text(archive.read(each)) for each in archive.namelist()]
            for each in (invoice, other):
                self.assertEqual(sum(each.name in text for text in texts), 1)

            # 5: one is paid, and is paid at once
            with contact.acting():
                contact.open(self.base_url() + "/my/statement")
                contact.settle()
                contact.click(f"a.btn[href*='/my/invoices/{invoice.id}?']")
                contact.wait("document.querySelector('#pay_with.show #customer_input')")
                contact.settle()
                contact.js("document.querySelector('#customer_input').value = '4242'")
                pay = "#pay_with button[name=o_payment_submit_button]"
                contact.wait(f"!document.querySelector('{pay}').disabled")
                contact.click(pay)
                contact.wait("document.querySelector('div[name=invoice_paid_badge]')?.innerText.includes('Paid')")
                contact.settle()
            self.assertIn(invoice.payment_state, ("paid", "in_payment"))
            self.assertRecordValues(client, [{"client_paid": 250.0, "client_outstanding": 80.0}])

            # 6: a ticket with a file
            with contact.acting():
                contact.open(self.base_url() + "/new/ticket")
                contact.wait("!!document.querySelector('#subject')")
                contact.js(
                    """(() => {
                        document.querySelector('#subject').value = 'Radio is silent';
                        const category = document.querySelector('#category');
                        category.value = [...category.options].find((each) => each.text.includes('Radios')).value;
                        document.querySelector('#description').value = 'Since this morning.';
                        const files = new DataTransfer();
                        files.items.add(new File(['hiss'], 'noise.txt', {type: 'text/plain'}));
                        document.querySelector('input[type=file]').files = files.files;
                    })()"""
                )
                contact.assertNoSidewaysScroll()
                contact.click(".o_nestogy_new_ticket_page button[type=submit]")
                contact.wait("document.querySelector('.o_nestogy_ticket_page')")
                contact.settle()
                contact.assertNoSidewaysScroll()
            contact.assertNoConsoleError()
        ticket = self.env["helpdesk.ticket"].search([("name", "=", "Radio is silent")])
        self.assertRecordValues(ticket, [{"partner_id": petra.id, "commercial_partner_id": client.id}])
        files = self.env["ir.attachment"].search([("res_model", "=", ticket._name), ("res_id", "=", ticket.id)])
        self.assertEqual(files.mapped(lambda each: (each.name, each.raw)), [("noise.txt", b"hiss")])
        ticket.team_id = self.team

        # staff finds it on the profile and answers
        self.start_tour(f"/odoo/clients/{client.id}", "nestogy_main_road_answer", login=self.agent.login)
        answer = self.mail_to("petra@gull.example")
        self.assertIn("red button", self.html_of(answer))
        self.assertTrue(self.link_in(answer))

        # the contact answers by mail, in the same thread
        self.env["mail.thread"].message_process(
            "helpdesk.ticket",
            (
                f"From: Petra Gull <petra@gull.example>\r\nTo: {answer['Reply-To'] or answer['From']}\r\n"
                f"Subject: Re: {answer['Subject']}\r\nMessage-ID: <reply-1@gull.example>\r\n"
                f"In-Reply-To: {answer['Message-ID']}\r\nReferences: {answer['Message-ID']}\r\n"
                "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThat helped, thank you!\r\n"
            ).encode(),
        )
        self.assertEqual(self.env["helpdesk.ticket"].search_count([("partner_id", "=", petra.id)]), 1)
        newest = ticket.message_ids.sorted("id")[-1]
        self.assertRecordValues(newest, [{"author_id": petra.id, "message_type": "email"}])
        self.assertIn("That helped", newest.body)
