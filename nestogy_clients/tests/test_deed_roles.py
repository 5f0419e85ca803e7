from contextlib import suppress

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ROLES, ClientsCase

LISTS = (
    ("res_partner_view_list_client", "list"),
    ("res_partner_view_kanban_client", "kanban"),
    ("res_partner_view_list_contact", "list"),
    ("res_partner_view_kanban_contact", "kanban"),
)
AGENTS = {"agent", "manager", "admin"}
BILLING = {"billing", "manager", "admin"}
MANAGERS = {"manager", "admin"}


@tagged("post_install", "-at_install")
class TestDeedRoles(ClientsCase):
    """Who may do what to many clients: the menu, the button and the call give the same answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {role: cls.make_user(f"deeds_{role}", role) for role in ROLES}
        cls.clients = cls.make_client("Acme") | cls.make_client("ACME Inc.")

    def roles(self, question):
        """The roles for which a question is answered with yes; a refusal is a no."""
        found = set()
        for role, user in self.users.items():
            with suppress(AccessError), self.env.cr.savepoint():
                if question(user) is not False:
                    found.add(role)
        return found

    def offered(self, user, view, view_type):
        """Names of the deeds that the menu of a list and the buttons above it offer."""
        result = (
            self.env["res.partner"]
            .with_user(user)
            .get_views([(self.env.ref(f"nestogy_clients.{view}").id, view_type)], {"toolbar": True})
        )["views"][view_type]
        names = [action["name"] for action in result["toolbar"].get("action", ())]
        return names + ["Merge"] * result["arch"].count('name="action_client_merge"')

    def test_merging_is_offered_once_and_to_managers_alone(self):
        for view, view_type in LISTS:
            for role, user in self.users.items():
                with self.subTest(view=view, role=role):
                    expected = int(role in MANAGERS and view_type == "list")
                    self.assertEqual(self.offered(user, view, view_type).count("Merge"), expected)
        self.assertEqual(self.roles(lambda user: self.clients.with_user(user).action_client_merge()), MANAGERS)
        self.assertEqual(self.roles(lambda user: self.env["nestogy.client.merge"].with_user(user).create({})), MANAGERS)
        plain = self.env["res.partner"].with_user(self.users["agent"]).get_views([(False, "list")], {"toolbar": True})
        names = [action["name"] for action in plain["views"]["list"]["toolbar"]["action"]]
        self.assertIn("Merge", names, "Odoo's own lists keep Odoo's, for those who are nobody's clients")

    def test_deleting_is_offered_to_managers_alone(self):
        for role, user in self.users.items():
            offered = self.offered(user, "res_partner_view_list_client", "list")
            self.assertEqual("Delete Client or Erase Person" in offered, role in MANAGERS, role)
        self.assertEqual(self.roles(lambda user: self.clients.with_user(user).action_clients_delete()), MANAGERS)

    def test_bulk_actions_are_offered_to_those_who_may_do_one(self):
        def deeds(user):
            return {key for key, _label in self.env["nestogy.client.bulk.ask"].with_user(user)._selection_deed()}

        agents = {"status", "group", "manager", "tags_add", "tags_remove", "email", "archive", "unarchive"}
        expected = {
            "viewer": set(),
            "agent": agents,
            "billing": {"credit"},
            "manager": agents | {"credit", "delete"},
            "admin": agents | {"credit", "delete"},
        }
        known = {*agents, "credit", "delete"}  # other apps add theirs
        self.assertEqual({role: deeds(user) & known for role, user in self.users.items()}, expected)
        domain = [("id", "in", self.clients.ids)]
        asks, bulks = self.env["nestogy.client.bulk.ask"], self.env["nestogy.client.bulk"]
        self.assertEqual(
            self.roles(lambda user: asks.with_user(user).create({"domain": domain, "deed": "archive"})),
            AGENTS | BILLING,
        )
        for deed, roles in (("archive", AGENTS), ("credit", BILLING), ("delete", MANAGERS)):
            self.assertEqual(self.roles(lambda user, deed=deed: bulks.with_user(user)._make(deed, domain, {})), roles)

    def test_whoever_may_export_says_odoos_own_right(self):
        exports = self.env["nestogy.client.export"]
        self.assertEqual(self.roles(lambda user: exports.with_user(user).get_export_dialog([])), MANAGERS)
        self.users["agent"].group_ids += self.env.ref("base.group_allow_export")
        self.assertEqual(self.roles(lambda user: exports.with_user(user).get_export_dialog([])), AGENTS)

    def test_importing_is_for_managers(self):
        imports = self.env["nestogy.client.import"]
        self.assertEqual(self.roles(lambda user: imports.with_user(user).check_access("create")), MANAGERS)

    def test_the_menus_lead_nobody_to_a_refusal(self):
        menus = {
            "bulk": AGENTS | BILLING,
            "deletion": MANAGERS,
            "import": MANAGERS,
            "export_log": MANAGERS,
            "merges": set(ROLES),
            "duplicates": set(ROLES),
        }
        for name, roles in menus.items():
            menu = self.env.ref(f"nestogy_clients.nestogy_clients_menu_{name}")
            with self.subTest(name):
                shown = self.roles(lambda user, menu=menu: menu.id in menu.with_user(user)._visible_menu_ids())
                self.assertEqual(shown, roles)
                model = menu.action.res_model
                self.assertLessEqual(
                    shown, self.roles(lambda user, m=model: self.env[m].with_user(user).search([]) or True)
                )
