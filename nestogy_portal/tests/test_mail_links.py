import re
from email.message import EmailMessage

from markupsafe import Markup

from odoo import Command
from odoo.tests import TransactionCase, tagged

from ..tools.mail_links import marker
from .common import LINK, PortalMakers

SECRETS = ("access_token=", "auth_signup_token=", "hash=", "pid=", "auth_login=")


@tagged("post_install", "-at_install")
class TestMailLinks(PortalMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.env["ir.config_parameter"].set_param("auth_signup.invitation_scope", "b2c")
        cls.env.company.email = "billing@firm.example"
        cls.invoice = cls.make_invoice(cls.client, 80)
        cls.agent = cls.make_user("mail_agent", "agent", "billing", email="agent@firm.example")
        cls.links = cls.env["nestogy.portal.link"]
        cls.base = cls.links._base_url()

    def mails_of(self, send):
        """The copies that a deed sends, by recipient."""
        before = self.env["mail.mail"].search([])
        send()
        mails = self.env["mail.mail"].search([]) - before
        self.stored = "".join(str(mail.body_html) for mail in mails)
        copies = {}
        for mail in mails:
            for copy in mail._prepare_outgoing_list():
                copies[copy["partner_id"] or self.env["res.partner"]] = str(copy["body"])
        return copies

    def post(self, document, partners, body="Hello", **kwargs):
        return self.mails_of(
            lambda: document.with_context(mail_notify_force_send=False).message_post(
                body=body,
                partner_ids=partners.ids,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                **kwargs,
            )
        )

    def assertNoSecrets(self, body):
        for secret in SECRETS:
            self.assertNotIn(secret, body)

    def test_each_contact_gets_a_link_of_his_own(self):
        copies = self.post(self.invoice, self.owner | self.colleague)
        self.assertEqual(set(copies), {self.owner, self.colleague})
        tokens = {}
        for contact, body in copies.items():
            self.assertNoSecrets(body)
            tokens[contact] = self.token_in(body)
            self.assertEqual(self.links._find(tokens[contact]).partner_id, contact)
            self.assertEqual(self.links._find(tokens[contact])._landing_path(), f"/my/invoices/{self.invoice.id}")
        self.assertNotEqual(tokens[self.owner], tokens[self.colleague])
        self.assertFalse(LINK.search(self.stored), "a link was stored")

    def test_the_client_itself_and_new_contacts_get_links_and_no_account_token(self):
        self.client.email = "office@acme.example"
        newcomer = self.make_contact(self.client, "Newcomer", "new@acme.example")
        copies = self.post(self.invoice, self.client | newcomer)
        for contact in (self.client, newcomer):
            self.assertNoSecrets(copies[contact])
            self.assertEqual(self.links._find(self.token_in(copies[contact])).partner_id, contact)

    def test_colleagues_of_ours_and_closed_clients_get_none(self):
        self.set_status(self.client, "fraud")
        copies = self.post(self.invoice, self.owner | self.agent.partner_id)
        for body in copies.values():
            self.assertFalse(LINK.search(body))
        self.assertNoSecrets(copies[self.owner])
        self.assertIn(marker(self.base, "account.move", self.invoice.id), copies[self.owner])

    def test_partners_who_are_no_clients_keep_what_odoo_gives_them(self):
        plain = self.env["res.partner"].create({"name": "No client", "email": "plain@else.example"})
        invoice = self.make_invoice(plain, 10)
        copies = self.post(invoice, plain)
        self.assertIn("access_token=", copies[plain])
        self.assertFalse(LINK.search(copies[plain]))

    def test_estimates_keep_the_name_of_their_button(self):
        product = self.env["product.product"].create({"name": "Hour", "type": "service", "list_price": 100})
        order = self.env["sale.order"].create(
            {"partner_id": self.owner.id, "order_line": [Command.create({"product_id": product.id})]}
        )
        order.action_quotation_sent()
        copies = self.post(order, self.owner | self.colleague)
        for contact, body in copies.items():
            self.assertNoSecrets(body)
            self.assertIn("Quotation", body)
            self.assertEqual(self.links._find(self.token_in(body)).partner_id, contact)
        self.assertEqual(self.links._find(self.token_in(copies[self.owner]))._landing_path(), f"/my/orders/{order.id}")

    def test_the_send_wizard_fills_the_placeholder_for_each_reader(self):
        self.env["nestogy.client.mail.template"].create(
            {
                "client_id": self.client.id,
                "kind": "invoice",
                "subject": "Your invoice {number}",
                "body": '<p>Dear {contact}, look: {link} or <a href="{link}">here</a>.</p>',
            }
        )
        wizard = (
            self.env["account.move.send.wizard"]
            .with_user(self.agent)
            .with_context(active_model="account.move", active_ids=self.invoice.ids)
            .create(
                {
                    "sending_methods": ["email"],
                    "mail_partner_ids": [Command.set((self.owner | self.colleague).ids)],
                }
            )
        )
        copies = self.mails_of(lambda: wizard.with_context(mail_notify_force_send=False).action_send_and_print())
        self.assertEqual(set(copies), {self.owner, self.colleague})
        tokens = set()
        for contact, body in copies.items():
            self.assertNoSecrets(body)
            self.assertNotIn("/my/link/to/", body)
            token = self.token_in(body)  # text, link and button are one link
            link = self.links._find(token)
            self.assertEqual(link.partner_id, contact)
            self.assertEqual(link.issued_by_id, self.agent)
            text = body[body.rindex("Dear") :].partition("</p>")[0]  # the first is the hidden preview
            self.assertEqual(len(LINK.findall(text)), 2, text)
            self.assertEqual(text.count("<a "), 2)
            self.assertGreaterEqual(len(LINK.findall(body)), 3)
            tokens.add(token)
        self.assertEqual(len(tokens), 2)
        message = self.invoice.message_ids.filtered(lambda each: "Your invoice" in (each.subject or ""))
        self.assertIn(marker(self.base, "account.move", self.invoice.id), message.body)
        self.assertFalse(LINK.search(message.body))

    def test_the_company_s_ordinary_mail_has_a_link_as_well(self):
        copies = self.mails_of(
            lambda: (
                self.env["account.move.send"]
                .with_context(mail_notify_force_send=False)
                ._generate_and_send_invoices(self.invoice, sending_methods=["email"])
            )
        )
        self.assertEqual(set(copies), {self.owner})
        self.assertNoSecrets(copies[self.owner])
        self.assertEqual(self.links._find(self.token_in(copies[self.owner])).partner_id, self.owner)

    def test_shared_documents_and_access_addresses_become_links(self):
        self.invoice.access_token = "12345678-secret"
        body = (
            f"<p><a href='{self.base}/my/invoices/{self.invoice.id}?access_token=12345678-secret'>one</a>"
            f' <a href="{self.invoice.get_portal_url(report_type="pdf")}">two</a></p>'
        )
        mail = self.env["mail.mail"].create(
            {
                "body_html": body,
                "model": "account.move",
                "res_id": self.invoice.id,
                "recipient_ids": [Command.set(self.owner.ids)],
            }
        )
        (copy,) = mail._prepare_outgoing_list()
        self.assertNoSecrets(copy["body"])
        self.assertNotIn("12345678-secret", copy["body"])
        self.token_in(copy["body"])
        share = self.env["portal.share"].create(
            {
                "res_model": "account.move",
                "res_id": self.invoice.id,
                "partner_ids": [Command.set(self.owner.ids)],
            }
        )
        copies = self.mails_of(lambda: share.with_context(mail_notify_force_send=False).action_send_mail())
        self.assertNoSecrets(copies[self.owner])
        self.assertTrue(LINK.search(copies[self.owner]))

    def test_a_quoted_link_is_not_kept(self):
        url = self.links._issue(self.owner, self.invoice)
        token = url.rpartition("/")[2]
        message = self.invoice.message_post(body=f"> you wrote: {url}", message_type="email")
        self.assertNotIn(token, message.body)
        self.assertIn("/my/link/removed", message.body)
        copies = self.post(self.invoice, self.colleague, body=f"see {url}")
        self.assertNotIn(token, copies[self.colleague])

    def test_no_link_goes_into_what_somebody_else_wrote(self):
        address = marker(self.base, "account.move", self.invoice.id)
        for body in (
            f"""<p><a href="https://else.example/?u='{address}'">x</a></p>""",
            f'<p><img src="https://else.example/?u= {address}"></p>',
        ):
            copies = self.post(
                self.invoice,
                self.owner,
                body=Markup(body),
                email_from="colleague@acme.example",
                author_id=self.colleague.id,
            )
            written = copies[self.owner]
            token = self.token_in(written)  # that of the button
            for tag in re.findall(r"<[^<>]*else\.example[^<>]*>", written):
                self.assertNotIn(token, tag)

    def test_a_mail_that_comes_in_loses_links_wherever_it_is_kept(self):
        url = self.links._issue(self.owner, self.invoice)
        token = url.rpartition("/")[2]
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self.owner.email, "desk@firm.example", "Question"
        mail.set_content(f"<p>Hello</p><blockquote>{url}</blockquote>", subtype="html")
        parsed = self.env["mail.thread"].message_parse(mail)
        self.assertNotIn(token, parsed["body"])
        self.assertIn("Hello", parsed["body"])
        self.assertIsInstance(parsed["body"], Markup)

    def test_an_address_that_somebody_wrote_tells_no_name_of_a_foreign_document(self):
        foreign = self.make_invoice(self.other_client, 99)
        own = self.make_invoice(self.client, 10)
        addresses = [marker(self.base, "account.move", each.id) for each in (foreign, own)]
        copies = self.post(self.invoice, self.owner, body=Markup("<p>%s and %s</p>") % tuple(addresses))
        found = {self.links._find(token) for token in LINK.findall(copies[self.owner])}
        self.assertEqual({link.document_id for link in found}, {self.invoice.id, own.id, 0})
        self.assertNotIn(foreign.name, [link.document_name for link in found])

    def test_a_document_of_another_company_can_be_seen_by_its_reader(self):
        company = self.env["res.company"].create({"name": "Second Firm"})
        document = self.env["sale.order"].with_company(company).create({"partner_id": self.owner.id, "state": "sent"})
        document = document.with_env(self.env)
        user = self.owner.user_ids
        self.assertFalse(document.with_user(user).has_access("read"))
        self.assertTrue(self.links._issue(self.owner, document))
        self.assertTrue(document.with_user(user).has_access("read"))
        self.assertEqual(user.company_id, self.env.company)

    def test_the_placeholder_is_offered_for_documents_with_a_page(self):
        kinds = self.env["nestogy.client.mail.template"]._mail_kinds()
        self.assertIn("link", kinds["invoice"]["placeholders"])
        self.assertIn("link", kinds["estimate"]["placeholders"])
