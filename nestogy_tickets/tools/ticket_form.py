"""What a visitor may send with a ticket: limits as numbers, checks without a database."""

import re
import unicodedata

MAX_SUBJECT_CHARACTERS = 200
MAX_DESCRIPTION_CHARACTERS = 20_000
REASON_CHARACTERS = 4_000  # why a ticket is opened again
MAX_FILES = 10
MAX_FILE_MEGABYTES = 25
MAX_TOTAL_MEGABYTES = 50
MEGABYTE = 1024 * 1024
TAG = re.compile(r"<[^>]*>")

# what runs on a double click; pictures, documents, archives and logs are welcome
PROGRAM_ENDINGS = frozenset(
    "apk app bat cab chm cmd com cpl dll dmg exe gadget hta inf ins iso jar js jse lnk mjs msc msi msix msp "
    "pif ps1 psm1 reg scr sct sh svg url vb vbe vbs vhd vhdx wsc wsf wsh xhtml xll".split()
)
PROGRAM_STARTS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")


def is_program(name, content):
    """Tell whether a file would run rather than be read, by its ending or by how it starts."""
    ending = name.rstrip(". ").rpartition(".")[2].lower() if "." in name else ""
    return ending in PROGRAM_ENDINGS or content.startswith(PROGRAM_STARTS)


def file_problem(files):
    """Find what is wrong with uploaded files.

    :param files: list of (name, content in bytes)
    :return: ``None`` when all are fine, else a (code, file name) pair; codes are ``count``, ``size``,
        ``total``, ``empty`` and ``type``, the name is empty where no single file is to blame
    """
    if len(files) > MAX_FILES:
        return "count", ""
    for name, content in files:
        if not content:
            return "empty", name
        if len(content) > MAX_FILE_MEGABYTES * MEGABYTE:
            return "size", name
        if is_program(name, content):
            return "type", name
    if sum(len(content) for _name, content in files) > MAX_TOTAL_MEGABYTES * MEGABYTE:
        return "total", ""
    return None


def clean_text(value):
    """A text as a person meant it: one kind of line break, no control characters, no blank ends."""
    text = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs")).strip()


def text_length(markup):
    """How many characters of HTML are text; tags are not counted."""
    return len(TAG.sub("", markup))


def clean_line(value):
    """Like :func:`clean_text`, on one line."""
    return " ".join(clean_text(value).split())
