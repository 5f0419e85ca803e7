from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestClientGroups(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("groups_manager", "manager")
        cls.make_user("groups_agent", "agent")
        cls.general = cls.env.company._get_default_client_group()
        cls.managed = cls.env["nestogy.client.group"].create({"name": "Managed"})

    def test_each_company_has_its_own_default(self):
        company = self.env["res.company"].create({"name": "Second"})
        general = company._get_default_client_group()
        self.assertRecordValues(general, [{"name": "General", "company_id": company.id, "is_default": True}])
        self.assertNotEqual(general, self.general)
        client = self.make_client()
        self.assertEqual(client.client_group_id, self.general)
        self.assertEqual(client.with_company(company).client_group_id, general)
        client.client_group_id = self.managed
        self.assertEqual(client.with_company(company).client_group_id, general)

    def test_the_default_cannot_go(self):
        with self.assertRefused(UserError, "default client group cannot be deleted"):
            self.general.unlink()
        with self.assertRefused(UserError, "default client group cannot be archived"):
            self.general.active = False
        self.assertTrue(self.general.exists().active)

    def test_a_group_with_clients_cannot_go(self):
        client = self.make_client(client_group_id=self.managed.id)
        with self.assertRefused(UserError, "still has clients"):
            self.managed.unlink()
        client.client_group_id = self.general
        self.managed.unlink()

    @users("groups_manager")
    def test_another_default_is_for_new_clients_only(self):
        before = self.general._count_clients().get(self.general, 0)
        sorted_client = self.make_client("Sorted", client_group_id=self.general.id)
        unsorted = self.make_client("Unsorted")
        moved = self.make_client("Moved", client_group_id=self.managed.id)
        managed = self.managed.with_env(self.env)
        managed.action_make_default()
        self.env.invalidate_all()
        self.assertEqual(self.env.company._get_default_client_group(), managed)
        self.assertFalse(self.general.is_default)
        self.assertEqual((sorted_client | unsorted).client_group_id, self.general)
        self.assertEqual(moved.client_group_id, managed)
        self.assertEqual(self.make_client("New").client_group_id, managed)
        self.assertRecordValues(self.general | managed, [{"client_count": before + 2}, {"client_count": 2}])

    @users("groups_agent")
    def test_agents_do_not_change_groups(self):
        group = self.managed.with_env(self.env)
        self.assertEqual(group.name, "Managed")
        with self.assertRaises(AccessError):
            group.name = "Mine"
        with self.assertRaises(AccessError):
            group.action_make_default()
        self.assertFalse(self.managed.is_default)

    def test_clients_are_counted_in_one_query_for_many_groups(self):
        groups = self.managed
        for number in range(5):
            groups |= groups.create({"name": f"Group {number}"})
        for group in groups:
            self.make_client(group.name, client_group_id=group.id)
        self.env.flush_all()
        self.env.invalidate_all()
        groups.mapped("company_id.name")
        with self.assertQueryCount(1):
            self.assertEqual(groups.mapped("client_count"), [1] * 6)

    @users("groups_agent")
    def test_many_clients_move_at_once(self):
        clients = self.make_client("One") | self.make_client("Two") | self.make_client("Three")
        clients[0].client_group_id = self.managed
        clients[1].sudo().set_client_setting("language", "en_US")
        wizard = self.env["nestogy.client.group.set"].create(
            {"client_ids": clients.ids, "group_id": self.managed.id, "company_id": self.env.company.id}
        )
        self.assertEqual(wizard.consequence, "2 of 3 clients move to Managed; 1 of them keep settings of their own.")
        wizard.action_apply()
        self.assertEqual(clients.client_group_id, self.managed)
        self.assertEqual(clients[1].setting_overrides, ",language,")
        foreign = self.env["res.company"].sudo().create({"name": "Second"})._get_default_client_group()
        wizard.sudo().group_id = foreign
        with self.assertRefused(UserError, "is a group of Second"):
            wizard.action_apply()
        self.assertEqual(clients.client_group_id, self.managed)
