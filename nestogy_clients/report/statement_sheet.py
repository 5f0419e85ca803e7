"""A statement of account as CSV or XLSX: one line a row, numbers and dates as such."""

import io

from ..tools import sheets

WIDTHS = (9, 12, 24, 24, 26, 12, 11, 14, 14, 14)


def write_csv(columns, rows):
    """:return: bytes"""
    buffer = io.BytesIO()
    sheets.write_csv(buffer, columns, rows)
    return buffer.getvalue()


def write_xlsx(columns, rows):
    """:return: bytes"""
    buffer = io.BytesIO()
    sheets.write_xlsx(buffer, [sheets.Sheet("Statement", list(zip(columns, WIDTHS, strict=False)), rows)])
    return buffer.getvalue()
