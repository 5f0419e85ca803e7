"""Working time and service clocks: when a promise is due, and what of it is used up.

Instants are naive datetimes in UTC, as Odoo keeps them; lengths are whole seconds of working time.
"""

from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import pytz

EPOCH = datetime(1970, 1, 1)
FIRST_YEAR, LAST_YEAR = 1970, 2100
LOOK_AHEAD_YEARS = 12  # who has no hour in so many years has none
MINUTES_A_DAY = 24 * 60
SECOND = timedelta(seconds=1)


def _stamp(moment):
    """:return: whole seconds since 1970"""
    passed = moment - EPOCH
    return passed.days * 86_400 + passed.seconds


def _moment(stamp):
    return EPOCH + timedelta(seconds=stamp)


def merge_spans(spans):
    """Sort spans and join those that touch or overlap; empty and reversed ones are dropped."""
    merged = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def cut_spans(spans, holes):
    """Take holes out of spans; both are sorted and merged."""
    left, at = [], 0
    for start, end in spans:
        while at < len(holes) and holes[at][1] <= start:
            at += 1
        number = at
        while number < len(holes) and holes[number][0] < end:
            if start < holes[number][0]:
                left.append((start, holes[number][0]))
            start = max(start, holes[number][1])
            number += 1
        if start < end:
            left.append((start, end))
    return left


