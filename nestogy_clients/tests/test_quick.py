from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ClientsCase

LOGS = ("call", "note", "text")


@tagged("post_install", "-at_install")
class TestQuickFunctions(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client("Acme", street="1 Main Street", city="Portland", phone="+1 207 555 0117")
        cls.ann = cls.make_contact(cls.client, "Ann", "ann@acme.example", phone="+1 207 555 0118 ext. 4")
        cls.users = {role: cls.make_user(f"quick_{role}", role) for role in ("viewer", "agent", "billing", "manager")}

    def _keys(self, client, role):
        actions = client.with_user(self.users[role]).get_client_quick_actions()
        ours = ("contacts", "jobs", "job", "invoice", "estimate", "dial", "mail", *LOGS, "plan_call", "map")
        return [action["key"] for action in actions if action["key"] in ours]

    def test_each_role_sees_what_it_may_do(self):
        self.assertEqual(self._keys(self.client, "viewer"), ["contacts", "dial", "map"])
        self.assertEqual(
            self._keys(self.client, "agent"), ["contacts", "jobs", "job", "dial", "mail", *LOGS, "plan_call", "map"]
        )
        self.assertEqual(self._keys(self.client, "billing"), ["contacts", "invoice", "dial", *LOGS, "map"])
        self.assertEqual(
            self._keys(self.client, "manager"),
            ["contacts", "jobs", "job", "invoice", "dial", "mail", *LOGS, "plan_call", "map"],
        )

    def test_only_what_is_usable_is_offered(self):
        bare = self.make_client("Bare")
        self.assertEqual(self._keys(bare, "agent"), ["contacts", "jobs", "job", *LOGS, "plan_call"])
        self.set_status(self.client, "fraud")
        self.assertEqual(
            self._keys(self.client, "manager"), ["contacts", "jobs", "dial", "mail", *LOGS, "plan_call", "map"]
        )

    def test_every_offered_function_opens(self):
        client = self.client.with_user(self.users["manager"])
        for action in client.get_client_quick_actions():
            if action["method"]:
                opened = getattr(client, action["method"])()
                kinds = ("ir.actions.act_window", "ir.actions.act_url", "ir.actions.client")
                self.assertIn(opened["type"], kinds, action["key"])
            else:
                self.assertTrue(action["url"], action["key"])

    def test_strangers_and_portal_users_get_nothing(self):
        other = self.make_client("Other")
        user = self.make_portal_user(self.ann)
        with self.assertRaises(AccessError):
            other.with_user(user).get_client_quick_actions()
        for method in ("action_client_log_job", "action_client_write_mail", "action_client_plan_call"):
            with self.assertRaises(AccessError):
                getattr(other.with_user(user), method)()
            with self.assertRaises(AccessError):
                getattr(self.client.with_user(self.users["viewer"]), method)()

    def test_the_primary_contact_is_dialled_without_extension(self):
        dial = next(each for each in self.client.get_client_quick_actions() if each["key"] == "dial")
        self.assertEqual((dial["url"], dial["hint"]), ("tel:+12075550118", "Ann, +1 207-555-0118 ext. 4"))
        self.ann.phone_number_ids.unlink()
        self.client.invalidate_recordset()
        dial = next(each for each in self.client.get_client_quick_actions() if each["key"] == "dial")
        self.assertEqual(dial["url"], "tel:+12075550117")

    def test_a_job_goes_to_the_clients_project_or_to_that_of_all_jobs(self):
        client = self.client.with_user(self.users["agent"])
        action = client.action_client_log_job()
        project = self.env.company.client_job_project_id
        self.assertEqual(project.name, "Jobs")
        self.assertEqual(action["context"]["default_project_id"], project.id)
        tasks = self.env["project.task"].with_user(self.users["agent"]).with_context(**action["context"])
        with Form(tasks) as form:
            form.name = "Look at the router"
        self.assertRecordValues(
            form.record,
            [{"partner_id": self.client.id, "project_id": project.id, "user_ids": self.users["agent"].ids}],
        )
        again = self.make_client("Again").with_user(self.users["agent"]).action_client_log_job()
        self.assertEqual(again["context"]["default_project_id"], project.id)
        own = self.env["project.project"].create(
            {"name": "Move", "partner_id": self.client.id, "allow_billable": True, "privacy_visibility": "employees"}
        )
        self.assertEqual(client.action_client_log_job()["context"]["default_project_id"], own.id)

    def test_the_jobs_of_a_client_are_those_of_its_people_too(self):
        action = self.client.action_client_log_job()
        tasks = self.env["project.task"].create(
            [
                {"name": "One", "project_id": action["context"]["default_project_id"], "partner_id": partner.id}
                for partner in (self.client, self.ann, self.make_client("Other"))
            ]
        )
        self.assertEqual(self.env["project.task"].search(self.client.action_client_jobs()["domain"]), tasks[:2])

    def test_a_mail_goes_to_the_primary_contact_and_stays_with_the_client(self):
        action = self.client.with_user(self.users["agent"]).action_client_write_mail()
        composer = (
            self.env["mail.compose.message"]
            .with_user(self.users["agent"])
            .with_context(**action["context"])
            .create({"subject": "Hello", "body": "<p>Good morning</p>"})
        )
        composer._action_send_mail()
        message = self.client.message_ids[0]
        self.assertRecordValues(message, [{"subject": "Hello", "partner_ids": self.ann.ids}])
        self.ann.email = self.client.email = False
        with self.assertRefused(UserError, "Acme has no e-mail address yet; add one first."):
            self.client.action_client_write_mail()

    def test_calls_notes_and_texts_open_the_log(self):
        client = self.client.with_user(self.users["billing"])
        for method, kind in (
            ("action_client_log_call", "call"),
            ("action_client_new_note", "note"),
            ("action_client_log_text", "text"),
        ):
            action = getattr(client, method)()
            self.assertEqual((action["tag"], action["params"]["kind"]), ("nestogy_log", kind))

    def test_a_call_is_planned(self):
        action = self.client.with_user(self.users["agent"]).action_client_plan_call()
        activities = self.env["mail.activity"].with_user(self.users["agent"]).with_context(**action["context"])
        activity = activities.create({})
        self.assertRecordValues(
            activity,
            [
                {
                    "res_id": self.client.id,
                    "summary": "Call Ann",
                    "note": "<p>Ann, +1 207-555-0118 ext. 4</p>",
                    "activity_type_id": self.env.ref("mail.mail_activity_data_call").id,
                    "user_id": self.users["agent"].id,
                    "date_deadline": fields.Date.today(),
                }
            ],
        )

    def test_the_map_is_asked_for_the_address_alone(self):
        self.client.write({"street2": "Suite 4 & 5", "zip": "04101", "country_id": self.env.ref("base.us").id})
        self.assertEqual(
            self.client.action_client_map()["url"],
            "https://www.openstreetmap.org/search?query=1+Main+Street%2C+04101+Portland%2C+United+States",
        )
        with self.assertRefused(UserError, "Bare has no address yet"):
            self.make_client("Bare").action_client_map()
