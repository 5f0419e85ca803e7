"""Passwords that are handed over once, and user names that people choose."""

import re
import secrets

# no letters and digits that look alike: the password is read aloud and typed
LOWER, UPPER, DIGITS = "abcdefghijkmnpqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789"
GROUPS, GROUP_LENGTH = 4, 5
MINIMUM = 10  # characters of a password that a person chooses
LONGEST = 128
USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{1,38})[a-z0-9]")


def generate_password():
    """Make a password of four groups of five characters, such as ``hK4mw-…``; about 115 bits.

    It always holds a small letter, a capital and a digit.
    """
    alphabet = LOWER + UPPER + DIGITS
    while True:
        groups = ["".join(secrets.choice(alphabet) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS)]
        password = "-".join(groups)
        if all(any(each in kind for each in password) for kind in (LOWER, UPPER, DIGITS)):
            return password


def is_username(text):
    """Say whether a text can be a user name of its own: 3 to 40 small letters, digits, dots, dashes, underscores.

    No @ is in it, so that nobody takes the address of somebody else as his name.
    """
    return bool(USERNAME.fullmatch(text or ""))
