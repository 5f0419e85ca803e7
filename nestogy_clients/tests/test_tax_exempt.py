from odoo.exceptions import ValidationError
from odoo.fields import Command, Date
from odoo.tests import freeze_time, tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestTaxExempt(ClientsCase):
    """Exemption holds in every generated invoice, also recurring ones, until the certificate ends (F8)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.env["account.tax"].create({"name": "Test 10%", "amount": 10.0})
        cls.product = cls.env["product.product"].create(
            {"name": "Care", "type": "service", "list_price": 100.0, "taxes_id": [Command.set(cls.tax.ids)]}
        )
        cls.client = cls.make_client("Acme")

    def _exempt(self, until=False):
        self.client.write({"tax_exempt": True, "tax_exempt_reason": "Nonprofit", "tax_exempt_until": until})

    def _invoice(self, date, partner=None):
        return self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or self.client).id,
                "invoice_date": date,
                "invoice_line_ids": [Command.create({"product_id": self.product.id})],
            }
        )

    def test_invoices_and_estimates_are_without_tax(self):
        self.assertEqual(self._invoice("2026-05-01").amount_tax, 10.0)
        self._exempt()
        for partner in (self.client, self.make_contact(self.client)):
            self.assertEqual(self._invoice("2026-05-01", partner).amount_tax, 0.0)
        order = self.env["sale.order"].create(
            {"partner_id": self.client.id, "order_line": [Command.create({"product_id": self.product.id})]}
        )
        self.assertEqual(order.amount_tax, 0.0)
        self.client.tax_exempt = False
        self.assertEqual(self._invoice("2026-05-01").amount_tax, 10.0)

    def test_it_ends_with_the_certificate_on_the_day_of_the_invoice(self):
        self._exempt(until="2026-05-31")
        self.assertEqual(self._invoice("2026-05-31").amount_tax, 0.0)
        self.assertEqual(self._invoice("2026-06-01").amount_tax, 10.0)

    def test_an_issued_invoice_does_not_change(self):
        invoice = self._invoice("2026-05-01")
        invoice.action_post()
        self._exempt()
        self.assertEqual((invoice.amount_tax, invoice.fiscal_position_id.is_client_tax_exempt), (10.0, False))

    def test_recurring_invoices_too(self):
        self._exempt(until=Date.add(Date.today(), days=40))
        contract = self.env["contract.contract"].create(
            {
                "name": "Care",
                "partner_id": self.client.id,
                "fiscal_position_id": self.env.company._get_tax_exempt_position().id,
                "contract_line_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "name": "Care",
                            "quantity": 1,
                            "price_unit": 100.0,
                            "recurring_rule_type": "monthly",
                            "date_start": Date.today(),
                            "recurring_next_date": Date.today(),
                        }
                    )
                ],
            }
        )
        taxes = [contract._recurring_create_invoice(Date.add(Date.today(), months=n)).amount_tax for n in range(3)]
        self.assertEqual(taxes, [0.0, 0.0, 10.0])

    def test_a_reason_is_needed(self):
        with self.assertRefused(ValidationError, "Say why Acme is exempt"):
            self.client.tax_exempt = True
        self.assertFalse(self.client.tax_exempt)

    def test_the_account_manager_is_reminded(self):
        with freeze_time("2026-01-01"):
            self._exempt(until="2026-12-31")
            self.assertEqual(self.client.activity_ids.mapped("date_deadline"), [Date.to_date("2026-12-01")])
            self.client.tax_exempt = False
            self.assertFalse(self.client.activity_ids)

    def test_a_new_client_is_reminded_of_too(self):
        with freeze_time("2026-01-01"):
            client = self.make_client(
                "New", tax_exempt=True, tax_exempt_reason="Nonprofit", tax_exempt_until="2026-12-31"
            )
        self.assertEqual(client.activity_ids.mapped("date_deadline"), [Date.to_date("2026-12-01")])

    def test_without_an_account_manager_a_manager_is_reminded(self):
        boss = self.make_user("boss", "manager")
        agent = self.make_user("agent7", "agent")
        self.client.with_user(agent).write(
            {"tax_exempt": True, "tax_exempt_reason": "Nonprofit", "tax_exempt_until": "2026-12-31"}
        )
        responsible = self.client.activity_ids.user_id
        self.assertTrue(responsible.has_group("nestogy_clients.nestogy_clients_group_manager"))
        self.assertNotEqual(responsible, self.env.ref("base.user_root"))
        self.client.user_id = boss
        self.assertEqual(self.client.activity_ids.user_id, boss)

    def test_the_profile_says_when_the_certificate_ends(self):
        self._exempt(until="2026-12-31")
        for day, words in (("2026-11-30", False), ("2026-12-10", "ask for a new one"), ("2027-01-01", "with tax")):
            with freeze_time(day):
                self.client.invalidate_recordset(["tax_exempt_warning"])
                warning = self.client.tax_exempt_warning
            if words:
                self.assertIn(words, warning)
            else:
                self.assertFalse(warning)

    def test_the_exempt_position_has_no_taxes(self):
        position = self.env.company._get_tax_exempt_position()
        self.assertEqual(position, self.env.company._get_tax_exempt_position())
        with self.assertRefused(ValidationError, "has no taxes"):
            position.tax_ids = self.tax
