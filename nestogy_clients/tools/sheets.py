"""Spreadsheets of any length, written row by row: what people typed never becomes a formula in them."""

import csv
import io
import math
import re
from datetime import date, datetime
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile

RISKY = re.compile(r"[\t\r\n]|[\s\u200b\ufeff]*[=+\-@＝＋－＠]")
TEXT_LIMIT = 32_767  # characters a cell of XLSX holds
ROW_LIMIT = 1_048_576  # lines a sheet of XLSX holds, the head among them
COMPRESSION = 3  # a tenth larger than the usual 6, in half the time
FLUSH = 2**16
# what XML cannot hold or reads as something else, and what spreadsheets read as the code of a character
ODD = re.compile(r"[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
EPOCH = date(1899, 12, 30).toordinal()
FIRST_DAY = date(1900, 3, 1)  # spreadsheets count days before it differently, or not at all
TEXT, HEAD, AMOUNT, DAY, MOMENT, QUOTED = range(6)  # the formats of STYLES, in their order


def is_risky(text):
    """Say whether a spreadsheet might take a text for a formula, also in the wide spelling of East Asia."""
    return bool(RISKY.match(text))


def safe_cell(value):
    """What a CSV file may hold: text that a spreadsheet would take for a formula becomes text for it, too."""
    if isinstance(value, str) and RISKY.match(value):
        return f"'{value}"
    return value


def plain_cell(text):
    """What :func:`safe_cell` was given: a file that was written with it is read as it was meant."""
    return text[1:] if text[:1] == "'" and RISKY.match(text, 1) else text


def write_csv(target, columns, rows):
    """Write rows of text, numbers, dates and moments; UTF-8 with a mark, so that spreadsheets know.

    :param target: a binary file
    :param columns: labels
    :param rows: iterable of rows of cells; each leaves memory as soon as it is written
    """
    stream = io.TextIOWrapper(target, encoding="utf-8-sig", errors="replace", newline="")
    writer = csv.writer(stream)
    writer.writerow(map(safe_cell, columns))
    writer.writerows(["" if cell is None or cell is False else safe_cell(cell) for cell in row] for row in rows)
    stream.flush()
    stream.detach()  # the file stays open for whoever sends it


class Sheet(NamedTuple):
    """One sheet of a workbook."""

    name: str
    columns: list  # labels and widths
    rows: (
        object  # iterable of rows of text, numbers, dates and moments without zone; None, False and "" are empty cells
    )
    frozen: int = 0  # columns that stay when one scrolls
    is_filtered: bool = False


def write_xlsx(target, sheets):
    """Write a workbook, each row leaving memory as soon as it is written.

    The format is written by hand: a general library calls five functions a cell, and takes five times as long for a
    long list. All texts are cells of text, whatever they begin with.

    :param target: a binary file
    :param sheets: list of :class:`Sheet`
    :raise ValueError: more rows than a sheet holds
    """
    names = [sheet.name for sheet in sheets]
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=COMPRESSION) as book:
        for path, text in _frame(names):
            book.writestr(path, text)
        for number, sheet in enumerate(sheets, 1):
            with book.open(f"xl/worksheets/sheet{number}.xml", "w") as stream:
                _write_sheet(stream, sheet)


def _write_sheet(stream, sheet):
    letters = [column_letters(number) for number in range(len(sheet.columns))]
    pane = f'topLeftCell="{column_letters(sheet.frozen)}2" state="frozen"'
    pane = f'ySplit="1" activePane="{"bottomRight" if sheet.frozen else "bottomLeft"}" {pane}'
    pane = f'xSplit="{sheet.frozen}" {pane}' if sheet.frozen else pane
    widths = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, (_label, width) in enumerate(sheet.columns, 1)
    )
    head = "".join(
        f'<c r="{letter}1" s="{HEAD}" t="inlineStr"><is>{_text(label)}</is></c>'
        for letter, (label, _width) in zip(letters, sheet.columns, strict=True)
    )
    parts = [
        f'{XML}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0"><pane {pane}/></sheetView>'
        f'</sheetViews><cols>{widths}</cols><sheetData><row r="1">{head}</row>'
    ]
    size, last = 0, 1
    for last, row in enumerate(sheet.rows, 2):
        if last > ROW_LIMIT:
            raise ValueError(ROW_LIMIT)
        text = f'<row r="{last}">{"".join(_cells(letters, last, row))}</row>'
        parts.append(text)
        size += len(text)
        if size > FLUSH:
            stream.write("".join(parts).encode())
            parts, size = [], 0
    parts.append("</sheetData>")
    if sheet.is_filtered and letters:
        parts.append(f'<autoFilter ref="A1:{letters[-1]}{last}"/>')
    parts.append(f"</{SHEET}>")
    stream.write("".join(parts).encode())


