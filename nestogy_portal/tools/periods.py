"""Weeks, months and quarters, and which of them a day is in."""

PERIODS = ("weekly", "monthly", "quarterly")


def period_key(period, day):
    """A text that is the same for all days of one week (from Monday, ISO 8601), month or quarter.

    :param str period: one of ``PERIODS``
    :param datetime.date day: any day
    :return: ``w2026-47``, ``m2026-11`` or ``q2026-4``; the first letter tells the kind
    :raise ValueError: the period is none of these
    """
    if period == "weekly":
        year, week, _weekday = day.isocalendar()
        return f"w{year}-{week:02}"
    if period == "monthly":
        return f"m{day.year}-{day.month:02}"
    if period == "quarterly":
        return f"q{day.year}-{(day.month + 2) // 3}"
    raise ValueError(f"no period: {period!r}")
