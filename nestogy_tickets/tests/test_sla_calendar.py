from datetime import datetime, timedelta
from random import Random

from freezegun import freeze_time
from pytz import utc

from odoo import Command
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from .common import TicketsMakers

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")


@tagged("post_install", "-at_install")
class TestSlaCalendar(TicketsMakers, TransactionCase):
    """Working time as it is read from Odoo's calendars, compared with Odoo's own planning."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendars = cls.env["resource.calendar"]

    def make_calendar(self, tz="UTC", hours=((9, 17),), days=range(5), **values):
        return self.calendars.create(
            {
                "name": "Hours",
                "tz": tz,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create({"name": "x", "dayofweek": str(day), "hour_from": start, "hour_to": end})
                        for day in days
                        for start, end in hours
                    ),
                ],
                **values,
            }
        )

    def schedule(self, calendar):
        return self.calendars._sla_schedule(calendar.id, self.env.company.id)

    def make_leave(self, calendar, start, end, **values):
        return self.env["resource.calendar.leaves"].create(
            {"name": "Off", "calendar_id": calendar.id, "date_from": start, "date_to": end, **values}
        )

    def compare(self, calendar, compute_leaves):
        """Ask for deadlines from odd moments around both changes of the clocks, as Odoo and as we plan them."""
        schedule, dice = self.schedule(calendar), Random(6)
        for base in (datetime(2026, 3, 5), datetime(2026, 3, 26), datetime(2026, 4, 2), datetime(2026, 10, 1),
                     datetime(2026, 10, 23), datetime(2026, 10, 30)):  # fmt: skip
            for _number in range(4):
                start = base + timedelta(minutes=dice.randrange(4 * 24 * 60))
                minutes = dice.randrange(1, 3000)
                expected = calendar.plan_hours(minutes / 60, utc.localize(start), compute_leaves=compute_leaves)
                expected = expected.astimezone(utc).replace(tzinfo=None)
                found = schedule.deadline(start, minutes * 60)
                # Odoo ends a day a microsecond before midnight
                self.assertLess(abs((found - expected).total_seconds()), 0.01, (calendar.tz, start, minutes))

    def test_as_odoo_plans_in_five_zones(self):
        for tz in ZONES:
            with self.subTest(tz=tz):
                self.compare(self.make_calendar(tz, [(8, 12.5), (13.25, 17)]), compute_leaves=False)

    def test_as_odoo_plans_hours_that_clocks_skip_or_show_twice(self):
        for tz in ZONES:
            with self.subTest(tz=tz):
                self.compare(self.make_calendar(tz, [(0, 2), (2.5, 5), (22, 24)], range(7)), compute_leaves=False)

    def test_as_odoo_plans_with_days_off(self):
        for tz in ZONES:
            with self.subTest(tz=tz):
                calendar = self.make_calendar(tz, [(8, 12), (13, 17)])
                for month, day in ((3, 6), (3, 27), (3, 30), (10, 26), (11, 2)):
                    self.make_leave(calendar, datetime(2026, month, day), datetime(2026, month, day, 13, 30))
                self.compare(calendar, compute_leaves=True)

    def test_two_weeks(self):
        calendar = self.make_calendar()
        calendar.switch_calendar_type()
        calendar.attendance_ids.filtered(lambda row: row.week_type == "1" and row.dayofweek != "2").unlink()
        self.compare(calendar, compute_leaves=False)

    def test_flexible_hours_lie_around_noon(self):
        calendar = self.make_calendar()
        calendar.flexible_hours = True
        calendar.write({"hours_per_day": 6, "full_time_required_hours": 15})
        schedule = self.schedule(calendar)
        self.assertEqual(schedule.deadline(datetime(2026, 3, 2), 3600), datetime(2026, 3, 2, 10))
        self.assertEqual(schedule.deadline(datetime(2026, 3, 2), 15 * 3600), datetime(2026, 3, 4, 13, 30))
        self.assertEqual(schedule.deadline(datetime(2026, 3, 5), 3600), datetime(2026, 3, 9, 10))

    def test_a_day_off_ends_at_midnight(self):
        calendar = self.make_calendar("UTC", [(0, 24)], range(7))
        self.make_leave(calendar, datetime(2026, 3, 3), datetime(2026, 3, 3, 23, 59, 59))
        schedule = self.schedule(calendar)
        self.assertEqual(schedule.deadline(datetime(2026, 3, 2, 23), 3600), datetime(2026, 3, 3))
        self.assertEqual(schedule.deadline(datetime(2026, 3, 2, 23), 3601), datetime(2026, 3, 4, 0, 0, 1))

    def test_days_off_of_one_person_or_another_company_do_not_count(self):
        calendar = self.make_calendar()
        person = self.env["resource.resource"].create({"name": "Pat", "calendar_id": calendar.id})
        start, end = datetime(2026, 3, 2), datetime(2026, 3, 4)
        self.make_leave(calendar, start, end, resource_id=person.id)
        leaves = self.env["resource.calendar.leaves"]
        values = {"name": "Off", "date_from": start, "date_to": end}
        leave = leaves.with_company(self.other_company()).create(values)
        self.assertEqual((leave.calendar_id, leave.company_id.name), (self.calendars, "Second Desk"))
        self.assertEqual(self.schedule(calendar).deadline(start, 3600), datetime(2026, 3, 2, 10))
        leaves.create(values)
        self.assertEqual(self.schedule(calendar).deadline(start, 3600), datetime(2026, 3, 4, 10))

    def test_no_query_after_the_first(self):
        calendar = self.make_calendar()
        self.schedule(calendar)
        with self.assertQueryCount(0):
            self.schedule(calendar).deadline(datetime(2026, 3, 2), 42 * 3600)
            self.schedule(calendar).deadline(datetime(2030, 3, 2), 42 * 3600)

    def test_changes_are_seen(self):
        calendar = self.make_calendar()
        monday = datetime(2026, 3, 2)

        def deadline():
            return self.schedule(calendar).deadline(monday, 3600)

        self.assertEqual(deadline(), datetime(2026, 3, 2, 10))
        leave = self.make_leave(calendar, monday, datetime(2026, 3, 3))
        self.assertEqual(deadline(), datetime(2026, 3, 3, 10))
        leave.date_to = datetime(2026, 3, 4)
        self.assertEqual(deadline(), datetime(2026, 3, 4, 10))
        leave.unlink()
        self.assertEqual(deadline(), datetime(2026, 3, 2, 10))
        calendar.tz = "America/New_York"
        self.assertEqual(deadline(), datetime(2026, 3, 2, 15))
        calendar.attendance_ids.write({"hour_from": 10})
        self.assertEqual(deadline(), datetime(2026, 3, 2, 16))
        calendar.attendance_ids.filtered(lambda row: row.dayofweek == "0").unlink()
        self.assertEqual(deadline(), datetime(2026, 3, 3, 16))
        calendar.attendance_ids = [
            Command.create({"name": "x", "dayofweek": "0", "hour_from": 12, "hour_to": 13}),
        ]
        self.assertEqual(deadline(), datetime(2026, 3, 2, 18))


@tagged("post_install", "-at_install")
class TestSlaCalendarChange(TicketsMakers, TransactionCase):
    """A calendar that changes while clocks run by it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.calendar = cls.make_hours()
        cls.env.company.client_sla_policy_id = cls.env["nestogy.sla.policy"].create(
            {
                "name": "Standard",
                "calendar_id": cls.calendar.id,
                "line_ids": [Command.create({"kind": "request", "priority": "1", "resolution_hours": 16})],
            }
        )
        with freeze_time("2026-03-02 09:00"):
            cls.ticket = cls.make_tickets(cls.owner)

    def test_a_day_off_moves_the_deadline_and_keeps_what_is_used_up(self):
        clock = self.ticket.sla_clock_ids
        self.assertEqual(clock.deadline_at, datetime(2026, 3, 3, 17))
        leaves = self.env["resource.calendar.leaves"]
        with freeze_time("2026-03-02 12:00"):
            # off from the morning on, said at noon: the three hours that were worked stay
            leave = leaves.create(
                {
                    "name": "Storm",
                    "calendar_id": self.calendar.id,
                    "date_from": datetime(2026, 3, 2),
                    "date_to": datetime(2026, 3, 2, 23, 59, 59),
                }
            )
        self.assertEqual((clock.consumed_seconds, clock.deadline_at), (3 * 3600, datetime(2026, 3, 4, 14)))
        self.assertEqual(self.ticket.sla_deadline, datetime(2026, 3, 4, 14))
        first, second = clock.interval_ids
        self.assertEqual((first.ended_at, first.worked_seconds), (datetime(2026, 3, 2, 12), 3 * 3600))
        self.assertEqual((second.started_at, second.ended_at), (datetime(2026, 3, 2, 12), False))
        with freeze_time("2026-03-02 14:00"):
            leave.unlink()
        self.assertEqual((clock.consumed_seconds, clock.deadline_at), (3 * 3600, datetime(2026, 3, 4, 11)))
        with freeze_time("2026-03-02 15:00"):
            self.ticket.stage_id = self.stage_done
        self.assertEqual((clock.state, clock.consumed_seconds), ("met", 4 * 3600))

    def test_a_day_off_ahead_moves_the_deadline_alone(self):
        clock = self.ticket.sla_clock_ids
        with freeze_time("2026-03-02 12:00"):
            self.env["resource.calendar.leaves"].create(
                {
                    "name": "Fair",
                    "calendar_id": self.calendar.id,
                    "date_from": datetime(2026, 3, 3),
                    "date_to": datetime(2026, 3, 3, 23, 59, 59),
                }
            )
        self.assertEqual((clock.consumed_seconds, clock.deadline_at), (0, datetime(2026, 3, 4, 17)))
        self.assertEqual(self.ticket.sla_deadline, datetime(2026, 3, 4, 17))
        self.assertEqual(len(clock.interval_ids), 1)
        self.assertFalse(clock.interval_ids.ended_at)
        with freeze_time("2026-03-05 09:00"):
            self.ticket.stage_id = self.stage_done
        self.assertEqual((clock.state, clock.consumed_seconds), ("missed", 16 * 3600))

    def test_all_go_on_as_if_each_were_looked_at(self):
        """Begun before or after what changes, warned or not, paused, late and due: as the clock itself goes on."""
        self.env.company.client_sla_policy_id.line_ids.response_hours = 5
        tickets = self.ticket
        for number, moment in enumerate(("02 06", "02 16", "03 09", "03 18", "04 10", "05 09")):
            with freeze_time(f"2026-03-{moment}:00"):
                tickets |= self.make_tickets(self.owner, count=2)
                if number == 3:
                    tickets[2:5].stage_id = self.stage_progress
                    tickets[3]._sla_pause("manual")
                self.env["nestogy.sla.clock"]._sweep_batch()
        engine = self.env["nestogy.sla.clock"]
        leaves = self.env["resource.calendar.leaves"]
        days_off = {
            "behind": ("2026-03-03 00:00:00", "2026-03-03 12:00:00"),
            "ahead": ("2026-03-06 00:00:00", "2026-03-06 23:59:59"),
            "around now": ("2026-03-05 11:00:00", "2026-03-05 16:00:00"),
            "far ahead": ("2026-12-24 00:00:00", "2027-01-01 00:00:00"),
        }
        for name, (start, end) in days_off.items():
            with self.subTest(name), freeze_time("2026-03-05 12:00"), self.env.cr.savepoint() as savepoint:
                schedule = self.calendar._sla_schedule(self.calendar.id, self.env.company.id)
                clocks = engine._load(SQL("c.ticket_id = ANY(%s)", tickets.ids))
                values = {"name": "Off", "calendar_id": self.calendar.id, "date_from": start, "date_to": end}
                leave = leaves.with_context(sla_watched=True).create(values)
                self.env.registry.clear_cache()
                changed = self.calendar._sla_schedule(self.calendar.id, self.env.company.id)
                for clock in clocks:
                    if clock.state == "running":
                        clock.rebook(datetime(2026, 3, 5, 12), changed, (50, 75, 90), schedule)
                expected = {clock.id: (*engine._state_values(clock), len(clock.added)) for clock in clocks}
                leave.with_context(sla_watched=True).unlink()
                self.env.registry.clear_cache()
                lines = self.env["nestogy.sla.interval"].search_count([])

                leaves.create(values)
                found = engine._load(SQL("c.ticket_id = ANY(%s)", tickets.ids))
                self.assertEqual(
                    {clock.id: engine._state_values(clock) for clock in found},
                    {clock_id: row[:-1] for clock_id, row in expected.items()},
                )
                written = self.env["nestogy.sla.interval"].search_count([]) - lines
                self.assertEqual(written, sum(row[-1] for row in expected.values()))
                for ticket in tickets:
                    running = [clock for clock in found if clock.owner[1] == ticket.id and clock.state == "running"]
                    first = min((clock.deadline_at for clock in running), default=False)
                    self.assertEqual(ticket.sla_deadline, first)
                savepoint.rollback()
            self.env.registry.clear_cache()

    def test_who_is_late_at_that_moment_is_told_so(self):
        clock = self.ticket.sla_clock_ids
        with freeze_time("2026-03-04 10:00"):  # late since yesterday, and not swept yet
            self.env["resource.calendar.leaves"].create(
                {
                    "name": "Storm",
                    "calendar_id": self.calendar.id,
                    "date_from": datetime(2026, 3, 4),
                    "date_to": datetime(2026, 3, 4, 23, 59, 59),
                }
            )
        self.assertEqual(clock.breached_at, datetime(2026, 3, 3, 17))
        self.assertIn("SLA time for Resolution has passed", self.ticket.message_ids[0].body)

    def test_one_write_makes_one_line(self):
        with freeze_time("2026-03-02 12:00"):
            self.calendar.write(
                {
                    "tz": "Europe/Berlin",
                    "attendance_ids": [
                        Command.update(self.calendar.attendance_ids[0].id, {"hour_from": 11, "hour_to": 18})
                    ],
                }
            )
        clock = self.ticket.sla_clock_ids
        self.assertEqual(len(clock.interval_ids), 2)
        # 10 to 17 on Monday in UTC, so five hours more, then eight on Tuesday from 8 on
        self.assertEqual((clock.consumed_seconds, clock.deadline_at), (3 * 3600, datetime(2026, 3, 3, 16)))

    def test_what_changes_no_hour_leaves_no_line(self):
        self.calendar.name = "Office"
        self.calendar.tz = "Etc/UTC"
        self.calendar.tz = "UTC"
        person = self.env["resource.resource"].create({"name": "Pat", "calendar_id": self.calendar.id})
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "resource_id": person.id,
                "date_from": datetime(2026, 3, 2),
                "date_to": datetime(2026, 3, 8),
            }
        )
        self.assertEqual(self.ticket.sla_clock_ids.deadline_at, datetime(2026, 3, 3, 17))

    def test_many_clocks_cost_no_more_queries(self):
        def change(hour):
            self.calendar.attendance_ids.write({"hour_to": hour})
            self.env.flush_all()

        counts = []
        for number in range(3):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            with freeze_time(f"2026-03-02 1{number}:00"):
                change(18 + number)
            counts.append(self.env.cr.sql_log_count - before)
            with freeze_time("2026-03-02 09:00"):
                self.make_tickets(self.owner, count=10)
        self.assertLessEqual(counts[2], counts[1])

    def test_a_calendar_without_hours_blocks_nobody(self):
        with freeze_time("2026-03-02 12:00"):
            self.calendar.attendance_ids.unlink()
            ticket = self.make_tickets(self.owner)
        self.assertEqual(ticket.sla_clock_ids.state, "running")
        self.assertFalse(ticket.sla_deadline)
        with freeze_time("2026-03-09 12:00"):
            (ticket | self.ticket).stage_id = self.stage_done
        self.assertEqual(set((ticket | self.ticket).sla_clock_ids.mapped("state")), {"met"})
