from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger

from .common import PASSWORD, PortalCase, PortalMakers


@tagged("post_install", "-at_install")
class TestPortalMailKinds(PortalMakers, TransactionCase):
    """Statements, reminders and invitations in the words that hold, with each reader's own link."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.env.company.email = "billing@firm.example"
        cls.billing = cls.make_user("statement_billing", "billing", email="billing@firm.example")
        cls.agent = cls.make_user("statement_agent", "agent", email="agent@firm.example")
        cls.today = fields.Date.today()
        late = cls.today - timedelta(days=3)
        cls.late = cls.make_invoice(cls.client, 100.0, date=late, due=late)
        cls.open = cls.make_invoice(cls.client, 20.0)
        cls.refund = cls.make_invoice(cls.client, 5.0, move_type="out_refund")
        cls.words = cls.env["nestogy.client.mail.template"]
        cls.words.search([("company_id", "!=", False)]).unlink()  # of demo data
        cls.links = cls.env["nestogy.portal.link"]

    def make_words(self, kind, subject, body, **values):
        return self.words.create({"kind": kind, "client_id": self.client.id, "subject": subject, "body": body} | values)

    def composer(self, action):
        return Form(self.env["mail.compose.message"].with_user(self.billing).with_context(**action["context"]))

    def sent(self, send):
        """The copies that leave, by reader."""
        before = self.env["mail.mail"].search([])
        send()
        mails = self.env["mail.mail"].search([]) - before
        return mails, {copy["partner_id"]: str(copy["body"]) for copy in self.outgoing(mails)}

    def test_a_statement_in_the_client_s_words_leads_its_reader_to_it(self):
        self.make_words(
            "statement",
            "{amount} open, {overdue} late, {credit} credit",
            '<p>{contact}</p><div>{invoices}</div><p><a href="{link}">Look</a></p>',
        )
        self.env["nestogy.client.mail.route"].create(
            {"client_id": self.client.id, "kind": "statement", "contact_ids": self.colleague.ids}
        )
        composer = self.composer(self.client.with_user(self.billing).action_client_send_statement())
        nbsp = "\N{NO-BREAK SPACE}"
        self.assertEqual(composer.subject, f"${nbsp}120.00 open, ${nbsp}100.00 late, ${nbsp}5.00 credit")
        self.assertIn("<p>Carl Colleague</p>", composer.body)
        for move in self.late | self.open | self.refund:
            self.assertIn(move.name, composer.body)
        self.assertEqual(composer.partner_ids[:], self.colleague)
        composer.partner_ids.clear()
        composer.partner_ids.add(self.owner)
        mails, copies = self.sent(lambda: composer.save()._action_send_mail())
        self.assertEqual(mails.recipient_ids, self.owner, "for this one mail")
        token = self.token_in(copies[self.owner])
        link_sudo = self.links._find(token)
        self.assertEqual((link_sudo.partner_id, link_sudo._landing_path()), (self.owner, "/my/statement"))
        self.assertEqual(link_sudo.document_name, "Statement")
        self.assertNotIn(token, "".join(mails.mapped("body_html")) + "".join(self.client.message_ids.mapped("body")))

    def test_the_ordinary_statement_and_reminder_have_a_button(self):
        for call, word in (("action_client_send_statement", "statement"), ("action_client_send_reminder", "overdue")):
            with self.subTest(call):
                composer = self.composer(getattr(self.client.with_user(self.billing), call)())
                self.assertIn(word, composer.subject)
                _mails, copies = self.sent(lambda composer=composer: composer.save()._action_send_mail())
                link_sudo = self.links._find(self.token_in(copies[self.owner]))
                self.assertEqual(link_sudo._landing_path(), "/my/statement")

    def test_statements_are_for_who_invoices(self):
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.client.with_user(self.agent).action_client_send_statement()

    def test_an_invitation_in_the_client_s_words_holds_the_key_and_a_preview_does_not(self):
        newcomer = self.make_contact(self.client, "Nora New", "nora@acme.example")
        self.make_words(
            "invitation",
            "Welcome {contact} {{ 7*7 }}",
            '<p>{login} of {client}, <a href="{link}">come in</a></p>',
        )
        mails, _copies = self.sent(lambda: newcomer.with_user(self.agent).action_portal_invite())
        self.assertEqual(mails.subject, "Welcome Nora New {{ 7*7 }}")
        self.assertIn("nora@acme.example of Acme Dental", mails.body_html)
        self.assertIn("/web/signup?", mails.body_html)
        self.assertIn("nora@acme.example", mails.email_to or mails.recipient_ids.email)
        preview = self.words.with_user(self.agent).get_preview(
            {"kind": "invitation", "client_id": self.client.id, "subject": "{contact}", "body": "<p>{link}</p>"}
        )
        self.assertEqual((preview["subject"], preview["error"]), ("Nora New", ""))
        self.assertNotIn("signup", preview["body"])
        template_sudo = self.client._client_mail_template("invitation").sudo()
        body = template_sudo.with_context(client_mail_invitation=1)._render_field("body_html", newcomer.user_ids.ids)
        self.assertNotIn("signup", body[newcomer.user_ids.id])

    def test_an_invitation_without_words_is_the_ordinary_one(self):
        newcomer = self.make_contact(self.client, "Nora New", "nora@acme.example")
        mails, _copies = self.sent(lambda: newcomer.with_user(self.agent).action_portal_invite())
        self.assertEqual(mails.subject, f"Your access to the client portal of {self.env.company.name}")
        self.assertIn("nora@acme.example", mails.body_html)
        self.assertIn("/web/signup?", mails.body_html)

    def test_who_gets_what_knows_statements_and_leaves_invitations_out(self):
        kinds = dict(self.words._selection_routed_kind())
        self.assertIn("statement", kinds)
        self.assertNotIn("invitation", kinds)


@tagged("post_install", "-at_install")
class TestStatementMarker(PortalCase):
    def test_the_address_without_a_key_leads_to_the_statement_after_an_ordinary_login(self):
        self.authenticate(self.owner.email, PASSWORD)
        response = self.url_open("/my/link/to/statement/0", allow_redirects=False)
        self.assertEqual((response.status_code, response.headers["Location"].rpartition("/my")[2]), (303, "/statement"))
