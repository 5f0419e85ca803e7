"""The rows of an XLSX sheet, as they are stored: in one pass, in little memory, and without evaluating anything."""

import posixpath
import re
import zipfile
from xml.parsers import expat

from lxml import etree
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel, from_ISO8601

CHUNK = 256 * 1024
LAST_COLUMN = 16_384  # of a sheet
LAST_LINE = 1_048_576
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
TRUE = ("1", "true", "on")


class Workbook:
    """An XLSX file: one sheet of it, and what its cells need to be understood.

    Whatever goes wrong in a broken file is raised as it comes.

    :param file: opened to be read
    :param str wanted: name of the sheet; without it, or when there is none, it is the first that can be seen
    :ivar title: name of the sheet
    :ivar titles: names of the sheets that can be seen
    """

    def __init__(self, file, wanted=None):
        self._archive = zipfile.ZipFile(file)
        self._names = {name.lower(): name for name in self._archive.namelist()}
        book = next(
            (target for kind, target in self._relations("").values() if kind == "officeDocument"), "xl/workbook.xml"
        )
        root = self._part(book)
        relations = self._relations(book)
        sheets = [
            (each.get("name"), relations[each.get(RELATION)][1], each.get("state", "visible"))
            for each in root.iterfind(".//{*}sheets/{*}sheet")
            if relations[each.get(RELATION)][0] == "worksheet"
        ]
        shown = [each for each in sheets if each[2] == "visible"] or sheets
        self.title, self._sheet, _state = next((each for each in shown if each[0] == wanted), shown[0])
        self.titles = tuple(title for title, _path, _state in shown)
        properties = root.find("{*}workbookPr")
        is_mac = properties is not None and properties.get("date1904") in TRUE
        self._epoch = CALENDAR_MAC_1904 if is_mac else CALENDAR_WINDOWS_1900
        parts = dict(relations.values())
        self._strings = self._shared_strings(parts.get("sharedStrings"))
        self._formats = self._number_formats(parts.get("styles"))

    def _open(self, path):
        return self._archive.open(self._names[path.lower()])

    def _part(self, path):
        """A small part as a tree."""
        with self._open(path) as part:
            return etree.parse(part, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()

    def _relations(self, path):
        """:return: dict of the ids by which a part names others to pairs of kind and path"""
        folder, name = posixpath.split(path)
        where = posixpath.join(folder, "_rels", f"{name}.rels")
        if where.lower() not in self._names:
            return {}
        return {
            each.get("Id"): (
                each.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, each.get("Target", ""))).lstrip("/"),
            )
            for each in self._part(where)
            if each.get("TargetMode") != "External"
        }

    def _shared_strings(self, path):
        """Texts that cells refer to by their number."""
        if not path:
            return []
        return list(self._parse(path, _Texts()))

    def _number_formats(self, path):
        """How each style of cells shows numbers: a list of ``date``, ``span``, a number of digits, or None."""
        if not path:
            return []
        root = self._part(path)
        codes = dict(BUILTIN_FORMATS) | {
            int(each.get("numFmtId")): each.get("formatCode") for each in root.iterfind("{*}numFmts/{*}numFmt")
        }
        found = []
        for style in root.iterfind("{*}cellXfs/{*}xf"):
            code = codes.get(int(style.get("numFmtId") or 0)) or "General"
            if is_timedelta_format(code):
                found.append("span")
            elif is_date_format(code):
                found.append("date")
            else:
                found.append(len(code) if re.fullmatch("0{2,}", code) else None)  # postal codes
        return found

    def rows(self):
        """Go through the rows of the sheet.

        :return: iterator of pairs of the number of the line and its cells: text, numbers, dates, True, False or None
        """
        yield from self._parse(self._sheet, _Rows(self._value))

    def _value(self, kind, style, text):
        """What a cell holds that is stored as this text."""
        if kind == "s":
            return self._strings[int(text)]
        if kind == "n":
            value = float(text) if "." in text or "e" in text or "E" in text else int(text)
            shown = self._formats[style] if style < len(self._formats) else None
            if shown is None:
                return value
            if isinstance(shown, int):
                return str(value).zfill(shown) if isinstance(value, int) else value
            try:
                return from_excel(value, self._epoch, timedelta=shown == "span")
            except (OverflowError, ValueError):
                return "#VALUE!"
        if kind == "b":
            return bool(int(text))
        if kind == "d":
            return from_ISO8601(text)
        return text

    def _parse(self, path, parser):
        """Feed a part to a parser, and hand on what it has found so far."""
        machine = expat.ParserCreate(namespace_separator=" ")
        machine.buffer_text = True
        machine.buffer_size = CHUNK
        machine.StartElementHandler = parser.start
        machine.EndElementHandler = parser.end
        machine.CharacterDataHandler = parser.data
        with self._open(path) as part:
            while chunk := part.read(CHUNK):
                machine.Parse(chunk)
                yield from parser.take()
            machine.Parse(b"", True)
        yield from parser.take()


