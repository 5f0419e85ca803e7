from odoo.tests import tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestPersons(ClientsCase):
    def test_the_parts_make_the_name(self):
        client = self.make_client(name="x", is_company=False, first_name="Ann Mary", last_name="Lee")
        self.assertEqual(client.name, "Ann Mary Lee")
        client.last_name = "Low"
        self.assertEqual(client.name, "Ann Mary Low")
        client.write({"first_name": False, "last_name": False})
        self.assertEqual(client.name, "Ann Mary Low")

    def test_the_parts_follow_the_name(self):
        client = self.make_client(name="x", is_company=False, first_name="Ann", last_name="Lee")
        client.name = "Bea van Dyk"
        self.assertRecordValues(client, [{"first_name": "Bea van", "last_name": "Dyk"}])
        client.name = "Cher"
        self.assertRecordValues(client, [{"first_name": False, "last_name": "Cher"}])

    def test_companies_and_whole_names_are_left_alone(self):
        company = self.make_client("Acme Inc")
        self.assertFalse(company.first_name)
        person = self.make_contact(company, "Dee Dee")
        self.assertRecordValues(person, [{"name": "Dee Dee", "first_name": False, "last_name": False}])
        company.write({"name": "Acme Ltd"})
        self.assertFalse(company.last_name)
