from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.project.project_task import CLIENT_FIELDS
from .common import PASSWORD, PortalCase, RefusedCall

RULES = "odoo.addons.base.models.ir_rule"


@tagged("post_install", "-at_install")
class TestProjects(PortalCase):
    """Projects and jobs as a client's people see them: what is shown to them, and nothing inside."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels = {
            key: cls.env.ref(f"nestogy_portal.nestogy_portal_level_{key}") for key in ("own", "reader", "billing")
        }
        cls.today = fields.Date.today()
        cls.technician = cls.make_user("project_tech", name="Tess Technician")
        stages = cls.env["project.task.type"].create([{"name": "Measuring"}, {"name": "Building"}])
        cls.project = cls.env["project.project"].create(
            {
                "name": "New network",
                "partner_id": cls.client.id,
                "portal_show": True,
                "allow_milestones": True,
                "allocated_hours": 40,
                "date_start": cls.today - timedelta(days=10),
                "date": cls.today + timedelta(days=30),
                "type_ids": [Command.set(stages.ids)],
                "description": "Margin is 40 %",
                "tag_ids": [Command.create({"name": "Difficult people"})],
            }
        )
        cls.milestones = cls.env["project.milestone"].create(
            [
                {
                    "name": "Cables in",
                    "project_id": cls.project.id,
                    "is_reached": True,
                    "deadline": cls.today - timedelta(days=5),
                },
                {"name": "Switches run", "project_id": cls.project.id, "deadline": cls.today + timedelta(days=9)},
            ]
        )
        values = {"project_id": cls.project.id, "stage_id": stages[0].id}
        tasks = cls.env["project.task"]
        cls.done = tasks.create(values | {"name": "Order cables", "state": "1_done"})
        cls.job = tasks.create(
            values
            | {
                "name": "Lay cables",
                "description": "<p>On floor 2</p>",
                "allocated_hours": 7,
                "user_ids": [Command.set(cls.technician.ids)],
                "date_deadline": fields.Datetime.now() + timedelta(days=2),
                "milestone_id": cls.milestones[1].id,
            }
        )
        cls.dropped = tasks.create(values | {"name": "Rent a lift", "state": "1_canceled"})
        cls.own_job = tasks.create(values | {"name": "Carl's desk", "partner_id": cls.colleague.id})
        cls.internal = tasks.create(values | {"name": "Calculate margin", "portal_hidden": True})
        cls.below_internal = tasks.create(values | {"name": "Ask the boss", "parent_id": cls.internal.id})
        cls.seen_jobs = cls.done | cls.job | cls.dropped | cls.own_job
        cls.hidden = cls.env["project.project"].create({"name": "Secret offer", "partner_id": cls.client.id})
        cls.hidden_job = tasks.create({"name": "Plan B", "project_id": cls.hidden.id})
        cls.foreign = cls.env["project.project"].create(
            {"name": "Studio move", "partner_id": cls.other_client.id, "portal_show": True}
        )
        cls.foreign_job = tasks.create({"name": "Pack", "project_id": cls.foreign.id})
        cls.employee = cls.env["hr.employee"].create({"name": "Tess", "user_id": cls.technician.id, "hourly_cost": 77})
        cls.line = cls.env["account.analytic.line"].create(
            {
                "name": "Pulled cables, client was rude",
                "project_id": cls.project.id,
                "task_id": cls.job.id,
                "employee_id": cls.employee.id,
                "unit_amount": 3.5,
            }
        )

    def seen(self, contact, records):
        return records.with_user(contact.user_ids).search([("id", "in", records.ids)]).sudo()

    # who sees what

    def test_each_sees_what_is_shown_to_the_own_client(self):
        projects, jobs = self.project | self.hidden | self.foreign, self.env["project.task"].search([])
        for contact, project, tasks in (
            (self.owner, self.project, self.seen_jobs),
            (self.colleague, self.project, self.seen_jobs),
            (self.stranger, self.foreign, self.foreign_job),
        ):
            self.assertEqual(self.seen(contact, projects), project)
            self.assertEqual(self.seen(contact, jobs), tasks)
        self.assertEqual(self.seen(self.owner, self.milestones), self.milestones)
        self.assertFalse(self.seen(self.stranger, self.milestones))

    def test_nothing_is_shown_unless_somebody_says_so(self):
        self.assertFalse(self.hidden.portal_show)
        self.env.company.write({"project_portal_show": True, "project_portal_show_hours": True})
        shown = self.env["project.project"].create({"name": "Next", "partner_id": self.client.id})
        self.assertRecordValues(shown, [{"portal_show": True, "portal_show_hours": True}])

    def test_followers_read_no_more(self):
        records = (self.foreign, self.foreign_job, self.hidden, self.hidden_job, self.internal)
        for record in records:
            record.message_subscribe(self.owner.ids)
            record.message_subscribe(self.client.ids)
        self.foreign.write({"collaborator_ids": [Command.create({"partner_id": self.owner.id})]})
        for record in records:
            self.assertFalse(self.seen(self.owner, record), record.name)
            with self.assertRaises(AccessError), mute_logger(RULES):
                record.with_user(self.owner.user_ids).read(["name"])
            with self.assertRaises(AccessError), mute_logger(RULES, "odoo.models"):
                record.with_user(self.owner.user_ids).write({"name": "Mine"})

    def test_levels_narrow(self):
        self.colleague.portal_level_id = self.levels["own"]
        self.assertEqual(self.seen(self.colleague, self.seen_jobs), self.own_job)
        self.assertFalse(self.seen(self.colleague, self.project))
        self.assertFalse(self.seen(self.colleague, self.milestones))
        self.enter(self.colleague)
        self.assertIn('href="/my/tasks"', self.open("/my").text)
        self.assertEqual(self.open(f"/my/projects/{self.project.id}").status_code, 404)
        self.assertEqual(self.open(f"/my/tasks/{self.own_job.id}").status_code, 200)
        self.assertEqual(self.open(f"/my/tasks/{self.job.id}").status_code, 404)
        self.assertNotIn("Lay cables", self.open("/my/tasks").text)
        self.project.partner_id = self.colleague
        self.assertEqual(self.seen(self.colleague, self.project), self.project)
        self.assertEqual(self.seen(self.owner, self.project), self.project)
        self.colleague.portal_level_id = self.levels["billing"]
        self.assertFalse(self.seen(self.colleague, self.own_job | self.job))
        for path in ("/my/projects", "/my/tasks", f"/my/tasks/{self.own_job.id}", f"/my/projects/{self.project.id}"):
            self.assertEqual(self.open(path).status_code, 404, path)

    def test_jobs_of_a_common_project_go_to_whom_they_are_made_out(self):
        common = self.env["project.project"].create({"name": "Jobs", "portal_show": True})
        mine, other, nobodys = self.env["project.task"].create(
            [
                {"name": "Mine", "project_id": common.id, "partner_id": self.owner.id},
                {"name": "Other", "project_id": common.id, "partner_id": self.stranger.id},
                {"name": "Nobody's", "project_id": common.id, "partner_id": False},
            ]
        )
        self.assertEqual(self.seen(self.owner, mine | other | nobodys), mine)
        self.assertEqual(self.seen(self.stranger, mine | other | nobodys), other)
        self.assertFalse(self.seen(self.owner, common))
        self.job.partner_id = self.stranger
        self.assertFalse(self.seen(self.owner, self.job))
        self.assertFalse(self.seen(self.stranger, self.job))
        page = self.visit(f"/my/tasks/{mine.id}", self.owner)
        self.assertEqual(page.status_code, 200)
        self.assertNotIn(f"/my/projects/{common.id}", page.text)

    def test_what_is_below_an_internal_job_is_internal(self):
        self.assertTrue(self.below_internal.portal_hidden)
        deeper = self.env["project.task"].create({"name": "Deeper", "parent_id": self.below_internal.id})
        self.assertTrue(deeper.portal_hidden)
        self.job.child_ids = [Command.create({"name": "Part", "project_id": self.project.id})]
        self.assertFalse(self.job.child_ids.portal_hidden)
        self.job.portal_hidden = True
        self.assertTrue(self.job.child_ids.portal_hidden)

    # fields

    def test_over_rpc_one_reads_what_the_pages_show(self):
        user = self.owner.user_ids
        self.project.portal_show_hours = True
        for record, open_fields, closed in (
            (
                self.project,
                ["name", "date", "date_start"],
                "user_id description allocated_hours effective_hours remaining_hours portal_show tag_ids account_id "
                "last_update_status last_update_id stage_id access_token message_partner_ids collaborator_ids "
                "privacy_visibility favorite_user_ids alias_id rating_ids timesheet_ids",
            ),
            (
                self.job,
                ["name", "state", "description", "date_deadline", "stage_id", "milestone_id"],
                "allocated_hours effective_hours remaining_hours progress overtime timesheet_ids total_hours_spent "
                "user_ids tag_ids portal_hidden access_token email_from duration_tracking create_uid "
                "message_partner_ids working_hours_open child_ids",
            ),
            (self.milestones[1], ["name", "deadline", "is_reached"], "task_ids message_ids can_be_marked_as_done"),
        ):
            record = record.with_user(user)
            self.assertTrue(record.read(open_fields))
            for name in closed.split():
                if name not in record._fields:
                    continue
                with self.subTest(model=record._name, field=name):
                    with self.assertRaises(AccessError), mute_logger("odoo.models", RULES):
                        record.read([name])
                    if not record._fields[name].required:
                        with self.assertRaises(AccessError), mute_logger("odoo.models", RULES):
                            record.search([(name, "!=", False)])
                    self.assertNotIn(name, record.fields_get())
        self.assertLessEqual(CLIENT_FIELDS - {"message_is_follower"}, set(self.job._fields))

    def test_over_rpc_there_are_no_hours_tags_updates_or_foreign_stages(self):
        user = self.owner.user_ids
        self.job.message_subscribe(self.owner.ids)
        alien = self.env["project.task.type"].create({"name": "Waits for Studio", "project_ids": self.foreign.ids})
        with mute_logger("odoo.models", RULES, "odoo.addons.base.models.ir_model"):
            for model in (self.line, self.env["project.update"], self.employee):
                with self.assertRaises(AccessError):
                    model.with_user(user).search([])
            for records in (self.project.tag_ids, alien):
                self.assertFalse(records.with_user(user).search([("id", "in", records.ids)]), records._name)
                with self.assertRaises(AccessError):
                    records.with_user(user).read(["name"])
        self.assertEqual(self.project.type_ids.with_user(user).mapped("name"), ["Measuring", "Building"])

    def test_people_of_firms_that_are_no_clients_keep_odoo_s_rules(self):
        firm = self.env["res.partner"].create({"name": "No client", "is_company": True})
        person = self.make_contact(firm, "Pat", "pat@noclient.example")
        self.make_portal_user(person, password=PASSWORD)
        shared = self.env["project.project"].create(
            {"name": "Common work", "partner_id": firm.id, "privacy_visibility": "portal"}
        )
        job = self.env["project.task"].create({"name": "Odd job", "project_id": shared.id, "partner_id": person.id})
        (shared | self.hidden).message_subscribe(person.ids)
        job.message_subscribe(person.ids)
        self.assertEqual(self.seen(person, shared), shared)
        self.assertTrue(job.with_user(person.user_ids).read(["user_ids", "allocated_hours"]))
        self.enter(person)
        self.assertIn("Odd job", self.open("/my/tasks").text)
        for path in ("/my/projects", "/my/tasks"):
            for words in ("sortby=x", "groupby=x", "search_in=x&search=y", "filterby=9", "date_begin=x&date_end=y"):
                self.assertEqual(self.open(f"{path}?{words}").status_code, 200, f"{path} {words}")

    # pages

    def test_the_pages_are_open_to_the_client_alone(self):
        paths = (f"/my/projects/{self.project.id}", f"/my/tasks/{self.job.id}")
        for who, status in ((self.owner, 200), (self.colleague, 200), (self.stranger, 404)):
            for path in paths:
                response = self.visit(path, who)
                self.assertEqual(response.status_code, status, (who.name, path))
                if status == 200:
                    self.assertEqual(response.headers["Cache-Control"], "no-store")
        for path in (*paths, "/my/projects", "/my/tasks"):
            response = self.visit(path)
            self.assertEqual(response.status_code, 303)
            self.assertIn("/web/login", response.headers["Location"])
        self.enter(self.owner)
        for record in (self.hidden, self.foreign):
            self.assertEqual(self.open(f"/my/projects/{record.id}").status_code, 404)
        for record in (self.internal, self.below_internal, self.hidden_job, self.foreign_job):
            self.assertEqual(self.open(f"/my/tasks/{record.id}").status_code, 404)
        for path in ("/my/projects/99999999999", "/my/tasks/0", f"/my/projects/{self.project.id}/project_sharing"):
            self.assertEqual(self.open(path).status_code, 404, path)
        self.assertEqual(self.open("/my/timesheets").status_code, 404)
        for path in ("task/{0}", "task/{0}/subtasks", "task/{0}/recurrent_tasks"):
            path = f"/my/projects/{self.project.id}/{path.format(self.internal.id)}"
            self.assertEqual(self.open(path).headers["Location"].split("/my/")[1], f"tasks/{self.internal.id}", path)

    def test_a_blocked_contact_and_a_blocked_client_see_nothing(self):
        self.enter(self.owner)
        self.set_status(self.client, "fraud")
        self.assertEqual(self.open(f"/my/projects/{self.project.id}").status_code, 303)

    def test_an_access_token_opens_nothing_of_a_client(self):
        self.enter()
        for record, path in ((self.project, "projects"), (self.job, "tasks")):
            token = record._portal_ensure_token()
            response = self.open(f"/my/{path}/{record.id}?access_token={token}")
            self.assertEqual(response.status_code, 303)
            self.assertIn("/web/login", response.headers["Location"])
            self.assertNotIn(token, response.headers["Location"])
        with self.assertRaises(RefusedCall), mute_logger("odoo.http"):
            self.call(
                "/mail/message/post",
                thread_model="project.task",
                thread_id=self.job.id,
                token=self.job.access_token,
                post_data={"body": "x", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"},
            )

    def test_the_list_says_how_far_it_is(self):
        self.enter(self.owner)
        page = self.open("/my/projects").text
        for text in ("New network", "1 of 3 jobs done", "Switches run", "In progress", "33%"):
            self.assertIn(text, page)
        for text in ("Secret offer", "Studio move", "Difficult people", "40 %"):
            self.assertNotIn(text, page)
        home = self.open("/my").text
        self.assertIn("1 project", home)
        self.assertIn("2 open jobs", home)
        self.assertNotIn("timesheet_count", home)
        self.assertNotIn("New network", self.open("/my/projects?search=100%25_").text)
        self.assertNotIn("New network", self.open("/my/projects?filterby=past").text)
        for words in ("sortby=x", "filterby=x", "search=%00%27", "page=abc", "date_begin=1&date_end=2"):
            self.assertEqual(self.open(f"/my/projects?{words}").status_code, 200, words)
            self.assertEqual(self.open(f"/my/tasks?{words}").status_code, 200, words)

    def test_the_page_shows_hours_only_where_they_are_shown(self):
        self.enter(self.owner)
        path = f"/my/projects/{self.project.id}"
        page = self.open(path).text
        for text in ("Cables in", "Switches run", "Lay cables", "Tess", "jobs done"):
            self.assertIn(text, page)
        for text in ("Technician", "Calculate margin", "Ask the boss", "03:30", "40:00", "Margin is", "rude"):
            self.assertNotIn(text, page)
        job = self.open(f"/my/tasks/{self.job.id}").text
        self.assertIn("On floor 2", job)
        self.assertNotIn("03:30", job)
        self.project.portal_show_hours = True
        page, job = self.open(path).text, self.open(f"/my/tasks/{self.job.id}").text
        self.assertIn("03:30", page)
        self.assertIn("40:00", page)
        self.assertIn("07:00", job)
        for text in ("Technician", "rude", "77"):
            self.assertNotIn(text, job.split("Discussion")[0].split("<h1")[1])

    def test_updates_are_shown_when_they_are_published(self):
        update = self.env["project.update"].create(
            {
                "name": "Half way",
                "project_id": self.project.id,
                "status": "at_risk",
                "description": "<p>Waiting for parts</p><script>alert(1)</script>",
                "progress": 50,
            }
        )
        self.enter(self.owner)
        path = f"/my/projects/{self.project.id}"
        page = self.open(path).text
        self.assertNotIn("Half way", page)
        self.assertNotIn("At Risk", page)
        update.portal_published = True
        page = self.open(path).text
        for text in ("Half way", "At Risk", "Waiting for parts"):
            self.assertIn(text, page)
        self.assertNotIn("alert(1)", page)

    def test_files_are_documents_of_the_client(self):
        documents = self.env["nestogy.client.document"]
        document = documents.create({"name": "Cable plan", "client_id": self.client.id, "project_id": self.project.id})
        document._add_version("plan.txt", b"plan")
        self.enter(self.owner)
        path = f"/my/projects/{self.project.id}"
        self.assertNotIn("Cable plan", self.open(path).text)
        document.is_shared = True
        self.assertIn("Cable plan", self.open(path).text)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            document.project_id = self.foreign
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            document.with_user(self.owner.user_ids).read(["project_id"])

    def test_the_discussion(self):
        self.job.message_post(body="Cables come tomorrow", message_type="comment", subtype_xmlid="mail.mt_comment")
        self.job.message_post(body="He never pays", message_type="comment", subtype_xmlid="mail.mt_note")
        self.enter(self.owner)
        page = {"thread_model": "project.task", "thread_id": self.job.id}
        messages = str(self.call("/mail/thread/messages", **page))
        self.assertIn("Cables come tomorrow", messages)
        self.assertNotIn("He never pays", messages)
        post = {"body": "Fine", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        self.call("/mail/message/post", **page, post_data=post)
        self.assertIn("Fine", self.job.message_ids[0].body)
        self.assertEqual(self.job.message_ids[0].author_id, self.owner)
        for who in (self.stranger, self.colleague):
            if who == self.colleague:
                who.portal_level_id = self.levels["reader"]
            self.enter(who)
            with self.assertRaises(RefusedCall), mute_logger("odoo.http"):
                self.call("/mail/message/post", **page, post_data=post)
        self.assertIn('data-allow_composer="0"', self.open(f"/my/tasks/{self.job.id}").text)

    def test_mails_about_a_job_lead_into_the_portal(self):
        post = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment", "partner_ids": self.owner.ids}
        for task, has_link in ((self.job, True), (self.hidden_job, False), (self.internal, False)):
            message = task.message_post(body="News", **post)
            mail = self.env["mail.mail"].search(
                [("mail_message_id", "=", message.id), ("recipient_ids", "in", self.owner.ids)]
            )
            self.assertEqual(f"/my/link/to/project.task/{task.id}" in mail.body_html, has_link, task.name)
            self.assertNotIn("access_token", mail.body_html)

    def test_one_project_costs_as_many_queries_as_many(self):
        def count(path):
            self.open(path)
            before = self.cr.sql_log_count
            self.assertEqual(self.open(path).status_code, 200)
            return self.cr.sql_log_count - before

        self.enter(self.owner)
        paths = ("/my/projects", "/my/tasks", f"/my/projects/{self.project.id}", "/my")
        one = {path: count(path) for path in paths}
        projects = self.env["project.project"].create(
            [
                {
                    "name": f"More {number}",
                    "partner_id": self.client.id,
                    "portal_show": True,
                    "milestone_ids": [Command.create({"name": f"M{number}"})],
                    "task_ids": [Command.create({"name": f"T{number}", "user_ids": self.technician.ids})],
                    "update_ids": [Command.create({"name": "U", "status": "on_track", "portal_published": True})],
                }
                for number in range(25)
            ]
        )
        self.env["project.task"].create(
            [{"name": f"Job {n}", "project_id": self.project.id, "partner_id": self.owner.id} for n in range(25)]
        )
        self.assertEqual(len(projects), 25)
        for path in paths:
            self.assertLessEqual(count(path), one[path] + 2, path)

    # staff

    def test_staff_looks_at_it_as_the_client(self):
        agent = self.make_user("project_agent", "agent", group_ids=None)
        agent.group_ids += self.env.ref("project.group_project_user")
        agent.password = PASSWORD
        action = self.project.with_user(agent).action_portal_preview()
        self.assertIn(f"/my/preview/{self.owner.id}?redirect=/my/projects/{self.project.id}", action["url"])
        with self.assertRaises(UserError):
            self.hidden.with_user(agent).action_portal_preview()
        self.authenticate("project_agent", PASSWORD)
        page = self.open(action["url"])
        token = self.csrf(page)
        response = self.open(
            f"/my/preview/{self.owner.id}",
            data={"csrf_token": token, "redirect": f"/my/projects/{self.project.id}"},
        )
        self.assertTrue(response.headers["Location"].endswith(f"/my/projects/{self.project.id}"))
        self.assertIn("New network", self.open(response.headers["Location"]).text)
        self.assertEqual(self.open(f"/my/projects/{self.hidden.id}").status_code, 404)
