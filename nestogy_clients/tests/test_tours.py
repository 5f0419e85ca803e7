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
        self.assertEqual(client.client_mail_template_ids.subject, "Tour invoice {number}")
