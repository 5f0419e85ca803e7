from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestPotential(ClientsCase):
    """A suggestion for the revenue potential, in a company that has no other clients."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.make_user("potential_agent", "agent")
        cls.viewer = cls.make_user("potential_viewer", "viewer")
        cls.env["res.partner"].search([("is_client", "=", True)]).write({"active": False})
        cls.env.company.write({"potential_high_share": 20, "potential_low_share": 40})

    def _suggestion(self, client):
        client.invalidate_recordset(["revenue_potential_suggestion", "revenue_potential_reason"])
        return client.revenue_potential_suggestion, client.revenue_potential_reason

    def _five(self):
        clients = self.env["res.partner"]
        for number in range(1, 6):
            client = self.make_client(f"C{number}")
            self.make_invoice(client, 1000.0 * number)
            clients += client
        self.env["res.company"]._cron_refresh_potential()
        return clients

    def test_clients_are_compared_by_what_was_invoiced(self):
        clients = self._five()
        self.assertRecordValues(
            self.env.company,
            [{"potential_client_count": 5, "potential_high_from": 5000.0, "potential_low_below": 2000.0}],
        )
        self.assertEqual(clients.mapped("revenue_potential_suggestion"), ["low", "low", "medium", "medium", "high"])
        reason = clients[3].revenue_potential_reason
        for part in ("4,000.00 invoiced", "of 5 clients", "those above", "2,000.00 and below", "5,000.00 are medium"):
            self.assertIn(part, reason)

    def test_credit_notes_old_invoices_and_drafts(self):
        clients = self._five()
        client = clients[4]
        self.make_invoice(client, 3500.0, move_type="out_refund")
        self.assertEqual(self._suggestion(client)[0], "low")
        self.make_invoice(client, 9000.0, post=False)
        self.make_invoice(client, 9000.0, date=fields.Date.subtract(fields.Date.today(), months=13))
        self.assertEqual(self._suggestion(client)[0], "low")

    def test_open_estimates_count(self):
        client = self._five()[0]
        product = self.env["product.product"].create({"name": "Work", "type": "service", "taxes_id": False})
        order = self.env["sale.order"].create(
            {
                "partner_id": self.make_contact(client, "Ann").id,
                "order_line": [Command.create({"product_id": product.id, "price_unit": 5000.0})],
            }
        )
        self.assertEqual(self._suggestion(client)[0], "high")
        self.assertIn("5,000.00 in open estimates", self._suggestion(client)[1])
        order.validity_date = fields.Date.subtract(fields.Date.today(), days=1)
        self.assertEqual(self._suggestion(client)[0], "low", "an estimate that is over is no prospect")
        order.validity_date = False
        order.action_confirm()
        self.assertEqual(self._suggestion(client)[0], "low", "an order is counted when it is invoiced")

    def test_other_currencies_count_in_that_of_the_company(self):
        currency = self.env["res.currency"].create({"name": "XTS", "symbol": "X", "rounding": 0.01})
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": 2.0, "name": "2000-01-01", "company_id": self.env.company.id}
        )
        client = self._five()[0]
        self.make_invoice(client, 8400.0, currency=currency)
        self.assertEqual(self._suggestion(client)[0], "high")
        self.assertIn("5,200.00 invoiced", self._suggestion(client)[1])

    def test_without_figures_the_size_is_what_is_known(self):
        client = self.make_client("New", company_size="enterprise")
        self.assertEqual(self._suggestion(client)[0], "high")
        self.assertIn("judged by its size: Enterprise", self._suggestion(client)[1])
        client.company_size = False
        self.assertFalse(self._suggestion(client)[0])
        self.assertIn("the size is not known", self._suggestion(client)[1])

    def test_few_clients_are_not_compared(self):
        client = self.make_client("Only")
        self.make_invoice(client, 1000.0)
        self.env["res.company"]._cron_refresh_potential()
        level, reason = self._suggestion(client)
        self.assertFalse(level)
        self.assertIn("5 clients with figures are needed to compare, there are 1", reason)

    def test_the_suggestion_is_taken_over(self):
        clients = self._five()
        unknown = self.make_client("Unknown", revenue_potential="high")
        (clients | unknown).with_user(self.agent).action_apply_potential()
        self.assertEqual(clients.mapped("revenue_potential"), ["low", "low", "medium", "medium", "high"])
        self.assertEqual(unknown.revenue_potential, "high", "no suggestion changes nothing")
        with self.assertRefused(UserError, "no suggestion"):
            unknown.action_apply_potential()
        with self.assertRefused(AccessError, "Contact|partner"):
            clients.with_user(self.viewer).action_apply_potential()

    def test_other_shares_hold_at_once(self):
        clients = self._five()
        self.env.company.potential_high_share = 50
        clients.invalidate_recordset()
        self.assertEqual(clients.mapped("revenue_potential_suggestion"), ["low", "low", "high", "high", "high"])
        for values in ({"potential_high_share": 0}, {"potential_low_share": 60}):
            with self.assertRefused(ValidationError, "at least 1 %"):
                self.env.company.write(values)

    def test_each_company_compares_its_own(self):
        clients = self._five()
        company = self.env["res.company"].create({"name": "Second"})
        self.assertEqual(
            self._suggestion(clients[4].with_company(company))[1],
            "Nothing invoiced in 12 months, no open estimate, and the size is not known.",
        )

    def test_one_query_for_all_clients(self):
        clients = self._five().with_user(self.viewer)
        counts = []
        for each in (clients, clients[:1], clients):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            each.mapped("revenue_potential_suggestion")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
