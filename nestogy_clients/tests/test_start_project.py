from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestStartProject(ClientsCase):
    """From an accepted estimate to its project, in one click and once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client("Acme")
        cls.agent = cls.make_user("project_agent", "agent")
        cls.agent.group_ids += cls.env.ref("sales_team.group_sale_salesman")
        product = cls.env["product.product"].create(
            {"name": "Onboarding", "type": "service", "invoice_policy": "order", "taxes_id": [Command.clear()]}
        )
        cls.order = cls.env["sale.order"].create(
            {
                "partner_id": cls.make_contact(cls.client, "Ann", "ann@acme.example").id,
                "user_id": cls.agent.id,
                "order_line": [Command.create({"product_id": product.id, "price_unit": 10.0})],
            }
        )

    def test_an_accepted_estimate_becomes_one_project(self):
        order = self.order.with_user(self.agent)
        with self.assertRefused(UserError, "Only an accepted estimate"):
            order.action_client_start_project()
        self.order.action_confirm()
        action = order.action_client_start_project()
        project = self.env["project.project"].browse(action["res_id"])
        self.assertRecordValues(
            project,
            [
                {
                    "name": f"Acme · {self.order.name}",
                    "partner_id": self.order.partner_id.id,
                    "user_id": self.agent.id,
                    "sale_order_id": self.order.id,
                    "company_id": self.order.company_id.id,
                    "allow_billable": True,
                }
            ],
        )
        self.env.invalidate_all()
        self.assertEqual(self.order.project_ids, project)
        self.assertEqual(self.order.project_id, project)
        self.assertEqual(order.action_client_start_project()["res_id"], project.id)
        self.assertEqual(self.env["project.project"].search_count([("partner_id", "=", self.order.partner_id.id)]), 1)

    def test_who_only_looks_starts_nothing(self):
        self.order.action_confirm()
        viewer = self.make_user("project_viewer", "viewer")
        with self.assertRefused(AccessError, "Agents of the Clients app"):
            self.order.with_user(viewer).action_client_start_project()
        self.assertFalse(self.order.project_id)
