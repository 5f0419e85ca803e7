from datetime import datetime, timedelta

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_clients.tests.common import ClientsCase


class JobsCase(ClientsCase):
    """A client with a site, a contact and an asset; a project; users of all roles."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {role: cls.make_user(f"jobs_{role}", role) for role in ("viewer", "agent", "billing", "manager")}
        cls.client = cls.make_client("Acme")
        cls.other = cls.make_client("Other")
        cls.ann = cls.make_contact(cls.client, "Ann", "ann@acme.example", phone="+1 207 555 0118")
        cls.site = cls.make_site(cls.client, "Harbor office")
        cls.foreign_site = cls.make_site(cls.other, "Elsewhere")
        cls.asset, cls.foreign_asset = cls.env["maintenance.equipment"].create(
            [{"name": "Firewall", "client_id": cls.client.id}, {"name": "Press", "client_id": cls.other.id}]
        )
        cls.project = cls.env["project.project"].create(
            {"name": "Care", "partner_id": cls.client.id, "allow_billable": True, "company_id": cls.env.company.id}
        )
        cls.product = cls.env["product.product"].create(
            {"name": "Cable", "type": "consu", "list_price": 20.0, "standard_price": 12.0, "taxes_id": False}
        )
        cls.hour = cls.env.ref("uom.product_uom_hour")
        cls.service = cls.env["product.product"].create(
            {"name": "Work", "type": "service", "list_price": 90.0, "uom_id": cls.hour.id, "taxes_id": False}
        )
        cls.env.company.time_product_id = cls.service
        cls.employee = cls.env["hr.employee"].create(
            {"name": "Ada", "user_id": cls.users["agent"].id, "hourly_cost": 40.0}
        )

    @classmethod
    def make_site(cls, client, name):
        return cls.env["res.partner"].create(
            {"name": name, "parent_id": client.id, "type": "office", "street": "1 Wharf", "city": "Portland"}
        )

    @classmethod
    def make_jobs(cls, count=1, **values):
        return cls.env["project.task"].create(
            [{"name": f"Job {number}", "project_id": cls.project.id, **values} for number in range(count)]
        )

    @classmethod
    def add_time(cls, job, hours, **values):
        return cls.env["account.analytic.line"].create(
            {
                "name": "Work",
                "project_id": job.project_id.id,
                "task_id": job.id,
                "unit_amount": hours,
                "employee_id": cls.employee.id,
                **values,
            }
        )

    @classmethod
    def add_material(cls, job, **values):
        return cls.env["nestogy.job.material"].create({"task_id": job.id, "product_id": cls.product.id, **values})


@tagged("post_install", "-at_install")
class TestJobs(JobsCase):
    # ------------------------------------------------------------------
    # Numbers
    # ------------------------------------------------------------------

    def test_jobs_have_numbers_in_the_order_in_which_they_were_made(self):
        numbers = self.make_jobs(3).mapped("job_number")
        self.assertEqual(len(set(numbers)), 3)
        self.assertEqual(numbers, sorted(numbers))
        self.assertRegex(numbers[0], r"^J\d{5}$")

    def test_only_jobs_have_numbers_and_keep_them(self):
        project = self.env["project.project"].create({"name": "Internal", "allow_billable": True})
        task = self.env["project.task"].create({"name": "Tidy up", "project_id": project.id})
        self.assertFalse(task.job_number)
        self.assertEqual(task.display_name, "Tidy up")
        project.partner_id = self.client
        self.assertRegex(task.job_number, r"^J\d{5}$")
        self.assertEqual(task.display_name, f"{task.job_number} Tidy up")
        number = task.job_number
        task.partner_id = self.other
        self.assertEqual(task.job_number, number)
        self.assertNotEqual(task.copy().job_number, number)

    def test_many_jobs_take_their_numbers_in_as_many_queries_as_few(self):
        def queries(count):
            jobs = self.make_jobs(count)
            jobs.job_number = False
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            jobs._give_job_numbers()
            return self.env.cr.sql_log_count - before

        queries(1)
        self.assertEqual(queries(40), queries(1))

    def test_each_company_counts_for_itself(self):
        company = self.env["res.company"].create({"name": "Second"})
        project = self.env["project.project"].create(
            {"name": "There", "company_id": company.id, "partner_id": self.client.id, "allow_billable": True}
        )
        here = self.make_jobs()
        there = self.env["project.task"].create({"name": "There", "project_id": project.id})
        self.assertEqual((there.company_id, there.job_number), (company, "J00001"))
        here.project_id = project
        self.env.flush_all()
        self.assertEqual((here.company_id, here.job_number), (company, "J00002"))

    def test_no_two_jobs_of_a_company_have_one_number(self):
        first, second = self.make_jobs(2)
        self.env.flush_all()
        sequence = first._get_job_sequence(self.env.company)
        self.assertEqual(sequence.implementation, "standard")  # never the same number twice, also in parallel
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE project_task SET job_number = %s WHERE id = %s", [first.job_number, second.id])

    def test_a_job_is_found_by_its_number(self):
        job = self.make_jobs(2)[0]
        found = self.env["project.task"].with_user(self.users["agent"]).name_search(job.job_number)
        self.assertEqual(found, [(job.id, f"{job.job_number} Job 0")])

    # ------------------------------------------------------------------
    # Client, contact, site, asset, schedule
    # ------------------------------------------------------------------

    def test_who_asked_is_whom_to_ask_for(self):
        job = self.make_jobs(partner_id=self.ann.id)
        self.assertRecordValues(job, [{"client_id": self.client.id, "contact_id": self.ann.id}])

    def test_site_contact_and_asset_are_the_clients(self):
        job = self.make_jobs(site_id=self.site.id, contact_id=self.ann.id, equipment_id=self.asset.id)
        stranger = self.make_contact(self.other, "Bob")
        for values, message in (
            ({"site_id": self.foreign_site.id}, "Elsewhere is no site of Acme; choose one of this client's addresses"),
            ({"contact_id": stranger.id}, "Bob does not belong to Acme; choose one of this client's contacts"),
            ({"equipment_id": self.foreign_asset.id}, "Press is no asset of Acme; choose one of this client's assets"),
        ):
            with self.assertRefused(ValidationError, message):
                job.write(values)
        self.assertRecordValues(
            job, [{"site_id": self.site.id, "contact_id": self.ann.id, "equipment_id": self.asset.id}]
        )
        job.partner_id = self.other
        self.assertRecordValues(
            job, [{"client_id": self.other.id, "site_id": False, "contact_id": False, "equipment_id": False}]
        )

    def test_a_job_does_not_end_before_it_begins(self):
        start = datetime(2026, 5, 4, 9)
        job = self.make_jobs(planned_start=start, planned_end=start + timedelta(hours=2))
        with self.assertRefused(ValidationError, "The planned end is before the planned start; change one of them."):
            job.planned_end = start - timedelta(hours=1)
        with self.assertRefused(ValidationError, "say when it is planned to start"):
            job.planned_start = False
        self.assertEqual(job.planned_end, start + timedelta(hours=2))

    def test_the_moment_of_closing_is_kept(self):
        job = self.make_jobs()
        self.assertFalse(job.closed_at)
        job.state = "1_done"
        self.assertTrue(job.closed_at)
        closed_at = job.closed_at = datetime(2026, 1, 2, 3)
        job.state = "1_canceled"
        self.assertEqual(job.closed_at, closed_at)
        job.state = "01_in_progress"
        self.assertFalse(job.closed_at)

    # ------------------------------------------------------------------
    # Log a job
    # ------------------------------------------------------------------

    def test_a_job_is_logged_with_all_that_is_known_of_the_client(self):
        manager = self.users["manager"]
        self.client.user_id = manager
        action = self.client.with_user(self.users["agent"]).action_client_log_job()
        self.assertEqual(action["target"], "new")
        tasks = self.env["project.task"].with_user(self.users["agent"]).with_context(**action["context"])
        with Form(tasks, view="nestogy_tickets.project_task_view_form_log") as form:
            form.name = "Look at the router"
            form.equipment_id = self.asset
        self.assertRecordValues(
            form.record,
            [
                {
                    "client_id": self.client.id,
                    "contact_id": self.ann.id,
                    "site_id": self.site.id,
                    "equipment_id": self.asset.id,
                    "project_id": self.project.id,
                    "user_ids": manager.ids,
                }
            ],
        )

    def test_the_leader_of_the_team_gets_the_job_when_nobody_manages_the_account(self):
        leader = self.users["manager"]
        self.client.client_team_id = self.env["crm.team"].create({"name": "North", "user_id": leader.id})
        client = self.client.with_user(self.users["agent"])
        self.assertEqual(client._client_job_assignee(), leader)
        self.client.client_team_id = False
        self.assertEqual(client._client_job_assignee(), self.users["agent"])

    def test_of_several_sites_none_is_guessed_and_an_address_is_its_own_site(self):
        second = self.make_site(self.client, "Depot")
        self.assertFalse(self.client._client_job_defaults()["default_site_id"])
        self.assertEqual(second._client_job_defaults()["default_site_id"], second.id)

    def test_jobs_are_logged_by_agents_for_clients_that_may_order(self):
        for role in ("viewer", "billing"):
            with self.assertRaises(AccessError):
                self.client.with_user(self.users[role]).action_client_log_job()
        self.set_status(self.client, "fraud")
        with self.assertRefused(UserError, "no new orders or invoices in the status"):
            self.client.with_user(self.users["agent"]).action_client_log_job()

    # ------------------------------------------------------------------
    # Materials
    # ------------------------------------------------------------------

    def test_a_material_has_the_clients_price_and_our_cost(self):
        self.env.ref("base.group_user").implied_ids += self.env.ref("product.group_product_pricelist")
        pricelist = self.env["product.pricelist"].create(
            {
                "name": "Friends",
                "item_ids": [Command.create({"compute_price": "percentage", "percent_price": 25})],
            }
        )
        self.client.specific_property_product_pricelist = pricelist
        job = self.make_jobs()
        material = self.add_material(job, quantity=2).with_user(self.users["agent"])
        self.assertRecordValues(
            material,
            [
                {
                    "name": "Cable",
                    "client_id": self.client.id,
                    "price_unit": 15.0,
                    "cost_unit": 12.0,
                    "price_subtotal": 30.0,
                    "cost_subtotal": 24.0,
                    "is_invoiced": False,
                }
            ],
        )
        self.add_material(job, quantity=1, is_billable=False)
        self.assertRecordValues(job, [{"job_material_amount": 30.0, "job_material_cost": 36.0, "job_to_invoice": True}])

    def test_senseless_materials_are_refused(self):
        job = self.make_jobs()
        material = self.add_material(job)
        for values, message in (
            ({"quantity": 0}, "Cable: write a quantity above 0, or remove the line."),
            ({"price_unit": -1}, "Cable: price and cost cannot be below 0."),
            ({"name": "x" * 501}, "has at most 500 characters; shorten it."),
        ):
            with self.assertRefused(ValidationError, message):
                material.write(values)
        project = self.env["project.project"].create({"name": "Internal"})
        task = self.env["project.task"].create({"name": "Tidy up", "project_id": project.id})
        with self.assertRefused(ValidationError, "Tidy up is no client's job; choose its client before"):
            self.add_material(task)

    def test_agents_note_materials_others_read_them(self):
        job = self.make_jobs()
        material = (
            self.env["nestogy.job.material"]
            .with_user(self.users["agent"])
            .create({"task_id": job.id, "product_id": self.product.id})
        )
        for role in ("viewer", "billing"):
            self.assertEqual(material.with_user(self.users[role]).name, "Cable")
            with self.assertRaises(AccessError):
                material.with_user(self.users[role]).quantity = 5
        with self.assertRaises(AccessError):
            material.with_user(self.make_user("jobs_plain")).read(["name"])
        with self.assertRaises(AccessError):
            material.with_user(self.make_portal_user(self.ann)).read(["name"])
        self.assertEqual(material.quantity, 1)

    # ------------------------------------------------------------------
    # To invoice
    # ------------------------------------------------------------------

    def _invoice(self, jobs, role="billing"):
        action = jobs.with_user(self.users[role]).action_job_invoice()
        if action.get("res_id"):
            return self.env["account.move"].browse(action["res_id"])
        return self.env["account.move"].search(action["domain"])

    def test_many_jobs_are_invoiced_with_no_more_queries_than_two(self):
        def used(count):
            jobs = self.make_jobs(count, client_id=self.client.id)
            for job in jobs:
                self.add_time(job, 1)
                self.add_material(job)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            jobs.with_user(self.users["billing"]).action_job_invoice()
            self.env.flush_all()
            self.assertTrue(all(jobs.material_ids.mapped("is_invoiced")))
            return self.env.cr.sql_log_count - before

        used(1)
        two, twelve = used(2), used(12)
        # the core looks for each job's lines for analytic models
        self.assertLessEqual(twelve - two, 10 * 3 + 2)

    def test_time_and_materials_go_on_one_draft_invoice_once(self):
        first, second = self.make_jobs(2)
        self.add_time(first, 1.5)
        self.add_time(first, 0.5)
        self.add_time(first, 4, is_billable=False)
        self.add_material(first, quantity=3)
        self.add_material(first, is_billable=False)
        self.add_material(second)
        jobs = first | second
        self.assertEqual(jobs.mapped("job_to_invoice"), [True, True])
        move = self._invoice(jobs)
        self.assertRecordValues(move, [{"partner_id": self.client.id, "state": "draft", "amount_untaxed": 260.0}])
        self.assertRecordValues(
            move.invoice_line_ids.sorted("sequence"),
            [
                {"display_type": "line_section", "name": first.display_name, "quantity": 0, "price_unit": 0},
                {"display_type": "product", "name": "Time: Job 0", "quantity": 2.0, "price_unit": 90.0},
                {"display_type": "product", "name": "Cable", "quantity": 3.0, "price_unit": 20.0},
                {"display_type": "line_section", "name": second.display_name, "quantity": 0, "price_unit": 0},
                {"display_type": "product", "name": "Cable", "quantity": 1.0, "price_unit": 20.0},
            ],
        )
        self.assertEqual(jobs.mapped("job_to_invoice"), [False, False])
        self.assertEqual(jobs.mapped("job_billed_amount"), [0.0, 0.0])  # a draft is no bill
        with self.assertRefused(UserError, "Nothing is left to invoice here"):
            self._invoice(jobs)
        move.action_post()
        self.assertEqual(jobs.mapped("job_billed_amount"), [240.0, 20.0])

    def test_what_is_on_an_invoice_stays_as_it_is_until_that_is_gone(self):
        job = self.make_jobs()
        material, time = self.add_material(job), self.add_time(job, 2)
        move = self._invoice(job)
        with self.assertRefused(UserError, "Cable stands on the invoice .*; take it off there, or cancel that, first."):
            material.quantity = 5
        with self.assertRefused(UserError, "Cable stands on the invoice"):
            material.unlink()
        self.add_material(other := self.make_jobs())
        self._invoice(other)
        with self.assertRefused(UserError, "Cable stands on the invoice"):
            other.unlink()
        with self.assertRefused(UserError, "This time stands on the invoice"):
            time.unit_amount = 5
        self.assertEqual((material.quantity, time.unit_amount), (1, 2))
        move.unlink()
        self.assertTrue(job.job_to_invoice)
        self.assertFalse(material.is_invoiced)
        self.assertFalse(time.is_invoiced)
        material.quantity = 5
        move = self._invoice(job)
        move.button_cancel()
        self.assertTrue(job.job_to_invoice)
        self.assertEqual(self._invoice(job).amount_untaxed, 280.0)

    def test_each_client_gets_an_invoice_in_its_currency(self):
        currency = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", "EUR" if self.env.company.currency_id.name != "EUR" else "USD")])
        )
        currency.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "name": "2020-01-01", "rate": 2.0, "company_id": self.env.company.id}
        )
        currency.rate_ids.filtered(lambda rate: str(rate.name) != "2020-01-01").unlink()
        self.other.preferred_currency_id = currency
        job = self.make_jobs()
        foreign = self.make_jobs(partner_id=self.other.id)
        self.add_material(job)
        self.add_material(foreign)
        moves = self._invoice(job | foreign).sorted("partner_id")
        self.assertEqual(len(moves), 2)
        amounts = {move.partner_id: (move.currency_id, move.amount_untaxed) for move in moves}
        self.assertEqual(amounts[self.client], (self.env.company.currency_id, 20.0))
        self.assertEqual(amounts[self.other], (currency, 40.0))
        moves.action_post()
        self.assertEqual((job | foreign).mapped("job_billed_amount"), [20.0, 20.0])

    def test_billing_invoices_clients_that_may_be_invoiced(self):
        job = self.make_jobs()
        self.add_material(job)
        for role in ("viewer", "agent"):
            with self.assertRaises(AccessError):
                self._invoice(job, role)
        self.set_status(self.client, "fraud")
        with self.assertRefused(UserError, "no new orders or invoices in the status"):
            self._invoice(job)
        self.assertTrue(job.job_to_invoice)
        self.assertFalse(job.material_ids.invoice_line_id)

    def test_time_without_a_price_is_not_invoiced(self):
        self.env.company.time_product_id = False
        job = self.make_jobs()
        self.add_time(job, 1)
        with self.assertRefused(UserError, "Choose the service as which time of Acme is invoiced"):
            self._invoice(job)
        self.client.time_product_id = self.service
        self.assertEqual(self._invoice(job).amount_untaxed, 90.0)

    def test_completed_jobs_that_wait_for_an_invoice_are_found(self):
        done, is_open = self.make_jobs(2)
        self.add_material(done)
        self.add_material(is_open)
        done.state = "1_done"
        tasks = self.env["project.task"].with_user(self.users["billing"])
        found = tasks.search(tasks._job_to_invoice_domain() & Domain("project_id", "=", self.project.id))
        self.assertEqual(found, done)

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    def test_another_team_does_not_see_the_jobs_of_a_client(self):
        self.env.company.client_own_team_only = True
        team = self.env["crm.team"].create({"name": "North"})
        self.client.client_team_id = team
        job = self.make_jobs()
        self.add_material(job)
        internal = self.env["project.task"].create(
            {"name": "Tidy up", "project_id": self.env["project.project"].create({"name": "Internal"}).id}
        )
        agent = self.users["agent"]

        def seen(model, record):
            return bool(self.env[model].with_user(agent).search([("id", "=", record.id)]))

        self.assertFalse(seen("project.task", job))
        self.assertFalse(seen("nestogy.job.material", job.material_ids))
        self.assertTrue(seen("project.task", internal))
        self.env["crm.team.member"].create({"crm_team_id": team.id, "user_id": agent.id})
        self.env.invalidate_all()
        self.assertTrue(seen("project.task", job))
        self.assertTrue(seen("nestogy.job.material", job.material_ids))

    def test_people_of_the_client_read_none_of_our_own(self):
        self.project.portal_show = True
        job = self.make_jobs()
        user = self.make_portal_user(self.ann)
        ours = [
            name
            for name, field in self.env["project.task"]._fields.items()
            if field._module == "nestogy_tickets" and name not in ("display_name",)
        ]
        self.assertIn("job_number", ours)
        readable = self.env["project.task"].with_user(user).fields_get(attributes=["type"])
        self.assertFalse(set(ours) & set(readable))
        for name in ours:
            with self.assertRaises(AccessError):
                job.with_user(user).read([name])
