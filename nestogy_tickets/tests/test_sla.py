from datetime import datetime, timedelta
from random import Random
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from ..models.sla import nestogy_sla_mixin
from .common import TicketsMakers

MONDAY = datetime(2026, 3, 2)


@tagged("post_install", "-at_install")
class TestSla(TicketsMakers, ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.calendar = cls.make_hours()
        cls.policy = cls.env["nestogy.sla.policy"].create(
            {
                "name": "Standard",
                "calendar_id": cls.calendar.id,
                "line_ids": [
                    (0, 0, {"kind": kind, "priority": priority, "response_hours": hours, "resolution_hours": 4 * hours})
                    for kind in ("request", "job")
                    for priority, hours in (("0", 8), ("1", 4), ("2", 2), ("3", 1))
                ],
            }
        )
        cls.env.company.client_sla_policy_id = cls.policy
        cls.stage_awaiting = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_awaiting")

    def at(self, text):
        """Freeze at an hour of the week of Monday, as "Mon 09:30"."""
        day, hour = text.split()
        number = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].index(day)
        return freeze_time(f"2026-03-{2 + number:02} {hour}")

    def open_ticket(self, when="Mon 09:00", **values):
        with self.at(when):
            return self.make_tickets(self.owner, **values)

    def clocks(self, record):
        return {clock.target: clock for clock in record.sla_clock_ids}

    def assertConsistent(self, records):
        """What is stored is what the ledger says, to the second."""
        for clock in records.sla_clock_ids:
            lines = clock.interval_ids
            self.assertEqual(clock.consumed_seconds, sum(lines.mapped("worked_seconds")))
            for line, following in zip(lines, lines[1:], strict=False):
                self.assertEqual(line.ended_at, following.started_at)

    def test_a_ticket_starts_both_clocks(self):
        ticket = self.open_ticket()
        self.assertEqual(ticket.sla_policy_id, self.policy)
        self.assertEqual(ticket.sla_response_deadline, datetime(2026, 3, 2, 13))
        self.assertEqual(ticket.sla_resolution_deadline, datetime(2026, 3, 3, 17))
        self.assertEqual(ticket.sla_deadline, ticket.sla_response_deadline)
        self.assertEqual(len(ticket.sla_clock_ids.interval_ids), 2)

    def test_answer_and_closing_in_time(self):
        ticket = self.open_ticket()
        with self.at("Mon 12:00"):
            ticket.with_user(self.agent).message_post(
                body="On it", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
        clocks = self.clocks(ticket)
        self.assertEqual(clocks["response"].state, "met")
        self.assertEqual(clocks["response"].consumed_seconds, 3 * 3600)
        self.assertEqual(ticket.sla_first_response_at, datetime(2026, 3, 2, 12))
        self.assertEqual(ticket.sla_deadline, ticket.sla_resolution_deadline)
        with self.at("Tue 10:00"):
            ticket.stage_id = self.stage_done
        self.assertEqual(clocks["resolution"].state, "met")
        self.assertEqual(clocks["resolution"].consumed_seconds, 9 * 3600)
        self.assertEqual(ticket.sla_resolved_at, datetime(2026, 3, 3, 10))
        self.assertFalse(ticket.sla_deadline)
        self.assertConsistent(ticket)

    def test_a_closed_ticket_from_elsewhere_brings_its_times_along(self):
        with self.at("Thu 12:00"), patch.object(self.env.registry, "ready", False):  # only then is create_date taken
            ticket = self.make_tickets(
                self.owner,
                create_date=datetime(2026, 3, 2, 9),
                sla_first_response_at=datetime(2026, 3, 2, 11),
                sla_resolved_at=datetime(2026, 3, 4, 10),
                closed_date=datetime(2026, 3, 4, 10),
                stage_id=self.stage_done.id,
            )
        clocks = self.clocks(ticket)
        self.assertEqual((clocks["response"].state, clocks["response"].consumed_seconds), ("met", 2 * 3600))
        self.assertEqual((clocks["resolution"].state, clocks["resolution"].consumed_seconds), ("missed", 17 * 3600))
        self.assertEqual(clocks["resolution"].done_at, datetime(2026, 3, 4, 10))
        self.assertEqual(ticket.closed_date, datetime(2026, 3, 4, 10))
        self.assertConsistent(ticket)

    def test_late_is_missed(self):
        ticket = self.open_ticket()
        with self.at("Wed 10:00"):
            ticket.stage_id = self.stage_done
        self.assertEqual(set(ticket.sla_clock_ids.mapped("state")), {"missed"})
        self.assertEqual(self.clocks(ticket)["resolution"].breached_at, datetime(2026, 3, 3, 17))
        self.assertConsistent(ticket)

    # ------------------------------------------------------------------
    # What counts as an answer
    # ------------------------------------------------------------------

    def answer(self, ticket):
        """The client writes, as by the portal or by mail."""
        ticket.with_user(self.owner_user).sudo().message_post(
            body="Here it is", message_type="comment", subtype_xmlid="mail.mt_comment"
        )

    def post(self, ticket, user, **values):
        values = {"body": "Hello", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"} | values
        return ticket.with_user(user).message_post(**values)

    def test_only_a_public_message_of_staff_is_an_answer(self):
        ticket = self.open_ticket()
        with self.at("Mon 10:00"):
            self.post(ticket, self.agent, subtype_xmlid="mail.mt_note")
            self.post(ticket, self.agent, message_type="auto_comment")
            self.post(ticket, self.agent, message_type="notification")
            self.post(ticket, self.agent, message_type="out_of_office")
            self.post(ticket, self.env.ref("base.user_root"))
            self.answer(ticket)
            ticket.with_user(self.agent).write({"priority": "1", "stage_id": self.stage_progress.id})
            self.env.flush_all()
            self.env.cr.precommit.run()  # the mail of the stage and the tracking
        self.assertFalse(ticket.sla_first_response_at)
        self.assertEqual(self.clocks(ticket)["response"].state, "running")
        with self.at("Mon 11:00"):
            self.post(ticket, self.agent)
        with self.at("Mon 12:00"):
            self.post(ticket, self.agent)
        self.assertEqual(ticket.sla_first_response_at, datetime(2026, 3, 2, 11))

    def test_the_mails_of_stages_are_no_answer(self):
        with self.at("Mon 09:00"):
            ticket = self.env["helpdesk.ticket"].create(
                {"name": "New", "description": "<p>x</p>", "partner_id": self.owner.id, "team_id": self.team.id}
            )
            self.env.flush_all()
            self.env.cr.precommit.run()
        self.assertIn("auto_comment", ticket.message_ids.mapped("message_type"))
        self.assertFalse(ticket.sla_first_response_at)

    def test_an_automatic_mail_is_no_answer_of_the_client(self):
        ticket = self.open_ticket()
        with self.at("Mon 10:00"):
            ticket.stage_id = self.stage_awaiting
        with self.at("Mon 11:00"):
            traits = {"nestogy_mail_traits": {"automatic": True}}
            self.answer(ticket.with_context(**traits))
        self.assertEqual(ticket.sla_pause_reason, "waiting_client")

    def test_closing_without_a_word_is_the_answer(self):
        ticket = self.open_ticket()
        with self.at("Mon 10:00"):
            ticket.stage_id = self.stage_done
        self.assertEqual(ticket.sla_first_response_at, datetime(2026, 3, 2, 10))
        self.assertEqual(set(ticket.sla_clock_ids.mapped("state")), {"met"})

    # ------------------------------------------------------------------
    # Pauses
    # ------------------------------------------------------------------

    def test_waiting_stops_the_clocks_until_the_client_answers(self):
        ticket = self.open_ticket()
        with self.at("Mon 11:00"):
            ticket.stage_id = self.stage_awaiting
        self.assertEqual(
            (ticket.sla_paused_since, ticket.sla_pause_reason), (datetime(2026, 3, 2, 11), "waiting_client")
        )
        self.assertFalse(ticket.sla_deadline)
        self.assertFalse(ticket.sla_resolution_deadline)
        with self.at("Tue 11:00"):
            self.answer(ticket)
        self.assertFalse(ticket.sla_paused_since)
        self.assertEqual(ticket.stage_id, self.stage_awaiting)
        self.assertEqual(ticket.sla_response_deadline, datetime(2026, 3, 3, 13))
        self.assertEqual(ticket.sla_resolution_deadline, datetime(2026, 3, 4, 17))
        with self.at("Tue 12:00"):
            self.post(ticket, self.agent)  # and we wait again
        self.assertEqual(ticket.sla_paused_since, datetime(2026, 3, 3, 12))
        with self.at("Tue 13:00"):
            ticket.stage_id = self.stage_progress
        self.assertEqual(self.clocks(ticket)["resolution"].consumed_seconds, 3 * 3600)
        with self.at("Tue 14:00"):
            ticket.stage_id = self.stage_awaiting
        self.assertEqual(ticket.sla_paused_since, datetime(2026, 3, 3, 14))
        self.assertConsistent(ticket)

    def test_a_policy_may_say_that_waiting_stops_nothing(self):
        self.policy.pause_when_waiting = False
        ticket = self.open_ticket()
        with self.at("Mon 11:00"):
            ticket.stage_id = self.stage_awaiting
        self.assertFalse(ticket.sla_paused_since)
        with self.at("Mon 12:00"):
            self.policy.pause_when_waiting = True
        self.assertEqual(ticket.sla_paused_since, datetime(2026, 3, 2, 12))

    def test_a_stage_that_stops_the_clocks(self):
        ticket = self.open_ticket()
        with self.at("Mon 10:00"):
            ticket.stage_id = self.stage_progress
            self.stage_progress.stops_sla = True
        self.assertEqual(ticket.sla_pause_reason, "stage")
        with self.at("Mon 11:00"):
            self.stage_progress.stops_sla = False
        self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 2, 14))

    def test_stopped_by_hand(self):
        ticket = self.open_ticket()
        with self.at("Mon 10:00"):
            ticket._sla_pause("manual")
        with self.at("Mon 11:00"):
            ticket.stage_id = self.stage_progress
            self.assertEqual(ticket.sla_pause_reason, "manual")
            self.assertEqual(ticket.sla_paused_since, datetime(2026, 3, 2, 10))
        with self.at("Mon 12:00"):
            ticket._sla_resume()
        self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 2, 15))
        self.assertFalse(ticket.sla_hold_reason)

    # ------------------------------------------------------------------
    # What is in force changes
    # ------------------------------------------------------------------

    def test_another_priority_keeps_what_is_used_up(self):
        ticket = self.open_ticket()
        with self.at("Mon 11:00"):
            ticket.priority = "2"  # 2 and 8 hours
        clocks = self.clocks(ticket)
        self.assertEqual(clocks["response"].deadline_at, datetime(2026, 3, 2, 11))
        self.assertEqual(clocks["resolution"].deadline_at, datetime(2026, 3, 2, 17))
        former, following = clocks["resolution"].interval_ids
        self.assertRecordValues(
            former | following,
            [
                {"priority": "1", "goal_seconds": 16 * 3600, "worked_seconds": 2 * 3600, "policy_id": self.policy.id},
                {"priority": "2", "goal_seconds": 8 * 3600, "worked_seconds": 0, "policy_id": self.policy.id},
            ],
        )
        self.assertConsistent(ticket)

    def test_other_times_and_hours_of_the_policy(self):
        ticket = self.open_ticket()
        line = self.policy.line_ids.filtered(lambda line: (line.kind, line.priority) == ("request", "1"))
        with self.at("Mon 11:00"):
            line.resolution_hours = 20
        self.assertEqual(ticket.sla_resolution_deadline, datetime(2026, 3, 4, 13))
        with self.at("Mon 12:00"):
            self.policy.calendar_id = False
        self.assertEqual(ticket.sla_resolution_deadline, datetime(2026, 3, 3, 5))
        with self.at("Mon 13:00"):
            line.response_hours = 0
        self.assertEqual(self.clocks(ticket)["response"].state, "cancelled")
        with self.at("Mon 14:00"):
            line.response_hours = 4
        response = self.clocks(ticket)["response"]
        self.assertEqual((response.state, response.deadline_at), ("running", datetime(2026, 3, 2, 14)))
        self.assertConsistent(ticket)

    def test_a_table_of_times_that_is_written_as_a_whole_makes_one_line(self):
        ticket = self.open_ticket()
        lines = self.policy.line_ids.filtered(lambda line: line.kind == "request")
        with self.at("Mon 11:00"):
            self.policy.write(
                {"line_ids": [(1, line.id, {"response_hours": 6, "resolution_hours": 20}) for line in lines]}
            )
        self.assertEqual(ticket.sla_response_deadline, datetime(2026, 3, 2, 15))
        self.assertEqual(ticket.sla_resolution_deadline, datetime(2026, 3, 4, 13))
        self.assertEqual([len(clock.interval_ids) for clock in ticket.sla_clock_ids], [2, 2])

    def test_an_archived_policy_promises_nothing_until_it_comes_back(self):
        ticket = self.open_ticket()
        with self.at("Mon 10:00"):
            self.policy.action_archive()
        self.assertFalse(ticket.sla_policy_id)
        self.assertEqual(set(ticket.sla_clock_ids.mapped("state")), {"cancelled"})
        with self.at("Mon 12:00"):
            self.policy.action_unarchive()
        self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 2, 15))
        self.assertConsistent(ticket)

    def test_the_client_before_its_group_before_the_company(self):
        group_policy = self.policy.copy({"name": "Group"})
        own_policy = self.policy.copy({"name": "Own"})
        ticket = self.open_ticket()
        with self.at("Mon 10:00"):
            self.client.client_group_id.sla_policy_id = group_policy
        self.assertEqual(ticket.sla_policy_id, group_policy)
        with self.at("Mon 11:00"):
            self.client.sla_policy_id = own_policy
        self.assertEqual(ticket.sla_policy_id, own_policy)
        setting = self.client._client_settings()["sla_policy"]
        with self.at("Mon 12:00"):
            self.client._store_setting("sla_policy", setting, False)  # none on purpose
        self.assertFalse(ticket.sla_policy_id)
        self.assertFalse(ticket.sla_deadline)
        self.assertEqual(set(ticket.sla_clock_ids.mapped("state")), {"cancelled"})
        with self.at("Mon 13:00"):
            self.client._forget_setting("sla_policy", setting)
        self.assertEqual(ticket.sla_policy_id, group_policy)
        # the hour without a policy is not used up
        self.assertEqual(ticket.sla_response_deadline, datetime(2026, 3, 2, 14))
        self.assertConsistent(ticket)

    def test_who_is_no_client_is_promised_nothing(self):
        stranger = self.env["res.partner"].create({"name": "Somebody"})
        with self.at("Mon 09:00"):
            tickets = self.make_tickets(stranger) | self.make_tickets(self.env["res.partner"])
        self.assertFalse(tickets.sla_clock_ids)
        self.assertFalse(any(tickets.mapped("sla_policy_id")))

    def test_a_ticket_that_finds_its_client_later_counts_from_its_creation(self):
        with self.at("Mon 09:00"):
            ticket = self.make_tickets(self.env["res.partner"])
        self.env.flush_all()
        self.env.cr.execute("UPDATE helpdesk_ticket SET create_date = '2026-03-02 09:00' WHERE id = %s", ticket.ids)
        ticket.invalidate_recordset()
        with self.at("Mon 12:00"):
            ticket.partner_id = self.owner
        self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 2, 13))
        self.assertEqual(ticket.sla_clock_ids.client_id, self.client)
        with self.at("Mon 12:30"):
            ticket.partner_id = self.stranger
        self.assertEqual(ticket.sla_clock_ids.client_id, self.other_client)

    def test_a_policy_that_comes_later_starts_now(self):
        self.env.company.client_sla_policy_id = False
        ticket = self.open_ticket()
        self.assertFalse(ticket.sla_clock_ids)
        with self.at("Wed 09:00"):
            self.env.company.client_sla_policy_id = self.policy
        self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 4, 13))

    def test_an_answer_that_an_import_brings_along_counts(self):
        with self.at("Mon 09:00"):
            ticket = self.make_tickets(self.owner)
        with self.at("Mon 12:00"):
            ticket.write({"sla_first_response_at": datetime(2026, 3, 2, 10), "priority": "2"})
            self.env.flush_all()
        response = self.clocks(ticket)["response"]
        self.assertEqual((response.state, response.done_at), ("met", datetime(2026, 3, 2, 10)))
        self.assertEqual(response.consumed_seconds, 3600)

    def test_many_are_brought_in_line_by_the_cron(self):
        self.env.company.client_sla_policy_id = False
        with self.at("Mon 09:00"):
            tickets = self.make_tickets(self.owner, count=3)
        self.patch(nestogy_sla_mixin, "SYNC_AT_ONCE", 2)
        self.env.company.client_sla_policy_id = self.policy
        self.assertFalse(tickets.sla_clock_ids)
        self.assertEqual(set(tickets.mapped("sla_is_stale")), {True})
        with self.at("Mon 10:00"), self.enter_registry_test_mode():
            self.env.ref("nestogy_tickets.ir_cron_sla_sync").method_direct_trigger()
        tickets.invalidate_recordset()
        self.assertEqual(len(tickets.sla_clock_ids), 6)
        self.assertEqual(set(tickets.mapped("sla_is_stale")), {False})

    # ------------------------------------------------------------------
    # Closed, open again, archived
    # ------------------------------------------------------------------

    def test_open_again_goes_on(self):
        ticket = self.open_ticket()
        with self.at("Mon 12:00"):
            ticket.stage_id = self.stage_done
        with self.at("Wed 12:00"):
            ticket.stage_id = self.stage_progress
        clock = self.clocks(ticket)["resolution"]
        self.assertEqual(clock.interval_ids.mapped("kind"), ["running", "closed", "running"])
        self.assertEqual((clock.consumed_seconds, clock.deadline_at), (3 * 3600, datetime(2026, 3, 5, 17)))
        self.assertFalse(ticket.sla_resolved_at)
        self.assertEqual(self.clocks(ticket)["response"].state, "met")
        with self.at("Wed 13:00"):
            ticket.stage_id = self.stage_done
        self.assertEqual(clock.consumed_seconds, 4 * 3600)
        self.assertConsistent(ticket)

    def test_archived_is_cancelled(self):
        ticket = self.open_ticket()
        with self.at("Mon 10:00"):
            ticket.active = False
        self.assertEqual(set(ticket.sla_clock_ids.mapped("state")), {"cancelled"})
        self.assertFalse(ticket.sla_deadline)
        with self.at("Mon 11:00"):
            ticket.active = True
        self.assertEqual(ticket.sla_deadline, datetime(2026, 3, 2, 14))

    # ------------------------------------------------------------------
    # Jobs
    # ------------------------------------------------------------------

    def test_jobs_have_clocks_and_their_parts_have_none(self):
        project = self.env["project.project"].create({"name": "Move", "partner_id": self.client.id})
        with self.at("Mon 09:00"):
            tasks = self.env["project.task"].create(
                [
                    {"name": "Job", "project_id": project.id, "priority": "1"},
                    {"name": "Ours", "project_id": self.env["project.project"].create({"name": "Own"}).id},
                    {"name": "Template", "project_id": project.id, "is_template": True},
                ]
            )
            part = self.env["project.task"].create({"name": "Part", "project_id": project.id, "parent_id": tasks[0].id})
        job = tasks[0]
        self.assertEqual(job.sla_policy_id, self.policy)
        self.assertEqual(job.sla_deadline, datetime(2026, 3, 2, 13))
        self.assertFalse((tasks[1:] | part).sla_clock_ids)
        with self.at("Mon 10:00"):
            self.post(job, self.agent.sudo())
        self.assertEqual(self.clocks(job)["response"].state, "met")
        with self.at("Mon 11:00"):
            job.state = "1_canceled"
        self.assertEqual(self.clocks(job)["resolution"].state, "cancelled")
        with self.at("Mon 12:00"):
            job.state = "01_in_progress"
        with self.at("Mon 13:00"):
            job.state = "1_done"
        resolution = self.clocks(job)["resolution"]
        self.assertEqual((resolution.state, resolution.consumed_seconds), ("met", 3 * 3600))
        self.assertConsistent(job)

    def test_jobs_follow_the_client_of_their_project(self):
        project = self.env["project.project"].create({"name": "Move"})
        with self.at("Mon 09:00"):
            job = self.env["project.task"].create({"name": "Job", "project_id": project.id})
        self.assertFalse(job.sla_clock_ids)
        with self.at("Mon 10:00"):
            project.partner_id = self.client
        self.assertEqual(job.sla_clock_ids.client_id, self.client)

    # ------------------------------------------------------------------
    # The sweep
    # ------------------------------------------------------------------

    def sweep(self):
        """:return: the events that were told, as (record, target, event, percent)"""
        told = []

        def note(records, clocks, event):
            told.extend(
                (record, clock.target, event, clock.warned_percent)
                for record, clock in zip(records, clocks, strict=True)
            )

        with patch.object(type(self.env["helpdesk.ticket"]), "_sla_event", note):
            while self.env["nestogy.sla.clock"]._sweep_batch():
                continue
        return told

    def test_each_warning_and_breach_once(self):
        ticket = self.open_ticket()
        with self.at("Mon 10:00"):
            self.assertEqual(self.sweep(), [])
        with self.at("Mon 11:00"):
            self.assertEqual(self.sweep(), [(ticket, "response", "warning", 50)])
            self.assertEqual(self.sweep(), [])
        with self.at("Mon 12:40"):
            self.assertEqual(self.sweep(), [(ticket, "response", "warning", 90)])
            domain = ticket._sla_at_risk_domain()
            self.assertEqual(ticket.search(domain), ticket)
        with self.at("Mon 13:01"):
            self.assertEqual(self.sweep(), [(ticket, "response", "breached", 90)])
            self.assertEqual(self.sweep(), [])
            self.assertEqual(ticket.search(ticket._sla_breached_domain()), ticket)
            self.assertFalse(ticket.search(ticket._sla_at_risk_domain()))
        self.assertEqual(self.clocks(ticket)["response"].breached_at, datetime(2026, 3, 2, 13))
        with self.at("Mon 14:00"):
            ticket.stage_id = self.stage_awaiting
            self.assertFalse(ticket.search(ticket._sla_breached_domain()))
            self.assertEqual(ticket.search(ticket._sla_paused_domain()), ticket)

    def test_one_bad_ticket_does_not_stop_the_others_and_is_tried_again(self):
        with self.at("Mon 09:00"):
            tickets = self.make_tickets(self.owner, count=3)
        told = []

        def fail(records, clocks, event):
            if tickets[1] in records:
                raise ValueError("no")
            told.extend(records)

        hook = patch.object(type(tickets), "_sla_event", fail)
        with self.at("Mon 11:00"), hook, mute_logger("odoo.addons.nestogy_tickets.models.sla.nestogy_sla_clock"):
            self.env["nestogy.sla.clock"]._sweep_batch()
        self.assertCountEqual(told, tickets - tickets[1])
        with self.at("Mon 11:04"):
            self.assertEqual(self.sweep(), [])
        with self.at("Mon 11:05"):
            self.assertEqual(self.sweep(), [(tickets[1], "response", "warning", 50)])

    def test_many_breaches_cost_no_more_queries_than_two(self):
        def late(count):
            with self.at("Mon 09:00"):
                tickets = self.make_tickets(self.owner, count=count)
            with self.at("Tue 18:00"):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.assertEqual(self.env["nestogy.sla.clock"]._sweep_batch(), 2 * count)
                self.env.flush_all()
                used = self.env.cr.sql_log_count - before
            for ticket in tickets:
                bodies = [str(message.body) for message in ticket.message_ids]
                for target in ("First Response", "Resolution"):
                    self.assertEqual(sum(f"SLA time for {target} has passed." in body for body in bodies), 1)
            return used

        late(1)
        self.assertEqual(late(20), late(2))

    def test_the_cron_tells_in_the_history(self):
        ticket = self.open_ticket()
        with self.at("Tue 09:00"), self.enter_registry_test_mode():
            self.env.ref("nestogy_tickets.ir_cron_sla_sweep").method_direct_trigger()
        self.assertIn("SLA time for First Response has passed.", str(ticket.message_ids.mapped("body")))

    # ------------------------------------------------------------------
    # To be read
    # ------------------------------------------------------------------

    def test_status_and_receipt(self):
        ticket = self.open_ticket()
        with self.at("Mon 11:00"):
            ticket.stage_id = self.stage_awaiting
        with self.at("Mon 12:00"):
            ticket.stage_id = self.stage_progress
        with self.at("Mon 18:00"):
            status = ticket._sla_status()[ticket.id]
            self.assertEqual((status["state"], status["open_now"]), ("running", False))
            self.assertEqual(status["next_open"], datetime(2026, 3, 3, 9))
            self.assertEqual(
                status["targets"],
                [
                    {
                        "target": "response",
                        "label": "First Response",
                        "state": "running",
                        "deadline": datetime(2026, 3, 2, 14),
                        "goal_seconds": 4 * 3600,
                        "consumed_seconds": 7 * 3600,
                        "left_seconds": -3 * 3600,
                        "percent": 175,
                        "breached": True,
                    },
                    {
                        "target": "resolution",
                        "label": "Resolution",
                        "state": "running",
                        "deadline": datetime(2026, 3, 4, 10),
                        "goal_seconds": 16 * 3600,
                        "consumed_seconds": 7 * 3600,
                        "left_seconds": 9 * 3600,
                        "percent": 44,
                        "breached": False,
                    },
                ],
            )
            receipt = [
                (line["kind"], line["reason"], line["worked_seconds"])
                for line in ticket._sla_receipt()
                if line["target"] == "Resolution"
            ]
        self.assertEqual(
            receipt,
            [("Running", "", 7200), ("Paused", "Waiting for the client", 0), ("Running", "", 5 * 3600)],
        )

    def test_many_cost_no_more_queries_than_one(self):
        def count(call):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            call()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        one = self.open_ticket()
        many = self.open_ticket(count=20)
        with self.at("Mon 10:00"):
            many._sla_status()
            self.assertEqual(count(one._sla_status), count(many._sla_status))
            self.assertEqual(count(one._sla_sync), count(many._sla_sync))
            many.write({"sequence": 3})
            stages = count(lambda: one.write({"stage_id": self.stage_awaiting.id}))
            self.assertLessEqual(count(lambda: many.write({"stage_id": self.stage_awaiting.id})), stages + 3)

    def test_random_lives_leave_no_difference(self):
        """What is stored is what the ledger says, and what working time says of each line."""
        dice = Random(2026)
        other = self.policy.copy({"name": "Other", "calendar_id": False})
        with self.at("Mon 08:00"):
            tickets = self.make_tickets(self.owner, count=3)
        now = datetime(2026, 3, 2, 8)
        stages = self.stage_new | self.stage_progress | self.stage_awaiting | self.stage_done
        schedules = self.env["resource.calendar"]
        booked = {}
        for _number in range(60):
            now += timedelta(minutes=dice.randrange(240))
            ticket = tickets[dice.randrange(3)]
            event = dice.choice(["stage", "stage", "priority", "policy", "day_off", "client", "agent", "sweep", "hold"])
            with freeze_time(now):
                # what was closed until now was counted by the hours of its day
                if event == "stage":
                    ticket.stage_id = stages[dice.randrange(len(stages))]
                elif event == "priority":
                    ticket.priority = dice.choice("0123")
                elif event == "policy":
                    self.client.sla_policy_id = dice.choice([self.policy, other])
                elif event == "day_off":
                    start = now.replace(hour=0, minute=0) + timedelta(days=dice.randrange(-1, 4))
                    self.env["resource.calendar.leaves"].create(
                        {
                            "name": "Off",
                            "calendar_id": self.calendar.id,
                            "date_from": start,
                            "date_to": start + timedelta(hours=dice.randrange(1, 24)),
                        }
                    )
                elif event == "client":
                    self.answer(ticket)
                elif event == "agent":
                    self.post(ticket, self.agent)
                elif event == "hold":
                    ticket._sla_resume() if ticket.sla_hold_reason else ticket._sla_pause("manual")
                else:
                    self.sweep()
                self.assertConsistent(tickets)
                for clock in tickets.sla_clock_ids:
                    left = clock.goal_seconds - clock.consumed_seconds
                    line = clock.interval_ids[-1]
                    self.assertEqual(bool(line.ended_at), clock.state in ("met", "missed", "cancelled"))
                    if clock.state == "running" and left > 0:
                        schedule = schedules._sla_schedule(clock.calendar_id.id or None, clock.company_id.id)
                        self.assertEqual(clock.deadline_at, schedule.deadline(line.started_at, left))
                    for line in clock.interval_ids.filtered("ended_at"):
                        # a closed line is never counted again
                        self.assertEqual(booked.setdefault(line.id, line.worked_seconds), line.worked_seconds)
        self.assertGreater(len(booked), 40)

    # ------------------------------------------------------------------
    # Limits and rights
    # ------------------------------------------------------------------

    def test_limits(self):
        line = self.policy.line_ids[0]
        with self.assertRefused(ValidationError, "between one minute and 8784 hours"):
            line.response_hours = 9000
        with self.assertRefused(ValidationError, "between one minute and 8784 hours"):
            line.resolution_hours = -1
        for text in ("half", "0,50", "100", ",".join(map(str, range(1, 12)))):
            with self.assertRefused(ValidationError, "ten whole percents between 1 and 99"):
                self.policy.warning_percents = text
        with self.assertRefused(UniqueViolation, "one_each"), mute_logger("odoo.sql_db"):
            line.copy({"policy_id": self.policy.id})
            self.env.flush_all()

    def test_nobody_writes_clocks_or_ledger(self):
        ticket = self.open_ticket()
        clock = ticket.sla_clock_ids[0]
        for records in (clock, clock.interval_ids, clock.sudo(), clock.interval_ids.sudo()):
            with self.assertRefused(UserError, "clocks|ledger"):
                records.write({"goal_seconds": 1})
            with self.assertRefused(UserError, "clocks|ledger"):
                records.unlink()
            with self.assertRefused(UserError, "clocks|ledger"):
                records.create({})
        ticket.unlink()
        self.assertFalse(clock.exists())

    def test_rights(self):
        ticket = self.open_ticket()
        manager = self.make_user("sla_manager", "manager")
        clock = ticket.sla_clock_ids[0]
        for user in (self.viewer, self.agent):
            for records in (self.policy, self.policy.line_ids, clock, clock.interval_ids, ticket):
                self.assertTrue(records.with_user(user).has_access("read"))
                self.assertTrue(records.with_user(user).read())
            for records in (self.policy, self.policy.line_ids, clock, clock.interval_ids):
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(records.with_user(user).has_access(operation))
        self.policy.with_user(manager).name = "Ours"
        self.policy.line_ids[0].with_user(manager).response_hours = 3
        for records in (self.policy, self.policy.line_ids, clock, clock.interval_ids):
            self.assertFalse(records.with_user(self.owner_user).has_access("read"))
        names = {name for name in ticket._fields if name.startswith("sla_")}
        self.assertGreater(len(names), 10)
        self.assertFalse(names & set(ticket.with_user(self.owner_user).fields_get()))
        with self.assertRaises(AccessError):
            ticket.with_user(self.owner_user).read(["sla_deadline"])

    def test_other_companies_keep_theirs(self):
        ticket = self.open_ticket()
        other = self.other_company()
        stranger = self.make_user("sla_other", "viewer", company_id=other.id, company_ids=[(6, 0, other.ids)])
        self.assertFalse(self.env["nestogy.sla.clock"].with_user(stranger).search([]))
        self.assertFalse(self.env["nestogy.sla.interval"].with_user(stranger).search([]))
        self.policy.company_id = self.env.company
        self.assertNotIn(self.policy, self.env["nestogy.sla.policy"].with_user(stranger).search([]))
        self.assertTrue(ticket.sla_clock_ids)

    def test_a_client_opens_a_ticket_and_its_clocks_run(self):
        with self.at("Mon 09:00"):
            ticket = (
                self.env["helpdesk.ticket"]
                .with_user(self.owner_user)
                .sudo()
                .create({"name": "Help", "description": "<p>x</p>", "partner_id": self.owner.id})
            )
        self.assertEqual(len(ticket.sla_clock_ids), 2)
        self.assertEqual(ticket.sla_clock_ids.create_uid, self.owner_user)
