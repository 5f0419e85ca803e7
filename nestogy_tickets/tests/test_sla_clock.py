from datetime import UTC, datetime, timedelta
from time import process_time
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.sla_clock import (
    AROUND_THE_CLOCK,
    EPOCH,
    CalendarRule,
    Clock,
    Terms,
    WorkCalendar,
    cut_spans,
    merge_spans,
    warning_levels,
)

HOUR = 3600
BOTH_WEEKS = (0, 1)


def calendar(tz, hours, days=range(5), weeks=BOTH_WEEKS, holidays=()):
    """:param hours: spans of hours; :param holidays: pairs of instants"""
    weekly = {(week, day, start * 60, end * 60) for week in weeks for day in days for start, end in hours}
    stamps = tuple(tuple(int((moment - EPOCH).total_seconds()) for moment in pair) for pair in holidays)
    return WorkCalendar(CalendarRule(tz, tuple(sorted(weekly)), tuple(sorted(stamps))))


def day(month, number, hour=0, minute=0, second=0):
    return datetime(2026, month, number, hour, minute, second)


OFFICE = calendar("UTC", [(9, 17)])
SPLIT = calendar("Europe/Berlin", [(8, 12), (13, 17)])
NIGHT = calendar("Europe/Berlin", [(22, 24), (0, 6)], days=range(7))
NIGHT_IN_ONE = calendar("Europe/Berlin", [(22, 30)], days=range(7))
TUESDAY_OFF = calendar("UTC", [(9, 17)], holidays=[(day(3, 3), day(3, 4))])
TUESDAY_AFTERNOON_OFF = calendar("UTC", [(9, 17)], holidays=[(day(3, 3, 12), day(3, 3, 20))])
KOLKATA = calendar("Asia/Kolkata", [(9, 17)])
SYDNEY = calendar("Australia/Sydney", [(9, 17)])
FIRST_WEEK_ONLY = calendar("UTC", [(9, 17)], days=[0], weeks=[0])
ROUND_THE_CLOCK_ROWS = calendar("Europe/Berlin", [(0, 24)], days=range(7))

# 2 March 2026 is a Monday, of the first of two weeks; Berlin's clocks change on 29 March and 25 October
CASES = [
    # from, hours, calendar, deadline
    (OFFICE, day(3, 2, 9), 4, day(3, 2, 13)),
    (OFFICE, day(3, 2, 6), 4, day(3, 2, 13)),
    (OFFICE, day(3, 2, 16), 1, day(3, 2, 17)),  # a tie takes the end of work, not the next morning
    (OFFICE, day(3, 2, 9), 8, day(3, 2, 17)),
    (OFFICE, day(3, 2, 16), 2, day(3, 3, 10)),
    (OFFICE, day(3, 2, 17), 1, day(3, 3, 10)),
    (OFFICE, day(3, 6, 16), 2, day(3, 9, 10)),  # over the week-end
    (OFFICE, day(3, 7, 12), 1, day(3, 9, 10)),
    (OFFICE, day(3, 2, 9), 42, day(3, 9, 11)),
    (OFFICE, day(3, 2, 9), 0, day(3, 2, 9)),
    (OFFICE, day(3, 2, 20), 0, day(3, 2, 20)),
    (OFFICE, datetime(2026, 12, 31, 16), 2, datetime(2027, 1, 1, 10)),  # over the year
    (SPLIT, day(3, 2, 7), 4, day(3, 2, 11)),
    (SPLIT, day(3, 2, 7), 5, day(3, 2, 13)),
    (SPLIT, day(3, 27, 15), 2, day(3, 30, 7)),  # into summer time
    (SPLIT, day(10, 23, 14), 2, day(10, 26, 8)),  # out of it
    (NIGHT, day(3, 2, 21), 8, day(3, 3, 5)),
    (NIGHT, day(3, 28, 21), 7, day(3, 29, 4)),  # a night of seven hours
    (NIGHT, day(3, 28, 21), 8, day(3, 29, 21)),
    (NIGHT, day(10, 24, 20), 9, day(10, 25, 5)),  # a night of nine
    (NIGHT_IN_ONE, day(3, 28, 21), 7, day(3, 29, 4)),
    (NIGHT_IN_ONE, day(10, 24, 20), 9, day(10, 25, 5)),
    (TUESDAY_OFF, day(3, 2, 16), 2, day(3, 4, 10)),
    (TUESDAY_OFF, day(3, 3, 12), 1, day(3, 4, 10)),
    (TUESDAY_AFTERNOON_OFF, day(3, 2, 16), 5, day(3, 4, 10)),
    (KOLKATA, day(3, 2, 3, 30), 8, day(3, 2, 11, 30)),
    (SYDNEY, day(3, 1, 22), 8, day(3, 2, 6)),
    (FIRST_WEEK_ONLY, day(3, 2, 9), 9, day(3, 16, 10)),
    (ROUND_THE_CLOCK_ROWS, day(3, 28, 12), 24, day(3, 29, 12)),
    (AROUND_THE_CLOCK, day(3, 6, 23), 4, day(3, 7, 3)),
]


