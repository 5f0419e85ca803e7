"""The words of an erasure: its steps, what becomes of each column, and how somebody is found in texts."""

import re
from collections.abc import Callable
from typing import NamedTuple

# What becomes of a row that points to the people who are erased, or of a cell that names them.
ROW = "row"  # the row goes
EMPTY = "empty"  # the cell is emptied
TOP = "top"  # it points to the client instead, where one person of it is erased; with the client a step deals with it
KEEP = "keep"  # the law keeps it, and with it a partner without a name
STEP = "step"  # a step of ``_client_erase_steps`` deals with it
ADDRESS = "address"  # a cell with one of their addresses or numbers is emptied
ADDRESS_ROW = "address row"  # a row with one of their addresses or numbers goes
WORDS = "words"  # their addresses and numbers are taken out of the text
NAMES = "names"  # as WORDS, and their names
OTHER = "other"  # it is not about a client's people, or does not last

# Between the digits of a number that somebody wrote by hand; the long word is a space as it stands in pages.
SEPARATORS = "(?:[ ()./\u00a0\u202f-]|&nbsp;){0,3}"
NUMBER_DIGITS = 7  # fewer may be anything
PIECE_LENGTH = 4  # of a text, by which rows that may have it are found


class EraseStep(NamedTuple):
    """One deed of an erasure, or something that is kept.

    ``domain`` says of which records of ``model``; each batch of them is deleted, or handed to ``deal``. Without a
    ``model`` it is called once, for all. ``kept`` says why records are kept; nothing is done then. ``label`` stands in
    the plan and on the certificate; a step without one is not spoken of. A step that ``looks`` goes through records of
    others, and its ``deal`` gives back the ids of those that speak of the people afterwards.
    """

    key: str
    label: str = ""
    model: str = ""
    domain: object = ()
    deal: Callable | None = None
    kept: str = ""
    batch: int = 200
    size: Callable | None = None  # gives the bytes of their files
    looks: bool = False


class Needle(NamedTuple):
    """A name, an address or a number that is looked for.

    ``pattern`` is a regular expression of the database that finds it, and no longer word that it is part of. ``piece``
    is in every text that has it, once that is in small letters: it tells most other texts at once. It is empty where
    no letters tell.
    """

    pattern: str
    piece: str


def needle(text):
    """
    >>> needle("Ann Archer").piece
    'ann archer'
    >>> needle("+1 (212) 555-0187").piece
    '87'
    """
    digits = re.sub(r"\D", "", text)
    if len(digits) >= NUMBER_DIGITS and not any(sign.isalpha() or sign == "@" for sign in text):
        # whoever writes a number parts its digits as he likes, but does not leave the last one alone
        return Needle(_whole(rf"\+?{SEPARATORS.join(digits)}"), digits[-2:])
    quoted = "".join(sign if sign.isalnum() or sign.isspace() else f"\\{sign}" for sign in text)
    # only these letters have the same small ones in every language
    piece = max(re.findall(r"[\x20-\x7e]+", text), key=len, default="").lower()
    return Needle(_whole(quoted), piece if len(piece.strip()) >= PIECE_LENGTH else "")


def _whole(pattern):
    return rf"(?<![[:alnum:]]){pattern}(?![[:alnum:]])"
