from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged, users
from odoo.tools import mute_logger

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestClients(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.make_user("clients_agent", "agent")
        cls.plain = cls.make_user("clients_plain")

    def _client_form(self):
        partner = self.env["res.partner"].with_context(nestogy_new_client=True, default_is_company=True)
        return Form(partner, view="nestogy_clients.res_partner_view_form_client")

    @users("clients_agent")
    def test_a_name_is_enough(self):
        with self._client_form() as form:
            form.name = "Only a Name"
        client = form.record
        self.assertRecordValues(
            client,
            [
                {
                    "is_client": True,
                    "is_company": True,
                    "client_status_id": self.env.ref("nestogy_clients.nestogy_client_status_active").id,
                    "client_group_id": self.env.company._get_default_client_group().id,
                    "primary_contact_id": False,
                }
            ],
        )
        self.assertRegex(client.client_number, r"^C\d{5,}$")

    @users("clients_agent")
    def test_contacts_made_on_the_profile_are_no_clients(self):
        client = (
            self.env["res.partner"]
            .with_context(nestogy_new_client=True, default_is_company=True)
            .create(
                {
                    "name": "Firm",
                    "client_contact_ids": [Command.create({"name": "Ann", "type": "contact", "is_company": False})],
                }
            )
        )
        self.assertTrue(client.is_client)
        self.assertRecordValues(
            client.client_contact_ids,
            [{"name": "Ann", "is_client": False, "client_status_id": False, "client_number": False}],
        )

    def test_client_ids_differ_and_stay(self):
        one, two = self.make_client("One"), self.make_client("Two")
        self.assertNotEqual(one.client_number, two.client_number)
        number = one.client_number
        self.set_status(one, "inactive")
        self.assertEqual(one.client_number, number)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            two.client_number = number
            two.flush_recordset()

    def test_a_client_id_is_short_and_printable(self):
        client = self.make_client(client_number="K-7")
        self.assertEqual(client.client_number, "K-7")
        for bad in (" K7", "K\n7", "x" * 33):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                client.client_number = bad

    def test_a_partner_becomes_a_client_by_a_status(self):
        partner = self.env["res.partner"].create({"name": "Supplier"})
        self.assertFalse(partner.is_client)
        self.assertFalse(partner.client_number)
        partner.client_status_id = self.env.ref("nestogy_clients.nestogy_client_status_lead")
        self.assertTrue(partner.is_client)
        self.assertTrue(partner.client_number)

    def test_a_contact_cannot_be_a_client(self):
        contact = self.make_contact(self.make_client())
        with self.assertRefused(ValidationError, "belongs to Acme"):
            contact.client_status_id = self.env.ref("nestogy_clients.nestogy_client_status_active")

    @users("clients_agent")
    def test_a_client_is_found_by_its_id(self):
        client = self.make_client("Needle", client_number="ZZ-4711")
        self.assertEqual(self.env["res.partner"].name_search("ZZ-47"), [(client.id, "Needle")])

    @users("clients_plain")
    def test_users_without_our_roles_work_with_partners_as_before(self):
        client = self.make_client("Visible", client_number="PL-1")
        partner = self.env["res.partner"].browse(client.id)
        self.assertEqual(partner.name_search("Visible"), [(client.id, "Visible")])
        self.assertTrue(partner._get_client())
        with self.assertRaises(AccessError):
            partner.read(["client_invoiced"])

    def test_a_portal_user_searches_partners_without_error(self):
        contact = self.make_contact(self.make_client("Own"), "Ann", "ann@own.example")
        user = self.make_portal_user(contact)
        found = self.env["res.partner"].with_user(user).name_search("Own")
        self.assertIn(contact.id, [found_id for found_id, _name in found])

    def test_statuses_say_who_may_log_in_and_order(self):
        client = self.make_client()
        contact = self.make_contact(client)
        self.assertTrue(contact._client_may_log_in())
        client._check_client_may_order()
        self.set_status(client, "fraud")
        self.assertFalse(contact._client_may_log_in())
        with self.assertRaisesRegex(UserError, "Acme: no new orders or invoices in the status Fraud"):
            contact._check_client_may_order()
        with self.assertRaises(UserError):
            client.action_client_new_invoice()
        self.assertTrue(self.env["res.partner"].create({"name": "No client"})._client_may_log_in())

    def test_a_used_status_is_not_deleted(self):
        status = self.env["nestogy.client.status"].create({"name": "Paused"})
        client = self.make_client(client_status_id=status.id, active=False)
        with self.assertRefused(UserError, "give them another status first"):
            status.unlink()
        client.client_status_id = self.env.ref("nestogy_clients.nestogy_client_status_active")
        with self.assertRefused(UserError, "stands in the history"):
            status.unlink()
        status.active = False
        unused = self.env["nestogy.client.status"].create({"name": "Unused"})
        unused.unlink()
        self.assertFalse(unused.exists())

    def test_kanban_has_a_column_for_each_status(self):
        partners = self.env["res.partner"].with_context(read_group_expand=True)
        groups = partners.formatted_read_group([("is_client", "=", True)], ["client_status_id"], ["__count"])
        names = [group["client_status_id"][1] for group in groups]
        self.assertEqual(names, self.env["nestogy.client.status"].search([]).mapped("name"))
