from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged, users

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestContacts(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("contacts_agent", "agent")
        cls.make_user("contacts_viewer", "viewer")
        cls.client = cls.make_client("Acme", email="office@acme.example")

    def test_the_first_contact_becomes_primary(self):
        self.make_contact(self.client, "Branch", type="invoice")
        self.assertFalse(self.client.primary_contact_id)
        ann = self.make_contact(self.client, "Ann")
        bob = self.make_contact(self.client, "Bob")
        self.assertEqual(self.client.primary_contact_id, ann)
        self.assertRecordValues(ann | bob, [{"is_primary_contact": True}, {"is_primary_contact": False}])

    def test_exactly_one_is_primary(self):
        self.make_contact(self.client, "Ann")
        bob = self.make_contact(self.client, "Bob")
        bob.action_make_primary()
        self.assertEqual(self.client.client_contact_ids.filtered("is_primary_contact"), bob)

    def test_a_stranger_cannot_be_primary(self):
        stranger = self.make_contact(self.make_client("Other"), "Eve")
        ann = self.make_contact(self.client, "Ann")
        with self.assertRefused(ValidationError, "no contact of Acme"):
            self.client.primary_contact_id = stranger
        self.client.invalidate_recordset()
        self.assertEqual(self.client.primary_contact_id, ann)
        with self.assertRaises(UserError):
            self.client.action_make_primary()

    def test_who_leaves_is_primary_no_more(self):
        ann = self.make_contact(self.client, "Ann")
        other = self.make_client("Other")
        ann.parent_id = other
        self.assertFalse(self.client.primary_contact_id)
        self.assertEqual(other.primary_contact_id, ann)
        ann.type = "delivery"
        self.assertFalse(other.primary_contact_id)

    def test_mail_goes_to_the_primary_contact_else_to_the_client(self):
        self.assertEqual(self.client._client_mail_recipients("invoice"), self.client)
        ann = self.make_contact(self.client, "Ann")
        self.assertEqual(self.client._client_mail_recipients("invoice"), self.client)
        ann.email = "ann@acme.example"
        self.assertEqual(ann._client_mail_recipients("invoice"), ann)
        ann.active = False
        self.assertEqual(self.client._client_mail_recipients("invoice"), self.client)
        self.client.email = False
        self.assertFalse(self.client._client_mail_recipients("invoice"))
        self.assertIn("an e-mail address", self.client.client_mail_warning)

    def test_a_kind_of_mail_can_go_to_others(self):
        ann = self.make_contact(self.client, "Ann", "ann@acme.example")
        bob = self.make_contact(self.client, "Bob", "bob@acme.example")
        cy = self.make_contact(self.client, "Cy")
        route = self.env["nestogy.client.mail.route"].create(
            {"client_id": self.client.id, "kind": "invoice", "contact_ids": [Command.set((bob | cy).ids)]}
        )
        self.assertEqual(self.client._client_mail_recipients("invoice"), bob)
        self.assertEqual(self.client._client_mail_recipients("estimate"), ann)
        self.assertEqual(
            self.make_invoice(self.client, 1.0)._message_get_default_recipients().popitem()[1]["partner_ids"], bob.ids
        )
        for text in ("bob@acme.example", "chosen for this kind of mail", "ann@acme.example", "primary contact"):
            self.assertIn(text, self.client.client_mail_table)
        bob.active = False
        self.assertEqual(self.client._client_mail_recipients("invoice"), ann)
        with self.assertRefused(ValidationError, "its own contacts only"):
            route.contact_ids = self.make_contact(self.make_client("Other"), "Eve", "eve@other.example")
        with self.assertRefused(ValidationError, "Choose who gets the mail"):
            route.contact_ids = False

    def test_a_kind_of_mail_that_reaches_nobody_is_told(self):
        self.client.email = False
        bob = self.make_contact(self.client, "Bob")
        dee = self.make_contact(self.client, "Dee", "dee@acme.example")
        self.assertEqual(self.client.primary_contact_id, bob)
        self.assertIn("Nothing can be mailed yet", self.client.client_mail_warning)
        self.env["nestogy.client.mail.route"].create(
            {"client_id": self.client.id, "kind": "invoice", "contact_ids": [Command.set(dee.ids)]}
        )
        self.assertIn("Nobody gets these mails: Estimate", self.client.client_mail_warning)
        bob.email = "bob@acme.example"
        self.assertFalse(self.client.client_mail_warning)

    def test_contacts_have_kinds_and_a_department(self):
        emergency = self.env.ref("nestogy_clients.nestogy_contact_kind_emergency")
        billing = self.env.ref("nestogy_clients.nestogy_contact_kind_billing")
        ann = self.make_contact(
            self.client, "Ann", department="Front desk", contact_kind_ids=[Command.set((emergency | billing).ids)]
        )
        found = self.env["res.partner"].search([("contact_kind_ids.is_emergency", "=", True)])
        self.assertIn(ann, found)

    @users("contacts_agent")
    def test_agents_choose_the_primary_contact(self):
        self.make_contact(self.client, "Ann")
        bob = self.make_contact(self.client, "Bob").with_env(self.env)
        bob.action_make_primary()
        self.assertEqual(self.client.primary_contact_id, bob)

    @users("contacts_viewer")
    def test_viewers_do_not(self):
        ann = self.make_contact(self.client, "Ann")
        bob = self.make_contact(self.client, "Bob").with_env(self.env)
        with self.assertRaises(AccessError):
            bob.action_make_primary()
        self.assertEqual(self.client.primary_contact_id, ann)

    def test_the_list_leads_to_the_contacts_of_a_client(self):
        ann = self.make_contact(self.client, "Ann")
        self.make_contact(self.make_client("Other"), "Eve")
        action = self.client.action_client_contacts()
        self.assertEqual(self.env["res.partner"].search(action["domain"]), ann)
        self.assertEqual(action["context"]["default_parent_id"], self.client.id)

    def test_contacts_are_counted_in_one_query(self):
        clients = self.client
        for number in range(4):
            clients |= self.make_client(f"C{number}")
        for client in clients:
            self.make_contact(client, "Ann")
            self.make_contact(client, "Bill to", type="invoice")
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            self.assertEqual(clients.mapped("client_contact_count"), [1] * 5)

    def test_contacts_are_added_before_the_client_is_saved(self):
        partners = self.env["res.partner"].with_context(nestogy_new_client=True, default_is_company=True)
        with Form(partners, view="nestogy_clients.res_partner_view_form_client") as form:
            form.name = "Unsaved"
            with form.client_contact_ids.new() as contact:
                contact.name = "Ann"
        self.assertRecordValues(form.record.client_contact_ids, [{"name": "Ann", "is_primary_contact": True}])

    def test_a_contact_needs_a_client(self):
        view = "nestogy_clients.res_partner_view_form_contact"
        form = Form(self.env["res.partner"].with_context(default_is_company=False), view=view)
        form.name = "Lost"
        with self.assertRaisesRegex(AssertionError, "parent_id is a required field"):
            form.save()
