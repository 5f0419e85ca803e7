"""Which part of a payment goes to which invoice, in minor units (cents), so that nothing is lost by rounding."""

import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

LONGEST_PLAN = 200  # invoices in one payment
PART = re.compile(r"([1-9][0-9]{0,8})-([0-9]{1,15})-([0-9]{1,15})", re.ASCII)
NUMBER = re.compile(r"[0-9]{1,13}(\.[0-9]{0,6})?", re.ASCII)


class Part(NamedTuple):
    """What one invoice gets."""

    document_id: int
    money: int  # of the payment
    credit: int  # of what the client has with us already


def to_minor(amount, decimals):
    """:return: an amount in the smallest unit of its currency"""
    return int(round(amount * 10**decimals))


def to_major(minor, decimals):
    return float(Decimal(minor).scaleb(-decimals))


def read_amount(text, decimals):
    """Read what a visitor typed into a field for money.

    :return: the amount in minor units
    :raise ValueError: no number, or finer than the currency is
    """
    text = str(text or "").strip()
    if not NUMBER.fullmatch(text):
        raise ValueError("number")
    try:
        minor = Decimal(text).scaleb(decimals)
    except InvalidOperation as error:
        raise ValueError("number") from error
    if minor != minor.to_integral_value():
        raise ValueError("precision")
    return int(minor)


def spread(total, owed):
    """Spread a sum over debts in their order, none gets more than it is.

    :param int total: what there is
    :param owed: the debts, in minor units
    :return: list of parts, as long as ``owed``
    """
    parts = []
    for debt in owed:
        part = max(min(total, debt), 0)
        parts.append(part)
        total -= part
    return parts


def write_plan(parts):
    """:return: parts as a word for an address"""
    return ".".join("-".join(map(str, part)) for part in parts)


def read_plan(text):
    """The opposite of :func:`write_plan`.

    :return: list of :class:`Part`
    :raise ValueError: no plan
    """
    pieces = str(text).split(".", LONGEST_PLAN + 1)
    if len(pieces) > LONGEST_PLAN:
        raise ValueError("long")
    parts = []
    for piece in pieces:
        match = PART.fullmatch(piece)
        if not match:
            raise ValueError("part")
        part = Part(*map(int, match.groups()))
        if not part.money and not part.credit:
            raise ValueError("nothing")
        parts.append(part)
    if len({part.document_id for part in parts}) != len(parts):
        raise ValueError("twice")
    return parts
