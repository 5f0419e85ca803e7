from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged, users
from odoo.tools import mute_logger

from .common import ClientsCase

LOG = "nestogy.communication"


class CommunicationCase(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client("Acme", phone="+1 207 555 0117")
        cls.ann = cls.make_contact(cls.client, "Ann", "ann@acme.example", phone="+1 207 555 0118 ext. 4")
        cls.ben = cls.make_contact(cls.client, "Ben", "ben@acme.example")
        cls.stranger = cls.make_client("Other")
        cls.agent = cls.make_user("log_agent", "agent")
        cls.colleague = cls.make_user("log_colleague", "agent", "billing")
        cls.manager = cls.make_user("log_manager", "manager")
        cls.admin = cls.make_user("log_admin", "admin")
        cls.viewer = cls.make_user("log_viewer", "viewer")
        cls.billing = cls.make_user("log_billing", "billing")

    def log(self, user=None, **values):
        """Log a note unless told otherwise."""
        values = {"name": "Word", "kind": "note", "client_id": self.client.id, **values}
        return self.env[LOG].with_user(user or self.agent).create(values)


@tagged("post_install", "-at_install")
class TestCommunication(CommunicationCase):
    """What a row may hold, whoever types it."""

    def test_what_is_said_needs_a_direction_and_a_note_has_none(self):
        for kind in ("call", "text", "email"):
            with self.assertRefused(ValidationError, "Say whether “Word” came from the client or went to the client."):
                self.log(kind=kind)
            self.log(kind=kind, direction="in")
        with self.assertRefused(ValidationError, "A note goes neither to nor from the client"):
            self.log(direction="out")
        self.assertFalse(self.log().direction)
        self.assertFalse(self.log(kind="meeting").direction)

    def test_only_calls_have_an_outcome(self):
        self.assertEqual(self.log(kind="call", direction="out", outcome="busy").outcome, "busy")
        with self.assertRefused(ValidationError, "Only calls have an outcome"):
            self.log(kind="text", direction="out", outcome="busy")

    def test_only_calls_and_meetings_take_time(self):
        self.log(kind="meeting", duration=30)
        self.log(kind="call", direction="in", duration=24)
        with self.assertRefused(ValidationError, "Only calls and meetings take time"):
            self.log(duration=1)
        with self.assertRefused(ValidationError, "A call cannot take more than 24 hours"):
            self.log(kind="call", direction="in", duration=24.1)
        with mute_logger("odoo.sql_db"), self.assertRefused(Exception, "nestogy_communication_duration_positive"):
            self.log(kind="call", direction="in", duration=-1).flush_recordset()

    def test_only_meetings_are_still_to_come(self):
        now = fields.Datetime.now()
        with self.assertRefused(ValidationError, "“Word” lies in the future; plan a follow-up"):
            self.log(date=now + timedelta(days=2))
        self.log(date=now + timedelta(hours=2))
        self.log(kind="meeting", date=now + timedelta(days=200))

    def test_lengths_and_links_are_bounded(self):
        for values, message in (
            ({"name": " "}, "Give it a subject."),
            ({"phone": "1" * 51}, "Number: at most 50 characters."),
            ({"kind": "meeting", "place": "x" * 201}, "Place: at most 200 characters."),
            ({"body": "<p>%s</p>" % ("x" * 50_001)}, "Notes have at most 50000 characters"),
            ({"kind": "meeting", "video_url": "javascript:alert(1)"}, "A video link begins with https://"),
        ):
            with self.assertRefused(ValidationError, message):
                self.log(**values)
        self.log(body="<p>%s</p>" % ("&lt;" * 50_000))  # markup does not count
        self.log(kind="meeting", video_url="https://meet.example/a", place="x" * 200)

    def test_the_contact_is_one_of_the_client(self):
        self.assertEqual(self.log(contact_id=self.ann.id).contact_id, self.ann)
        with self.assertRefused(ValidationError, "Ann is no contact of Other; choose one of its contacts."):
            self.log(client_id=self.stranger.id, contact_id=self.ann.id)
        with self.assertRefused(ValidationError, "Plain is no client"):
            self.log(client_id=self.env["res.partner"].create({"name": "Plain"}).id)

    def test_what_it_is_about_is_of_the_same_client(self):
        invoice = self.make_invoice(self.client, 10)
        row = self.log(self.colleague, res_model="account.move", res_id=invoice.id)
        self.assertEqual(row.about, invoice.display_name)
        self.assertEqual(row.action_open_about()["res_id"], invoice.id)
        self.assertFalse(row.with_user(self.agent).about)  # who may not see invoices is not told their numbers
        with self.assertRefused(UserError, "is gone, or you may not see it"):
            row.with_user(self.agent).action_open_about()
        with self.assertRefused(ValidationError, "What this is about is not of Other."):
            self.log(client_id=self.stranger.id, res_model="account.move", res_id=invoice.id)
        with self.assertRefused(ValidationError, "Nothing can be logged about a record of this kind."):
            self.log(res_model="res.users", res_id=self.agent.id)

    def test_the_company_is_the_clients_own_if_it_has_one(self):
        second = self.env["res.company"].create({"name": "Second"})
        client = self.make_client("Local", company_id=second.id)
        self.agent.company_ids |= second
        self.assertEqual(self.log(client_id=client.id, user=self.agent).company_id, second)
        self.assertEqual(self.log().company_id, self.env.company)

    def test_notes_are_cleaned_and_previewed(self):
        row = self.log(body="<p>Key <b>is</b></p><script>alert(1)</script><p>at the desk</p>")
        self.assertNotIn("script", row.body)
        self.assertEqual(row.preview, "Key *is* at the desk")

    def test_what_follows_a_mail_is_not_rewritten_but_marked(self):
        message = self.client.message_post(body="Hello", message_type="comment")
        row = self.log(self.env.user).sudo()
        row.write({"kind": "email", "direction": "in", "mail_message_id": message.id, "message_ref": "<a@b>"})
        row.user_id = False
        row = row.with_user(self.agent)
        self.assertTrue(row.is_automatic)
        for values in (
            {"name": "x"},
            {"client_id": self.stranger.id},
            {"direction": "out"},
            {"user_id": self.agent.id},
        ):
            with self.assertRefused(UserError, "This follows an e-mail or a calendar event and cannot be rewritten"):
                row.write(values)
        row.write({"body": "<p>Answered</p>", "is_pinned": True, "is_shared": True})
        self.assertRecordValues(row, [{"name": "Word", "preview": "Answered", "is_pinned": True, "is_shared": True}])
        message.unlink()
        self.assertTrue(row.is_automatic)  # the mail is gone, what it was stays

    def test_a_mail_is_logged_as_it_is(self):
        row = self.env[LOG].create(
            {
                "name": " ",
                "kind": "email",
                "client_id": self.client.id,
                "message_ref": "<odd@mail>",
                "date": fields.Datetime.now() + timedelta(days=900),
                "body": "<p>%s</p>" % ("x" * 60_000),
            }
        )
        self.assertTrue(row.is_automatic)

    def test_nobody_makes_rows_look_like_mails(self):
        message = self.client.message_post(body="Secret", message_type="comment")
        for values in ({"mail_message_id": message.id}, {"message_ref": "<a@b>"}, {"is_bounced": True}):
            with self.assertRefused(UserError, "write this by themselves"):
                self.log(self.admin, **values)
            with self.assertRefused(UserError, "write this by themselves"):
                self.log(self.agent).write(values)
            defaults = {f"default_{name}": value for name, value in values.items()}
            row = self.env[LOG].with_context(**defaults).with_user(self.agent)
            row = row.create({"name": "Word", "kind": "note", "client_id": self.client.id})
            self.assertFalse(row.is_automatic or row.is_bounced)
        received = self.env[LOG].create(
            {
                "name": "Offer",
                "kind": "email",
                "direction": "in",
                "client_id": self.client.id,
                "user_id": False,
                "message_ref": "<received@acme>",
                "preview": "We accept",
                "is_bounced": True,
            }
        )
        with self.assertRefused(UserError, "write this by themselves"):
            received.with_user(self.agent).preview = "We refuse"
        self.assertEqual(received.preview, "We accept")
        copied = received.with_user(self.agent).copy()
        self.assertFalse(copied.is_automatic or copied.is_bounced or copied.preview)

    def test_a_row_is_private_or_shared(self):
        with self.assertRefused(ValidationError, "“Word” cannot be private and shared with the client; choose one."):
            self.log(is_private=True, is_shared=True)


@tagged("post_install", "-at_install")
class TestCommunicationRights(CommunicationCase):
    """Who sees and who changes it (K6)."""

    def seen(self, user, rows):
        return self.env[LOG].with_user(user).search([("id", "in", rows.ids)]).sudo()

    def test_each_role(self):
        row = self.log()
        for user, may in (
            (self.viewer, ()),
            (self.agent, ("create", "write")),
            (self.colleague, ("create",)),
            (self.billing, ("create",)),
            (self.manager, ("create", "write", "unlink")),
            (self.admin, ("create", "write", "unlink")),
        ):
            self.assertEqual(self.seen(user, row), row.sudo(), user.login)
            for operation in ("create", "write", "unlink"):
                records = self.env[LOG] if operation == "create" else row
                self.assertEqual(
                    records.with_user(user).has_access(operation), operation in may, f"{user.login} {operation}"
                )
            self.assertEqual(row.with_user(user).may_edit, "write" in may, user.login)
        with self.assertRefused(AccessError, "Communication"):
            self.env[LOG].with_user(self.make_user("log_plain")).search([])

    def test_a_colleague_pins_but_rewrites_nothing(self):
        row = self.log()
        with self.assertRefused(AccessError, "Communication"):
            row.with_user(self.colleague).write({"name": "Mine"})
        row.with_user(self.colleague).action_pin()
        self.assertTrue(row.is_pinned)
        with self.assertRefused(AccessError, "Communication"):
            row.with_user(self.viewer).action_unpin()
        self.assertTrue(row.is_pinned)
        row.with_user(self.billing).action_unpin()
        self.assertFalse(row.is_pinned)

    def test_private_rows_are_for_their_author_and_administrators(self):
        row = self.log(is_private=True, name="Between us", is_pinned=True)
        for user in (self.agent, self.admin):
            self.assertEqual(self.seen(user, row), row.sudo())
            self.assertIn(row.id, self.client.with_user(user).pinned_communication_ids.ids)
            self.assertEqual(self.client.with_user(user).communication_count, 1)
            self.env.invalidate_all()
        for user in (self.colleague, self.manager, self.viewer, self.billing):
            self.assertFalse(self.seen(user, row), user.login)
            self.assertFalse(self.env[LOG].with_user(user).search_count([("name", "=", "Between us")]))
            with self.assertRefused(AccessError, "Communication"):
                row.with_user(user).read(["name"])
            self.assertFalse(self.client.with_user(user).pinned_communication_ids, user.login)
            self.assertEqual(self.client.with_user(user).communication_count, 0)
        with self.assertRefused(AccessError, "Communication"):
            row.with_user(self.colleague).action_pin()
        portal = self.make_portal_user(self.ann)
        with self.assertRefused(AccessError, "Communication"):
            row.with_user(portal).read(["name"])

    def test_only_the_author_makes_it_private(self):
        row = self.log()
        with self.assertRefused(UserError, "Only whoever wrote “Word” can make it private"):
            row.with_user(self.manager).is_private = True
        self.assertFalse(row.is_private)
        row.is_private = True
        self.assertTrue(row.is_private)

    def test_teams_and_companies_bound_it(self):
        north = self.env["crm.team"].create({"name": "North"})
        self.client.client_team_id = north
        row, other = self.log(), self.log(client_id=self.stranger.id)
        self.env.company.client_own_team_only = True
        self.assertEqual(self.seen(self.colleague, row | other), other.sudo())
        self.assertEqual(self.seen(self.manager, row | other), (row | other).sudo())
        with self.assertRefused(AccessError, "Communication"):
            self.log(self.colleague)
        self.env.company.client_own_team_only = False
        row.sudo().company_id = self.env["res.company"].create({"name": "Second"})
        self.assertEqual(self.seen(self.colleague, row | other), other.sudo())


@tagged("post_install", "-at_install")
class TestLogging(CommunicationCase):
    """The log dialog, the quick functions, and calls that were planned."""

    @users("log_agent")
    def test_a_call_is_logged_with_what_follows(self):
        client = self.client.with_env(self.env)
        row = self.env[LOG].browse(
            client.log_communication(
                {
                    "kind": "call",
                    "direction": "out",
                    "contact_id": self.ann.id,
                    "phone": "+1 207-555-0118",
                    "duration": 0.25,
                    "outcome": "reached",
                    "notes": "She <b>agrees</b>.\nSend it.",
                    "is_pinned": True,
                },
                {"summary": "Send the offer", "date": "2031-05-02", "user_id": self.colleague.id},
            )
        )
        self.assertRecordValues(
            row,
            [
                {
                    "name": "Call with Ann",
                    "client_id": client.id,
                    "contact_id": self.ann.id,
                    "user_id": self.agent.id,
                    "duration": 0.25,
                    "outcome": "reached",
                    "is_pinned": True,
                    "preview": "She <b>agrees</b>. Send it.",
                }
            ],
        )
        self.assertIn("&lt;b&gt;", row.body)
        self.assertRecordValues(
            row.follow_up_id,
            [
                {
                    "res_model": "res.partner",
                    "res_id": client.id,
                    "summary": "Send the offer",
                    "date_deadline": fields.Date.to_date("2031-05-02"),
                    "user_id": self.colleague.id,
                }
            ],
        )

    def test_the_follow_up_of_a_private_row_does_not_tell_its_subject(self):
        client = self.client.with_user(self.agent)
        for is_private, summary in ((False, "Follow up: They are broke"), (True, "Follow up")):
            values = {"kind": "note", "name": "They are broke", "is_private": is_private}
            row = self.env[LOG].browse(client.log_communication(values, {"date": "2031-05-02"}))
            self.assertEqual(row.follow_up_id.summary, summary)

    def test_a_contact_is_logged_with_its_client(self):
        ann = self.ann.with_user(self.agent)
        action = ann.action_client_log_text()
        self.assertEqual(action["params"]["client"], {"id": self.client.id, "name": "Acme"})
        self.assertEqual((action["params"]["contactId"], action["params"]["kind"]), (self.ann.id, "text"))
        row = self.env[LOG].browse(ann.log_communication({"kind": "note", "notes": "x"}))
        self.assertRecordValues(row, [{"client_id": self.client.id, "name": "Note"}])

    def test_nothing_else_can_be_set_and_nothing_half_is_kept(self):
        client = self.client.with_user(self.agent)
        before = self.env[LOG].search_count([])
        for values, follow_up, message in (
            ({"kind": "note", "user_id": self.manager.id}, None, "This cannot be logged: user_id"),
            ({"kind": "call"}, None, "Say whether “Call” came from the client"),
            ({"kind": "note", "notes": "x" * 50_001}, None, "Notes have at most 50000 characters"),
            ({"kind": "note", "notes": "x"}, {"date": "soon"}, "The date of the follow-up is no date"),
        ):
            with self.assertRefused(UserError, message):
                client.log_communication(values, follow_up)
        self.assertEqual(self.env[LOG].search_count([]), before)
        with self.assertRefused(UserError, "Plain is no client; give it a status first."):
            self.env["res.partner"].create({"name": "Plain"}).action_client_log()

    def test_who_may_not_log_is_told_so(self):
        portal = self.make_portal_user(self.ann)
        for user in (self.viewer, portal, self.make_user("log_plain")):
            client = self.client.with_user(user)
            for call in (
                client.action_client_log_call,
                client.get_client_log_data,
                lambda client=client: client.log_communication({"kind": "note", "notes": "x"}),
            ):
                with self.assertRefused(AccessError, "Communication|not allowed|restrict"):
                    call()
        self.assertFalse(self.env[LOG].search([("client_id", "=", self.client.id)]))

    def test_the_dialog_knows_whom_one_may_have_talked_to(self):
        data = self.client.with_user(self.agent).get_client_log_data()
        self.assertEqual(
            [(each["name"], each["isPrimary"]) for each in data["contacts"]], [("Ann", True), ("Ben", False)]
        )
        self.assertEqual(
            data["contacts"][0]["numbers"], [{"number": "(207) 555-0118 ext. 4", "url": "tel:+12075550118"}]
        )
        self.assertEqual(data["client"]["numbers"], [{"number": "(207) 555-0117", "url": "tel:+12075550117"}])
        self.assertTrue(data["mayFollowUp"])
        self.assertFalse(self.client.with_user(self.billing).get_client_log_data()["mayFollowUp"])

    def test_more_contacts_cost_no_more_queries(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.client.with_user(self.agent).get_client_log_data()
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        for number in range(12):
            self.make_contact(self.client, f"Person {number}", phone=f"+1 207 555 01{number + 20}")
        self.assertEqual(count(), few)

    def test_logging_many_costs_no_more_queries_than_one(self):
        invoices = [self.make_invoice(self.client, amount) for amount in range(1, 11)]

        def count(invoices):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env[LOG].create(
                [
                    {"name": "x", "client_id": self.client.id, "res_model": "account.move", "res_id": each.id}
                    for each in invoices
                ]
            )
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(invoices[:1])
        self.assertLessEqual(count(invoices), count(invoices[:1]))

    def test_a_planned_call_that_is_done_is_logged(self):
        self.client.activity_schedule("mail.mail_activity_data_call", summary="Call Ann", user_id=self.agent.id)
        self.ann.activity_schedule("mail.mail_activity_data_call", summary=" ", user_id=self.agent.id)
        self.client.activity_schedule("mail.mail_activity_data_todo", user_id=self.agent.id)
        activities = self.client.activity_ids | self.ann.activity_ids
        activities.with_user(self.agent).action_feedback(feedback="She <agrees>")
        rows = self.env[LOG].search([("client_id", "=", self.client.id)], order="id")
        shared = {"kind": "call", "direction": "out", "user_id": self.agent.id, "preview": "She <agrees>"}
        self.assertRecordValues(
            rows.sorted("name"),
            [
                {"name": "Call", "contact_id": self.ann.id, **shared},
                {"name": "Call Ann", "contact_id": False, **shared},
            ],
        )
        self.assertTrue(rows[0].with_user(self.agent).may_edit)

    def test_feedback_of_any_length_ends_a_planned_call(self):
        activity = self.client.activity_schedule("mail.mail_activity_data_call", user_id=self.agent.id)
        activity.with_user(self.agent).action_feedback(feedback="<\n" * 60_000)
        self.assertFalse(activity.active)
        self.assertEqual(len(self.client.communication_ids), 1)

    def test_a_call_on_a_document_is_about_it_and_others_have_no_client(self):
        invoice = self.make_invoice(self.client, 10)
        invoice.activity_schedule("mail.mail_activity_data_call", summary="Dunning", user_id=self.env.uid)
        self.env["res.partner"].create({"name": "Plain"}).activity_schedule("mail.mail_activity_data_call")
        before = self.env[LOG].search_count([])
        self.env["mail.activity"].search([("activity_type_id.category", "=", "phonecall")]).action_done()
        row = self.env[LOG].search([("client_id", "=", self.client.id)])
        self.assertRecordValues(row, [{"name": "Dunning", "res_model": "account.move", "res_id": invoice.id}])
        self.assertLessEqual(self.env[LOG].search_count([]) - before, 1 + self.env["mail.activity"].search_count([]))

    def test_the_profile_counts_and_opens_it(self):
        self.log()
        self.log(is_pinned=True)
        self.env.invalidate_all()
        client = self.client.with_user(self.viewer)
        self.assertEqual(client.communication_count, 2)
        self.assertEqual(len(client.pinned_communication_ids), 1)
        action = client.action_client_communications()
        self.assertEqual(self.env[LOG].search_count(action["domain"]), 2)

    def test_a_person_gets_what_was_shared_and_when_the_rest_was(self):
        call = {"kind": "call", "direction": "in", "contact_id": self.ann.id}
        self.log(**call, name="Complains a lot", body="<p>Rude</p>", duration=0.5, phone="123")
        self.log(**call, is_shared=True, body="<p>As agreed</p>")
        self.log(**call, is_private=True)
        self.log(contact_id=self.ann.id)  # a note about her
        self.log(**call | {"contact_id": self.ben.id})
        part = next(each for each in self.ann.sudo()._client_export_parts() if each["key"] == "communication")
        self.assertEqual(
            [(row["Kind"], row["Minutes"], row["Number"], row["Subject"], row["Text"]) for row in part["rows"]],
            [("Call", 30, "123", "", ""), ("Call", 0, "", "Word", "As agreed")],
        )


@tagged("post_install", "-at_install")
class TestCommunicationMerge(CommunicationCase):
    """Partners that are merged keep what was said with all of them."""

    def received(self, client, reference, **values):
        values = {"name": "Mail", "kind": "email", "direction": "in", "client_id": client.id, **values}
        return self.env[LOG].create(
            {"message_ref": reference, "res_model": "res.partner", "res_id": client.id} | values
        )

    def test_a_mail_that_both_clients_have_stays_once_and_no_note_is_lost(self):
        twin = self.make_client("Acme Inc.")
        kept = self.received(self.client, "<both@mail>")
        again = self.received(twin, "<both@mail>")
        noted = self.received(twin, "<noted@mail>", body="<p>They will call back</p>")
        self.received(self.client, "<noted@mail>")
        only = self.received(twin, "<only@mail>")
        by_hand = self.log(client_id=twin.id)
        meeting = self.env["calendar.event"].create(
            {
                "name": "Kick-off",
                "start": "2026-01-10 10:00:00",
                "stop": "2026-01-10 11:00:00",
                "partner_ids": [(6, 0, [self.ann.id, self.make_contact(twin, "Tom").id])],
            }
        )
        self.env.cr.flush()
        self.assertEqual(len(self.env[LOG].search([("event_id", "=", meeting.id)])), 2)
        self.env["base.partner.merge.automatic.wizard"]._merge([self.client.id, twin.id], self.client)
        self.env.invalidate_all()
        self.assertEqual(again.client_id, twin, "it stays with the earlier record")
        self.assertFalse(twin.active)
        rows = self.env[LOG].search([("client_id", "=", self.client.id)])
        self.assertLessEqual(kept | noted | only | by_hand, rows)
        self.assertEqual(len(rows.filtered(lambda row: row.message_ref == "<noted@mail>")), 1)
        self.assertEqual(noted.preview, "They will call back")
        self.assertEqual(len(rows.filtered("event_id")), 1)
        self.assertEqual(rows.filtered("res_id").mapped("res_id"), [self.client.id] * len(rows.filtered("res_id")))
