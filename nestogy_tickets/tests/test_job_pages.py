from datetime import datetime, timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged

from odoo.addons.nestogy_portal.tests.common import PortalCase

from .common import TicketsMakers


class JobPagesMakers(TicketsMakers):
    """A shown project of the owner's client, with a job that has all that a job can have."""

    @classmethod
    def make_jobs_world(cls):
        cls.project = cls.env["project.project"].create(
            {
                "name": "Care",
                "partner_id": cls.client.id,
                "portal_show": True,
                "allow_billable": True,
                "company_id": cls.env.company.id,
            }
        )
        cls.site = cls.env["res.partner"].create(
            {"name": "Harbor office", "parent_id": cls.client.id, "type": "office", "street": "1 Wharf", "city": "Bath"}
        )
        cls.asset = cls.env["maintenance.equipment"].create({"name": "Firewall", "client_id": cls.client.id})
        cls.job = cls.env["project.task"].create(
            {
                "name": "Look at the router",
                "project_id": cls.project.id,
                "site_id": cls.site.id,
                "equipment_id": cls.asset.id,
                "contact_id": cls.owner.id,
                "planned_start": datetime(2031, 5, 6, 9, 30),
                "planned_end": datetime(2031, 5, 6, 11, 0),
            }
        )
        cls.plain_job, cls.part = cls.env["project.task"].create(
            [
                {"name": "Sweep", "project_id": cls.project.id},
                {"name": "First part", "project_id": cls.project.id, "parent_id": cls.job.id, "state": "1_done"},
            ]
        )
        product = cls.env["product.product"].create(
            {"name": "Cable", "type": "consu", "list_price": 21.5, "standard_price": 13.37}
        )
        cls.materials = cls.env["nestogy.job.material"].create(
            [
                {"task_id": cls.job.id, "product_id": product.id, "quantity": 3},
                {"task_id": cls.job.id, "product_id": product.id, "name": "Gift", "is_billable": False},
            ]
        )


