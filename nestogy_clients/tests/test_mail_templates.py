from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged, users
from odoo.tools import mute_logger

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestMailTemplates(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("tmpl_agent", "agent", "billing")
        cls.make_user("tmpl_viewer", "viewer")
        cls.client = cls.make_client("Acme", email="office@acme.example")
        cls.ann = cls.make_contact(cls.client, "Ann", "ann@acme.example")
        cls.template = cls.env["nestogy.client.mail.template"].create(
            {
                "client_id": cls.client.id,
                "kind": "invoice",
                "subject": "Acme: {number} {{ 7*7 }}",
                "body": "<p>Hi {contact}, {amount} by {due}. {{ 7*7 }}</p>",
            }
        )
        cls.invoice = cls.make_invoice(cls.client, 120.0, due="2026-12-24", date="2026-11-24")

    def _wizard(self, invoice):
        return (
            self.env["account.move.send.wizard"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({})
        )

    @users("tmpl_agent")
    def test_the_send_wizard_writes_in_the_clients_words_to_the_primary_contact(self):
        wizard = self._wizard(self.invoice.with_env(self.env))
        self.assertEqual(wizard.subject, f"Acme: {self.invoice.name} {{{{ 7*7 }}}}")
        self.assertIn("Hi Ann, $&nbsp;120.00 by 12/24/2026. {{ 7*7 }}", wizard.body)
        self.assertNotIn("49", wizard.body)
        self.assertEqual(wizard.mail_partner_ids, self.ann)

    def test_only_a_single_clients_own_words_are_used(self):
        other = self.make_invoice(self.make_client("Other"), 1.0)
        ordinary = self.env.ref("account.email_template_edi_invoice")
        self.assertEqual(other._get_mail_template(), ordinary)
        self.assertEqual((self.invoice | other)._get_mail_template(), ordinary)
        self.assertEqual(self.invoice._get_mail_template(), self.template.mail_template_id)

    def test_client_goes_before_group_and_language_before_none(self):
        group = self.env["nestogy.client.group"].create({"name": "Managed"})
        values = {"kind": "invoice", "body": "<p>x</p>"}
        for_group = self.template.create(values | {"group_id": group.id, "subject": "Group"})
        other = self.make_client("Other", client_group_id=group.id)
        self.assertEqual(other._client_mail_template("invoice"), for_group.mail_template_id)
        self.assertFalse(other._client_mail_template("estimate"))
        self.client.client_group_id = group
        self.assertEqual(self.client._client_mail_template("invoice"), self.template.mail_template_id)
        english = self.template.create(values | {"client_id": self.client.id, "lang": "en_US", "subject": "English"})
        self.assertEqual(self.client._client_mail_template("invoice", "en_US"), english.mail_template_id)
        self.assertEqual(self.client._client_mail_template("invoice", "fr_FR"), self.template.mail_template_id)
        self.template.unlink()
        english.unlink()
        self.assertEqual(self.client._client_mail_template("invoice"), for_group.mail_template_id)

    def test_the_compiled_template_follows_and_goes(self):
        compiled = self.template.mail_template_id
        self.assertFalse(compiled.active)
        self.assertEqual(
            compiled.report_template_ids, self.env.ref("account.email_template_edi_invoice").report_template_ids
        )
        self.template.subject = "New {number}"
        self.assertEqual(self.template.mail_template_id, compiled)
        self.assertEqual(compiled.subject, "New {{ object._client_mail_value('number', 'invoice') }}")
        self.template.kind = "estimate"
        self.assertFalse(compiled.exists())
        self.assertEqual(self.template.mail_template_id.model, "sale.order")
        last = self.template.mail_template_id
        self.template.unlink()
        self.assertFalse(last.exists())

    def test_a_text_is_no_translation_of_the_ordinary_one(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env.ref("account.email_template_edi_invoice").with_context(lang="fr_FR").subject = "Facture"
        template = self.template.with_context(lang="fr_FR").create(
            {"client_id": self.make_client("Paris").id, "kind": "invoice", "subject": "Mine", "body": "<p>x</p>"}
        )
        for lang in ("fr_FR", "en_US"):
            self.assertEqual(template.mail_template_id.with_context(lang=lang).subject, "Mine")
        template.with_context(lang="fr_FR").subject = "Changed"
        self.assertEqual(template.mail_template_id.with_context(lang="en_US").subject, "Changed")

    def test_what_a_person_types_is_never_run(self):
        self.template.write(
            {
                "subject": "{{ object.env['ir.config_parameter'].sudo().get_param('database.secret') }} {client}",
                "body": '<p t-out="object.env">A<t t-out="object.env.user">B</t></p>'
                '<a href="javascript:alert(1)" t-att-href="\'x\'" onclick="x()">C</a><script>D</script>',
            }
        )
        secret = self.env["ir.config_parameter"].sudo().get_param("database.secret")
        wizard = self._wizard(self.invoice)
        self.assertNotIn(secret, wizard.subject)
        self.assertTrue(wizard.subject.startswith("{{ object.env["))
        self.assertTrue(wizard.subject.endswith("Acme"))
        for word in ("Environment", "javascript", "onclick", "<script", "t-out"):
            self.assertNotIn(word, wizard.body)

    def test_values_are_escaped_in_the_body(self):
        self.ann.name = "<img src=x onerror=alert(1)>"
        body = self.template.mail_template_id._render_field("body_html", self.invoice.ids)[self.invoice.id]
        self.assertIn("&lt;img src=x", body)
        self.assertNotIn("<img src=x", body)

    @users("tmpl_agent")
    def test_mistakes_are_told_and_nothing_is_saved(self):
        template = self.template.with_env(self.env)
        for values, message in (
            ({"body": "<p>{amonut}</p>"}, r"\{amonut\} cannot be filled in"),
            ({"subject": "a\nb"}, "one line"),
            ({"subject": "x" * 300}, "too long"),
            ({"subject": "   "}, "Write a subject"),
        ):
            with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                template.write(values)
        self.assertEqual(self.template.subject, "Acme: {number} {{ 7*7 }}")
        contact_values = {"client_id": self.ann.id, "kind": "invoice", "subject": "x", "body": "<p>x</p>"}
        with self.assertRaisesRegex(ValidationError, "not a client"), self.env.cr.savepoint():
            template.create(contact_values)

    def test_one_text_for_each_kind_and_level(self):
        values = {"kind": "invoice", "subject": "x", "body": "<p>x</p>"}
        group = self.env.company._get_default_client_group()
        for level in ({"client_id": self.client.id}, {}, {"client_id": self.client.id, "group_id": group.id}):
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.template.create(values | level)

    @users("tmpl_viewer")
    def test_viewers_read_only(self):
        template = self.template.with_env(self.env)
        self.assertTrue(template.subject)
        with self.assertRaises(AccessError):
            template.subject = "Mine"

    @users("tmpl_agent")
    def test_texts_of_groups_are_for_managers(self):
        group = self.env.company._get_default_client_group()
        with self.assertRaises(AccessError):
            self.template.with_env(self.env).create(
                {"group_id": group.id, "kind": "invoice", "subject": "x", "body": "<p>x</p>"}
            )

    def test_a_contact_chosen_on_the_invoice_goes_before_the_primary_one(self):
        bob = self.make_contact(self.client, "Bob", "bob@acme.example")
        invoice = self.make_invoice(bob, 1.0)
        self.assertEqual(invoice._message_get_default_recipients()[invoice.id]["partner_ids"], bob.ids)
        bob.email = False
        self.assertEqual(invoice._message_get_default_recipients()[invoice.id]["partner_ids"], self.ann.ids)

    def test_estimates_are_written_in_the_clients_words(self):
        self.template.create(
            {"client_id": self.client.id, "kind": "estimate", "subject": "Offer {number}", "body": "<p>{client}</p>"}
        )
        order = self.env["sale.order"].create({"partner_id": self.client.id})
        template = order._find_mail_template()
        self.assertEqual(template._render_field("subject", order.ids)[order.id], f"Offer {order.name}")
        self.assertEqual(order._message_get_default_recipients()[order.id]["partner_ids"], self.ann.ids)
