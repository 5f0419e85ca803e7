from odoo.tests import tagged

from .common import ClientsCase

FIELDS = ("street", "city", "zip")


@tagged("post_install", "-at_install")
class TestAddresses(ClientsCase):
    """A contact's own address in the three directions in which core would make it that of the client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client("Acme", street="1 Main", city="Town", zip="100")
        cls.own = {"street": "9 Home", "city": "Village", "zip": "900", "use_own_address": True}

    def assertAddress(self, partner, *expected):
        self.assertEqual(tuple(partner[name] or "" for name in FIELDS), expected)

    def test_at_creation_it_is_kept(self):
        ann = self.make_contact(self.client, "Ann", **self.own)
        self.assertAddress(ann, "9 Home", "Village", "900")
        self.assertAddress(self.client, "1 Main", "Town", "100")

    def test_at_creation_under_a_client_without_address_it_is_not_handed_up(self):
        client = self.make_client("Bare")
        ann = self.make_contact(client, "Ann", **self.own)
        self.assertAddress(ann, "9 Home", "Village", "900")
        self.assertAddress(client, "", "", "")

    def test_the_clients_move_does_not_move_the_contact(self):
        ann = self.make_contact(self.client, "Ann", **self.own)
        bob = self.make_contact(self.client, "Bob")
        self.client.street = "2 New"
        self.assertAddress(ann, "9 Home", "Village", "900")
        self.assertAddress(bob, "2 New", "Town", "100")

    def test_the_contacts_move_does_not_move_the_client(self):
        ann = self.make_contact(self.client, "Ann", **self.own)
        bob = self.make_contact(self.client, "Bob")
        ann.write({"street": "10 Home", "city": "Hamlet"})
        self.assertAddress(ann, "10 Home", "Hamlet", "900")
        self.assertAddress(self.client, "1 Main", "Town", "100")
        self.assertAddress(bob, "1 Main", "Town", "100")

    def test_a_contact_that_changes_its_client_keeps_it_and_takes_the_tax_id(self):
        ann = self.make_contact(self.client, "Ann", **self.own)
        other = self.make_client("Other", street="7 Other", vat="US777")
        ann.parent_id = other
        self.assertAddress(ann, "9 Home", "Village", "900")
        self.assertAddress(other, "7 Other", "", "")
        self.assertEqual(ann.vat, "US777")

    def test_switched_on_and_off(self):
        ann = self.make_contact(self.client, "Ann")
        ann.write(self.own)
        self.assertAddress(ann, "9 Home", "Village", "900")
        self.assertAddress(self.client, "1 Main", "Town", "100")
        ann.use_own_address = False
        self.assertAddress(ann, "1 Main", "Town", "100")

    def test_an_imported_contact_keeps_it(self):
        result = self.env["res.partner"].load(
            ["name", "parent_id/.id", "type", "use_own_address", "street", "city", "zip"],
            [["Ann", str(self.client.id), "contact", "1", "9 Home", "Village", "900"]],
        )
        self.assertFalse(result["messages"])
        self.assertAddress(self.env["res.partner"].browse(result["ids"]), "9 Home", "Village", "900")
        self.assertAddress(self.client, "1 Main", "Town", "100")

    def test_others_follow_the_client_as_in_core(self):
        bob = self.make_contact(self.client, "Bob")
        bob.street = "3 Both"
        self.assertAddress(self.client, "3 Both", "Town", "100")

    def test_an_office_is_an_address_with_notes(self):
        office = self.env["res.partner"].create(
            {"parent_id": self.client.id, "type": "office", "name": "Harbor", "office_notes": "Ring twice"}
        )
        self.assertIn(office, self.client.client_address_ids)
        self.assertEqual(office.display_name, "Acme, Harbor")
