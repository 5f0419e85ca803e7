"""Write a ZIP archive piece by piece: one document in memory at a time, whatever their number."""

import io
import re
import unicodedata
import zipfile

UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])$", re.IGNORECASE)
HEADER_SIZE, ENTRY_SIZE, END_SIZE = 30, 46, 22  # bytes of the records that a ZIP without extras has


def safe_name(name, default="document"):
    """A file name that every system can unpack and that stays in its folder."""
    name = UNSAFE.sub("_", unicodedata.normalize("NFC", str(name or ""))).strip(" ._")
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    stem = stem.strip(" ._")[:100] or default
    if RESERVED.match(stem):
        stem = f"_{stem}"
    return f"{stem}.{extension[:10]}" if extension else stem


def unique_names(names):
    """Make names safe and tell apart those that are equal, for systems that ignore case too.

    :return: list of names, in the order given
    """
    taken, result = set(), []
    for name in map(safe_name, names):
        stem, dot, extension = name.rpartition(".")
        if not dot:
            stem, extension = name, ""
        candidate, number = name, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{stem} ({number}){dot}{extension}"
        taken.add(candidate.casefold())
        result.append(candidate)
    return result


def stored_size(entries):
    """The size of the archive that :func:`stream_stored` makes.

    :param entries: pairs of name and size in bytes
    """
    return END_SIZE + sum(HEADER_SIZE + ENTRY_SIZE + 2 * len(name.encode()) + size for name, size in entries)


class _Window(io.RawIOBase):
    """A file of which only the part that may still change is kept."""

    def __init__(self):
        self._kept, self._base = io.BytesIO(), 0

    def seekable(self):
        return True

    def writable(self):
        return True

    def tell(self):
        return self._base + self._kept.tell()

    def seek(self, position, whence=io.SEEK_SET):
        if whence == io.SEEK_SET:
            position -= self._base
        return self._base + self._kept.seek(position, whence)

    def write(self, data):  # pylint: disable=method-required-super
        return self._kept.write(data)

    def take(self):
        """Hand out what is written; it cannot be changed any more."""
        data = self._kept.getvalue()
        self._base += len(data)
        self._kept = io.BytesIO()
        return data


def stream_stored(entries):
    """Yield the archive in pieces, documents uncompressed (a PDF is compressed already).

    :param entries: iterable of name and a function that gives the content as bytes
    """
    window = _Window()
    with zipfile.ZipFile(window, "w", zipfile.ZIP_STORED) as archive:
        for name, read in entries:
            archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), read())
            yield window.take()
    yield window.take()