class AroundTheClock:
    """Every second is working time."""

    rule = None

    def deadline(self, start, seconds):
        return start + timedelta(seconds=seconds)

    def deadlines(self, start, lengths):
        return [self.deadline(start, seconds) for seconds in lengths]

    def seconds_between(self, start, end):
        return max(0, (end - start) // timedelta(seconds=1))

    def same_around(self, other, first, at):
        return at, at

    def is_open(self, moment):
        return True

    def next_open(self, moment):
        return moment


AROUND_THE_CLOCK = AroundTheClock()


class CalendarRule(NamedTuple):
    """What a calendar says, without its days being written out; two equal rules have the same working time.

    :param tz: name of a zone
    :param weekly: sorted tuple of (week 0 or 1, weekday 0..6, from minute, to minute) in local time; an hour past 24
        reaches into the next day
    :param holidays: sorted tuple of (from, to) in seconds since 1970
    """

    tz: str
    weekly: tuple
    holidays: tuple


class WorkCalendar:
    """The working time of a :class:`CalendarRule`, written out year by year when it is asked for.

    An instance may be shared by threads: what is written out is replaced as a whole.
    """

    def __init__(self, rule):
        self.rule = rule
        self._zone = pytz.timezone(rule.tz)
        self._days = {}
        for week, weekday, start, end in rule.weekly:
            self._days.setdefault((week, weekday), []).append((start, end))
        self._holidays = merge_spans(rule.holidays)
        self._written = None
        self._offsets = {}

    # ------------------------------------------------------------------
    # Questions
    # ------------------------------------------------------------------

    def deadline(self, start, seconds):
        """When so much working time has passed; a deadline that falls on the end of work is that end.

        :return: an instant, ``None`` when the calendar has no such working time
        """
        return self.deadlines(start, (seconds,))[0]

    def deadlines(self, start, lengths):
        """As :meth:`deadline`, for several lengths from one start."""
        longest = max(lengths)
        if longest <= 0 or not self._days:
            return [start if seconds <= 0 else None for seconds in lengths]
        stamp, year = _stamp(start), start.year
        starts = ends = used = ()
        passed = 0  # working time until the start
        for ahead in (1, 4, LOOK_AHEAD_YEARS):
            written = self._cover(year, year + ahead)
            starts, ends, used = written.starts, written.ends, written.used
            at = bisect_right(ends, stamp)
            if at < len(ends):
                passed = (used[at - 1] if at else 0) + max(0, stamp - starts[at])
                if passed + longest <= used[-1]:
                    break
        else:
            if not ends or ends[-1] <= stamp:
                return [start if seconds <= 0 else None for seconds in lengths]
        found = []
        for seconds in lengths:
            if seconds <= 0:
                found.append(start)
                continue
            goal = passed + seconds
            last = bisect_left(used, goal)
            found.append(_moment(ends[last] - (used[last] - goal)) if last < len(used) else None)
        return found

    def seconds_between(self, start, end):
        """Working time from one instant to a later one; nothing when it is not later."""
        if end <= start or not self._days:
            return 0
        written = self._cover(start.year, end.year)
        return written.used_until(_stamp(end)) - written.used_until(_stamp(start))

    def is_open(self, moment):
        written = self._cover(moment.year, moment.year)
        at = bisect_right(written.starts, _stamp(moment)) - 1
        return at >= 0 and _stamp(moment) < written.ends[at]

    def next_open(self, moment):
        """:return: the moment itself in working time, else when work begins next, ``None`` when it never does"""
        if not self._days:
            return None
        stamp = _stamp(moment)
        for ahead in (1, 4, LOOK_AHEAD_YEARS):
            written = self._cover(moment.year, moment.year + ahead)
            at = bisect_right(written.ends, stamp)
            if at < len(written.ends):
                return _moment(max(stamp, written.starts[at]))
        return None

    def same_around(self, other, first, at):
        """Between which instants around one another calendar has the same working time.

        :param datetime first: how far back it is of interest
        :return: tuple of two instants; both are the one that was asked for when they differ there
        """
        if other.rule is None:
            return at, at
        written, theirs = self._cover(first.year, at.year + 1), other._cover(first.year, at.year + 1)
        stamp, end = _stamp(at), _stamp(datetime(min(written.last, theirs.last) + 1, 1, 1))
        spans, others = (list(zip(each.starts, each.ends, strict=True)) for each in (written, theirs))
        differences = cut_spans(spans, others) + cut_spans(others, spans)
        since = max((min(right, stamp) for left, right in differences if left < stamp), default=_stamp(first))
        until = min((max(left, stamp) for left, right in differences if right > stamp), default=end)
        return _moment(since), _moment(min(until, end))

    # ------------------------------------------------------------------
    # Writing out
    # ------------------------------------------------------------------

    def _cover(self, first, last):
        """:return: the working time of these years and those that were asked for before"""
        written = self._written
        if written is not None and written.first <= first and last <= written.last:
            return written
        first = min(max(first, FIRST_YEAR), LAST_YEAR)
        last = min(max(last, first), LAST_YEAR)
        if written is None or first < written.first or last > written.last:
            if written is not None:
                first, last = min(first, written.first), max(last, written.last)
            written = self._written = self._write_out(first, last)
        return written

    def _write_out(self, first, last):
        spans = []
        day, end = date(first, 1, 1) - timedelta(days=2), date(last + 1, 1, 2)
        while day <= end:
            week = (day.toordinal() - 1) // 7 % 2
            for hours in self._days.get((week, day.weekday()), ()):
                spans.append(tuple(self._local_stamp(day, minute) for minute in hours))
            day += timedelta(days=1)
        left, right = _stamp(datetime(first, 1, 1)), _stamp(datetime(last + 1, 1, 1))
        spans = [(max(start, left), min(end, right)) for start, end in spans]
        return _Written(first, last, cut_spans(merge_spans(spans), self._holidays))

    def _local_stamp(self, day, minute):
        days, minute = divmod(minute, MINUTES_A_DAY)
        day += timedelta(days=days)
        local = datetime.combine(day, time(*divmod(minute, 60)))
        offset = self._offset(day)
        if offset != self._offset(day + timedelta(days=1)):  # clocks are changed on this day
            offset = self._offset_at(local)
        return _stamp(local - offset)

    def _offset(self, day):
        """By how much local time is ahead when a day begins."""
        if day not in self._offsets:
            self._offsets[day] = self._offset_at(datetime.combine(day, time()))
        return self._offsets[day]

    def _offset_at(self, local):
        # an hour that the clock shows twice is the later one, one that it skips is counted on from before, as in Odoo
        return self._zone.localize(local, is_dst=False).utcoffset()


class _Written:
    """Spans of working time with the running total at the end of each."""

    __slots__ = ("first", "last", "starts", "ends", "used")

    def __init__(self, first, last, spans):
        self.first, self.last = first, last
        self.starts = [start for start, _end in spans]
        self.ends = [end for _start, end in spans]
        self.used, total = [], 0
        for start, end in spans:
            total += end - start
            self.used.append(total)

    def used_until(self, stamp):
        at = bisect_right(self.starts, stamp) - 1
        if at < 0:
            return 0
        return self.used[at] - max(0, self.ends[at] - stamp)


# ----------------------------------------------------------------------
# The clock of one promise
# ----------------------------------------------------------------------

RUNNING, PAUSED, MET, MISSED, CANCELLED = "running", "paused", "met", "missed", "cancelled"
OVER = (MET, MISSED, CANCELLED)
DONE = "done"  # what a record asks for; the clock says whether that is met or missed


class Terms(NamedTuple):
    """What is promised, and by which calendar it is counted."""

    policy_id: int
    priority: str
    calendar_id: int | None
    goal_seconds: int


class Line(NamedTuple):
    """A stretch of a clock's life: ``running``, ``paused`` or ``closed``; open while it has no end."""

    kind: str
    reason: str | None
    started_at: datetime
    ended_at: datetime | None
    worked_seconds: int
    terms: Terms


def warning_levels(text):
    """Read "50, 75, 90".

    :return: sorted tuple of whole percents
    :raise ValueError: something else stands there
    """
    levels = {int(part) for part in (text or "").split(",") if part.strip()}
    if any(level < 1 or level > 99 for level in levels):
        raise ValueError(text)
    return tuple(sorted(levels))


def forecast(schedule, levels, started_at, goal, consumed, warned, deadline=None):
    """What is ahead of a running clock that is not late; warnings are rounded up to a second.

    :param tuple levels: percents at which there is something to say
    :param datetime started_at: when its open line began
    :param int goal: seconds of working time; of these ``consumed`` were used up before that line
    :param int warned: the percent of the last warning
    :param datetime deadline: when that is known
    :return: tuple of deadline, when it is at risk, and when there is next something to say: at a warning level, or when
        it is late; all ``None`` when the calendar has no such working time
    """
    ahead = [level for level in levels if level > warned]
    percents = (100, levels[-1], ahead[0]) if ahead else (100, *levels[-1:])
    due, *marks = schedule.deadlines(started_at, [-(-goal * percent // 100) - consumed for percent in percents])
    deadline = deadline or due
    if deadline is None:
        return None, None, None
    late = deadline + SECOND
    return deadline, marks[0] if marks else None, min(marks[1], late) if ahead and marks[1] else late


class Clock:
    """One promise and its ledger.

    ``consumed_seconds`` is the sum of the closed running lines, so it is never computed in another way; each change of
    what is in force closes the open line with what was in force, and opens another.
    """

    def __init__(self, target, started_at, terms, **values):
        self.target = target
        self.started_at = started_at
        self.terms = terms
        self.id = values.get("id")
        self.state = values.get("state") or RUNNING
        self.consumed_seconds = values.get("consumed_seconds") or 0
        self.deadline_at = values.get("deadline_at")
        self.done_at = values.get("done_at")
        self.breached_at = values.get("breached_at")
        self.risk_at = values.get("risk_at")
        self.next_event_at = values.get("next_event_at")
        self.warned_percent = values.get("warned_percent") or 0
        self.line = values.get("line")  # the open one
        self.ended = None  # what the line that was open when this was loaded has become
        self.added = []  # lines that are not stored yet; the last one may be open
        self.events = []

    @classmethod
    def begin(cls, target, at, terms, schedule, levels):
        clock = cls(target, at, terms)
        clock._open(RUNNING, None, at)
        clock._plan(at, schedule, levels)
        return clock

    @property
    def is_over(self):
        return self.state in OVER

    @property
    def is_changed(self):
        return bool(self.ended or self.added or self.events)

    def consumed_at(self, at, schedule):
        """What is used up by an instant, with what of the open line has passed."""
        if self.state != RUNNING or not self.line:
            return self.consumed_seconds
        return self.consumed_seconds + schedule.seconds_between(self.line.started_at, at)

    def move(self, wanted, at, terms, schedule, levels, reason=None, former=None, is_forced=False):
        """Bring the clock to what its record is now.

        :param wanted: ``running``, ``paused``, ``done`` or ``cancelled``
        :param Terms terms: what is promised from now on
        :param schedule: the working time of ``terms``
        :param former: the working time that was in force until now
        :param bool is_forced: the working time itself has changed
        """
        if self.is_over:
            if wanted not in (RUNNING, PAUSED):
                return
            self._close_gap(at)
        elif wanted == self.state and terms == self.terms and not is_forced:
            if wanted != PAUSED or self.line is None or self.line.reason == reason:
                return
        if self.line:
            self._end_line(at, former or schedule)
        if wanted not in (DONE, CANCELLED):
            self.terms = terms
        if wanted == DONE:
            self._finish(at, schedule)
        elif wanted == CANCELLED:
            self.state, self.done_at = CANCELLED, at
            self.deadline_at = self.next_event_at = self.risk_at = None
        else:
            self.state = wanted
            self._open(wanted, reason if wanted == PAUSED else None, at)
            self._plan(at, schedule, levels)

    def rebook(self, at, schedule, levels, former):
        """Go on by another working time; what is used up is kept.

        The ledger needs another line only where what has passed would count otherwise from now on.
        """
        line = self.line
        if not line or former.seconds_between(line.started_at, at) != schedule.seconds_between(line.started_at, at):
            self.move(RUNNING, at, self.terms, schedule, levels, former=former, is_forced=True)
        elif not self.breached_at and (self.deadline_at is None or self.deadline_at > at):
            left = line.started_at, self.terms.goal_seconds, self.consumed_seconds, self.warned_percent
            self.deadline_at, self.risk_at, self.next_event_at = forecast(schedule, levels, *left)

    def sweep(self, now, levels, schedule):
        """Say what has happened since the clock was looked at, each thing once."""
        if self.state != RUNNING:
            self.next_event_at = None
            return
        if not self.breached_at and self.deadline_at and self.deadline_at < now:
            self._breach()
            self.warned_percent = max(levels, default=0)
        elif not self.breached_at:
            used = self.consumed_at(now, schedule) * 100
            passed = [level for level in levels if used >= level * self.terms.goal_seconds]
            if passed and passed[-1] > self.warned_percent:
                self.warned_percent = passed[-1]
                self.events.append("warning")
        self.plan_events(schedule, levels)

    # ------------------------------------------------------------------

    def _open(self, kind, reason, at):
        self.line = Line(kind, reason, at, None, 0, self.terms)
        self.added.append(self.line)

    def _end_line(self, at, schedule):
        line = self.line
        at = max(at, line.started_at)
        worked = schedule.seconds_between(line.started_at, at) if line.kind == RUNNING else 0
        ended = line._replace(ended_at=at, worked_seconds=worked)
        if self.added and self.added[-1] == line:
            self.added[-1] = ended
        else:
            self.ended = ended
        self.line = None
        self.consumed_seconds += worked
        if line.kind == RUNNING and not self.breached_at and self.deadline_at and self.deadline_at < at:
            self._breach()

    def _close_gap(self, at):
        """Write down how long the record was closed, before the clock goes on."""
        if self.done_at:
            self.added.append(Line("closed", None, self.done_at, max(at, self.done_at), 0, self.terms))
        self.done_at = None

    def _breach(self):
        self.breached_at = self.deadline_at
        self.next_event_at = None
        self.events.append("breached")

    def _finish(self, at, schedule):
        if self.state == PAUSED and not self.breached_at:
            # when it would have been due, had it gone on
            self.deadline_at = schedule.deadline(at, self.terms.goal_seconds - self.consumed_seconds)
        self.state = MISSED if self.breached_at else MET
        self.deadline_at = self.breached_at or self.deadline_at
        self.done_at = at
        self.next_event_at = self.risk_at = None
        self.events.append(self.state)

    def _plan(self, at, schedule, levels):
        """Find the deadline of what is left, and when there is something to say."""
        left = self.terms.goal_seconds - self.consumed_seconds
        if self.breached_at and left > 0:
            # more time was given: what was late is not late any more
            self.breached_at = None
        used = self.consumed_seconds * 100
        passed = [level for level in levels if used >= level * self.terms.goal_seconds]
        self.warned_percent = min(self.warned_percent, max(passed, default=0))
        if left < 0 and not self.breached_at:
            self.deadline_at = at  # less is promised now than is used up
            self._breach()
        if self.state == PAUSED:
            self.deadline_at = self.next_event_at = self.risk_at = None
            return
        self.deadline_at = schedule.deadline(at, left) if left > 0 else self.breached_at or at
        self.plan_events(schedule, levels)

    def plan_events(self, schedule, levels):
        """Find when there is something to say: at a warning level, or when it is late."""
        self.next_event_at = self.risk_at = None
        if self.line is None or self.breached_at or self.deadline_at is None:
            return
        left = self.line.started_at, self.terms.goal_seconds, self.consumed_seconds, self.warned_percent
        _deadline, self.risk_at, self.next_event_at = forecast(schedule, levels, *left, deadline=self.deadline_at)
