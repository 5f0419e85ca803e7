"""The words of an erasure: its steps, and what becomes of each column that points to a person or names one."""

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


class EraseStep(NamedTuple):
    """One deed of an erasure, or something that is kept.

    ``domain`` says of which records of ``model``; each batch of them is deleted, or handed to ``deal``, a method of
    all the people. Without a ``model`` the method is called once, for all. ``kept`` says why records are kept; nothing
    is done then. ``label`` stands in the plan and on the certificate; a step without one is not spoken of.
    """

    key: str
    label: str = ""
    model: str = ""
    domain: object = None
    deal: str = ""
    kept: str = ""
    batch: int = 200
    size: str = ""  # a method of the people that tells how many bytes
