"""Postal codes: one spelling for each code, and whether it lies in a range or below a prefix."""

import re
from typing import NamedTuple

# Countries whose codes have a fixed number of digits and may begin with 0, which spreadsheets drop.
DIGITS = {
    **dict.fromkeys(("AU", "NO", "ZA"), 4),
    **dict.fromkeys(("DE", "EE", "ES", "FI", "FR", "IT", "KR", "MX", "PL", "PR", "TR", "US"), 5),
    **dict.fromkeys(("CN", "RO", "RU"), 6),
    "JP": 7,
}
COUNTRY_MARK = re.compile(r"^[A-Z]{1,2}-(?=\d)")
BRITISH = re.compile(r"([A-Z]{1,2})(\d{1,2})([A-Z]?)(\d[A-Z]{0,2})?")
BRITISH_OUTWARD = re.compile(r"([A-Z]{1,2})(\d{1,2})([A-Z]?)")
END = "\uffff"  # sorts behind whatever may follow


def postal_code(text, country="", whole=True):
    """Bring a postal code, or its beginning, into the one spelling by which codes are compared as text.

    Blanks, dashes and the mark of a country (``D-10115``) go. British districts get two digits, so that ``M2`` stands
    before ``M10`` and ``SW1`` does not hold ``SW11``.

    :param str|None text: as a person wrote it
    :param str|None country: ISO code
    :param bool whole: the code of an address, which gets its leading zeros back; not the beginning of codes
    :return: capital letters and digits, empty for no code
    """
    text = (text or "").upper().strip()
    parts = text.split()
    text = re.sub(r"[^A-Z0-9]", "", COUNTRY_MARK.sub("", text))
    if country == "GB":
        outward = BRITISH_OUTWARD.fullmatch(parts[0]) if len(parts) == 2 else None
        if outward:
            area, district, letter = outward.groups()
            return f"{area}{district:0>2}{letter}{parts[1]}"
        match = BRITISH.fullmatch(text)
        if match:
            area, district, letter, inward = match.groups()
            return f"{area}{district:0>2}{letter}{inward or ''}"
        return text
    if whole and text.isdigit() and 3 <= len(text) < DIGITS.get(country, 0):
        text = text.zfill(DIGITS[country])
    return text


def interval(low, high, country=""):
    """The codes from ``low`` to ``high``, ends included with all that begins with them; a prefix is both ends.

    :return: tuple to compare :func:`postal_code` with, see :func:`holds`
    """
    return postal_code(low, country, whole=False), postal_code(high, country, whole=False) + END


def holds(bounds, code):
    """Say whether a code lies in an :func:`interval`; no code lies in none."""
    return bool(code) and bounds[0] <= code <= bounds[1]


def overlap(one, other):
    """Say whether two intervals share a code."""
    return one[0] <= other[1] and other[0] <= one[1]


def fixed_length(bounds):
    """How many characters all codes of an interval share: the narrower, the more."""
    low, high = bounds[0], bounds[1].removesuffix(END)
    shared = 0
    while shared < min(len(low), len(high)) and low[shared] == high[shared]:
        shared += 1
    return shared


class AreaRule(NamedTuple):
    """One part of an area: a country, some of its states, some of its codes."""

    area: int
    company: int | None  # of the area; None: for clients of all companies
    country: int
    states: frozenset  # empty: all
    bounds: tuple | None  # None: all codes
    order: int  # of the area

    @property
    def rank(self):
        """What is narrower goes first: codes by how much they share, states, the country; then the area's order."""
        return (-fixed_length(self.bounds) if self.bounds else 1, not self.states, self.order)


def first_area(rules, state, code, companies):
    """The area of an address.

    :param rules: the :class:`AreaRule` of its country in the order of their rank
    :param companies: those whose areas may take it, ``None`` among them
    :param code: see :func:`postal_code`
    :return: an area or ``None``
    """
    for rule in rules:
        if (
            rule.company in companies
            and (not rule.states or state in rule.states)
            and (not rule.bounds or holds(rule.bounds, code))
        ):
            return rule.area
    return None


def share_addresses(one, other):
    """Say whether an address can lie in both rules."""
    return (
        one.country == other.country
        and (one.company == other.company or not one.company or not other.company)
        and (not one.states or not other.states or bool(one.states & other.states))
        and (not one.bounds or not other.bounds or overlap(one.bounds, other.bounds))
    )
