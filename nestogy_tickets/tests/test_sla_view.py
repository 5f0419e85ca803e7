from datetime import UTC, datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_clients.tests.common import ClientsCase
from odoo.addons.nestogy_portal.tests.common import PASSWORD

from .common import TicketsMakers

MONDAY = datetime(2026, 3, 2, 9, 0)
HOURS = {"request.1.response": 4, "request.1.resolution": 16, "job.1.resolution": 8}


class SlaViewMakers(TicketsMakers):
    """A policy by office hours in UTC, in force for the whole company."""

    @classmethod
    def make_policy(cls, **values):
        cls.calendar = cls.make_hours(8, 16)
        cls.policy = cls.env["nestogy.sla.policy"].create(
            {"name": "Office", "calendar_id": cls.calendar.id, "matrix": {"hours": HOURS}, **values}
        )
        cls.env.company.client_sla_policy_id = cls.policy
        return cls.policy

    def sweep(self):
        self.env["nestogy.sla.clock"]._cron_sweep()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestSlaMatrix(SlaViewMakers, ClientsCase):
    """The table of times, on the policy and on the client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.make_policy()
        cls.manager = cls.make_user("sla_manager", "manager")

    def test_the_table_is_the_lines(self):
        self.assertRecordValues(
            self.policy.line_ids.sorted(lambda line: line.kind),
            [
                {"kind": "job", "priority": "1", "response_hours": 0, "resolution_hours": 8},
                {"kind": "request", "priority": "1", "response_hours": 4, "resolution_hours": 16},
            ],
        )
        self.policy.matrix = {"hours": {"request.1.response": 2, "request.3.resolution": 1, "job.1.resolution": 0}}
        self.assertRecordValues(
            self.policy.line_ids.sorted(lambda line: line.priority),
            [
                {"kind": "request", "priority": "1", "response_hours": 2, "resolution_hours": 0},
                {"kind": "request", "priority": "3", "response_hours": 0, "resolution_hours": 1},
            ],
        )
        self.assertEqual(self.policy.matrix["hours"], {"request.1.response": 2, "request.3.resolution": 1})

    def test_what_is_no_table_is_refused(self):
        for matrix in ({"hours": {"request.1.response": "4"}}, {"hours": {"x": 1}}, {"hours": [1]}, [], "4"):
            with self.subTest(matrix=matrix):
                with self.assertRefused(ValidationError, "load the page again"):
                    self.policy.write({"matrix": matrix})
        self.assertEqual(self.policy.matrix["hours"], HOURS)

    def test_an_answer_cannot_be_due_after_the_solution(self):
        late = {"hours": {"request.1.response": 5, "request.1.resolution": 4}}
        with self.assertRefused(ValidationError, "make it shorter"):
            self.policy.write({"matrix": late})

    def test_the_promise_in_words(self):
        self.assertEqual(
            self.policy.promise,
            "Requests get a first answer within 4 h and a solution within 2 d. Jobs get a solution within 8 h. "
            "Time counts in the working hours of Office hours (UTC). The clock stands still while we wait for the "
            "client.",
        )
        self.policy.write({"matrix": {"hours": {}}, "calendar_id": False})
        self.assertEqual(self.policy.promise, "Nothing is promised yet: write times into the table.")

    def test_a_client_gets_times_of_its_own_in_one_click(self):
        client = self.client.with_user(self.manager)
        self.assertEqual(client.sla_policy_text, "Office (Company)")
        self.assertFalse(client.sla_may_edit)
        client.action_sla_own_times()
        own = self.client.sla_policy_id
        self.assertNotEqual(own, self.policy)
        self.assertRecordValues(own, [{"client_id": self.client.id, "calendar_id": self.calendar.id}])
        self.assertRecordValues(client, [{"sla_is_own": True, "sla_may_edit": True}])
        client.sla_matrix = {"hours": {"request.1.response": 1}}
        self.assertEqual(own.matrix["hours"], {"request.1.response": 1})
        self.assertEqual(self.policy.matrix["hours"], HOURS)
        client.action_sla_shared_times()
        self.assertEqual(client.sla_policy_text, "Office (Company)")
        self.assertFalse(own.active)
        client.action_sla_own_times()
        self.assertEqual(self.client.sla_policy_id, own, "the former times are taken out of the archive")

    def test_an_agent_sees_the_times_and_changes_nothing(self):
        client = self.client.with_user(self.agent)
        self.assertEqual(client.sla_matrix["hours"], HOURS)
        with self.assertRefused(AccessError, "made by managers"):
            client.action_sla_own_times()
        client.with_user(self.manager).action_sla_own_times()
        self.env.invalidate_all()
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            client.sla_matrix = {"hours": {}}
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.client.sla_policy_id.matrix["hours"], HOURS)

    def test_times_of_one_client_are_for_nobody_else(self):
        self.client.with_user(self.manager).action_sla_own_times()
        own = self.client.sla_policy_id
        other = self.stranger.commercial_partner_id
        with self.assertRefused(ValidationError, "choose a shared policy"):
            other.write({"sla_policy_id": own.id})
        for holder in (other, self.env.company):
            editor = holder._setting_editor(other._client_settings()["sla_policy"])
            self.assertNotIn(own, self.env["nestogy.sla.policy"].search(editor["domain"]))


@tagged("post_install", "-at_install")
class TestSlaView(SlaViewMakers, ClientsCase):
    """What staff and clients see of the clocks, and who is told."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.leader = cls.make_user("sla_leader", "agent", email="leader@desk.example", name="Lea Leader")
        cls.team.write({"user_id": cls.leader.id, "user_ids": [Command.link(cls.leader.id)]})
        cls.make_policy(
            escalation_ids=[
                Command.create({"event": "warning"}),
                Command.create({"event": "breached", "to_leader": True, "by_activity": True, "target": "response"}),
                Command.create({"event": "after", "hours": 2, "to_assignee": False, "to_leader": True}),
            ]
        )
        cls.tickets = cls.env["helpdesk.ticket"]
        cls.classPatch(type(cls.env["ir.cron"]), "_commit_progress", lambda self, *args, **kwargs: 1.0)
        cls.notices = cls.env["nestogy.sla.notice"]

    def test_the_filters_follow_the_clock(self):
        with freeze_time(MONDAY):
            ticket = self.make_tickets(self.owner)
        tickets = self.tickets.with_user(self.agent)

        def found(at):
            with freeze_time(at):
                self.env.invalidate_all()
                return {
                    key
                    for key in ("breached", "at_risk", "running", "paused")
                    if ticket in tickets.search([("sla_health", "=", key)])
                }

        self.assertEqual(found(MONDAY), {"running"})
        self.assertEqual(found(datetime(2026, 3, 2, 12, 45)), {"running", "at_risk"})
        self.assertEqual(found(datetime(2026, 3, 2, 13, 30)), {"running", "breached"})
        with freeze_time(datetime(2026, 3, 2, 14, 0)):
            ticket._sla_pause("manual")
        self.assertEqual(found(datetime(2026, 3, 2, 14, 1)), {"paused"})

    def test_visitors_cannot_search_by_the_clock(self):
        with self.assertRaises(AccessError):
            self.tickets.with_user(self.owner_user).search([("sla_health", "=", "breached")])

    def test_the_countdown_gets_all_it_needs(self):
        with freeze_time(MONDAY):
            ticket = self.make_tickets(self.owner)
            status = ticket.with_user(self.agent).sla_status
        self.assertEqual(
            status | {"targets": None},
            {
                "now": "2026-03-02 09:00:00",
                "state": "running",
                "open_now": True,
                "next_open": "2026-03-02 09:00:00",
                "policy": "Office",
                "calendar": "Office hours",
                "targets": None,
            },
        )
        self.assertEqual(
            [(each["target"], each["deadline"], each["risk_at"], each["goal_text"]) for each in status["targets"]],
            [
                ("response", "2026-03-02 13:00:00", "2026-03-02 12:36:00", "4 h"),
                ("resolution", "2026-03-04 09:00:00", "2026-03-03 15:24:00", "2 d"),
            ],
        )

    def test_a_list_asks_as_much_for_many_as_for_one(self):
        tickets = self.make_tickets(self.owner, 12).with_user(self.agent)

        def count(records):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped("sla_status")
            return self.env.cr.sql_log_count - before

        count(tickets)
        self.assertEqual(count(tickets), count(tickets[:1]))

    def test_the_receipt_says_what_counted(self):
        with freeze_time(MONDAY):
            ticket = self.make_tickets(self.owner)
        with freeze_time(datetime(2026, 3, 2, 11, 0)):
            ticket._sla_pause("manual")
        with freeze_time(datetime(2026, 3, 2, 12, 0)):
            ticket._sla_resume()
            self.env.invalidate_all()
        with freeze_time(datetime(2026, 3, 2, 13, 0)):
            receipt = str(ticket.with_user(self.agent).with_context(tz="UTC").sla_receipt)
        self.assertIn("Stopped by hand", receipt)
        self.assertIn("used <strong>3 h</strong>", receipt)
        self.assertIn("Time counts in the working hours of Office hours (UTC).", receipt)

    def test_the_client_reads_plain_words_in_its_zone(self):
        self.owner_user.tz = "Europe/Lisbon"  # UTC in March
        with freeze_time(MONDAY):
            ticket = self.make_tickets(self.owner).with_user(self.owner_user).sudo()
            self.assertEqual(
                [line["text"] for line in ticket._portal_sla()["lines"]],
                [
                    "You get our first answer by Monday 1:00:00\u202fPM.".replace(":00\u202f", "\u202f"),
                    "We want to have it solved by Wednesday 9:00\u202fAM.",
                ],
            )
        with freeze_time(datetime(2026, 3, 2, 17, 0)):
            self.env.invalidate_all()
            said = ticket._portal_sla()
            self.assertIn("We are sorry and are on it", said["lines"][0]["text"])
            self.assertEqual(said["note"], "We are open again Tuesday 8:00\u202fAM (your time).")
        self.policy.is_shown_to_clients = False
        self.assertIsNone(ticket._portal_sla())

    # ------------------------------------------------------------------
    # Notices
    # ------------------------------------------------------------------

    def run_at(self, moment):
        with freeze_time(moment):
            self.sweep()
            self.notices._cron_send()
            self.env.invalidate_all()

    def told(self, ticket):
        return [
            (notice.escalation_id.event, notice.state, notice.user_ids)
            for notice in self.notices.search([("clock_id.ticket_id", "=", ticket.id)], order="escalation_id")
        ]

    def test_each_level_speaks_once(self):
        with freeze_time(MONDAY):
            ticket = self.make_tickets(self.owner)
        self.run_at(datetime(2026, 3, 2, 12, 40))
        self.assertEqual(self.told(ticket), [("warning", "sent", self.agent)])
        self.run_at(datetime(2026, 3, 2, 13, 5))
        nobody = self.env["res.users"]
        both = self.agent | self.leader
        self.assertEqual(
            self.told(ticket),
            [("warning", "sent", self.agent), ("breached", "sent", both), ("after", "waiting", nobody)],
        )
        self.assertEqual(ticket.activity_ids.user_id, both)
        self.run_at(datetime(2026, 3, 2, 13, 10))
        self.run_at(datetime(2026, 3, 2, 15, 5))
        self.assertEqual(self.told(ticket)[2], ("after", "sent", self.leader))
        notified = self.env["mail.message"].search(
            [
                ("model", "=", "helpdesk.ticket"),
                ("res_id", "=", ticket.id),
                ("message_type", "=", "user_notification"),
                ("subject", "like", "First Response is"),
            ]
        )
        self.assertEqual(len(notified), 4, "one of the warning, two of the breach, one of the last level")
        self.assertEqual(len(ticket.activity_ids), 2)
        receipt = str(ticket.with_user(self.agent).sla_receipt)
        self.assertIn("First Response: 90 percent used", receipt)
        self.assertIn("Ada Agent, Lea Leader", receipt)

    def test_the_same_event_twice_is_told_once(self):
        with freeze_time(MONDAY):
            ticket = self.make_tickets(self.owner)
        clock = ticket.sla_clock_ids.filtered(lambda each: each.target == "response").sudo()
        for _time in range(2):
            ticket._sla_event(clock, "breached")
        self.assertEqual(len(self.told(ticket)), 2)

    def test_out_of_hours_it_waits_until_work_begins(self):
        with freeze_time(datetime(2026, 3, 2, 12, 0)):  # four hours: due at the end of the day
            ticket = self.make_tickets(self.owner)
        self.run_at(datetime(2026, 3, 2, 16, 30))
        self.assertIn(("breached", "waiting", self.env["res.users"]), self.told(ticket))
        notice = self.notices.search([("clock_id.ticket_id", "=", ticket.id), ("escalation_id.event", "=", "breached")])
        self.assertEqual(notice.due_at, datetime(2026, 3, 3, 8, 0))
        self.run_at(datetime(2026, 3, 3, 7, 59))
        self.assertEqual(notice.state, "waiting")
        self.run_at(datetime(2026, 3, 3, 8, 1))
        self.assertEqual(notice.state, "sent")

    def test_at_once_does_not_wait(self):
        self.policy.escalation_ids.at_once = True
        with freeze_time(datetime(2026, 3, 2, 12, 0)):
            ticket = self.make_tickets(self.owner)
        self.run_at(datetime(2026, 3, 2, 16, 30))
        self.assertIn(("breached", "sent", self.agent | self.leader), self.told(ticket))

    def test_what_was_answered_meanwhile_needs_no_warning(self):
        self.policy.escalation_ids.filtered(lambda level: level.event != "warning").unlink()
        with freeze_time(MONDAY):
            ticket = self.make_tickets(self.owner)
        with freeze_time(datetime(2026, 3, 2, 12, 40)):
            self.sweep()
            ticket._sla_first_response()
            self.notices._cron_send()
            self.env.invalidate_all()
        self.assertEqual(self.told(ticket), [("warning", "needless", self.env["res.users"])])

    def test_while_nobody_is_assigned_the_leader_is_told(self):
        with freeze_time(MONDAY):
            ticket = self.make_tickets(self.owner, user_id=False)
        self.run_at(datetime(2026, 3, 2, 12, 40))
        self.assertEqual(self.told(ticket), [("warning", "sent", self.leader)])

    def test_who_cannot_be_told_is_noted(self):
        self.team.user_id = False
        with freeze_time(MONDAY):
            ticket = self.make_tickets(self.owner, user_id=False)
        self.run_at(datetime(2026, 3, 2, 12, 40))
        self.assertEqual(self.told(ticket), [("warning", "nobody", self.env["res.users"])])

    def test_each_notice_costs_the_same_however_many_there_are(self):
        self.policy.escalation_ids.filtered(lambda level: level.event != "warning").unlink()

        def queries(count):
            with freeze_time(MONDAY):
                tickets = self.make_tickets(self.owner, count=count)
            with freeze_time(datetime(2026, 3, 2, 12, 40)):
                self.sweep()
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                self.notices._cron_send()
                self.env.flush_all()
                used = self.env.cr.sql_log_count - before
            for ticket in tickets:
                self.assertEqual(self.told(ticket), [("warning", "sent", self.agent)])
            return used

        queries(1)
        one, three, nine = queries(1), queries(3), queries(9)
        self.assertLessEqual(nine - three, 3 * (three - one))
        self.assertLessEqual((nine - three) / 6, 40)

    def test_one_bad_notice_does_not_stop_the_others(self):
        self.policy.escalation_ids.filtered(lambda level: level.event != "warning").unlink()
        with freeze_time(MONDAY):
            bad, good = self.make_tickets(self.owner), self.make_tickets(self.owner)
        tell = type(self.notices)._tell

        def stumble(notice, record, user):
            if record == bad:
                raise ValueError("The mail server is away")
            return tell(notice, record, user)

        self.patch(type(self.notices), "_tell", stumble)
        with mute_logger("odoo.addons.nestogy_clients.models.settings.ir_cron"):
            self.run_at(datetime(2026, 3, 2, 12, 40))
        self.assertEqual(self.told(bad)[0][1], "failed")
        self.assertEqual(self.told(good), [("warning", "sent", self.agent)])
        self.assertEqual(self.notices.search([("clock_id.ticket_id", "=", bad.id)]).note, "The mail server is away")

    def test_who_works_on_a_job_is_told(self):
        project = self.env["project.project"].create(
            {"name": "Move", "partner_id": self.client.id, "user_id": self.leader.id, "privacy_visibility": "employees"}
        )
        with freeze_time(MONDAY):
            job = self.env["project.task"].create(
                {
                    "name": "Carry the server",
                    "project_id": project.id,
                    "priority": "1",
                    "user_ids": [Command.set(self.agent.ids)],
                }
            )
        self.policy.escalation_ids.filtered(lambda level: level.event == "breached").target = "any"
        self.run_at(datetime(2026, 3, 3, 9, 30))
        told = self.notices.search([("clock_id.task_id", "=", job.id), ("escalation_id.event", "=", "breached")])
        self.assertRecordValues(told, [{"state": "sent", "target": "resolution"}])
        self.assertEqual(told.user_ids, self.agent | self.leader)

    def test_a_level_that_reaches_nobody_is_refused(self):
        levels = self.env["nestogy.sla.escalation"]
        with self.assertRefused(ValidationError, "choose who is told"):
            levels.create({"policy_id": self.policy.id, "to_assignee": False})
        with self.assertRefused(ValidationError, "does nothing"):
            levels.create({"policy_id": self.policy.id, "by_message": False})
        with self.assertRefused(ValidationError, "choose one of these"):
            levels.create({"policy_id": self.policy.id, "event": "warning", "percent": 60})

    def test_agents_do_not_change_levels_or_notices(self):
        level = self.policy.escalation_ids[0].with_user(self.agent)
        self.assertTrue(level.event)
        with self.assertRaises(AccessError):
            level.to_leader = True
        with self.assertRaises(AccessError):
            self.notices.with_user(self.agent).create({})
        with self.assertRaises(AccessError):
            self.notices.with_user(self.owner_user).search([])


