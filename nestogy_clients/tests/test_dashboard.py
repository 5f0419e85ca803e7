from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestDashboard(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("dash_viewer", "viewer")
        cls.make_user("dash_billing", "billing")
        cls.make_user("dash_plain")
        cls.client = cls.make_client("Acme")
        cls.invoices = cls.env["account.move"]
        for number in range(7):
            cls.invoices |= cls.make_invoice(cls.client, 10.0 + number)

    def _widgets(self, client):
        widgets = client.with_env(self.env).get_client_dashboard()["widgets"]
        return {widget["key"]: widget["data"] for widget in widgets}

    @users("dash_billing")
    def test_billing_sees_the_newest_invoices(self):
        widget = self._widgets(self.client)["invoices"]
        self.assertEqual(widget["count"], 7)
        self.assertEqual([row["id"] for row in widget["rows"]], self.invoices.sorted("id", reverse=True)[:5].ids)
        self.assertEqual(widget["rows"][0]["cells"]["name"], self.invoices[-1].name)
        self.assertEqual(widget["rows"][0]["cells"]["state"], "Open")
        self.assertEqual(self.env["account.move"].search_count(widget["action"]["domain"]), 7)

    @users("dash_viewer")
    def test_viewers_see_figures_but_no_invoices(self):
        data = self.client.with_env(self.env).get_client_dashboard()
        self.assertEqual(len(data["balances"]), 1)
        self.assertIn("91", data["balances"][0]["outstanding"])
        self.assertNotIn("invoices", [widget["key"] for widget in data["widgets"]])

    @users("dash_plain")
    def test_users_without_a_role_see_no_figures(self):
        self.assertEqual(self.client.with_env(self.env).get_client_dashboard()["balances"], [])

    def test_portal_users_get_nothing(self):
        own = self.make_portal_user(self.make_contact(self.client, "Ann", "ann@acme.example"))
        stranger = self.make_portal_user(self.make_contact(self.make_client("Other"), "Eve", "eve@other.example"))
        for user in (own, stranger):
            with self.assertRaises(AccessError):
                self.client.with_user(user).get_client_dashboard()

    def test_only_clients_have_a_dashboard(self):
        with self.assertRaisesRegex(UserError, "is not a client"):
            self.make_contact(self.client, "Ann").get_client_dashboard()

    @users("dash_billing")
    def test_queries_do_not_grow_with_documents(self):
        few = self.make_client("Few")
        for number in range(6):
            self.make_invoice(few, 1.0 + number)
        many = self.make_client("Many")
        for number in range(25):
            self.make_invoice(many, 1.0 + number)
        self.env.flush_all()
        counts = []
        for client in (few, few, many):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            client.with_env(self.env).get_client_dashboard()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
        self.assertLessEqual(counts[2], 36)