@tagged("post_install", "-at_install")
class TestWorkingTime(BaseCase):
    """Deadlines worked out by hand, and by counting minutes."""

    def test_deadlines(self):
        for number, (hours_of, start, hours, expected) in enumerate(CASES):
            with self.subTest(number=number, start=start, hours=hours):
                self.assertEqual(hours_of.deadline(start, hours * HOUR), expected)
                self.assertEqual(hours_of.seconds_between(start, expected), hours * HOUR)

    def test_seconds_count(self):
        self.assertEqual(OFFICE.deadline(day(3, 2, 17), 1), day(3, 3, 9, 0, 1))
        self.assertEqual(OFFICE.seconds_between(day(3, 2, 16, 59, 59), day(3, 3, 9, 0, 1)), 2)
        self.assertEqual(OFFICE.seconds_between(day(3, 3), day(3, 2)), 0)

    def test_open_now_and_next(self):
        self.assertTrue(OFFICE.is_open(day(3, 2, 9)))
        self.assertFalse(OFFICE.is_open(day(3, 2, 17)))
        self.assertEqual(OFFICE.next_open(day(3, 2, 17)), day(3, 3, 9))
        self.assertEqual(OFFICE.next_open(day(3, 2, 10)), day(3, 2, 10))
        self.assertEqual(OFFICE.next_open(day(3, 6, 17)), day(3, 9, 9))
        self.assertTrue(AROUND_THE_CLOCK.is_open(day(3, 7)))

    def test_a_calendar_without_hours_has_no_deadline_and_ends(self):
        empty = calendar("UTC", [])
        closed = calendar("UTC", [(9, 17)], holidays=[(datetime(1970, 1, 1), datetime(2101, 1, 1))])
        started = process_time()
        for hours in (empty, closed):
            self.assertIsNone(hours.deadline(day(3, 2), 1))
            self.assertIsNone(hours.next_open(day(3, 2)))
            self.assertFalse(hours.is_open(day(3, 2, 10)))
            self.assertEqual(hours.seconds_between(day(3, 2), day(4, 2)), 0)
        self.assertLess(process_time() - started, 5)

    def test_years_ahead_and_back(self):
        hours = calendar("UTC", [(9, 17)])
        self.assertEqual(hours.deadline(day(3, 2, 9), 8 * HOUR * 5 * 52 * 3), datetime(2029, 2, 23, 17))
        self.assertEqual(hours.seconds_between(datetime(2024, 1, 1), datetime(2024, 1, 6)), 40 * HOUR)
        self.assertIsNone(hours.deadline(datetime(2099, 1, 1), 8 * HOUR * 365 * 20))

    def test_several_lengths_as_one_by_one(self):
        closed = calendar("UTC", [(9, 17)], holidays=[(datetime(1970, 1, 1), datetime(2101, 1, 1))])
        lengths = [0, -HOUR, 8 * HOUR, 42 * HOUR, 8 * HOUR * 5 * 52 * 3, 8 * HOUR * 365 * 20]
        for hours in (OFFICE, SPLIT, TUESDAY_OFF, calendar("UTC", []), closed, AROUND_THE_CLOCK):
            for start in (day(3, 2, 9), day(3, 1), datetime(2099, 6, 1)):
                expected = [hours.deadline(start, seconds) for seconds in lengths]
                self.assertEqual(hours.deadlines(start, lengths), expected)
                self.assertEqual(hours.deadlines(start, lengths[:2]), expected[:2])

    def test_where_two_calendars_differ(self):
        self.assertEqual(TUESDAY_OFF.same_around(OFFICE, day(2, 1), day(3, 2, 12)), (day(2, 1), day(3, 3, 9)))
        self.assertEqual(OFFICE.same_around(TUESDAY_OFF, day(2, 1), day(3, 3, 12)), (day(3, 3, 12), day(3, 3, 12)))
        since, until = OFFICE.same_around(TUESDAY_OFF, day(2, 1), day(3, 4, 12))
        self.assertEqual(since, day(3, 3, 17))
        self.assertGreaterEqual(until, datetime(2028, 1, 1))
        self.assertEqual(OFFICE.same_around(AROUND_THE_CLOCK, day(2, 1), day(3, 4)), (day(3, 4), day(3, 4)))
        self.assertEqual(AROUND_THE_CLOCK.same_around(OFFICE, day(2, 1), day(3, 4)), (day(3, 4), day(3, 4)))
        # whatever other years they were asked for before
        wide = calendar("UTC", [(9, 17)])
        wide.seconds_between(datetime(2010, 1, 1), datetime(2050, 1, 1))
        since, until = wide.same_around(calendar("UTC", [(9, 17)]), day(2, 1), day(3, 4))
        self.assertLessEqual(since, day(2, 1))
        self.assertGreaterEqual(until, datetime(2028, 1, 1))

    def test_a_deadline_is_cheap(self):
        holidays = [(day(1, 1) + timedelta(days=12 * number), day(1, 2) + timedelta(days=12 * number))
                    for number in range(30)]  # fmt: skip
        hours = calendar("Europe/Berlin", [(8, 12), (13, 17)], holidays=holidays)
        started = process_time()
        for minute in range(5000):
            hours.deadline(day(3, 2) + timedelta(minutes=minute), 42 * HOUR)
        self.assertLess((process_time() - started) / 5000, 0.0001)  # the bar is 0.02 ms on a machine of one's own

    def test_spans(self):
        self.assertEqual(merge_spans([(5, 6), (1, 3), (3, 4), (7, 7), (9, 8)]), [(1, 4), (5, 6)])
        self.assertEqual(
            cut_spans([(1, 10), (12, 20)], [(0, 2), (4, 5), (9, 13), (20, 30)]), [(2, 4), (5, 9), (13, 20)]
        )

    def test_warning_levels(self):
        self.assertEqual(warning_levels("90, 50,75,50"), (50, 75, 90))
        self.assertEqual(warning_levels(False), ())
        for text in ("0", "100", "half", "50;75", "12.5"):
            with self.assertRaises(ValueError):
                warning_levels(text)

    # edges keep away from the hours that clocks skip or show twice; test_sla_calendar compares those with Odoo's own
    @settings(max_examples=25, deadline=None)
    @given(
        st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
        st.lists(
            st.tuples(st.integers(0, 6), st.sampled_from([0, *range(4, 24)]), st.integers(1, 10)),
            min_size=1,
            max_size=8,
        ),
        st.sampled_from([day(3, 5), day(3, 27), day(4, 3), day(10, 2), day(10, 23), day(10, 30)]),
        st.integers(0, 3 * 24 * 60),
        st.integers(1, 20 * 60),
        st.lists(st.tuples(st.integers(0, 5 * 24 * 60), st.integers(1, 2000)), max_size=3),
    )
    def test_as_one_counts_minutes(self, tz, rows, base, offset, minutes, days_off):
        rows = [(weekday, start, min(24, start + length)) for weekday, start, length in rows]
        holidays = [
            (base + timedelta(minutes=start), base + timedelta(minutes=start + length)) for start, length in days_off
        ]
        weekly = {(week, weekday, a * 60, b * 60) for week in BOTH_WEEKS for weekday, a, b in rows}
        stamps = [tuple(int((moment - EPOCH).total_seconds()) for moment in pair) for pair in holidays]
        hours = WorkCalendar(CalendarRule(tz, tuple(sorted(weekly)), tuple(sorted(stamps))))
        start = base + timedelta(minutes=offset)

        zone, moment, counted, expected = ZoneInfo(tz), start, 0, None
        for _minute in range(8 * 24 * 60):
            local = moment.replace(tzinfo=UTC).astimezone(zone)
            hour = local.hour + local.minute / 60
            works = any(weekday == local.weekday() and a <= hour < b for weekday, a, b in rows)
            moment += timedelta(minutes=1)
            if works and not any(a < moment <= b for a, b in holidays):
                counted += 1
                if counted == minutes:
                    expected = moment
                    break
        if expected:
            self.assertEqual(hours.deadline(start, minutes * 60), expected)
            self.assertEqual(hours.seconds_between(start, expected), minutes * 60)
        else:
            self.assertEqual(hours.seconds_between(start, moment), counted * 60)


