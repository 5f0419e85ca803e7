from lxml import etree

from odoo.exceptions import AccessError
from odoo.fields import Date
from odoo.tests import tagged, users

from .common import ClientsCase

DOMAIN = [("is_client", "=", True), ("name", "=like", "Listed %")]


@tagged("post_install", "-at_install")
class TestClientList(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.make_user("list_agent", "agent")
        cls.make_user("list_plain")
        cls.active = cls.env.ref("nestogy_clients.nestogy_client_status_active")
        cls.lead = cls.env.ref("nestogy_clients.nestogy_client_status_lead")

    def _make_listed(self, count):
        clients = self.env["res.partner"].create(
            [
                {
                    "name": f"Listed {number}",
                    "is_company": True,
                    "client_status_id": self.active.id,
                    "user_id": self.agent.id,
                    "email": f"listed{number}@example.com",
                    "category_id": [(0, 0, {"name": f"Tag {number}"})],
                    "child_ids": [(0, 0, {"name": "Ann", "type": "contact"})],
                }
                for number in range(count)
            ]
        )
        self.make_invoice(clients[0], 100)
        return clients

    def _specification(self, view, kind):
        """What the web client asks for when it shows all columns of a view."""
        arch = etree.fromstring(self.env["res.partner"].get_view(self.env.ref(view).id, kind)["arch"])
        names = {node.get("name") for node in arch.iter("field")}
        known = self.env["res.partner"]._fields
        return {name: {"fields": {"display_name": {}}} if known[name].relational else {} for name in names}

    def _count(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        result = work()
        return self.env.cr.sql_log_count - before, result

    def _count_for_few_and_many(self, work):
        self._make_listed(1)
        self._count(work)  # what the server keeps from then on
        few, _result = self._count(work)
        self._make_listed(25)
        self._count(work)
        many, result = self._count(work)
        self.assertEqual(few, many)
        return many, result

    @users("list_agent")
    def test_the_list_asks_as_often_for_one_client_as_for_many(self):
        specification = self._specification("nestogy_clients.res_partner_view_list_client", "list")
        self.assertIn("client_outstanding", specification)
        partners = self.env["res.partner"]
        count, page = self._count_for_few_and_many(
            lambda: partners.web_search_read(DOMAIN, specification, limit=80, order="name, id", count_limit=10001)
        )
        self.assertEqual(page["length"], 26)
        self.assertLessEqual(count, 25)

    @users("list_agent")
    def test_the_kanban_asks_as_often_for_one_client_as_for_many(self):
        specification = self._specification("nestogy_clients.res_partner_view_kanban_client", "kanban")
        partners = self.env["res.partner"].with_context(read_group_expand=True)
        aggregates = ["client_outstanding:sum", "client_currency_id:array_agg_distinct"]
        count, board = self._count_for_few_and_many(
            lambda: partners.web_read_group(
                DOMAIN,
                ["client_status_id"],
                aggregates,
                auto_unfold=True,
                unfold_read_specification=specification,
                unfold_read_default_limit=80,
            )
        )
        self.assertLessEqual(count, 25)
        statuses = self.env["nestogy.client.status"].search([])
        self.assertEqual([group["client_status_id"][0] for group in board["groups"]], statuses.ids)

    @users("list_agent")
    def test_groups_have_totals_of_what_is_owed(self):
        one, two = self.make_client("Listed 1"), self.make_client("Listed 2", client_status_id=self.lead.id)
        self.make_client("Listed 3")
        self.make_invoice(one, 100, date="2020-01-01", due="2020-01-31")
        self.make_invoice(one, 40)
        self.make_invoice(one, 7, move_type="out_refund")
        self.pay(self.make_invoice(one, 500))
        self.make_invoice(two, 30)
        self.make_invoice(two, 99, post=False)
        aggregates = [
            "client_outstanding:sum",
            "client_overdue:sum",
            "client_outstanding:sum_currency",
            "client_currency_id:array_agg_distinct",
            "__count",
        ]
        rows = self.env["res.partner"]._read_group(DOMAIN, ["client_status_id"], aggregates)
        currency = self.env.company.currency_id.id
        self.assertEqual(
            rows, [(self.lead, 30.0, 0.0, 30.0, [currency], 1), (self.active, 140.0, 100.0, 140.0, [currency], 2)]
        )
        both = (one | two).with_env(self.env)
        self.assertEqual(sum(both.mapped("client_outstanding")), 170.0)
        self.assertEqual(sum(both.mapped("client_overdue")), 100.0)
        fields_get = self.env["res.partner"].fields_get(["client_outstanding", "client_paid"], ["aggregator"])
        self.assertEqual(fields_get["client_outstanding"].get("aggregator"), "sum")
        self.assertFalse(fields_get["client_paid"].get("aggregator"))

    def test_the_columns_of_activities_count(self):
        client = self.make_client("Listed 1")
        client.activity_schedule("mail.mail_activity_data_call", Date.today(), user_id=self.env.uid)
        bar = {"field": "activity_state", "colors": {"planned": "success", "today": "warning", "overdue": "danger"}}
        progress = self.env["res.partner"].read_progress_bar(DOMAIN, "client_status_id", bar)
        self.assertEqual(dict(progress), {str(self.active.id): {"planned": 0, "today": 1, "overdue": 0}})

    @users("list_plain")
    def test_totals_are_for_our_roles(self):
        with self.assertRaises(AccessError):
            self.env["res.partner"]._read_group(DOMAIN, ["client_status_id"], ["client_outstanding:sum"])

    def test_the_list_is_read_from_its_index(self):
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'res_partner_is_client_idx'")
        (definition,) = self.env.cr.fetchone()
        self.assertIn("(name, id) INCLUDE (client_status_id, active", definition)
        self.assertIn("is_client IS TRUE", definition)