@tagged("post_install", "-at_install")
class TestSlaReport(SlaViewMakers, ClientsCase):
    """Compliance by rows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.make_policy()
        with freeze_time(MONDAY):
            cls.met, cls.missed, cls.running = (cls.make_tickets(cls.owner) for _number in range(3))
            cls.foreign = cls.make_tickets(cls.stranger)
        with freeze_time(datetime(2026, 3, 2, 10, 0)):
            (cls.met | cls.running)._sla_first_response()
            cls.met.stage_id = cls.stage_done
        with freeze_time(datetime(2026, 3, 2, 15, 0)):
            cls.missed._sla_first_response()
            (cls.running | cls.missed | cls.foreign)._sla_pause("manual")
        cls.env.flush_all()
        cls.report = cls.env["nestogy.sla.report"]

    def test_compliance_is_met_among_the_decided(self):
        rows = self.report.with_user(self.agent)._read_group(
            [("ticket_id", "in", (self.met | self.missed | self.running).ids)],
            ["target"],
            ["compliance:avg", "met_count:sum", "missed_count:sum", "open_count:sum", "__count"],
        )
        found = {target: values for target, *values in rows}
        self.assertAlmostEqual(found["response"][0], 200 / 3, 5)
        self.assertEqual(found["response"][1:], [2, 1, 0, 3])
        self.assertEqual(found["resolution"], [100.0, 1, 0, 2, 3])

    def test_a_row_says_how_late(self):
        row = self.report.search([("ticket_id", "=", self.missed.id), ("target", "=", "response")])
        self.assertRecordValues(
            row,
            [
                {
                    "kind": "request",
                    "client_id": self.client.id,
                    "client_group_id": (self.client.client_group_id or self.env.company._get_default_client_group()).id,
                    "policy_id": self.policy.id,
                    "team_id": self.team.id,
                    "user_id": self.agent.id,
                    "result": "missed",
                    "goal_hours": 4,
                    "consumed_hours": 6,
                    "late_hours": 2,
                }
            ],
        )
        self.assertEqual(row.action_open_record()["res_id"], self.missed.id)

    def test_rules_hold_in_it(self):
        self.env.company.client_own_team_only = True
        sales_team = self.env["crm.team"].create({"name": "Others"})
        other = self.stranger.commercial_partner_id
        other.write({"client_team_id": sales_team.id, "user_id": False})
        rows = self.report.with_user(self.agent).search([("ticket_id", "in", (self.met | self.foreign).ids)])
        self.assertEqual(rows.ticket_id, self.met)
        with self.assertRaises(AccessError):
            self.report.with_user(self.owner_user).search([])


@tagged("post_install", "-at_install")
class TestSlaTour(SlaViewMakers, HttpCase):
    """The countdown and the table of times in a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.make_policy(calendar_id=False)

    def test_the_countdown_shows_all_states_and_runs(self):
        now = datetime.now(UTC).replace(tzinfo=None)
        self.env["helpdesk.ticket"].search([]).active = False
        for title, age, values in (
            ("Fresh one", timedelta(), {}),
            ("Risky one", timedelta(hours=3, minutes=47), {}),
            ("Late one", timedelta(hours=5, minutes=1), {}),
            ("Waiting one", timedelta(minutes=5), {}),
            ("Answered one", timedelta(), {}),
            ("Loose one", timedelta(), {"partner_id": False}),
        ):
            with freeze_time(now - age):
                ticket = self.make_tickets(self.owner, name=title, **values)
                if title == "Waiting one":
                    ticket._sla_pause("manual")
                elif title == "Answered one":
                    ticket._sla_first_response()
        self.start_tour(
            "/odoo/action-nestogy_tickets.helpdesk_ticket_action_client", "nestogy_sla_countdown", login="desk_agent"
        )

    def test_the_client_reads_it_on_the_page_of_its_ticket(self):
        ticket = self.make_tickets(self.owner)
        ticket._sla_pause("manual")
        ticket._sla_resume()
        self.authenticate(self.owner_user.login, PASSWORD)
        page = self.url_open(f"/my/ticket/{ticket.id}").text
        self.assertIn("You get our first answer by", page)
        self.assertNotIn("Stopped by hand", page)
        self.policy.is_shown_to_clients = False
        self.assertNotIn("our first answer", self.url_open(f"/my/ticket/{ticket.id}").text)

    def test_a_manager_writes_times(self):
        self.make_user("sla_manager", "manager")
        self.start_tour(
            f"/odoo/action-nestogy_tickets.nestogy_sla_policy_action/{self.policy.id}",
            "nestogy_sla_matrix",
            login="sla_manager",
        )
        self.assertEqual(self.policy.matrix["hours"], HOURS | {"request.3.response": 0.5, "job.0.resolution": 48})
