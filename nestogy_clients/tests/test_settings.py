from odoo.fields import Command
from odoo.tests import tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestSettings(ClientsCase):
    """Client goes before group goes before company, and nothing is copied (A7)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group = cls.env["nestogy.client.group"].create({"name": "Managed"})
        cls.client = cls.make_client("Acme", client_group_id=cls.group.id)
        cls.contact = cls.make_contact(cls.client, "Ann")
        cls.days = cls.env["account.payment.term"].create(
            [
                {
                    "name": f"{n} days",
                    "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": n})],
                }
                for n in (7, 14)
            ]
        )
        usd = cls.env.company.currency_id
        cls.currencies = cls.env["res.currency"].with_context(active_test=False).search([("id", "!=", usd.id)], limit=2)
        cls.currencies.active = True

    def assertSetting(self, name, value, level):
        self.assertEqual(self.client._client_setting(name), (value, level))

    def test_each_level_answers_with_where_it_comes_from(self):
        term, own = self.days
        self.assertSetting("payment_term", self.days.browse(), "company")
        self.group.payment_term_id = term
        self.assertSetting("payment_term", term, "group")
        self.client.property_payment_term_id = own
        self.assertSetting("payment_term", own, "client")
        self.client.property_payment_term_id = False
        self.assertSetting("payment_term", term, "group")
        self.assertEqual(self.contact._client_setting("payment_term"), (term, "group"))
        self.client.client_group_id = self.env.company._get_default_client_group()
        self.assertSetting("payment_term", self.days.browse(), "company")
        self.env["ir.default"].set("res.partner", "property_payment_term_id", own.id, company_id=self.env.company.id)
        self.assertSetting("payment_term", own, "company")
        self.assertSetting("currency", self.env.company.currency_id, "company")

    def test_invoices_orders_and_contracts_take_the_terms_of_the_group(self):
        self.group.payment_term_id = self.days[0]
        invoice = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.client.id})
        self.assertEqual(invoice.invoice_payment_term_id, self.days[0])
        order = self.env["sale.order"].create({"partner_id": self.contact.id})
        self.assertEqual(order.payment_term_id, self.days[0])
        contract = self.env["contract.contract"].new({"partner_id": self.client.id, "contract_type": "sale"})
        contract._onchange_partner_id()
        self.assertEqual(contract.payment_term_id._origin, self.days[0])
        self.client.property_payment_term_id = self.days[1]
        later = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.client.id})
        self.assertEqual(later.invoice_payment_term_id, self.days[1])
        bill = self.env["account.move"].create({"move_type": "in_invoice", "partner_id": self.client.id})
        self.assertFalse(bill.invoice_payment_term_id)

    def test_documents_are_in_the_preferred_currency(self):
        of_group, own = self.currencies
        self.group.preferred_currency_id = of_group
        invoice = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.client.id})
        order = self.env["sale.order"].create({"partner_id": self.client.id})
        contract = self.env["contract.contract"].create({"name": "Care", "partner_id": self.client.id})
        self.assertEqual((invoice.currency_id, order.currency_id, contract.currency_id), (of_group,) * 3)
        self.client.preferred_currency_id = own
        invoice = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.client.id})
        self.assertEqual(invoice.currency_id, own)
        chosen = self.make_invoice(self.client, 1.0, currency=self.env.company.currency_id)
        self.assertEqual(chosen.currency_id, self.env.company.currency_id)
        plain = self.env["account.move"].create({"move_type": "out_invoice", "partner_id": self.make_client().id})
        self.assertEqual(plain.currency_id, self.env.company.currency_id)

    def test_fiscal_position_and_delivery_follow_the_group(self):
        positions = self.env["account.fiscal.position"].create([{"name": "Exempt"}, {"name": "Own"}])
        self.group.write({"fiscal_position_id": positions[0].id, "invoice_sending_method": "manual"})
        find = self.env["account.fiscal.position"]._get_fiscal_position
        self.assertEqual(find(self.client), positions[0])
        self.client.property_account_position_id = positions[1]
        self.assertEqual(find(self.client), positions[1])
        send = self.env["account.move.send"]
        invoice = self.make_invoice(self.client, 1.0)
        self.assertEqual(send._get_default_sending_methods(invoice), {"manual"})
        self.client.invoice_sending_method = "email"
        self.assertEqual(send._get_default_sending_methods(invoice), {"email"})

    def test_pricelists_follow_the_group(self):
        self.env.user.group_ids += self.env.ref("product.group_product_pricelist")
        self.env.ref("base.group_user").implied_ids += self.env.ref("product.group_product_pricelist")
        lists = self.env["product.pricelist"].create([{"name": "Group list"}, {"name": "Own list"}])
        self.group.pricelist_id = lists[0]
        self.assertEqual(self.env["sale.order"].create({"partner_id": self.client.id}).pricelist_id, lists[0])
        self.client.specific_property_product_pricelist = lists[1]
        self.assertEqual(self.env["sale.order"].create({"partner_id": self.client.id}).pricelist_id, lists[1])

    def test_the_profile_shows_value_and_level(self):
        self.group.payment_term_id = self.days[0]
        table = self.client.client_settings_table
        self.assertIn("7 days", table)
        self.assertIn("Group Managed", table)

    def test_settings_of_many_clients_need_no_query_each(self):
        self.group.payment_term_id = self.days[0]
        clients = self.client
        for number in range(40):
            clients |= self.make_client(f"C{number}", client_group_id=self.group.id)
        self.env.flush_all()
        counts = []
        for some in (clients[:2], clients[:2], clients):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual({client._client_setting("payment_term")[1] for client in some}, {"group"})
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
