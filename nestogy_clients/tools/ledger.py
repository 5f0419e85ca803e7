"""Arithmetic of a statement of account: periods, ageing, and what the rows of a ledger add up to.

Amounts are floats in one currency: positive is owed by the client, negative is in his favour. ``digits`` is the number
of decimals of the currency; each sum is rounded to it once.
"""

from datetime import date, timedelta

LAYOUTS = ("open", "activity")
PERIODS = ("month", "last_month", "quarter", "last_quarter", "year", "last_year", "all")
AGES = (("not_due", None), ("to_30", 0), ("to_60", 30), ("to_90", 60), ("older", 90))  # more days late than
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


def add_months(day, months):
    """The first day of the month so many months after that of ``day``."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def period_days(period, today):
    """The first and the last day of a period; one that is under way ends today.

    :param str period: one of ``PERIODS``
    :raise ValueError: the period is none of these
    """
    one_day = timedelta(days=1)
    month = today.replace(day=1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    year = date(today.year, 1, 1)
    try:
        return {
            "month": (month, today),
            "last_month": (add_months(month, -1), month - one_day),
            "quarter": (quarter, today),
            "last_quarter": (add_months(quarter, -3), quarter - one_day),
            "year": (year, today),
            "last_year": (date(today.year - 1, 1, 1), year - one_day),
            "all": (FIRST_DAY, today),
        }[period]
    except KeyError:
        raise ValueError(f"no period: {period!r}") from None


def to_day(text):
    """A date out of text that anybody may have typed, ``None`` if it is none that a ledger can have."""
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def age_of(due, as_of):
    """Which column of the ageing an open item belongs to; what is due today is not late."""
    late = (as_of - due).days
    found = "not_due"
    for key, more_than in AGES:
        if more_than is not None and late > more_than:
            found = key
    return found


def ageing(items, as_of, digits):
    """Sort open items by how late they are.

    :param items: pairs of due date and open amount; what is in the client's favour has no age
    :return: dict of the keys of ``AGES`` to amounts, with ``credit`` (not negative), ``outstanding`` (all but the
        credit), ``overdue`` and ``balance`` (outstanding less credit)
    """
    found = {key: 0.0 for key, _days in AGES} | {"credit": 0.0}
    for due, amount in items:
        found[age_of(due, as_of) if amount > 0 else "credit"] += abs(amount)
    found = {key: round(amount, digits) for key, amount in found.items()}
    outstanding = round(sum(found[key] for key, _days in AGES), digits)
    return found | {
        "outstanding": outstanding,
        "overdue": round(outstanding - found["not_due"], digits),
        "balance": round(outstanding - found["credit"], digits),
    }


def split_write_off(amount, paid, digits):
    """What of a payment's entry was money, and what was written off or discounted with it.

    :param float amount: of the entry, negative for money from the client
    :param float|None paid: the money, of the same sign; ``None`` if the entry is no payment in this currency
    :return: tuple of money and rest
    """
    if paid is None or paid * amount <= 0:
        return amount, 0.0
    return paid, round(amount - paid, digits)


def is_dark(color):
    """Say whether white can be read on a colour like ``#0B5FA5`` (4.5 to 1 after WCAG 2.2)."""
    parts = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return (
        1.05 / (sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)) + 0.05) >= 4.5
    )


def ties(block, digits):
    """Say whether a statement's sums agree: opening + change = closing, and the open items add up to it."""
    step = 0.5 * 10**-digits
    return (
        abs(block["opening"] + block["change"] - block["closing"]) < step
        and abs(block["open_total"] - block["closing"]) < step
    )