CALENDARS = {1: OFFICE, 2: SPLIT, 3: NIGHT, None: AROUND_THE_CLOCK}
LEVELS = (50, 75, 90)
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 3000),  # minutes later
        st.sampled_from(["running", "running", "paused", "done", "cancelled", "sweep"]),
        st.sampled_from([1, 2, 3, None]),
        st.sampled_from([1, 4, 20, 60]),
    ),
    min_size=1,
    max_size=12,
)


@tagged("post_install", "-at_install")
class TestClockLedger(BaseCase):
    """What happens to one clock, without a database."""

    def start(self, hours=8, at=None, calendar_id=1):
        terms = Terms(1, "1", calendar_id, hours * HOUR)
        return Clock.begin("resolution", at or day(3, 2, 9), terms, CALENDARS[calendar_id], LEVELS)

    def move(self, clock, wanted, at, hours=None, calendar_id=1, **kwargs):
        terms = clock.terms._replace(calendar_id=calendar_id)
        terms = terms._replace(goal_seconds=hours * HOUR) if hours else terms
        former = CALENDARS[clock.terms.calendar_id]
        clock.move(wanted, at, terms, CALENDARS[calendar_id], LEVELS, former=former, **kwargs)

    def test_a_pause_moves_the_deadline(self):
        clock = self.start()
        self.move(clock, "paused", day(3, 2, 11), reason="waiting_client")
        self.assertEqual((clock.consumed_seconds, clock.deadline_at, clock.next_event_at), (2 * HOUR, None, None))
        self.move(clock, "running", day(3, 3, 11))
        self.assertEqual(clock.deadline_at, day(3, 3, 17))
        self.assertEqual([line.kind for line in clock.added], ["running", "paused", "running"])

    def test_other_goals_keep_what_is_used_up(self):
        clock = self.start()
        self.move(clock, "running", day(3, 2, 12), hours=4)
        self.assertEqual((clock.consumed_seconds, clock.deadline_at), (3 * HOUR, day(3, 2, 13)))
        self.move(clock, "running", day(3, 2, 12, 30), hours=2)  # less than is used up
        self.assertEqual(clock.deadline_at, day(3, 2, 12, 30))
        self.assertEqual((clock.events, clock.breached_at), (["breached"], day(3, 2, 12, 30)))
        clock.sweep(day(3, 2, 12, 31), LEVELS, OFFICE)
        self.assertEqual(clock.events, ["breached"])
        self.move(clock, "running", day(3, 2, 13), hours=16)
        self.assertEqual((clock.breached_at, clock.deadline_at), (None, day(3, 3, 17)))

    def test_each_warning_once(self):
        clock = self.start()
        self.assertEqual(clock.next_event_at, day(3, 2, 13))
        clock.sweep(day(3, 2, 12, 59), LEVELS, OFFICE)
        self.assertEqual(clock.events, [])
        for at, events, percent in (
            (day(3, 2, 13), ["warning"], 50),
            (day(3, 2, 13), ["warning"], 50),
            (day(3, 2, 16, 30), ["warning"] * 2, 90),  # the highest alone
            (day(3, 2, 17), ["warning"] * 2, 90),
            (day(3, 2, 17, 0, 1), ["warning", "warning", "breached"], 90),
            (day(3, 5), ["warning", "warning", "breached"], 90),
        ):
            clock.sweep(at, LEVELS, OFFICE)
            self.assertEqual((clock.events, clock.warned_percent), (events, percent))
        self.assertIsNone(clock.next_event_at)

    def test_in_time_to_the_second(self):
        clock = self.start()
        self.move(clock, "done", day(3, 2, 17))
        self.assertEqual((clock.state, clock.events), ("met", ["met"]))
        late = self.start()
        self.move(late, "done", day(3, 2, 17, 0, 1))
        self.assertEqual((late.state, late.events), ("missed", ["breached", "missed"]))
        self.assertEqual(late.breached_at, day(3, 2, 17))

    def test_open_again_goes_on(self):
        clock = self.start()
        self.move(clock, "done", day(3, 2, 12))
        self.move(clock, "running", day(3, 4, 10))
        self.assertEqual((clock.state, clock.consumed_seconds, clock.done_at), ("running", 3 * HOUR, None))
        self.assertEqual(clock.deadline_at, day(3, 4, 15))
        closed = clock.added[1]
        self.assertEqual((closed.kind, closed.started_at, closed.ended_at), ("closed", day(3, 2, 12), day(3, 4, 10)))

    def test_done_while_paused(self):
        clock = self.start()
        self.move(clock, "paused", day(3, 2, 11), reason="manual")
        self.move(clock, "done", day(3, 9, 11))
        self.assertEqual((clock.state, clock.consumed_seconds), ("met", 2 * HOUR))
        self.assertEqual(clock.deadline_at, day(3, 9, 17))

    def test_nothing_happens_twice(self):
        clock = self.start()
        self.move(clock, "running", day(3, 2, 12))
        self.assertEqual(len(clock.added), 1)
        self.move(clock, "done", day(3, 2, 12))
        self.move(clock, "done", day(3, 2, 13))
        self.assertEqual((clock.done_at, len(clock.added)), (day(3, 2, 12), 1))

    @settings(max_examples=120, deadline=None)
    @given(EVENTS)
    def test_the_ledger_says_it_all(self, events):
        clock = self.start()
        at = day(3, 2, 9)
        for minutes, wanted, calendar_id, hours in events:
            at += timedelta(minutes=minutes)
            if wanted == "sweep":
                clock.sweep(at, LEVELS, CALENDARS[clock.terms.calendar_id])
            else:
                reason = "stage" if wanted == "paused" else None
                self.move(clock, wanted, at, hours, calendar_id, reason=reason)
            lines = clock.added
            ended = [line for line in lines if line.ended_at]
            self.assertEqual(clock.line, None if clock.is_over else lines[-1])
            self.assertEqual(clock.consumed_seconds, sum(line.worked_seconds for line in lines))
            for line in ended:
                schedule = CALENDARS[line.terms.calendar_id]
                worked = schedule.seconds_between(line.started_at, line.ended_at) if line.kind == "running" else 0
                self.assertEqual(line.worked_seconds, worked)
            for line, following in zip(ended, lines[1:], strict=False):
                self.assertEqual(line.ended_at, following.started_at)
            left = clock.terms.goal_seconds - clock.consumed_seconds
            if clock.state == "running":
                schedule = CALENDARS[clock.terms.calendar_id]
                if left > 0:
                    self.assertEqual(clock.deadline_at, schedule.deadline(clock.line.started_at, left))
                else:
                    self.assertLessEqual(clock.deadline_at, clock.line.started_at)
                self.assertEqual(clock.line.terms, clock.terms)
            elif clock.state == "met":
                self.assertGreaterEqual(left, 0)
            elif clock.state == "missed":
                self.assertLessEqual(left, 0)
            self.assertIsNone(clock.next_event_at if clock.state != "running" else None)
