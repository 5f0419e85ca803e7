from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .test_feed import FeedCase


@tagged("post_install", "-at_install")
class TestFeedMeetings(FeedCase):
    """Meetings of the calendar are in the log of each client that takes part."""

    def plan(self, people=None, **values):
        start = values.pop("start", datetime(2030, 3, 4, 9))
        return (
            self.env["calendar.event"]
            .with_user(self.agent)
            .create(
                {
                    "name": "Kick-off",
                    "start": start,
                    "stop": start + timedelta(hours=2),
                    "partner_ids": [Command.set((people if people is not None else self.ann).ids)],
                    **values,
                }
            )
        )

    def test_a_meeting_is_a_row_of_each_client_that_takes_part(self):
        event = self.plan(
            self.ann | self.bob | self.otto | self.agent.partner_id,
            location="Room 5",
            videocall_location="https://meet.example/abc",
        )
        rows = self.logged()
        shared = {
            "kind": "meeting",
            "direction": False,
            "name": "Kick-off",
            "date": datetime(2030, 3, 4, 9),
            "duration": 2.0,
            "user_id": self.agent.id,
            "place": "Room 5",
            "video_url": "https://meet.example/abc",
            "event_id": event.id,
            "is_private": False,
            "attendee_ids": (self.ann | self.bob | self.otto | self.agent.partner_id).ids,
        }
        self.assertRecordValues(
            rows.sorted("client_id"),
            [
                {"client_id": self.acme.id, "contact_id": self.ann.id, **shared},
                {"client_id": self.other.id, "contact_id": self.otto.id, **shared},
            ],
        )

    def test_a_meeting_among_colleagues_is_not_logged(self):
        self.plan(self.agent.partner_id)
        self.assertFalse(self.rows.search([("kind", "=", "meeting"), ("user_id", "=", self.agent.id)]))

    def test_the_row_follows_the_meeting(self):
        event = self.plan(self.ann)
        row = self.logged()
        event.write(
            {
                "name": "Review",
                "start": datetime(2030, 3, 5, 10),
                "stop": datetime(2030, 3, 5, 11),
                "partner_ids": [Command.set((self.bob | self.otto).ids)],
                "location": "Hall",
            }
        )
        rows = self.logged()
        self.assertIn(row, rows)
        self.assertRecordValues(
            row,
            [
                {
                    "name": "Review",
                    "date": datetime(2030, 3, 5, 10),
                    "duration": 1.0,
                    "contact_id": self.bob.id,
                    "place": "Hall",
                }
            ],
        )
        self.assertEqual(rows.client_id, self.acme | self.other)
        event.partner_ids = self.ann
        self.assertEqual(self.logged(), row, "the other client takes no part any more")

    def test_whoever_declines_takes_no_part(self):
        event = self.plan(self.ann | self.otto)
        self.assertEqual(len(self.logged()), 2)
        event.sudo().attendee_ids.filtered(lambda each: each.partner_id == self.otto).do_decline()
        self.assertEqual(self.logged().client_id, self.acme)

    def test_a_cancelled_meeting_vanishes_unless_there_are_minutes(self):
        event, other = self.plan(), self.plan(name="With minutes")
        self.logged().filtered(lambda row: row.event_id == other).body = "<p>We agreed.</p>"
        event.unlink()
        other.unlink()
        row = self.logged()
        self.assertRecordValues(row, [{"name": "With minutes", "body": "<p>We agreed.</p>", "event_id": False}])
        third = self.plan(name="Archived")
        self.assertEqual(len(self.logged()), 2)
        third.active = False
        self.assertEqual(self.logged(), row)

    def test_minutes_stay_when_the_meeting_moves(self):
        event = self.plan()
        with self.assertRefused(UserError, "No client takes part in this meeting; add one of its people first."):
            self.plan(self.agent.partner_id).action_client_minutes()
        row = self.logged()
        action = event.action_client_minutes()
        self.assertEqual((action["res_model"], action["res_id"]), ("nestogy.communication", row.id))
        self.logged().with_user(self.agent).body = "<p>We agreed.</p>"
        event.start = datetime(2030, 4, 1, 9)
        self.assertRecordValues(self.logged(), [{"body": "<p>We agreed.</p>", "date": datetime(2030, 4, 1, 9)}])

    def test_a_private_meeting_is_private_in_the_log(self):
        other = self.make_user("feed_other", "agent")
        event = self.plan(privacy="private")
        row = self.logged()
        self.assertTrue(row.is_private)
        self.assertEqual(row.name, "Kick-off")
        self.assertTrue(row.with_user(self.agent).has_access("read"))
        self.assertFalse(row.with_user(other).has_access("read"))
        with self.assertRefused(AccessError, "."):
            row.with_user(other).read(["name"])
        event.privacy = "public"
        self.logged().is_shared = True
        event.privacy = "private"
        self.assertRecordValues(self.logged(), [{"is_private": True, "is_shared": False}])

    @freeze_time("2030-03-01 12:00:00")
    def test_a_repeating_meeting_has_rows_of_a_month_ahead_and_more_as_they_come_near(self):
        self.plan(recurrency=True, rrule_type="daily", rrule_type_ui="daily", end_type="count", count=60, interval=1)
        self.assertEqual(len(self.env["calendar.event"].search([("name", "=", "Kick-off")])), 60)
        rows = self.logged()
        self.assertEqual(max(rows.mapped("date")), datetime(2030, 3, 31, 9))
        self.assertEqual(len(rows), 28)
        with (
            freeze_time("2030-03-03 12:00:00"),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=1),
        ):
            self.env["ir.config_parameter"].set_param(
                "nestogy_clients.communication_filled", '{"mail.message": 0, "calendar.event": 0}'
            )
            self.rows.sudo()._cron_feed()
            self.rows.sudo()._cron_feed()
        self.assertEqual(max(self.logged().mapped("date")), datetime(2030, 4, 2, 9))
        self.assertEqual(len(self.logged()), 30)

    def test_meetings_from_before_are_logged_once(self):
        self.plan()
        self.logged().sudo().unlink()
        self.env["ir.config_parameter"].set_param("nestogy_clients.communication_filled", '{"mail.message": 0}')
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", return_value=1):
            self.rows.sudo()._cron_feed()
            self.rows.sudo()._cron_feed()
        self.assertEqual(self.logged().mapped("name"), ["Kick-off"])

    def test_many_meetings_cost_as_many_queries_as_one(self):
        events = self.env["calendar.event"].browse()
        for number in range(12):
            client = self.make_client(f"Client {number}")
            events |= self.plan(client)
        self.env.cr.flush()
        self.rows.search([("event_id", "in", events.ids)]).sudo().unlink()

        def cost(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.rows.sudo()._feed_meetings(set(some.ids))
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(events[:1])
        self.assertEqual(cost(events[1:2]), cost(events[2:]))
        self.assertEqual(len(self.rows.search([("event_id", "in", events.ids)])), 12)

    def test_plan_a_meeting_begins_with_the_primary_contact_and_me(self):
        client = self.acme.with_user(self.agent)
        self.assertIn("action_client_plan_meeting", [each["method"] for each in client.get_client_quick_actions()])
        action = client.action_client_plan_meeting()
        with Form(self.env[action["res_model"]].with_user(self.agent).with_context(**action["context"])) as form:
            form.start = fields.Datetime.now() + timedelta(days=3)
        event = form.save()
        self.assertEqual(event.partner_ids, self.ann | self.agent.partner_id)
        self.assertRecordValues(self.logged(), [{"name": "Meeting with Acme", "contact_id": self.ann.id}])

    def test_who_may_not_see_the_client_plans_no_meeting(self):
        nobody = self.make_portal_user(self.otto)
        with self.assertRefused(AccessError, "."):
            self.acme.with_user(nobody).action_client_plan_meeting()
