"""Reading tables out of the files that people bring: CSV, XLS, XLSX and vCard, told apart by what they hold.

Limits are asked before anything is unpacked, rows come one after another, formulas are never evaluated.
"""

import csv
import io
import re
import zipfile
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time

import xlrd

from . import vcards
from .sheets import plain_cell
from .workbooks import LAST_LINE, Workbook

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
BOMS = (
    (BOM_UTF8, "utf-8-sig"),
    (BOM_UTF32_LE, "utf-32"),
    (BOM_UTF32_BE, "utf-32"),
    (BOM_UTF16_LE, "utf-16"),
    (BOM_UTF16_BE, "utf-16"),
)
SAMPLE = 64 * 1024  # bytes or characters by which a file is judged
LINES_JUDGED = 20
TITLE_LINES = 10  # reports print their title above the header
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SMALL_PART = 8 * 1024 * 1024  # parts of a workbook that are read as a whole: styles, relations
STRINGS_PART = 64 * 1024 * 1024
MEMBERS = 2_000  # parts of a workbook
# letters that Western languages write often
FREQUENT = set("äöüßéèêëàáâãåæçíîïñóôõøúùûòìœÄÖÜÉÈÅÆÇÑØÓÁÍ’“”–€")


class ClientFileError(ValueError):
    """The file as a whole cannot be read.

    :ivar kind: ``archive``, ``binary``, ``cell``, ``cells``, ``columns``, ``empty``, ``encoding``, ``encrypted``,
        ``entity``, ``format``, ``html``, ``large``, ``no_name``, ``ods``, ``quote``, ``rows``, ``twice``, ``unknown``
        or ``unpacked``
    :ivar detail: what it is about (a column, a limit)
    :ivar row: number of the line in the file, if it is about one
    :ivar column: heading or number of the column, if it is about one
    """

    def __init__(self, kind, detail="", row=None, column=None):
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = detail
        self.row = row
        self.column = column


@dataclass(frozen=True)
class Limits:
    """What a file may have at most."""

    size: int = 20 * 1024 * 1024  # bytes
    unpacked: int = 200 * 1024 * 1024  # bytes
    ratio: int = 200  # unpacked to packed, of what unpacks to more than a small part
    rows: int = 20_000
    columns: int = 500
    cells: int = 2_000_000  # in all
    cell: int = 100_000  # characters


class TableFile:
    """A table: what was detected about its file, its header, and its rows.

    :ivar kind: ``csv``, ``xls``, ``xlsx`` or ``vcf``
    :ivar encoding: of CSV and vCard
    :ivar separator: of CSV
    :ivar newline: of CSV: ``CRLF``, ``LF`` or ``CR``
    :ivar sheet: name of the sheet that is read
    :ivar sheets: names of the sheets that could be read
    :ivar header: headings, in the order of the columns
    :ivar header_line: number of the line on which they stand; zero for vCards, which have none
    """

    def __init__(self, kind, source, limits, encoding="", separator="", newline="", sheet="", sheets=()):
        self.kind = kind
        self.encoding = encoding
        self.separator = separator
        self.newline = newline
        self.sheet = sheet
        self.sheets = sheets
        self._source = source
        self._limits = limits
        self.header_line, self.header = self._find_header()

    def rows(self):
        """Go through the rows below the header; rows without any text are left out.

        :return: iterator of ``(line, cells)``: number of the line on which the row begins, and its texts, which may
            be fewer or more than the headings
        :raise ClientFileError: a limit is passed, or the file is broken from here on
        """
        rows = cells_read = 0
        for line, cells in self._lines():
            if line <= self.header_line or not any(cells):
                continue
            rows += 1
            cells_read += len(cells)
            if rows > self._limits.rows:
                raise ClientFileError("rows", str(self._limits.rows), line)
            if cells_read > self._limits.cells:
                raise ClientFileError("cells", str(self._limits.cells), line)
            yield line, cells

    def _find_header(self):
        """The first line with text; or, when that has but one cell, the first of the next with at least three."""
        first = None
        for line, cells in self._lines():
            filled = sum(1 for cell in cells if cell)
            if not filled:
                continue
            if first is None and filled != 1:
                return line, cells
            first = first or (line, cells)
            if filled >= 3:
                return line, cells
            if line > first[0] + TITLE_LINES:
                break
        if first is None:
            raise ClientFileError("empty")
        return first

    def _lines(self):
        for line, cells in self._source():
            if line > LAST_LINE:
                raise ClientFileError("rows", str(self._limits.rows), line)
            if not cells:
                continue
            if len(cells) > self._limits.columns:
                # trailing cells without text are no columns; spreadsheets keep them for their colours
                if any(cells[self._limits.columns :]):
                    raise ClientFileError("columns", str(self._limits.columns), line)
                cells = cells[: self._limits.columns]
            for number, cell in enumerate(cells, 1):
                if len(cell) > self._limits.cell:
                    raise ClientFileError("cell", str(self._limits.cell), line, self._column(number))
            yield line, [cell.strip() for cell in cells]

    def _column(self, number):
        header = getattr(self, "header", [])
        return header[number - 1] if number <= len(header) and header[number - 1] else str(number)


