"""Job queries as XLSX. Each row leaves memory as soon as it is written."""

import xlsxwriter


def write(columns, rows, notes, target):
    """
    :param columns: list of key, label and width
    :param rows: iterable of lists of text, numbers and moments without zone, in the order of the columns
    :param notes: pairs of text for the second sheet
    :param target: a binary file
    """
    options = {"constant_memory": True, "in_memory": False}
    with xlsxwriter.Workbook(target, options) as book:
        head = book.add_format({"bold": True, "bg_color": "#F4F6F9", "bottom": 1})
        number = book.add_format({"num_format": "#,##0.00"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = book.add_worksheet("Jobs")
        sheet.freeze_panes(1, 2)
        for place, (_key, label, width) in enumerate(columns):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, label, head)
        last = 0
        for last, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                if cell is None or cell is False or cell == "":
                    continue
                if isinstance(cell, str):  # written as text, never as a formula
                    sheet.write_string(last, place, cell)
                elif isinstance(cell, int | float):
                    sheet.write_number(last, place, cell, number)
                else:
                    sheet.write_datetime(last, place, cell, moment)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        about = book.add_worksheet("About")
        about.set_column(0, 0, 14)
        about.set_column(1, 1, 80)
        for line, (label, text) in enumerate(notes):
            about.write_string(line, 0, label, head)
            about.write_string(line, 1, text)
