"""What may be shown of the numbers of cards and bank accounts."""

import re

SHOWN = 4


def masked(number, dots="••••"):
    """The end of a number behind dots: enough to know one's own card by, and nothing to pay with.

    :param str|None number: with or without blanks; only its last four letters or digits are shown
    :param str dots: what stands for the rest
    :return: e.g. ``•••• 4242``; empty when there are not at least four digits
    """
    found = re.sub(r"[^0-9A-Za-z]", "", number or "")
    if sum(character.isdigit() for character in found[-SHOWN:]) < SHOWN:
        return ""
    return f"{dots} {found[-SHOWN:]}"
