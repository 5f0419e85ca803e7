from odoo.fields import Command
from odoo.tests import tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestAlerts(ClientsCase):
    """What is missing at a client is said before a document goes out (F2), and stops nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bare = cls.make_client("Bare")
        cls.full = cls.make_client(
            "Full",
            street="1 Main Street",
            city="Portland",
            country_id=cls.env.ref("base.us").id,
            vat="01-0558213",
            email="office@full.example",
        )

    def keys(self, alerts):
        return sorted(key for key in alerts or () if key.startswith("client_"))

    def test_the_form_of_an_invoice(self):
        invoice = self.make_invoice(self.bare, 1.0, post=False)
        self.assertEqual(self.keys(invoice.alerts), ["client_address", "client_mail", "client_tax_id"])
        alert = invoice.alerts["client_address"]
        self.assertEqual(alert["message"], "The billing address of Bare is incomplete, missing: street, city, country.")
        self.assertEqual((alert["level"], alert["action"]["res_id"]), ("warning", self.bare.id))
        self.assertEqual(self.keys(self.make_invoice(self.full, 1.0, post=False).alerts), [])
        invoice.action_post()
        self.assertEqual(len(self.keys(invoice._get_alerts())), 3)
        invoice.is_move_sent = True
        self.assertEqual(self.keys(invoice._get_alerts()), [])

    def test_the_wizard_for_one_and_for_many(self):
        invoice = self.make_invoice(self.bare, 1.0)
        wizard = self.env["account.move.send.wizard"].create({"move_id": invoice.id})
        self.assertLessEqual({"client_address", "client_tax_id"}, wizard.alerts.keys())
        other = self.make_client("Blank")
        many = invoice + self.make_invoice(self.full, 1.0) + self.make_invoice(other, 1.0)
        batch = self.env["account.move.send.batch.wizard"].create({"move_ids": [Command.set(many.ids)]})
        alert = batch.alerts["client_tax_id"]
        self.assertEqual(alert["message"], "No tax ID is known of Bare, Blank.")
        self.assertEqual(alert["action"]["domain"], [["id", "in", (self.bare + other).ids]])
        good = self.env["account.move.send.wizard"].create({"move_id": self.make_invoice(self.full, 1.0).id})
        self.assertEqual(self.keys(good.alerts or {}), [])

    def test_estimates_on_the_form_and_in_the_mail(self):
        order = self.env["sale.order"].create({"partner_id": self.bare.id})
        self.assertEqual(self.keys(order.client_alerts), ["client_address", "client_mail", "client_tax_id"])
        composer = self.env["mail.compose.message"].create(
            {"model": "sale.order", "res_ids": str(order.ids), "composition_mode": "comment"}
        )
        self.assertEqual(composer.client_alerts.keys(), order.client_alerts.keys())
        self.assertFalse(self.env["sale.order"].create({"partner_id": self.full.id}).client_alerts)
        mail = self.env["mail.compose.message"].create({"model": "res.partner", "res_ids": str(self.bare.ids)})
        self.assertFalse(mail.client_alerts)

    def test_the_billing_address_is_the_one_that_counts(self):
        self.env["res.partner"].create(
            {
                "parent_id": self.bare.id,
                "type": "invoice",
                "name": "Payables",
                "street": "2 Side Street",
                "city": "Portland",
                "country_id": self.env.ref("base.us").id,
            }
        )
        order = self.env["sale.order"].create({"partner_id": self.bare.id})
        self.assertNotIn("client_address", order.client_alerts)

    def test_a_company_may_do_without_tax_ids_and_persons_have_none(self):
        person = self.make_client("Jane", is_company=False)
        self.assertNotIn("client_tax_id", self.make_invoice(person, 1.0, post=False).alerts)
        self.env.company.client_warn_tax_id = False
        self.assertNotIn("client_tax_id", self.make_invoice(self.bare, 1.0, post=False).alerts)

    def test_who_is_no_client_is_not_looked_at(self):
        partner = self.env["res.partner"].create({"name": "Walk-in"})
        self.assertEqual(self.keys(self.make_invoice(partner, 1.0, post=False).alerts), [])

    def test_a_contact_who_gets_the_mail_is_enough(self):
        self.make_contact(self.bare, "Ann", "ann@bare.example")
        self.assertNotIn("client_mail", self.make_invoice(self.bare, 1.0, post=False).alerts)
