"""What may be kept as a client's document: names, kinds and limits, checked without a database."""

import re
import unicodedata

FILES_LIMIT = 20  # of one upload
NAME_LIMIT = 150  # characters
MEGABYTE = 1024 * 1024
SEARCH_LIMIT = 100  # characters of a search

ZIP, OLE = (b"PK\x03\x04", b"PK\x05\x06"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
OFFICE, OPEN = "application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument."
# ending: type, and how such a file starts
KINDS = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "png": ("image/png", (b"\x89PNG\r\n\x1a\n",)),
    "jpg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "jpeg": ("image/jpeg", (b"\xff\xd8\xff",)),
    "gif": ("image/gif", (b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", (b"RIFF",)),
    "zip": ("application/zip", ZIP),
    "docx": (f"{OFFICE}wordprocessingml.document", ZIP),
    "xlsx": (f"{OFFICE}spreadsheetml.sheet", ZIP),
    "pptx": (f"{OFFICE}presentationml.presentation", ZIP),
    "odt": (f"{OPEN}text", ZIP),
    "ods": (f"{OPEN}spreadsheet", ZIP),
    "odp": (f"{OPEN}presentation", ZIP),
    "doc": ("application/msword", (*OLE, b"{\\rtf")),
    "xls": ("application/vnd.ms-excel", OLE),
    "ppt": ("application/vnd.ms-powerpoint", OLE),
}
TEXTS = frozenset("txt log csv md ini cfg conf json yml yaml".split())
SHOWN = frozenset(("application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp"))
# what runs on a double click
PROGRAMS = frozenset(
    "apk app bat cab chm cmd com cpl dll dmg exe gadget hta inf ins iso jar js jse lnk mjs msc msi msix msp "
    "pif ps1 psm1 reg scr sct sh url vb vbe vbs vhd vhdx wsc wsf wsh xll".split()
)
PROGRAM_STARTS = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
ACTIVE_TYPE = re.compile("ht|xml|svg|script")
FORBIDDEN = re.compile(r"[\"*:<>?|]+")


def clean_name(name):
    """A file name as it is kept: without folders, control characters and what no system takes, not too long."""
    name = unicodedata.normalize("NFC", str(name or "")).replace("\\", "/").rpartition("/")[2]
    name = "".join(" " if char.isspace() else char for char in name)
    name = "".join(char for char in name if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    name = " ".join(FORBIDDEN.sub("_", name).split()).strip(". ")
    if len(name) > NAME_LIMIT:
        stem, dot, end = name.rpartition(".")
        name = f"{stem[: NAME_LIMIT - len(end) - 1]}.{end}" if dot and len(end) <= 10 else name[:NAME_LIMIT]
    return name


def ending(name):
    """The ending of a file name in small letters, empty if it has none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def title(name):
    """What a document is called after its first file."""
    stem, dot, _end = name.rpartition(".")
    return (stem if dot and stem else name).replace("_", " ").strip() or name


def size_text(size):
    """A number of bytes for people."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1024 or unit == "MB":
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 10 else f"{size:.1f} {unit}"
        size /= 1024


def problem(name, content, limit_megabytes):
    """What keeps a file out: ``name``, ``empty``, ``size``, ``program``, ``content``, or ``None`` for a good one.

    ``content`` means that the file is not what its ending says.
    """
    if not name:
        return "name"
    if not content:
        return "empty"
    if len(content) > limit_megabytes * MEGABYTE:
        return "size"
    end = ending(name)
    if end in PROGRAMS or content.startswith(PROGRAM_STARTS):
        return "program"
    if end in KINDS:
        # a PDF may have a few bytes of a mailer or a printer before it
        head = content[:1024] if end == "pdf" else content
        starts = KINDS[end][1]
        known = any(start in head for start in starts) if end == "pdf" else head.startswith(starts)
        if not known or (end == "webp" and content[8:12] != b"WEBP"):
            return "content"
    elif end in TEXTS and b"\x00" in content[:4096]:
        return "content"
    return None


def mimetype(name, guessed):
    """The type under which a file is kept: never one that a browser runs.

    :param str guessed: what its content looks like
    """
    end = ending(name)
    if end in KINDS:
        return KINDS[end][0]
    if end in TEXTS or guessed.startswith("text/") or ACTIVE_TYPE.search(guessed):
        return "text/plain"
    return guessed


def shown_as(name, kept_type):
    """The type with which a browser may show a file, or ``None`` when it is only to be saved."""
    end = ending(name)
    if end in TEXTS:
        return "text/plain"
    return kept_type if end in KINDS and kept_type in SHOWN else None
