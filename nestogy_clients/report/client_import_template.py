"""The file that people fill in and import: a sheet of clients, what its columns mean, and the allowed values."""

import csv
import io

import xlsxwriter

from ..tools.sheets import safe_cell

YELLOW = "#FFFF00"
ROWS = 20_000  # for which the drop-downs work
SHOWN = 12  # allowed values named among the notes
FREE = ("tags", "choices")  # several values in a cell, so that the list proposes and does not refuse


def write_template_csv(columns, examples):
    """
    :param columns: of ``res.partner._client_import_columns``
    :param int examples: number of example rows
    :return: bytes; UTF-8 with a mark, so that spreadsheets know
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(safe_cell(column.name) for column in columns)
    for number in range(examples):
        writer.writerow(safe_cell(_example(column, number)) for column in columns)
    return buffer.getvalue().encode("utf-8-sig")


def write_template_xlsx(columns, examples, words):
    """
    :param columns: of ``res.partner._client_import_columns``
    :param int examples: number of example rows
    :param dict words: texts: ``lines`` and the four of ``head`` for the notes, ``required``, ``optional``, ``more``
    :return: bytes; texts are never formulas
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        head = book.add_format({"bold": True, "bg_color": "#F4F6F9", "border": 1, "border_color": "#C7CDD6"})
        required = book.add_format({"bold": True, "bg_color": YELLOW, "border": 1, "border_color": "#C7CDD6"})
        styles = {
            "text": book.add_format({"num_format": "@"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        example = book.add_format({"num_format": "@", "italic": True, "font_color": "#6B7280"})
        sheet = book.add_worksheet("Clients")
        notes = book.add_worksheet("Notes")
        lists = book.add_worksheet("Lists")
        lists.hide()
        sheet.freeze_panes(1, 1)
        sources = {}
        for place, column in enumerate(columns):
            style = styles.get(column.kind, None if column.kind in ("integer", "float", "monetary") else styles["text"])
            sheet.set_column(place, place, max(14, min(len(column.name) + 4, 40)), style)
            sheet.write_string(0, place, column.name, required if column.is_required else head)
            for number in range(examples):
                if text := _example(column, number):
                    sheet.write_string(number + 1, place, text, example)
            if column.choices:
                _add_list(sheet, place, column, _list_source(lists, sources, column.choices))
        _write_notes(book, notes, columns, words, required)
    return buffer.getvalue()


def _example(column, number):
    lines = column.example.split("\n")
    return lines[number] if number < len(lines) else ""


def _list_source(lists, sources, choices):
    """Where the allowed values stand; columns with the same ones share a list."""
    if choices not in sources:
        place = len(sources)
        for line, choice in enumerate(choices):
            lists.write_string(line, place, choice)
        letter = xlsxwriter.utility.xl_col_to_name(place)
        sources[choices] = f"=Lists!${letter}$1:${letter}${len(choices)}"
    return sources[choices]


def _add_list(sheet, place, column, source):
    is_free = column.name in FREE or column.kind in FREE
    rule = {"validate": "list", "source": source, "show_error": not is_free}
    sheet.data_validation(1, place, ROWS, place, rule)


def _write_notes(book, notes, columns, words, required):
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True, "bg_color": "#F4F6F9"})
    for place, width in enumerate((30, 12, 60, 60)):
        notes.set_column(place, place, width, wrap)
    line = 0
    for text in words["lines"]:
        notes.write_string(line, 0, text)
        line += 1
    line += 1
    for place, text in enumerate(words["head"]):
        notes.write_string(line, place, text, bold)
    for column in columns:
        line += 1
        shown = ", ".join(column.choices[:SHOWN])
        if len(column.choices) > SHOWN:
            shown += " " + words["more"] % (len(column.choices) - SHOWN)
        notes.write_string(line, 0, column.name, required if column.is_required else wrap)
        notes.write_string(line, 1, words["required"] if column.is_required else words["optional"])
        notes.write_string(line, 2, column.help)
        notes.write_string(line, 3, shown)
