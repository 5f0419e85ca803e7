"""When somebody may be contacted: his best times in his time zone, and how often within a span of days.

Moments are naive datetimes in UTC, as Odoo keeps them.
"""

from datetime import datetime, time, timedelta

import pytz

DAY_HOURS = 24.0
WORKDAYS = range(5)  # Monday to Friday


def next_in_windows(moment, windows, zone):
    """The first moment, not before the given one, that lies in one of the windows.

    Where the clock is set back a window holds for both passes of the doubled hour; what falls into the hour that is
    skipped in spring is left out, so that nobody is contacted outside of what he said.

    :param datetime moment: naive, UTC
    :param windows: iterable of (weekday, from, to): 0 is Monday, hours of the local clock, 0 <= from < to <= 24
    :param str zone: name of a time zone
    :return: naive datetime in UTC; ``moment`` itself when there are no windows
    """
    windows = sorted(windows)
    if not windows:
        return moment
    clock = pytz.timezone(zone)
    today = pytz.utc.localize(moment).astimezone(clock).date()
    for day in (today + timedelta(days=ahead) for ahead in range(-1, 15)):
        for weekday, start, end in windows:
            if weekday != day.weekday():
                continue
            opens, closes = _moment(day, start, clock, opening=True), _moment(day, end, clock, opening=False)
            if opens < closes and moment < closes:
                return max(moment, opens)
    raise ValueError(f"no window among {windows}")


def next_within_limit(moment, sent, limit, days):
    """The first moment, not before the given one, at which one more message stays within the limit.

    :param datetime moment: naive, UTC
    :param sent: moments of earlier messages, in any order
    :param int limit: messages allowed in any span of so many days; 0 is no limit
    :param int days: length of the span
    """
    if not limit:
        return moment
    span = timedelta(days=days)
    recent = sorted(each for each in sent if moment - span < each <= moment)
    return moment if len(recent) < limit else recent[-limit] + span


def _moment(day, hours, clock, opening):
    """A time of the local clock as a moment in UTC; on days when the clock jumps, on the safe side of the jump."""
    if hours >= DAY_HOURS:
        day, hours = day + timedelta(days=1), hours - DAY_HOURS
    local = datetime.combine(day, time()) + timedelta(minutes=round(hours * 60))
    try:
        aware = clock.localize(local, is_dst=None)
    except pytz.AmbiguousTimeError:
        aware = clock.localize(local, is_dst=opening)
    except pytz.NonExistentTimeError:
        aware = clock.localize(local, is_dst=not opening)
    return aware.astimezone(pytz.utc).replace(tzinfo=None)
