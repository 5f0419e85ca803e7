from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, tagged, users

from .common import ClientsCase, ClientsMakers

WIDGETS = [
    {"key": "tickets", "sequence": 10},
    {"key": "assets", "sequence": 40},
    {"key": "invoices", "sequence": 20},
    {"key": "estimates", "sequence": 30},
]


def entry(key, is_open=True, is_hidden=False):
    return {"key": key, "is_open": is_open, "is_hidden": is_hidden}


@tagged("post_install", "-at_install")
class TestProfile(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("profile_viewer", "viewer")
        cls.make_user("profile_other", "agent")

    def layouts(self, login=None, **context):
        user = self.env["res.users"].search([("login", "=", login)]) if login else self.env.user
        return self.env["nestogy.dashboard.layout"].with_user(user).with_context(**context)

    def arranged(self, login=None, widgets=None):
        layouts = self.layouts(login)
        widgets = WIDGETS if widgets is None else widgets
        return [(each["key"], each["is_open"], each["is_hidden"]) for each in layouts._current()._arrange(widgets)]

    @users("profile_viewer")
    def test_without_a_layout_widgets_stand_by_sequence(self):
        self.assertEqual(
            self.arranged(),
            [
                ("tickets", True, False),
                ("invoices", True, False),
                ("estimates", True, False),
                ("assets", True, False),
            ],
        )

    @users("profile_viewer")
    def test_a_viewer_arranges_hides_and_minimises_for_himself_alone(self):
        self.layouts().save_layout(
            [entry("assets"), entry("invoices", is_open=False), entry("tickets", is_hidden=True)]
        )
        self.layouts().save_layout(
            [entry("assets"), entry("estimates"), entry("invoices", is_open=False), entry("tickets", is_hidden=True)]
        )
        self.assertEqual(
            self.arranged(),
            [("assets", True, False), ("estimates", True, False), ("invoices", False, False), ("tickets", True, True)],
        )
        self.assertEqual(self.arranged("profile_other")[0], ("tickets", True, False))
        self.assertFalse(self.layouts("profile_other").search([]))
        self.assertEqual(len(self.layouts().search([])), 1)

    @users("profile_viewer")
    def test_a_new_widget_stands_behind_its_predecessor(self):
        self.layouts().save_layout([entry("assets"), entry("invoices"), entry("tickets")])
        self.assertEqual(
            [key for key, _is_open, _is_hidden in self.arranged()], ["assets", "invoices", "estimates", "tickets"]
        )

    @users("profile_viewer")
    def test_a_widget_that_is_gone_for_now_keeps_its_place(self):
        self.layouts().save_layout([entry("assets"), entry("estimates", is_open=False), entry("invoices")])
        fewer = [each for each in WIDGETS if each["key"] != "estimates"]
        self.assertNotIn("estimates", [key for key, _is_open, _is_hidden in self.arranged(widgets=fewer)])
        self.layouts().save_layout([entry("tickets"), entry("invoices"), entry("assets")])
        self.assertEqual(
            self.arranged(),
            [
                ("tickets", True, False),
                ("invoices", True, False),
                ("assets", True, False),
                ("estimates", False, False),
            ],
        )

    @users("profile_viewer")
    def test_reset_brings_the_default_back(self):
        before = self.arranged()
        self.layouts().save_layout([entry("assets", is_hidden=True)])
        self.assertNotEqual(self.arranged(), before)
        self.layouts().reset_layout()
        self.assertEqual(self.arranged(), before)
        self.layouts().reset_layout()  # nothing to forget is no error

    def test_each_company_has_its_own(self):
        company = self.env["res.company"].create({"name": "Second"})
        user = self.make_user("profile_two", "agent", company_ids=[self.env.company.id, company.id])
        self.layouts(user.login).save_layout([entry("tickets", is_open=False)])
        second = self.layouts(user.login, allowed_company_ids=[company.id, self.env.company.id])
        second.save_layout([entry("tickets", is_hidden=True)])
        self.assertEqual(self.arranged(user.login)[0], ("tickets", False, False))
        self.assertEqual(second._current().layout, [entry("tickets", is_hidden=True)])
        self.assertEqual(len(second.search([])), 2)

    @users("profile_viewer")
    def test_anything_else_than_a_layout_is_refused(self):
        self.layouts().save_layout([entry("assets")])
        row = self.layouts()._current()
        for wrong in (
            "x",
            None,
            {"key": "assets"},
            ["assets"],
            [{"key": "assets"}],
            [entry("assets") | {"html": "<b>"}],
            [entry("assets", is_open="yes")],
            [entry(7)],
            [entry("A <b>")],
            [entry("a" * 65)],
            [entry("assets"), entry("assets")],
        ):
            with self.subTest(wrong=wrong), self.assertRefused(ValidationError, "This is no layout of widgets"):
                self.layouts().save_layout(wrong)
        with self.assertRefused(ValidationError, "A layout has at most 100 widgets"):
            self.layouts().save_layout([entry(f"widget_{number}") for number in range(101)])
        self.assertEqual(row.layout, [entry("assets")])

    def test_rows_of_others_can_be_neither_read_nor_written(self):
        self.layouts("profile_viewer").save_layout([entry("assets")])
        row = self.layouts("profile_viewer")._current()
        other = self.layouts("profile_other")
        with self.assertRaises(AccessError):
            row.with_env(other.env).read(["layout"])
        for user in ("profile_viewer", "profile_other"):
            layouts = self.layouts(user)
            with self.assertRaises(AccessError):
                row.with_env(layouts.env).write({"layout": []})
            with self.assertRaises(AccessError):
                row.with_env(layouts.env).unlink()
            with self.assertRaises(AccessError):
                layouts.create({"user_id": row.user_id.id, "company_id": self.env.company.id, "layout": []})
        self.assertEqual(row.layout, [entry("assets")])

    def test_portal_users_have_no_layout(self):
        contact = self.make_contact(self.make_client("Acme"), "Ann", "ann@acme.example")
        layouts = self.env["nestogy.dashboard.layout"].with_user(self.make_portal_user(contact))
        with self.assertRaises(AccessError):
            layouts.save_layout([entry("assets")])
        with self.assertRaises(AccessError):
            layouts.reset_layout()
        self.assertFalse(self.env["nestogy.dashboard.layout"].search([("user_id", "=", layouts.env.uid)]))


@tagged("post_install", "-at_install")
class TestProfileJourneys(ClientsMakers, HttpCase):
    def test_a_user_arranges_the_cards_of_all_profiles_for_himself(self):
        first, second = self.make_client("Tour Pager One"), self.make_client("Tour Pager Two")
        self.make_contact(first, "Ann First", "ann@tour.example")
        self.make_contact(second, "Bea Second", "bea@tour.example")
        self.make_invoice(first, 120.0)
        self.make_user("tour_profile", "agent", "billing", "manager")
        other = self.make_user("tour_other", "agent", "billing", "manager")
        layouts = self.env["nestogy.dashboard.layout"]

        self.start_tour(f"/odoo/clients/{first.id}", "nestogy_clients_profile_arrange", login="tour_profile")
        layout = layouts.search([("user_id.login", "=", "tour_profile")]).layout
        keys = [entry["key"] for entry in layout]
        self.assertEqual(keys[0], "estimates")
        self.assertLess(keys.index("documents"), keys.index("invoices"))
        self.assertEqual([entry["key"] for entry in layout if entry["is_hidden"]], ["transactions"])
        self.assertEqual([entry["key"] for entry in layout if not entry["is_open"]], ["contracts"])

        self.start_tour("/odoo/clients", "nestogy_clients_profile_pager", login=other.login)
        self.assertFalse(layouts.search([("user_id", "=", other.id)]))

        self.start_tour(f"/odoo/clients/{second.id}", "nestogy_clients_profile_kept", login="tour_profile")
        self.assertFalse(layouts.search([("user_id.login", "=", "tour_profile")]))
