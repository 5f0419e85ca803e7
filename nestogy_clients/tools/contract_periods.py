"""Arithmetic of the days of a contract."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta


def merge_spans(spans):
    """Join spans of days that overlap or touch.

    :param spans: pairs of first and last day; a last day of ``None`` means "until further notice"
    :return: list of pairs in order, none of which touches another
    """
    merged = []
    for first, last in sorted(spans, key=lambda span: span[0]):
        if merged and (merged[-1][1] is None or first <= merged[-1][1] + timedelta(days=1)):
            before = merged[-1][1]
            merged[-1] = (merged[-1][0], None if before is None or last is None else max(before, last))
        else:
            merged.append((first, last))
    return merged


def lies_inside(first, last, spans):
    """Say whether all days from first to last lie in the spans together."""
    return any(
        start <= first and (end is None or last <= end) for start, end in merge_spans(spans) if start is not None
    )


def end_of_terms(end, months, today):
    """The last day of the term after one that ends, or of the one after, until it is not over.

    :param date end: last day of the present term
    :param int months: length of a term, at least 1
    :return: the first such day that is after ``end`` and not before ``today``
    :raise ValueError: a term has no length
    """
    if months < 1:
        raise ValueError("a term has at least one month")
    first = end + timedelta(days=1)
    terms = 1
    while (day := first + relativedelta(months=months * terms) - timedelta(days=1)) < today:
        terms += 1
    return day