@tagged("post_install", "-at_install")
class TestPortalJobs(JobPagesMakers, PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_jobs_world()

    def test_the_page_of_a_job_says_when_where_and_on_what(self):
        self.enter(self.owner)
        page = self.open(f"/my/tasks/{self.job.id}").text.split("<h1")[1]
        for text in (self.job.job_number, "Harbor office · 1 Wharf, Bath", "Firewall", "1 of 1 parts done", "5/6/31"):
            self.assertIn(text, page)
        self.assertNotIn("Cable", page)
        self.project.portal_show_materials = True
        page = self.open(f"/my/tasks/{self.job.id}").text.split("<h1")[1]
        for text in ("Cable", "64.50", "Gift", "free of charge"):
            self.assertIn(text, page)
        for text in ("13.37", "40.11"):
            self.assertNotIn(text, page)

    def test_the_list_finds_jobs_by_number_site_and_asset(self):
        self.enter(self.owner)
        for words in (self.job.job_number, "harbor", "firewall", "router"):
            page = self.open("/my/tasks", params={"search": words}).text
            self.assertIn("Look at the router", page, words)
            self.assertNotIn("Sweep", page, words)
        self.assertIn("Sweep", self.open("/my/tasks?sortby=number").text)
        page = self.open("/my/tasks?filterby=planned").text
        self.assertIn("Look at the router", page)
        self.assertNotIn("Sweep", page)
        self.assertEqual(self.open("/my/tasks", params={"search": "%_'\x00"}).status_code, 200)

    def test_each_sees_his_own_clients_jobs(self):
        path = f"/my/tasks/{self.job.id}"
        self.assertEqual(self.visit(path, self.colleague).status_code, 200)
        self.assertEqual(self.visit(path, self.stranger).status_code, 404)
        page = self.open("/my/tasks", params={"search": self.job.job_number}).text
        self.assertNotIn("Look at the router", page)
        self.assertEqual(self.visit(path).status_code, 303)
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_own")
        self.assertEqual(self.visit(path, self.colleague).status_code, 404)
        self.project.portal_show = False
        self.assertEqual(self.visit(path, self.owner).status_code, 404)

    def test_an_asset_is_named_to_whom_sees_assets(self):
        user = self.owner.user_ids
        area = self.env.ref("nestogy_portal.nestogy_portal_area_assets")
        rows = self.job.with_user(user)._portal_rows()
        self.assertEqual((rows[0]["asset"], rows[0]["asset_url"]), ("Firewall", f"/my/assets/{self.asset.id}"))
        self.env["nestogy.portal.profile"].with_context(active_test=False).search([]).area_ids = [
            Command.unlink(area.id)
        ]
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.assertEqual(self.job.with_user(user)._portal_rows()[0]["asset"], "")
        self.assertFalse(self.job.with_user(user).search(self.job.with_user(user)._portal_search_domain("firewall")))

    def test_over_rpc_materials_are_nobodys(self):
        for contact in (self.owner, self.stranger):
            materials = self.env["nestogy.job.material"].with_user(contact.user_ids)
            with self.assertRaises(AccessError):
                materials.search([])
            with self.assertRaises(AccessError):
                materials.browse(self.materials.ids).read(["cost_unit"])

    def test_one_job_costs_as_many_queries_as_many(self):
        user = self.owner.user_ids

        def queries(jobs):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            jobs.with_user(user)._portal_rows()
            return self.env.cr.sql_log_count - before

        sites = self.env["res.partner"].create(
            [{"name": f"Site {n}", "parent_id": self.client.id, "type": "office"} for n in range(10)]
        )
        assets = self.env["maintenance.equipment"].create(
            [{"name": f"Asset {n}", "client_id": self.client.id} for n in range(10)]
        )
        many = self.env["project.task"].create(
            [
                {
                    "name": f"Job {number}",
                    "project_id": self.project.id,
                    "contact_id": self.owner.id,
                    "site_id": site.id,
                    "equipment_id": asset.id,
                }
                for number, (site, asset) in enumerate(zip(sites, assets, strict=True))
            ]
        )
        queries(many)
        self.assertEqual(queries(many), queries(many[:1]))


@tagged("post_install", "-at_install")
class TestClientProjects(JobPagesMakers, TransactionCase):
    """The cards of projects on the overview of a client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.make_jobs_world()
        cls.manager = cls.make_user("cards_manager", "manager")
        cls.today = fields.Date.today()

    def card(self, key, user=None, client=None):
        return (client or self.client).with_user(user or self.viewer).get_client_dashboard_widget(key)

    def test_projects_stand_where_they_are_in_time(self):
        past, planned = self.env["project.project"].create(
            [
                {"name": "Old", "partner_id": self.client.id, "date_start": "2020-01-01", "date": "2020-02-01"},
                {
                    "name": "Next",
                    "partner_id": self.client.id,
                    "date_start": self.today + timedelta(days=10),
                    "date": self.today + timedelta(days=20),
                },
            ]
        )
        self.env["project.project"].create({"name": "Foreign", "partner_id": self.other_client.id})
        order = self.env["sale.order"].create({"partner_id": self.client.id, "state": "sent"})
        rows = [(row["model"], row["id"], row["cells"]["state"]) for row in self.card("projects", self.manager)["rows"]]
        expected = [
            ("project.project", self.project.id, "Current"),
            ("sale.order", order.id, "Proposal"),
            ("project.project", planned.id, "Planned"),
            ("project.task", self.job.id, "Planned Job"),
            ("project.project", past.id, "Past"),
        ]
        if not self.env["sale.order"].with_user(self.manager).has_access("read"):
            expected.pop(1)
        self.assertEqual(rows, expected)
        current = self.card("projects")["rows"][0]
        self.assertEqual(current["cells"]["progress"], "1 of 3 jobs")
        self.assertNotIn("sale.order", [row["model"] for row in self.card("projects")["rows"]])

    def test_measures_are_silent_until_there_is_enough(self):
        rows = self.card("performance", self.manager)["rows"]
        self.assertEqual([row["cells"]["value"] for row in rows], ["Not enough data"] * 4)
        self.assertEqual(rows[1]["cells"]["sample"], "0 of 5 needed")
        self.assertTrue(all(row["hint"] for row in rows))

    def test_measures_are_what_the_jobs_say(self):
        deadline = datetime(2026, 3, 1)
        jobs = self.env["project.task"].create(
            [
                {
                    "name": f"Done {number}",
                    "project_id": self.project.id,
                    "state": "1_done",
                    "date_deadline": deadline,
                    "closed_at": deadline + timedelta(days=1 if number > 3 else -1),
                    "allocated_hours": 2,
                }
                for number in range(5)
            ]
        )
        employee = self.env["hr.employee"].create({"name": "Ada", "user_id": self.agent.id, "hourly_cost": 30})
        self.env["account.analytic.line"].create(
            [
                {
                    "name": "Work",
                    "project_id": self.project.id,
                    "task_id": job.id,
                    "unit_amount": 3,
                    "employee_id": employee.id,
                }
                for job in jobs
            ]
        )
        self.env["rating.rating"].create(
            [
                {
                    "res_model_id": self.env["ir.model"]._get_id("project.task"),
                    "res_id": job.id,
                    "rating": grade,
                    "consumed": True,
                    "partner_id": self.owner.id,
                }
                for job, grade in zip(jobs, (5, 5, 4, 3, 1), strict=True)
            ]
        )
        self.env.flush_all()
        values = [row["cells"] for row in self.card("performance")["rows"]]
        self.assertEqual(
            values,
            [
                {"name": "Satisfaction", "value": "3.6 of 5", "sample": "5"},
                {"name": "Done on time", "value": "80 %", "sample": "5"},
                {"name": "Hours against budget", "value": "15.0 h of 10.0 h (150 %)", "sample": "5"},
            ],
        )
        self.assertEqual(
            self.card("performance", client=self.other_client)["rows"][1]["cells"]["value"], "Not enough data"
        )

    def test_what_one_may_not_see_is_not_counted(self):
        self.project.privacy_visibility = "followers"
        self.assertFalse(self.card("projects")["rows"])
        self.test_measures_are_silent_until_there_is_enough()

    def test_issues_come_with_their_solution(self):
        solved, is_open, loose = self.make_tickets(self.owner, 3)
        (solved | is_open).project_id = self.project
        solved.message_post(
            body="Plugged it in again.",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.agent.partner_id.id,
        )
        solved.message_post(
            body="He forgot it, as ever.", subtype_xmlid="mail.mt_note", author_id=self.agent.partner_id.id
        )
        solved.stage_id = self.stage_done
        rows = {row["id"]: row["cells"]["solution"] for row in self.card("issues")["rows"]}
        self.assertEqual(rows, {solved.id: "Plugged it in again.", is_open.id: ""})
        self.assertNotIn(loose.id, rows)

    def test_a_busy_client_costs_as_many_queries_as_a_quiet_one(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            for card in ("projects", "performance", "issues"):
                self.card(card)
            return self.env.cr.sql_log_count - before

        self.make_tickets(self.owner, 6, project_id=self.project.id, stage_id=self.stage_done.id)
        queries()
        few = queries()
        projects = self.env["project.project"].create(
            [{"name": f"P{number}", "partner_id": self.client.id} for number in range(6)]
        )
        self.env["project.task"].create(
            [{"name": "T", "project_id": project.id, "state": "1_done"} for project in projects for _n in range(3)]
        )
        self.make_tickets(self.owner, 8, project_id=projects[0].id, stage_id=self.stage_done.id)
        queries()  # new projects empty caches of the server that are no affair of the cards
        self.assertEqual(queries(), few)
