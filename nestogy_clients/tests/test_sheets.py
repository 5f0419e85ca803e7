import csv
import io
from datetime import date, datetime
from unittest.mock import patch
from zipfile import ZipFile

import openpyxl

from odoo.tests import BaseCase, tagged

from ..tools import sheets

RISKY = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
)
HARMLESS = ("", "a=1", "Client 7", "é -1", "1-2", "'=1")


@tagged("post_install", "-at_install")
class TestSheets(BaseCase):
    def written(self, *rows, columns=None, **options):
        file = io.BytesIO()
        columns = columns or [(f"Column {number}", 10) for number in range(len(rows[0]))]
        sheets.write_xlsx(file, [sheets.Sheet("Cells", columns, rows, **options)])
        return file

    def cells(self, *row):
        sheet = openpyxl.load_workbook(self.written(row)).active
        return [(cell.value, cell.data_type) for cell in sheet[2]]

    def test_no_text_is_a_formula_in_xlsx(self):
        # line ends are those of XML
        self.assertEqual(self.cells(*RISKY), [(text.replace("\r", "\n"), "s") for text in RISKY])
        sheet = openpyxl.load_workbook(self.written([*RISKY, *HARMLESS[1:]])).active
        self.assertEqual(
            [cell.quotePrefix for cell in sheet[2]],
            [True] * len(RISKY) + [False] * len(HARMLESS[1:]),
        )
        head = openpyxl.load_workbook(self.written(["x"], columns=[("=1+1", 10)])).active["A1"]
        self.assertEqual((head.value, head.data_type), ("=1+1", "s"))

    def test_no_text_is_a_formula_in_csv(self):
        file = io.BytesIO()
        sheets.write_csv(file, ["=1"], [[text] for text in (*RISKY, *HARMLESS)])
        self.assertTrue(file.getvalue().startswith(b"\xef\xbb\xbf"))
        rows = [
            row[0] if row else "" for row in csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline=""))
        ]
        # a text that looks like a guarded one is guarded, too: what is read again is what was written
        shown = [f"'{text}" if text == "'=1" else text for text in HARMLESS]
        self.assertEqual(rows, ["'=1", *(f"'{text}" for text in RISKY), *shown])

    def test_numbers_and_dates_stay_what_they_are(self):
        row = [-5.25, 7, 0, True, date(2026, 2, 28), datetime(2026, 2, 28, 13, 45, 30), None, False, ""]
        self.assertEqual(
            self.cells(*row),
            [
                (-5.25, "n"),
                (7, "n"),
                (0, "n"),
                (True, "b"),
                (datetime(2026, 2, 28), "d"),
                (datetime(2026, 2, 28, 13, 45, 30), "d"),
                *[(None, "n")] * 3,
            ],
        )
        file = io.BytesIO()
        sheets.write_csv(file, ["A"] * 9, [row])
        line = file.getvalue().decode("utf-8-sig").splitlines()[1]
        self.assertEqual(line, "-5.25,7,0,True,2026-02-28,2026-02-28 13:45:30,,,")

    def test_days_that_spreadsheets_do_not_count_are_text(self):
        self.assertEqual(
            self.cells(date(1899, 5, 1), datetime(1800, 1, 2, 3, 4), date(1900, 3, 1), float("inf")),
            [("1899-05-01", "s"), ("1800-01-02 03:04:00", "s"), (datetime(1900, 3, 1), "d"), (None, "n")],
        )

    def test_odd_texts_are_kept_as_far_as_a_cell_holds_them(self):
        texts = ["<b>&\"'", " blanks ", "two\r\nlines", "nul\x00bell\x07", "half \ud800", "漢字 😀", "x" * 40_000]
        self.assertEqual(
            [value for value, _type in self.cells(*texts)],
            ["<b>&\"'", " blanks ", "two\nlines", "nulbell", "half ", "漢字 😀", "x" * 32_766 + "…"],
        )
        # what looks like the code of a character stays what was typed
        xml = ZipFile(self.written(["_x0041_"])).read("xl/worksheets/sheet1.xml").decode()
        self.assertIn("<t>_x005F_x0041_</t>", xml)

    def test_a_workbook_has_its_frame(self):
        file = io.BytesIO()
        long = sheets.Sheet(
            "Jobs: [all]/" + "x" * 40, [(f"C{n}", 12) for n in range(30)], [[n] * 30 for n in range(3)], 2, True
        )
        sheets.write_xlsx(file, [long, sheets.Sheet('A "b" & c', [("A", 5)], [])])
        book = openpyxl.load_workbook(file)
        self.assertEqual(book.sheetnames, ["Jobs   all  " + "x" * 19, 'A "b" & c'])
        first = book.worksheets[0]
        self.assertEqual((first.freeze_panes, first.auto_filter.ref, first.max_row), ("C2", "A1:AD4", 4))
        self.assertEqual(first.column_dimensions["A"].width, 12)
        self.assertEqual(first["AD4"].value, 2)
        self.assertTrue(first["A1"].font.bold)
        self.assertEqual(book.worksheets[1].freeze_panes, "A2")

    def test_letters_of_columns(self):
        found = [sheets.column_letters(number) for number in (0, 25, 26, 51, 52, 701, 702)]
        self.assertEqual(found, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"])

    def test_more_rows_than_a_sheet_holds_are_refused(self):
        with patch.object(sheets, "ROW_LIMIT", 3), self.assertRaises(ValueError):
            self.written(["a"], ["b"], ["c"])
