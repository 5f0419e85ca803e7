from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestTeams(ClientsCase):
    """Where the company wants it so, staff sees the clients of its own teams (K6)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north_agent = cls.make_user("team_north", "agent", "billing")
        cls.south_agent = cls.make_user("team_south", "agent", "billing")
        cls.manager = cls.make_user("team_manager", "manager")
        cls.north, cls.south = cls.env["crm.team"].create(
            [
                {"name": name, "crm_team_member_ids": [Command.create({"user_id": user.id})]}
                for name, user in (("North", cls.north_agent), ("South", cls.south_agent))
            ]
        )
        cls.client = cls.make_client("Nordic Ltd", client_team_id=cls.north.id)
        cls.contact = cls.make_contact(cls.client, "Nora", "nora@nordic.example")
        cls.other = cls.make_client("Sunny Ltd", client_team_id=cls.south.id)
        cls.free = cls.make_client("Free Ltd")
        cls.all = cls.client | cls.contact | cls.other | cls.free
        cls.env.company.client_own_team_only = True

    def seen(self, user):
        return self.env["res.partner"].with_user(user).search([("id", "in", self.all.ids)]).with_user(self.env.user)

    def test_the_team_of_a_client_holds_for_its_contacts(self):
        self.assertEqual(self.contact.client_team_id, self.north)
        self.client.client_team_id = self.south
        self.assertEqual(self.contact.client_team_id, self.south)
        later = self.make_contact(self.client, "Later")
        self.assertEqual(later.client_team_id, self.south)

    def test_agents_see_their_teams_and_what_has_none(self):
        self.assertEqual(self.seen(self.north_agent), self.client | self.contact | self.free)
        self.assertEqual(self.seen(self.south_agent), self.other | self.free)
        self.assertEqual(self.seen(self.manager), self.all)
        self.other.user_id = self.north_agent
        self.assertEqual(self.seen(self.north_agent), self.all)

    def test_memberships_count_at_once(self):
        self.assertNotIn(self.client, self.seen(self.south_agent))
        self.env["ir.config_parameter"].set_param("sales_team.membership_multi", "True")
        membership = self.env["crm.team.member"].create({"crm_team_id": self.north.id, "user_id": self.south_agent.id})
        self.assertIn(self.client, self.seen(self.south_agent))
        membership.active = False
        self.assertNotIn(self.client, self.seen(self.south_agent))

    def test_the_switch_counts_at_once_and_by_company(self):
        second = self.env["res.company"].create({"name": "Second"})
        self.south_agent.company_ids += second
        in_second = self.env["res.partner"].with_user(self.south_agent).with_context(allowed_company_ids=second.ids)
        self.assertIn(self.client.id, in_second.search([("id", "in", self.all.ids)]).ids)
        both = in_second.with_context(allowed_company_ids=[second.id, self.env.company.id])
        self.assertNotIn(self.client.id, both.search([("id", "in", self.all.ids)]).ids)
        self.env.company.client_own_team_only = False
        self.assertEqual(self.seen(self.south_agent), self.all)

    def test_no_other_way_leads_there(self):
        partners = self.env["res.partner"].with_user(self.south_agent)
        for operation in (
            lambda: partners.browse(self.client.id).read(["name"]),
            lambda: partners.browse(self.contact.id).read(["email"]),
            lambda: partners.browse(self.client.id).write({"name": "Taken"}),
            lambda: partners.browse(self.client.id).get_client_dashboard(),
            lambda: partners.browse(self.client.id).get_client_settings(),
            lambda: partners.browse(self.client.id).set_client_setting("language", "en_US"),
            lambda: partners.create({"name": "New", "client_team_id": self.north.id}),
        ):
            with self.assertRefused(AccessError, "."):
                operation()
        self.assertEqual(self.client.name, "Nordic Ltd")
        self.assertFalse(partners.name_search("Nordic"))
        self.assertFalse(partners.search([("email", "=", "nora@nordic.example")]))
        self.assertFalse(partners.search_count([("id", "=", self.client.id)]))
        self.assertFalse(partners.formatted_read_group([("id", "=", self.client.id)], ["name"], ["__count"]))
        self.assertTrue(partners.name_search("Sunny"))

    def test_what_belongs_to_the_client_is_hidden_with_it(self):
        values = {"client_id": self.client.id, "kind": "invoice"}
        template = self.env["nestogy.client.mail.template"].create(values | {"subject": "x", "body": "<p>x</p>"})
        route = self.env["nestogy.client.mail.route"].create(values | {"contact_ids": self.contact.ids})
        phone = self.env["nestogy.phone.number"].create({"partner_id": self.contact.id, "number": "+12075550100"})
        self.set_status(self.client, "inactive")
        change = self.client.client_status_change_ids[:1]
        for record in (template, route, phone, change):
            with self.subTest(model=record._name):
                self.assertTrue(record.with_user(self.north_agent).read(["display_name"]))
                self.assertTrue(record.with_user(self.manager).read(["display_name"]))
                self.assertFalse(record.with_user(self.south_agent).search([("id", "=", record.id)]))
                with self.assertRefused(AccessError, "."):
                    record.with_user(self.south_agent).read(["display_name"])
        group = self.env["nestogy.client.mail.template"].create(
            {"group_id": self.client.client_group_id.id, "kind": "invoice", "subject": "x", "body": "<p>x</p>"}
        )
        self.assertEqual(group.with_user(self.south_agent).subject, "x")
        with self.assertRefused(AccessError, "."):
            template.with_user(self.south_agent).subject = "Taken"
        self.assertEqual(template.subject, "x")

    def test_documents_of_hidden_clients_still_open(self):
        invoice = self.make_invoice(self.client, 10.0)
        rows = invoice.with_user(self.south_agent).web_read(
            {"name": {}, "partner_id": {"fields": {"display_name": {}}}, "commercial_partner_id": {"fields": {}}}
        )
        self.assertEqual(rows[0]["partner_id"]["display_name"], "Nordic Ltd")

    def test_portal_users_and_other_staff_are_not_touched(self):
        portal = self.make_portal_user(self.contact, "team_portal")
        self.assertEqual(self.client.with_user(portal).name, "Nordic Ltd")
        plain = self.make_user("team_plain")
        self.assertEqual(self.seen(plain), self.all)

    def test_the_rule_costs_no_query_for_each_client(self):
        partners = self.env["res.partner"].with_user(self.north_agent)
        partners.search([("id", "=", self.free.id)])
        with self.assertQueryCount(1):
            partners.search([("id", "in", self.all.ids)])
