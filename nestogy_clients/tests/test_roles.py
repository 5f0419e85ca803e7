from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ROLES, ClientsCase


@tagged("post_install", "-at_install")
class TestRoles(ClientsCase):
    """Who may do what, role by role (K6)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {role: cls.make_user(f"role_{role}", role) for role in ROLES}
        cls.client = cls.make_client("Acme")

    def assertMay(self, operation, roles):
        """Assert that exactly these roles may do it; each try is taken back."""
        for role, user in self.users.items():
            with self.subTest(role=role), self.env.cr.savepoint() as savepoint:
                try:
                    operation(self.env(user=user))
                    may = True
                except AccessError:
                    may = False
                savepoint.rollback()
                self.env.invalidate_all()
                self.assertEqual(may, role in roles)

    def test_seeing_clients(self):
        self.assertMay(lambda env: env["res.partner"].browse(self.client.id).read(["client_invoiced"]), ROLES)

    def test_making_clients(self):
        status = self.env.ref("nestogy_clients.nestogy_client_status_active")
        self.assertMay(
            lambda env: env["res.partner"].create({"name": "New", "client_status_id": status.id}),
            {"agent", "manager", "admin"},
        )

    def test_invoicing_clients(self):
        self.assertMay(
            lambda env: env["res.partner"].browse(self.client.id).action_client_new_invoice(),
            {"billing", "manager", "admin"},
        )

    def test_writing_clients_templates(self):
        values = {"client_id": self.client.id, "kind": "invoice", "subject": "x", "body": "<p>x</p>"}
        self.assertMay(
            lambda env: env["nestogy.client.mail.template"].create(values), {"agent", "billing", "manager", "admin"}
        )

    def test_managing_groups(self):
        self.assertMay(lambda env: env["nestogy.client.group"].create({"name": "New"}), {"manager", "admin"})

    def test_setting_up_statuses(self):
        self.assertMay(lambda env: env["nestogy.client.status"].create({"name": "New"}), {"admin"})

    def test_the_menus_show_by_role(self):
        root = self.env.ref("nestogy_clients.nestogy_clients_menu_root")
        config = self.env.ref("nestogy_clients.nestogy_clients_menu_config")
        for role, user in self.users.items():
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            self.assertIn(root.id, visible, role)
            self.assertEqual(config.id in visible, role in ("manager", "admin"), role)
        plain = self.make_user("role_none")
        self.assertNotIn(root.id, self.env["ir.ui.menu"].with_user(plain)._visible_menu_ids())

    def test_groups_of_another_company_are_out_of_reach(self):
        company = self.env["res.company"].create({"name": "Second"})
        group = company._get_default_client_group()
        template = self.env["nestogy.client.mail.template"].create(
            {"group_id": group.id, "kind": "invoice", "subject": "x", "body": "<p>x</p>"}
        )
        manager = self.users["manager"]
        for record in (group, template):
            with self.assertRaises(AccessError):
                record.with_user(manager).read(["display_name"])
        self.assertNotIn(group, self.env["nestogy.client.group"].with_user(manager).search([]))