def _cells(letters, line, row):
    """XML of the cells of a row, without those that are empty."""
    for letter, cell in zip(letters, row, strict=True):
        kind = type(cell)
        if kind is str:
            if cell:
                style = f' s="{QUOTED}"' if RISKY.match(cell) else ""
                yield f'<c r="{letter}{line}"{style} t="inlineStr"><is>{_text(cell)}</is></c>'
        elif cell is None or cell is False:
            continue
        elif kind is float:
            if math.isfinite(cell):
                yield f'<c r="{letter}{line}" s="{AMOUNT}"><v>{cell!r}</v></c>'
        elif kind is int:
            yield f'<c r="{letter}{line}"><v>{cell}</v></c>'
        elif kind is bool:
            yield f'<c r="{letter}{line}" t="b"><v>1</v></c>'
        elif isinstance(cell, datetime):
            if cell.date() < FIRST_DAY:
                yield f'<c r="{letter}{line}" t="inlineStr"><is>{_text(cell.isoformat(sep=" "))}</is></c>'
                continue
            seconds = cell.hour * 3600 + cell.minute * 60 + cell.second
            yield f'<c r="{letter}{line}" s="{MOMENT}"><v>{cell.toordinal() - EPOCH + seconds / 86400!r}</v></c>'
        elif isinstance(cell, date):
            if cell < FIRST_DAY:
                yield f'<c r="{letter}{line}" t="inlineStr"><is>{_text(cell.isoformat())}</is></c>'
                continue
            yield f'<c r="{letter}{line}" s="{DAY}"><v>{cell.toordinal() - EPOCH}</v></c>'
        else:
            raise TypeError(cell)


def _text(text):
    """XML of a text: blanks and line ends kept, characters that XML cannot hold left out."""
    if len(text) > TEXT_LIMIT:
        text = text[: TEXT_LIMIT - 1] + "…"
    if ODD.search(text):
        text = ODD.sub(_spelled, text.replace("\r\n", "\n").replace("\r", "\n"))
    if text[:1].isspace() or text[-1:].isspace() or "\n" in text:
        return f'<t xml:space="preserve">{text}</t>'
    return f"<t>{text}</t>"


def _spelled(match):
    found = match[0]
    if found in ENTITIES:
        return ENTITIES[found]
    return f"_x005F{found}" if found.startswith("_x") else ""


def column_letters(number):
    """The name of a column, counted from 0: A to Z, then AA."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
BOOK, SHEET = "workbook", "worksheet"  # the outermost marks
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORKSHEET = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
STYLES = (
    f'{XML}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFF4F6F9"/><bgColor indexed="64"/></patternFill></fill>'
    '</fills><borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>'
    '<border><left/><right/><top/><bottom style="thin"><color auto="1"/></bottom><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="2" borderId="1" xfId="0" applyFont="1" applyFill="1" applyBorder="1"/>'
    '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _frame(names):
    """The files of a workbook around its sheets: pairs of path and text."""
    numbers = range(1, len(names) + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{KIND}.worksheet+xml"/>'
        for number in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{XML}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{KIND}.styles+xml"/>{parts}</Types>',
    )
    yield (
        "_rels/.rels",
        f'{XML}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
    )
    sheets = "".join(
        f'<sheet name="{_attribute(name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in zip(numbers, names, strict=True)
    )
    yield (
        "xl/workbook.xml",
        f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{sheets}</sheets></{BOOK}>',
    )
    targets = "".join(
        f'<Relationship Id="rId{number}" Type="{WORKSHEET}" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{targets}<Relationship Id="rId{len(names) + 1}" '
        f'Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
    )
    yield "xl/styles.xml", STYLES


def _attribute(name):
    """The name of a sheet as XML: without what spreadsheets refuse in it, 31 characters at most."""
    kept = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name)[:31].strip("' ") or "1"
    return ODD.sub(_spelled, kept).replace('"', "&quot;")
