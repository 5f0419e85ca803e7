from odoo.tests import HttpCase, tagged

from .common import ClientsMakers


@tagged("post_install", "-at_install")
class TestTours(ClientsMakers, HttpCase):
    def test_an_agent_makes_a_client_and_its_primary_contact(self):
        agent = self.make_user("tour_agent", "agent", "billing")
        self.start_tour("/odoo/clients", "nestogy_clients_new_client", login=agent.login)
        client = self.env["res.partner"].search([("name", "=", "Tour Client")])
        self.assertTrue(client.is_client)
        self.assertEqual(client.primary_contact_id.email, "bea@tour.example")
        self.assertRecordValues(
            client.client_contact_ids.sorted("name"),
            [
                {"name": "Bea Second", "is_company": False, "is_client": False},
                {"name": "Cy First", "is_company": False, "is_client": False},
            ],
        )
        self.assertEqual(client.client_mail_template_ids.subject, "Tour invoice {number}{client}")

    def test_settings_are_overridden_and_inherited_again(self):
        terms = self.env["account.payment.term"].create([{"name": "Tour Group Terms"}, {"name": "Tour Own Terms"}])
        group = self.env["nestogy.client.group"].create({"name": "Tour Group", "payment_term_id": terms[0].id})
        client = self.make_client("Tour Client", client_group_id=group.id)
        self.make_user("tour_settings", "agent", "billing")
        self.start_tour(f"/odoo/clients/{client.id}", "nestogy_clients_settings", login="tour_settings")
        self.assertEqual(client.setting_overrides, ",fiscal_position,invoice_delivery,")
        self.assertEqual(client._client_setting("invoice_delivery"), ("manual", "client"))
        self.assertEqual(client._client_setting("payment_term"), (terms[0], "group"))

    def test_an_agent_keeps_shares_and_replaces_documents(self):
        agent = self.make_user("tour_agent", "agent")
        client = self.make_client("Tour Client")
        self.start_tour(f"/odoo/clients/{client.id}", "nestogy_clients_documents", login=agent.login)
        self.assertRecordValues(
            client.client_document_ids.sorted("name"),
            [
                {"name": "notes", "version_number": 2, "is_shared": True, "shared_from": 1},
                {"name": "plan", "version_number": 1, "is_shared": False, "shared_from": 0},
            ],
        )
        self.assertEqual(client.client_document_ids.sorted("name")[0].attachment_id.raw, b"second")
