import io
import json
from datetime import datetime, timedelta

import openpyxl
from pypdf import PdfReader

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.http import Request
from odoo.tests import HttpCase, tagged

from ..report import job_pdf, nestogy_job_report_export
from .test_jobs import JobsCase


class JobReportCase(JobsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_project = cls.env["project.project"].create(
            {"name": "Elsewhere", "partner_id": cls.other.id, "allow_billable": True}
        )
        cls.first, cls.second, cls.third = cls.make_jobs(
            3, site_id=cls.site.id, equipment_id=cls.asset.id, allocated_hours=4
        )
        cls.foreign = cls.env["project.task"].create(
            {"name": "=HYPERLINK(1)", "project_id": cls.other_project.id, "priority": "3"}
        )
        cls.add_time(cls.first, 1.5)
        cls.add_time(cls.first, 2, is_billable=False)
        cls.add_time(cls.second, 3)
        cls.add_material(cls.first, quantity=2)
        cls.add_material(cls.second, is_billable=False)
        cls.add_material(cls.foreign)
        (cls.first | cls.second).state = "1_done"
        cls.third.user_ids = cls.users["agent"]
        cls.move = cls.env["account.move"].browse(cls.first.action_job_invoice()["res_id"])
        cls.move.action_post()
        cls.env.flush_all()
        cls.jobs = cls.first | cls.second | cls.third | cls.foreign
        cls.ours = Domain("task_id", "in", cls.jobs.ids)

    @classmethod
    def report(cls, role="viewer"):
        return cls.env["nestogy.job.report"].with_user(cls.users[role])


@tagged("post_install", "-at_install")
class TestJobReport(JobReportCase):
    """Job queries: what the rows say, who sees them, what files hold."""

    def test_rows_say_what_the_jobs_say(self):
        rows = self.report().search(self.ours)
        self.assertEqual(rows.task_id, self.jobs.sorted("id", reverse=True))
        for row in rows:
            task = row.task_id.sudo()
            lines = (task.material_ids.invoice_line_id | task.timesheet_ids.invoice_line_id).filtered(
                lambda line: line.parent_state == "posted"
            )
            self.assertRecordValues(
                row,
                [
                    {
                        "job_number": task.job_number,
                        "name": task.name,
                        "client_id": task.client_id.id,
                        "client_group_id": self.env.company._get_default_client_group().id,
                        "site_id": task.site_id.id,
                        "equipment_id": task.equipment_id.id,
                        "project_id": task.project_id.id,
                        "state": task.state,
                        "is_closed": task.state == "1_done",
                        "user_ids": task.user_ids.ids,
                        "priority": task.priority,
                        "logged_at": task.create_date,
                        "closed_at": task.closed_at,
                        "hours_planned": task.allocated_hours,
                        "hours_spent": sum(task.timesheet_ids.mapped("unit_amount")),
                        "material_amount": sum(
                            material.quantity * material.price_unit
                            for material in task.material_ids
                            if material.is_billable
                        ),
                        "cost": sum(task.timesheet_ids.mapped("unit_amount")) * 40
                        + sum(material.quantity * material.cost_unit for material in task.material_ids),
                        "billed_amount": sum(lines.mapped("price_subtotal")),
                        "to_invoice": task in self.second | self.foreign,
                    }
                ],
            )
        self.assertEqual(rows[-1].billed_amount, 175.0)

    def test_sums_are_those_of_the_rows(self):
        domain = self.ours
        [(count, hours, billed, cost)] = self.report()._read_group(
            domain, [], ["__count", "hours_spent:sum", "billed_amount:sum", "cost:sum"]
        )
        rows = self.report().search(domain)
        self.assertEqual((count, hours, billed), (4, 6.5, 175.0))
        self.assertEqual(
            (hours, billed, cost), tuple(sum(rows.mapped(n)) for n in ("hours_spent", "billed_amount", "cost"))
        )
        by_client = self.report()._read_group(domain, ["client_id"], ["__count", "hours_spent:sum"])
        self.assertEqual(sorted(by_client, key=lambda row: row[0].id), [(self.client, 3, 6.5), (self.other, 1, 0.0)])

    def test_the_result_of_the_sla_comes_from_its_deadlines(self):
        policy = self.env["nestogy.sla.policy"].create({"name": "Fast"})
        now = fields.Datetime.now()
        before, after = now - timedelta(hours=2), now + timedelta(hours=2)
        cases = [
            ({}, "none"),
            ({"deadline": after}, "running"),
            ({"deadline": before}, "missed"),
            ({"deadline": after, "done": before}, "met"),
            ({"deadline": before, "done": now}, "missed"),
            ({"paused": before}, "paused"),
        ]
        row = self.report().search([("task_id", "=", self.third.id)])
        for values, expected in cases:
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE project_task SET sla_policy_id = %s, sla_resolution_deadline = %s, sla_resolved_at = %s,"
                " sla_paused_since = %s WHERE id = %s",
                [policy.id, values.get("deadline"), values.get("done"), values.get("paused"), self.third.id],
            )
            self.env.invalidate_all()
            self.assertEqual(row.sla_resolution, expected, values)
            self.assertEqual(row.sla_response, "paused" if values.get("paused") else "none")

    def test_every_filter_of_the_search_view_works(self):
        view = self.env["nestogy.job.report"].get_view(view_type="search")["arch"]
        names = ("mine", "unassigned", "open", "done", "cancelled", "overdue", "urgent", "sla_missed", "to_invoice")
        for name in names:
            self.assertIn(f'name="{name}"', view)
        report = self.report("agent").search
        own = self.ours
        self.assertEqual(report(own & Domain("user_ids", "in", self.users["agent"].id)).task_id, self.third)
        self.assertEqual(report(own & Domain("is_closed", "=", False)).task_id, self.third | self.foreign)
        self.assertEqual(report(own & Domain("priority", "in", ("2", "3"))).task_id, self.foreign)
        self.assertEqual(
            report(own & Domain("state", "=", "1_done") & Domain("to_invoice", "=", True)).task_id, self.second
        )
        self.assertEqual(
            report(own & Domain("site_id", "=", self.site.id)).task_id, self.first | self.second | self.third
        )
        group = self.env.company._get_default_client_group()
        self.assertEqual(report(own & Domain("client_group_id", "=", group.id)).task_id, self.jobs)

    def test_it_opens_for_one_client(self):
        action = self.client.with_user(self.users["viewer"]).action_client_job_queries()
        self.assertEqual(action["res_model"], "nestogy.job.report")
        self.assertEqual(action["context"]["search_default_client_id"], self.client.id)
        self.assertIn(
            "job_queries",
            [each["key"] for each in self.client.with_user(self.users["viewer"]).get_client_quick_actions()],
        )

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    def test_all_roles_read_and_nobody_else(self):
        for role in ("viewer", "agent", "billing", "manager"):
            self.assertEqual(self.report(role).search_count(self.ours), 4, role)
            with self.assertRaises(AccessError):
                self.report(role).search(self.ours, limit=1).write({"name": "x"})
        plain = self.make_user("report_plain")
        for user in (plain, self.make_portal_user(self.ann), self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.env["nestogy.job.report"].with_user(user).search(self.ours)
        with self.assertRaises(AccessError):
            self.client.with_user(
                self.make_portal_user(self.make_contact(self.other, "Bob", "bob@other.example"))
            ).action_client_job_queries()

    def test_projects_of_others_companies_and_teams_are_left_out(self):
        agent = self.report("agent")
        self.project.privacy_visibility = "followers"
        self.assertEqual(
            agent.search(self.ours).task_id, self.third | self.foreign
        )  # its own one, and the open project
        self.project.privacy_visibility = "employees"
        company = self.env["res.company"].create({"name": "Second"})
        self.other_project.company_id = company
        self.assertEqual(agent.search(self.ours).task_id, self.first | self.second | self.third)
        self.env.company.client_own_team_only = True
        self.client.client_team_id = self.env["crm.team"].create({"name": "North"})
        self.env.invalidate_all()
        self.assertFalse(agent.search(self.ours))
        self.assertEqual(self.report("manager").search_count(self.ours), 3)

    # ------------------------------------------------------------------
    # Speed
    # ------------------------------------------------------------------

    def test_one_row_costs_as_many_queries_as_many(self):
        names = {
            **dict.fromkeys(
                ("job_number", "name", "logged_at", "closed_at", "state", "hours_spent", "billed_amount"), {}
            ),
            **{name: {"fields": {"display_name": {}}} for name in ("client_id", "site_id", "user_ids", "project_id")},
        }

        def queries(domain):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = self.report().web_search_read(list(domain), names, limit=80)
            return found["length"], self.env.cr.sql_log_count - before

        queries(self.ours)
        length, few = queries(Domain("task_id", "=", self.third.id))
        self.assertEqual(length, 1)
        more = self.make_jobs(30, site_id=self.site.id, user_ids=[(6, 0, self.users["agent"].ids)])
        length, many = queries(Domain("task_id", "in", more.ids))
        self.assertEqual((length, many), (30, few))

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    def _file(self, file_type, domain=None, role="viewer", filters=""):
        file = io.BytesIO()
        self.report(role)._write_file(file_type, list(domain or self.ours), filters, file)
        file.seek(0)
        return file

    def test_the_spreadsheet_holds_what_the_screen_shows(self):
        self.third.planned_start = datetime(2026, 7, 1, 12, 30)
        self.users["viewer"].tz = "America/New_York"
        book = openpyxl.load_workbook(self._file("xlsx", filters="Client: Acme"))
        sheet, about = book["Jobs"], book["About"]
        head, *lines = [list(row) for row in sheet.iter_rows(values_only=True)]
        self.assertEqual(head, [label for _key, label, _width in self.report()._sheet_columns()])
        rows = self.report().search(self.ours)
        self.assertEqual([line[head.index("Number")] for line in lines], rows.mapped("job_number"))
        self.assertEqual(sum(line[head.index("Hours Spent")] for line in lines), 6.5)
        self.assertEqual(sum(line[head.index("Billed")] for line in lines), 175.0)
        by_number = {line[0]: dict(zip(head, line, strict=True)) for line in lines}
        third = by_number[self.third.job_number]
        self.assertEqual(third["Planned Start"], datetime(2026, 7, 1, 8, 30))
        self.assertEqual((third["Client"], third["Asset"]), ("Acme", self.asset.display_name))
        self.assertEqual(third["Assignees"], self.users["agent"].display_name)
        self.assertEqual(about["B1"].value, "Client: Acme")

    def test_no_title_becomes_a_formula(self):
        sheet = openpyxl.load_workbook(self._file("xlsx", Domain("task_id", "=", self.foreign.id)))["Jobs"]
        self.assertEqual((sheet["B2"].value, sheet["B2"].data_type), ("=HYPERLINK(1)", "s"))

    def test_the_pdf_reads_as_the_screen(self):
        more = self.make_jobs(70)
        domain = self.ours | Domain("task_id", "in", more.ids)
        pages = [page.extract_text() for page in PdfReader(self._file("pdf", domain, filters="Client: Acme")).pages]
        self.assertEqual(len(pages), 3)
        text = "\n".join(pages)
        for job in self.jobs | more:
            self.assertIn(job.job_number, text)
        for words in (
            "Job queries",
            "Filters: Client: Acme",
            "=HYPERLINK(1)",
            "6:30",
            "175.00",
            "Page 1 of 3",
            "Page 3 of 3",
        ):
            self.assertIn(words, text)
        empty = PdfReader(self._file("pdf", Domain("id", "=", -1))).pages[0].extract_text()
        self.assertIn("No job fits these filters.", empty)

    def test_too_many_rows_are_refused(self):
        self.patch(nestogy_job_report_export, "PDF_LIMIT", 2)
        with self.assertRefused(UserError, "These are more than 2 jobs, too many for such a file; narrow the filters."):
            self._file("pdf")

    def test_a_text_is_fitted_to_its_column(self):
        font, _bold = job_pdf.font_names()
        self.assertEqual(job_pdf.fitted("Short", font, 8, 200), "Short")
        cut = job_pdf.fitted("A rather long title of a job", font, 8, 50)
        self.assertTrue(cut.endswith("…") and len(cut) < 20)


@tagged("post_install", "-at_install")
class TestJobReportPage(JobReportCase, HttpCase):
    def ask(self, file_type="xlsx", **data):
        data.setdefault("domain", json.dumps(list(self.ours)))
        return self.url_open(f"/jobs/report/{file_type}", data=data | {"csrf_token": Request.csrf_token(self)})

    def test_staff_downloads_files_and_nobody_else(self):
        self.authenticate("jobs_viewer", "jobs_viewer")
        response = self.ask()
        self.assertEqual(response.status_code, 200)
        self.assertIn("Job-queries-", response.headers["Content-Disposition"])
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        sheet = openpyxl.load_workbook(io.BytesIO(response.content))["Jobs"]
        self.assertEqual(sheet.max_row, 5)
        pdf = self.ask("pdf")
        self.assertTrue(pdf.content.startswith(b"%PDF"))
        self.assertEqual(self.ask("exe").status_code, 404)
        for domain in ("{", '"x"', "[" * 30_000):
            self.assertEqual(self.ask(domain=domain).status_code, 400, domain[:5])
        self.make_user("report_plain2")
        self.make_portal_user(self.ann, login="ann_portal", password="ann_portal")
        for login in ("report_plain2", "ann_portal"):
            self.authenticate(login, login)
            self.assertEqual(self.ask().status_code, 404, login)
