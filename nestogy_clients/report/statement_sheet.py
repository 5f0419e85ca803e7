"""A statement of account as CSV or XLSX: one line a row, numbers and dates as such."""

import csv
import io

import xlsxwriter

from ..tools.sheets import safe_cell

WIDTHS = (9, 12, 24, 24, 26, 12, 11, 14, 14, 14)


def write_csv(columns, rows):
    """
    :param rows: tuples of text, dates, whole numbers and floats
    :return: bytes; UTF-8 with a mark, so that spreadsheets know
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in rows:
        writer.writerow("" if cell is None else safe_cell(cell) for cell in row)
    return buffer.getvalue().encode("utf-8-sig")


def write_xlsx(columns, rows):
    """:return: bytes; each row leaves memory as soon as it is written"""
    buffer = io.BytesIO()
    options = {"constant_memory": True, "in_memory": False, "default_date_format": "yyyy-mm-dd"}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet("Statement")
        head = book.add_format({"bold": True, "bg_color": "#F4F6F9", "bottom": 1})
        money = book.add_format({"num_format": "#,##0.00"})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, width in enumerate(WIDTHS[: len(columns)]):
            sheet.set_column(number, number, width)
        sheet.freeze_panes(1, 0)
        for column, label in enumerate(columns):
            sheet.write_string(0, column, label, head)
        for line, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if cell is None or cell == "":
                    continue
                if isinstance(cell, str):
                    sheet.write_string(line, column, cell)
                elif isinstance(cell, float):
                    sheet.write_number(line, column, cell, money)
                elif isinstance(cell, int):
                    sheet.write_number(line, column, cell)
                else:
                    sheet.write_datetime(line, column, cell, day)
    return buffer.getvalue()
