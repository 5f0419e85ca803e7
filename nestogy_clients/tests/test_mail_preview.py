from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestMailPreview(ClientsCase):
    """The editor shows what a mail would say, on the way that mails take."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("preview_agent", "agent", "billing", email="agent@firm.example")
        cls.make_user("preview_only_agent", "agent")
        cls.make_user("preview_plain")
        cls.client = cls.make_client("Acme & Sons", email="office@acme.example")
        cls.ann = cls.make_contact(cls.client, "Ann <b>", "ann@acme.example")
        cls.old = cls.make_invoice(cls.client, 10.0)
        cls.invoice = cls.make_invoice(cls.client, 120.0)
        cls.other = cls.make_invoice(cls.make_client("Other"), 5.0)
        cls.values = {
            "kind": "invoice",
            "client_id": cls.client.id,
            "subject": "{client}: {number} {{ 7*7 }}",
            "body": '<p onclick="x()" t-out="7*7">Hi {contact}, <t t-out="7*7">{amount}</t> {{ 7*7 }} %s</p>'
            "<script>alert(1)</script>",
        }

    def preview(self, document_id=False, lang=False, **values):
        return self.env["nestogy.client.mail.template"].get_preview(self.values | values, document_id, lang)

    @users("preview_agent")
    def test_a_preview_says_what_the_mail_will_say(self):
        preview = self.preview()
        self.assertEqual(preview["document_id"], self.invoice.id, "the latest")
        self.assertFalse(preview["is_sample"] or preview["error"])
        self.assertEqual(preview["recipients"], '"Ann <b>" <ann@acme.example>')
        self.env["nestogy.client.mail.template"].create(self.values)
        wizard = (
            self.env["account.move.send.wizard"]
            .with_context(active_model="account.move", active_ids=self.invoice.ids)
            .create({})
        )
        self.assertEqual(preview["subject"], wizard.subject)
        self.assertEqual(preview["subject"], f"Acme & Sons: {self.invoice.name} {{{{ 7*7 }}}}")
        # the dialog's own field writes the space of an amount as an entity
        self.assertEqual(preview["body"], str(wizard.body).replace("&nbsp;", "\N{NO-BREAK SPACE}"))
        self.assertIn("Hi Ann &lt;b&gt;,", preview["body"])
        for word in ("49", "onclick", "<script", "t-out"):
            self.assertNotIn(word, preview["body"])

    @users("preview_agent")
    def test_one_chooses_among_the_client_s_own_documents(self):
        self.assertIn(self.old.name, self.preview(self.old.id)["subject"])
        stranger = self.preview(self.other.id)
        self.assertTrue(stranger["is_sample"])
        self.assertNotIn(self.other.name, stranger["subject"])
        found = self.env["account.move"].search(self.preview()["domain"])
        self.assertEqual(found, (self.old | self.invoice).with_env(self.env))

    @users("preview_only_agent")
    def test_who_sees_no_invoices_sees_samples(self):
        for kind in ("invoice", "reminder"):
            preview = self.preview(kind=kind, subject="{client}", body="<p>{amount}</p>")
            self.assertEqual((preview["error"], preview["is_sample"], preview["subject"]), ("", True, "Acme & Sons"))

    @users("preview_agent")
    def test_words_of_nobody_yet_are_shown_with_samples(self):
        self.assertTrue(self.preview(client_id=False)["is_sample"])

    @users("preview_agent")
    def test_samples_stand_in_where_there_is_nothing(self):
        for kind, spec in self.env["nestogy.client.mail.template"]._mail_kinds().items():
            with self.subTest(kind):
                client = self.env["res.partner"].browse(self.make_client_for(kind).id)
                preview = self.preview(kind=kind, client_id=client.id, subject=spec["subject"], body=spec["body"])
                self.assertEqual(preview["error"], "")
                self.assertTrue(preview["is_sample"] or kind in ("statement", "letter"), "these can always be made")
                self.assertNotRegex(preview["subject"] + preview["body"], r"\{[a-z_]+\}")

    def make_client_for(self, kind):
        return type(self).make_client(f"New {kind}")

    @users("preview_agent")
    def test_mistakes_are_told_in_the_preview(self):
        for values, message in (
            ({"body": "<p>{amonut}</p>"}, "{amonut} cannot be filled in this kind of mail."),
            ({"subject": "  "}, "Write a subject."),
            ({"subject": "x" * 251}, "The text is too long: at most 250 characters in the subject"),
            ({"body": f"<p>{'x' * 200_001}</p>"}, "The text is too long"),
            ({"kind": "no such kind"}, "Choose a kind of mail."),
        ):
            with self.subTest(message):
                self.assertIn(message, self.preview(**values)["error"])

    @users("preview_agent")
    def test_in_another_language(self):
        self.env["res.lang"].sudo()._activate_lang("fr_FR")
        november = self.make_invoice(self.client, 1.0, date="2026-11-05").id
        self.assertEqual(self.preview(november, subject="{date}")["subject"], "11/05/2026")
        self.assertEqual(self.preview(november, "fr_FR", subject="{date}")["subject"], "05/11/2026")

    @users("preview_agent")
    def test_a_test_mail_goes_to_oneself_and_is_noted_nowhere(self):
        before = (self.client | self.ann).message_ids, self.invoice.message_ids
        address = self.env["nestogy.client.mail.template"].send_test(self.values)
        self.assertIn("agent@firm.example", address)
        mail = self.env["mail.mail"].sudo().search([], order="id desc", limit=1)
        self.assertEqual(mail.subject, f"[Test] Acme & Sons: {self.invoice.name} {{{{ 7*7 }}}}")
        self.assertEqual((mail.email_to, mail.recipient_ids.ids, mail.model), (address, [], False))
        self.assertEqual(((self.client | self.ann).message_ids, self.invoice.message_ids), before)
        with self.assertRefused(UserError, "cannot be filled in"):
            self.env["nestogy.client.mail.template"].send_test(self.values | {"subject": "{nothing}"})

    @users("preview_plain")
    def test_previews_are_for_people_with_a_role(self):
        for call in ("get_preview", "send_test"):
            with self.assertRaises(AccessError):
                getattr(self.env["nestogy.client.mail.template"], call)(self.values)

    @users("preview_agent")
    def test_no_context_puts_words_into_a_mail(self):
        invoice = self.invoice.with_env(self.env).with_context(client_mail_sample={"client": "Somebody else"})
        self.assertEqual(invoice._client_mail_value("client", "invoice"), "Acme & Sons")
