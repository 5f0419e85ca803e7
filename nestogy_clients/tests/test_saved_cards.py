from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestSavedCards(ClientsCase):
    """Saved cards are shown masked, and removed by the billing staff (A10)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client("Acme")
        cls.contact = cls.make_contact(cls.client, "Ann", "ann@acme.example")
        cls.other = cls.make_client("Other")
        provider = cls.env["payment.provider"].create({"name": "Test", "code": "none", "state": "test"})
        method = cls.env["payment.method"].search([], limit=1) or cls.env["payment.method"].create(
            {"name": "Card", "code": "test_card", "image": False}
        )
        cls.cards = cls.env["payment.token"].create(
            [
                {
                    "provider_id": provider.id,
                    "payment_method_id": method.id,
                    "payment_details": digits,
                    "partner_id": partner.id,
                    "provider_ref": "secret",
                }
                for digits, partner in (("4242", cls.contact), ("1881", cls.client), ("0000", cls.other))
            ]
        )

    def test_a_client_shows_the_cards_of_its_people(self):
        biller = self.make_user("biller", "billing")
        shown = self.client.with_user(biller).client_token_ids
        self.assertEqual(shown.sorted("id").mapped("display_name"), ["•••• 4242", "•••• 1881"])
        self.assertEqual(self.other.with_user(biller).client_token_ids, self.cards[2])
        with self.assertRefused(AccessError, "provider_ref"):
            shown.read(["provider_ref"])
        with self.assertRefused(AccessError, "client_token_ids"):
            self.client.with_user(self.make_user("agent7", "agent")).read(["client_token_ids"])

    def test_the_same_queries_for_one_and_for_many(self):
        clients = self.client + self.other
        for some in (self.client, clients):
            self.env.invalidate_all()
            some.mapped("name")
            before = self.env.cr.sql_log_count
            some.mapped("client_token_ids")
            counted = self.env.cr.sql_log_count - before
            if some == self.client:
                expected = counted
        self.assertEqual(counted, expected)

    def test_billing_staff_removes_them(self):
        biller = self.make_user("biller", "billing")
        card = self.cards[0]
        with self.assertRefused(AccessError, "billing staff"):
            card.with_user(self.make_user("agent7", "agent")).action_archive_for_client()
        self.assertTrue(card.active)
        card.with_user(biller).action_archive_for_client()
        self.assertFalse(card.active)
        self.assertIn("•••• 4242 removed", self.client.message_ids[0].body)
        self.env.invalidate_all()
        self.assertEqual(self.client.client_token_ids, self.cards[1])

    def test_the_preferred_payment_method_is_odoos(self):
        line = self.env["account.payment.method.line"].search(
            [("payment_type", "=", "inbound"), ("company_id", "=", self.env.company.id)], limit=1
        )
        self.client.property_inbound_payment_method_line_id = line
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.client.id,
                "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 5.0})],
            }
        )
        self.assertEqual(invoice.preferred_payment_method_line_id, line)