def open_table(content, limits=None, encoding=None, separator=None, sheet=None):
    """Find out what a file is and read its header; the name it goes by does not matter.

    :param bytes content: the file
    :param Limits limits: what it may have at most
    :param str encoding: of a text, instead of the one that is detected
    :param str separator: of a CSV file, instead of the one that is detected
    :param str sheet: of a workbook, instead of the first one that is not hidden; ignored where there is no such sheet
    :return: :class:`TableFile`
    :raise ClientFileError: it cannot be read
    """
    limits = limits or Limits()
    if len(content) > limits.size:
        raise ClientFileError("large", str(limits.size // 1024 // 1024))
    if not content.strip():
        raise ClientFileError("empty")
    if content.startswith(b"PK"):
        return _open_xlsx(content, limits, sheet)
    if content.startswith(OLE):
        return _open_xls(content, limits, sheet)
    if content.startswith((b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")):
        return _open_xls(content, limits, sheet)  # a sheet of an old Excel, without a container
    encoding = encoding or detect_encoding(content)
    if encoding == "utf-8":
        encoding = "utf-8-sig"  # with or without a mark
    return _open_text(content, limits, encoding, separator)


def text_of(value):
    """What a cell of a sheet holds, as text: dates as ISO, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
    if isinstance(value, datetime):
        is_day = value.time() == time(0)
        return value.date().isoformat() if is_day else value.replace(microsecond=0).isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


# ----------------------------------------------------------------------
# Texts
# ----------------------------------------------------------------------


def detect_encoding(content):
    """Tell UTF-8, UTF-16, UTF-32, Windows-1252 and Mac Roman apart.

    :raise ClientFileError: it is no text, or text that was damaged
    """
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return encoding
    head = content[:SAMPLE]
    if head.count(0):
        # every other byte of Western text is zero
        even, odd = head[::2].count(0), head[1::2].count(0)
        half = max(len(head) // 2, 1)
        if len(content) % 2 == 0 and odd > half * 0.7 and even < half * 0.1:
            return "utf-16-le"
        if len(content) % 2 == 0 and even > half * 0.7 and odd < half * 0.1:
            return "utf-16-be"
    if b"\x00" in content:
        raise ClientFileError("binary", row=content[: content.index(b"\x00")].count(b"\n") + 1)
    if sum(head.count(code) for code in range(1, 9)) > len(head) // 100:
        raise ClientFileError("binary", row=1)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        _refuse_damaged(content, error)
        return _western_encoding(content)
    return "utf-8"


def _refuse_damaged(content, error):
    """Most of it is good UTF-8: it would come out as gibberish in any other encoding."""
    text = content.decode(errors="replace")
    bad = text.count("\ufffd")
    if sum(1 for char in text if ord(char) > 127) - bad > 10 * bad:
        raise ClientFileError("encoding", "UTF-8", content[: error.start].count(b"\n") + 1)


def _western_encoding(content):
    """Windows-1252 or Mac Roman: the one in which the letters are such as people write."""
    codes = bytes(code for code in content if code > 127)[:SAMPLE]
    scores = {}
    for encoding in ("cp1252", "mac_roman"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        letters = codes.decode(encoding)
        scores[encoding] = sum((char in FREQUENT) - (not char.isalpha() and char not in FREQUENT) for char in letters)
    return max(scores, key=scores.get)


def _open_text(content, limits, encoding, separator):
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        start = getattr(error, "start", 0)
        raise ClientFileError("encoding", encoding, content[:start].count(b"\n") + 1) from error
    if "\x00" in text:
        raise ClientFileError("binary", row=text[: text.index("\x00")].count("\n") + 1)
    head = text[:SAMPLE].lstrip("\ufeff \t\r\n")
    del text
    if not head:
        raise ClientFileError("empty")
    name = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    if re.match(r"begin:vcard\b", head, re.IGNORECASE):
        return TableFile("vcf", lambda: _card_lines(_text_stream(content, encoding), limits), limits, encoding=name)
    if re.match(r"<(?:!doctype|html|table|\?xml|meta|body)\b|<\?xml", head, re.IGNORECASE):
        raise ClientFileError("html")
    if head.startswith(("%PDF", "{\\rtf")):
        raise ClientFileError("binary", row=1)
    marked = re.match(r'"?sep=(.)"?(?:\r\n|\r|\n)', head, re.IGNORECASE)  # a line that Excel understands
    separator = separator or (marked[1] if marked else detect_separator(head))
    newline = {"\r\n": "CRLF", "\n": "LF", "\r": "CR"}.get(next(iter(re.findall(r"\r\n|\n|\r", head)), ""), "")

    def source():
        return _csv_lines(_text_stream(content, encoding), separator, bool(marked))

    return TableFile("csv", source, limits, encoding=name, separator=separator, newline=newline)


def _text_stream(content, encoding):
    return io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")


def detect_separator(head):
    """The separator that makes the most columns, and as many in each of the first lines as in the header.

    :param str head: beginning of a CSV file
    """
    # the last line may be cut
    complete = head if len(head) < SAMPLE // 2 else head[: max(head.rfind("\n"), head.rfind("\r")) + 1] or head
    scores = {}
    for separator in SEPARATORS:
        lines = []
        with suppress(csv.Error):  # judged by what came before
            for cells in csv.reader(io.StringIO(complete, newline=""), delimiter=separator):
                if any(cells):
                    lines.append(len(cells))
                if len(lines) == LINES_JUDGED:
                    break
        width = max(set(lines), key=lambda count: (lines.count(count), count), default=1)
        scores[separator] = width * lines.count(width) / len(lines) if width > 1 else 0
    return max(SEPARATORS, key=scores.get)


def _csv_lines(stream, separator, is_marked):
    reader = csv.reader(stream, delimiter=separator, strict=True)
    begin = 1
    try:
        for cells in reader:
            if not (is_marked and begin == 1):
                yield begin, [plain_cell(cell) for cell in cells]
            begin = reader.line_num + 1
    except csv.Error as error:
        kind = "quote" if "end of data" in str(error) or "field limit" in str(error) else "format"
        raise ClientFileError(kind, "" if kind == "quote" else str(error), begin) from error


def _card_lines(stream, limits):
    yield 0, list(vcards.HEADER)
    for line, cells, problem in vcards.read_cards(stream, limits.cell):
        if problem:
            raise ClientFileError("format", problem, line)
        yield line, cells


# ----------------------------------------------------------------------
# Sheets
# ----------------------------------------------------------------------


def _open_xls(content, limits, wanted=None):
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise ClientFileError("encrypted")
    try:
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), on_demand=True)
        visible = [sheet for sheet in map(book.sheet_by_index, range(book.nsheets)) if not sheet.visibility]
        sheets = {sheet.name: sheet for sheet in visible or [book.sheet_by_index(0)]}
        sheet = sheets.get(wanted) or next(iter(sheets.values()))
    except Exception as error:  # pylint: disable=broad-except
        # xlrd answers a broken file with whatever happens to go wrong inside
        raise ClientFileError("encrypted" if "encrypted" in str(error) else "format") from error
    return TableFile("xls", lambda: _xls_lines(book, sheet), limits, sheet=sheet.name, sheets=(*sheets,))


def _xls_lines(book, sheet):
    for number in range(sheet.nrows):
        cells = []
        for column, cell in enumerate(sheet.row(number), 1):
            try:
                cells.append(_xls_text(book, cell))
            except (ValueError, OverflowError) as error:
                raise ClientFileError("format", str(error), number + 1, str(column)) from error
        yield number + 1, cells


def _xls_text(book, cell):
    if cell.ctype == xlrd.XL_CELL_DATE:
        if cell.value < 1:
            return text_of(xlrd.xldate.xldate_as_datetime(cell.value, book.datemode).time())
        return text_of(xlrd.xldate.xldate_as_datetime(cell.value, book.datemode))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return text_of(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#ERROR")
    return text_of(cell.value)


def _open_xlsx(content, limits, wanted=None):
    _check_archive(content, limits)
    try:
        book = Workbook(io.BytesIO(content), wanted)
    except Exception as error:  # pylint: disable=broad-except
        # a broken file is answered with whatever happens to go wrong inside
        raise ClientFileError("format") from error
    return TableFile("xlsx", lambda: _xlsx_lines(book), limits, sheet=book.title, sheets=book.titles)


def _check_archive(content, limits):
    """Look at the sizes before anything is unpacked, and at the parts for entities before anybody parses them."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ClientFileError("format") from error
    names = {member.filename for member in members}
    if any(member.flag_bits & 1 for member in members):
        raise ClientFileError("encrypted")
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked or len(members) > MEMBERS:
        raise ClientFileError("unpacked", str(limits.unpacked // 1024 // 1024))
    if unpacked > SMALL_PART and unpacked > limits.ratio * len(content):
        raise ClientFileError("unpacked", str(limits.unpacked // 1024 // 1024))
    if "content.xml" in names and "mimetype" in names:
        raise ClientFileError("ods")
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise ClientFileError("archive")
    for member in members:
        if not member.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        is_sheet = member.filename.startswith("xl/worksheets/")
        limit = STRINGS_PART if "sharedstrings" in member.filename.lower() else SMALL_PART
        if not is_sheet and member.file_size > limit:
            raise ClientFileError("unpacked", str(limit // 1024 // 1024))
        _check_part(archive, member, limits)


def _check_part(archive, member, limits):
    strings, tail = 0, b""
    try:
        with archive.open(member) as part:
            while chunk := part.read(1024 * 1024):
                text = (tail + chunk).replace(b"\x00", b"")  # UTF-16 hides nothing
                if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                    raise ClientFileError("entity")
                strings += chunk.count(b"<si>") + chunk.count(b"<si ")
                if strings > limits.cells:
                    raise ClientFileError("cells", str(limits.cells))
                tail = chunk[-32:]
    except ClientFileError:
        raise
    except Exception as error:  # pylint: disable=broad-except
        # zipfile, zlib and bz2 each have errors of their own for a damaged part
        raise ClientFileError("format") from error


def _xlsx_lines(book):
    line, rows = 0, book.rows()
    while True:
        try:
            line, cells = next(rows, (0, None))
        except Exception as error:  # pylint: disable=broad-except
            raise ClientFileError("format", row=line + 1 if line else None) from error  # as above
        if cells is None:
            return
        yield line, [cell if type(cell) is str else text_of(cell) for cell in cells]