class _Texts:
    """Collects the texts of the items of shared strings."""

    def __init__(self):
        self.found, self.text = [], []
        self.is_text = self.is_reading = False  # how a name is read aloud is no part of it

    def take(self):
        found, self.found = self.found, []
        return found

    def start(self, name, _attributes):
        name = name[name.rfind(" ") + 1 :]
        if name == "t":
            self.is_text = not self.is_reading
        elif name == "rPh":
            self.is_reading = True

    def data(self, text):
        if self.is_text:
            self.text.append(text)

    def end(self, name):
        name = name[name.rfind(" ") + 1 :]
        if name == "t":
            self.is_text = False
        elif name == "rPh":
            self.is_reading = False
        elif name == "si":
            self.found.append(unescaped("".join(self.text)))
            self.text = []


class _Rows:
    """Collects the rows of a sheet."""

    def __init__(self, value_of):
        self.value_of = value_of
        self.found, self.cells, self.text = [], [], []
        self.line = self.column = 0
        self.kind, self.style = "n", 0
        self.is_text = self.is_reading = False
        self.columns = {}  # of letters

    take = _Texts.take
    data = _Texts.data

    def start(self, name, attributes):
        name = name[name.rfind(" ") + 1 :]
        if name == "c":
            self.kind = attributes.get("t", "n")
            self.style = int(attributes.get("s", 0))
            place = attributes.get("r")
            self.column = self.column_of(place) if place else self.column + 1
            if self.column > LAST_COLUMN:
                raise ValueError(place)
            self.text = []
        elif name == "v":
            self.is_text = self.kind != "inlineStr"
        elif name == "t":
            self.is_text = self.kind == "inlineStr" and not self.is_reading
        elif name == "rPh":
            self.is_reading = True
        elif name == "row":
            # a line too far is one too many, however far
            self.line = min(int(attributes.get("r", self.line + 1)), LAST_LINE + 1)
            self.cells, self.column = [], 0

    def end(self, name):
        name = name[name.rfind(" ") + 1 :]
        if name in ("v", "t"):
            self.is_text = False
        elif name == "c":
            text = "".join(self.text)
            if not text:
                return
            missing = self.column - 1 - len(self.cells)
            if missing > 0:
                self.cells += [None] * missing
            value = unescaped(text) if self.kind == "inlineStr" else self.value_of(self.kind, self.style, text)
            if missing < 0:
                self.cells[self.column - 1] = value
            else:
                self.cells.append(value)
        elif name == "rPh":
            self.is_reading = False
        elif name == "row":
            self.found.append((self.line, self.cells))

    def column_of(self, place):
        letters = place.rstrip("0123456789")
        column = self.columns.get(letters)
        if column is None:
            if len(letters) > 3 or not re.fullmatch("[A-Z]+", letters):
                raise ValueError(place)
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            self.columns[letters] = column
        return column


def unescaped(text):
    """A text without the codes by which sheets write what XML cannot hold; control characters are left out."""
    if "_x" not in text:
        return text
    return ESCAPED.sub(_character, text)


def _character(match):
    code = int(match[1], 16)
    if code < 32:
        return chr(code) if code in (9, 10) else ""
    return "" if 0xD800 <= code < 0xE000 else chr(code)
