"""The amount that a browser asks to pay: a number, positive, payable and not more than is owed."""

import math


def payable_amount(value, owed, decimals):
    """Check an amount from outside against what is owed.

    :param value: what the browser sent, of any type
    :param float owed: the open amount
    :param int decimals: digits of the currency
    :return: the amount as a float
    :raise ValueError: ``type``, ``finite``, ``small``, ``precision`` or ``large``
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("type")
    if isinstance(value, int) and abs(value) > 10**15:  # beyond what a float holds in cents
        raise ValueError("large")
    amount = float(value)
    if not math.isfinite(amount):
        raise ValueError("finite")
    unit = 10.0**-decimals
    if amount < unit / 2:
        raise ValueError("small")
    if abs(amount - round(amount, decimals)) > unit / 1000:
        raise ValueError("precision")
    if amount - owed > unit / 2:
        raise ValueError("large")
    return amount
