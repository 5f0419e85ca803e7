import csv
import io
import zipfile
from contextlib import suppress
from datetime import date, datetime

import openpyxl
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import sheets
from ..tools.import_files import ClientFileError, Limits, detect_separator, open_table, text_of
from ..tools.sheets import write_csv

TEXT = "Name;City\nÄpfel & Söhne;Köln\nPeña “Hermanos”;Genève\n"
SHEET = "worksheet"
# what a cell may hold: no control characters, no blanks around it
CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff")).map(
    str.strip
)
CARDS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg M=C3=
=BCller
ORG:ACME;Sales
TITLE:Boss
TEL;HOME;VOICE:+49 30 4
TEL;WORK;VOICE:+49 30 901820
TEL;CELL:0170 1234567
TEL;WORK;FAX:030 1
EMAIL;INTERNET:second@example.com
EMAIL;PREF;INTERNET:j@example.com
ADR;WORK;ENCODING=QUOTED-PRINTABLE:;;Hauptstr. 1=0D=0AHof;Berlin;;10115;Germany
PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ
 SkZJRgABAQ

NOTE:After the picture
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Ann "Red" Lee
N:Lee;Ann;;;
item1.EMAIL;TYPE=INTERNET:ann@example.com
item1.X-ABLabel:private
NOTE:A long note that is folded
  over lines\\, with comma\\nand break
CATEGORIES:VIP,Berlin
BDAY:1980-05-06
URL:https://a.example
END:VCARD
BEGIN:VCARD
VERSION:4.0
KIND:org
FN:Firma AG
ORG:Firma AG
TEL;VALUE=uri;TYPE="voice,work";PREF=1:tel:+41-44-210-00-00;ext=5
ADR;TYPE=work:;;Weg 1;Zürich;ZH;8001;Switzerland
END:VCARD
"""


def make_xlsx(rows, **options):
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet("People")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def make_xls(rows):
    book, buffer = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("People")
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for number, row in enumerate(rows):
        for place, value in enumerate(row):
            sheet.write(number, place, value, day if isinstance(value, date) else xlwt.Style.default_style)
    book.save(buffer)
    return buffer.getvalue()


def repack(content, **parts):
    """The same workbook with other parts; ``None`` leaves one out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            key = name.rpartition("/")[2].partition(".")[0]
            data = parts.get(key, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return buffer.getvalue()


def table_of(content, **options):
    table = open_table(content, **options)
    return [table.header, *(cells for _line, cells in table.rows())]


@tagged("post_install", "-at_install")
class TestImportFiles(BaseCase):
    def assertRefused(self, content, kind, row=None, column=None, **options):
        with self.assertRaises(ClientFileError) as caught:
            table_of(content, **options)
        self.assertEqual((caught.exception.kind, caught.exception.row, caught.exception.column), (kind, row, column))

    # ------------------------------------------------------------------
    # CSV
    # ------------------------------------------------------------------

    def test_encodings_are_detected(self):
        rows = [["Name", "City"], ["Äpfel & Söhne", "Köln"], ["Peña “Hermanos”", "Genève"]]
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac_roman"):
            content = TEXT.encode(encoding)
            table = open_table(content)
            self.assertEqual(table.encoding, encoding.removesuffix("-sig"))
            self.assertEqual([table.header, *(cells for _line, cells in table.rows())], rows, encoding)

    def test_a_chosen_encoding_overrides_the_detected_one(self):
        content = "имя,город\nЗавод,Киев\n".encode("cp1251")
        self.assertEqual(table_of(content, encoding="cp1251"), [["имя", "город"], ["Завод", "Киев"]])
        self.assertRefused(content, "encoding", row=1, encoding="utf-8")

    def test_damaged_utf8_is_said_and_not_turned_into_gibberish(self):
        content = "name\n" + "Müller Größe Köln\n" * 20
        self.assertRefused(content.encode() + b"x\xff\n", "encoding", row=22)

    def test_separators_are_detected(self):
        for separator in ",;\t|":
            self.assertEqual(detect_separator(f"a{separator}b\n1{separator}2\n"), separator)
        self.assertEqual(detect_separator('Name;Ort, Land\n"Müller, Sohn";Köln\nX;Y\n'), ";")
        self.assertEqual(detect_separator("name,notes\nA,a;b;c;d\nB,e;f\n"), ",")
        self.assertEqual(detect_separator("name\nA\n"), ",")
        self.assertEqual(table_of(b"sep=|\r\na,b|c\r\n1|2\r\n"), [["a,b", "c"], ["1", "2"]])
        self.assertEqual(table_of(b"a;b,c\n1;2,3\n", separator=";"), [["a", "b,c"], ["1", "2,3"]])

    def test_line_ends_are_told(self):
        for end, name in (("\r\n", "CRLF"), ("\n", "LF"), ("\r", "CR")):
            table = open_table(f"a,b{end}1,2{end}".encode())
            self.assertEqual((table.newline, list(table.rows())), (name, [(2, ["1", "2"])]))
        self.assertEqual(open_table(b"a,b").newline, "")

    def test_rows_know_the_line_on_which_they_begin(self):
        content = b'a,b\r\n"two\r\nlines",x\r\n\r\n,\r\ny,"said ""no"""\r\n'
        table = open_table(content)
        self.assertEqual(list(table.rows()), [(2, ["two\r\nlines", "x"]), (6, ["y", 'said "no"'])])
        self.assertEqual(list(table.rows()), list(table.rows()), "a table can be read again")

    def test_the_title_of_a_report_is_no_header(self):
        content = b"ACME Ltd\nCustomer Contact List\n\nCustomer,Phone,Email\nA,1,a@example.com\n"
        table = open_table(content)
        self.assertEqual((table.header_line, table.header), (4, ["Customer", "Phone", "Email"]))
        self.assertEqual(table_of(b"name\nA\nB\n"), [["name"], ["A"], ["B"]])

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8), st.sampled_from([",", ";", "\t", "|"]))
    def test_what_is_written_is_read(self, rows, separator):
        header = ["first", "second", "third"]
        buffer = io.StringIO()
        cells = [[sheets.safe_cell(cell) for cell in row] for row in rows]
        csv.writer(buffer, delimiter=separator).writerows([header, *cells])
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            content = buffer.getvalue().encode(encoding)
            read = table_of(content, separator=separator)
            self.assertEqual(read, [header, *(row for row in rows if any(row))])

    @settings(max_examples=150, deadline=None)
    @given(st.binary(max_size=300))
    def test_no_bytes_make_it_fall(self, content):
        for start in (
            b"",
            b"PK\x03\x04",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            b"BEGIN:VCARD\n",
            b"\xff\xfe",
            b"name,x\n",
        ):
            with suppress(ClientFileError):  # the only answer to what cannot be read
                table_of(start + content)

    # ------------------------------------------------------------------
    # Sheets
    # ------------------------------------------------------------------

    def test_sheets_give_texts(self):
        rows = [
            ["name", "zip", "since", "paid"],
            ["Müller", "04101", date(2026, 1, 31), 12.5],
            ["=1+1", 207, datetime(2026, 1, 31, 14, 30), True],
        ]
        expected = [
            ["name", "zip", "since", "paid"],
            ["Müller", "04101", "2026-01-31", "12.5"],
            ["=1+1", "207", "2026-01-31 14:30:00", "true"],
        ]
        options = {"default_date_format": "yyyy-mm-dd hh:mm", "strings_to_formulas": False}
        self.assertEqual(table_of(make_xlsx(rows, **options)), expected)
        self.assertEqual(table_of(make_xls(rows)), expected)
        self.assertEqual(open_table(make_xlsx(rows)).sheet, "People")
        self.assertEqual([text_of(value) for value in (None, 1e20, 0.1, False)], ["", "1e+20", "0.1", "false"])

    def test_formulas_are_not_evaluated(self):
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["name", "sum"])
            sheet.write_string(1, 0, "A")
            sheet.write_formula(1, 1, '=WEBSERVICE("http://127.0.0.1/")', None, "kept")
        self.assertEqual(table_of(buffer.getvalue()), [["name", "sum"], ["A", "kept"]])

    def test_cells_are_where_they_say_they_are(self):
        sheet = (
            b'<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:sheetData>'
            b'<x:row r="2"><x:c r="A2" t="inlineStr"><x:is><x:r><x:t>na</x:t></x:r><x:r><x:t>me</x:t></x:r>'
            b'<x:rPh sb="0" eb="1"><x:t>aloud</x:t></x:rPh></x:is></x:c><x:c r="C2" t="str"><x:f>B1</x:f>'
            b"<x:v>city</x:v></x:c></x:row>"
            b'<x:row r="5"><x:c r="C5" t="e"><x:v>#N/A</x:v></x:c><x:c r="A5" t="inlineStr"><x:is>'
            b"<x:t>a_x000D__x000A_b_x005F_x0041_</x:t></x:is></x:c></x:row>"
            b"<x:row><x:c><x:v>1</x:v></x:c><x:c/><x:c><x:v>2.50</x:v></x:c></x:row></x:sheetData></x:%s>"
        ) % SHEET.encode()
        table = open_table(repack(make_xlsx([["a"]]), sheet1=sheet))
        self.assertEqual((table.header_line, table.header), (2, ["name", "", "city"]))
        self.assertEqual(list(table.rows()), [(5, ["a\nb_x0041_", "", "#N/A"]), (6, ["1", "", "2.5"])])
        far = sheet.replace(b'r="C2"', b'r="XFE2"')
        self.assertRefused(repack(make_xlsx([["a"]]), sheet1=far), "format")

    def test_the_calendar_of_old_macs(self):
        rows = [["name", "since"], ["A", date(2026, 1, 31)]]
        options = {"default_date_format": "yyyy-mm-dd"}
        self.assertEqual(table_of(make_xlsx(rows, date_1904=True, **options)), [rows[0], ["A", "2026-01-31"]])

    def test_what_guards_a_file_from_formulas_comes_off_again(self):
        buffer = io.BytesIO()
        rows = [["+49 30 1", "'=x", "O'Neil", "'n Beetje", "@home", "\tb", "-5", "plain"]]
        sheets.write_csv(buffer, [f"c{n}" for n in range(8)], rows)
        self.assertIn(b"'+49 30 1,''=x", buffer.getvalue())
        self.assertEqual(table_of(buffer.getvalue())[1], [each.strip() for each in rows[0]])

    def test_postal_codes_keep_the_zeros_that_the_sheet_shows(self):
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer) as book:
            sheet = book.add_worksheet()
            sheet.write_row(0, 0, ["name", "zip"])
            sheet.write_string(1, 0, "A")
            sheet.write_number(1, 1, 4101, book.add_format({"num_format": "00000"}))
        self.assertEqual(table_of(buffer.getvalue())[1], ["A", "04101"])

    def test_the_first_visible_sheet_is_read(self):
        buffer = io.BytesIO()
        book = openpyxl.Workbook()
        book.active.title = "Hidden"
        book.active.append(["secret", "x"])
        sheet = book.create_sheet("Clients")
        sheet.append(["name", "city"])
        book.active.sheet_state = "hidden"
        book.save(buffer)
        self.assertEqual(open_table(buffer.getvalue()).header, ["name", "city"])

    def test_another_visible_sheet_is_read_when_it_is_named(self):
        buffer = io.BytesIO()
        book = openpyxl.Workbook()
        book.active.title = "Notes"
        book.active.append(["read", "me"])
        book.create_sheet("Clients").append(["name", "city"])
        book.create_sheet("Secret").sheet_state = "hidden"
        book.save(buffer)
        old, old_buffer = xlwt.Workbook(), io.BytesIO()
        for title, cells in (("Notes", ["read", "me"]), ("Clients", ["name", "city"])):
            sheet = old.add_sheet(title)
            for place, cell in enumerate(cells):
                sheet.write(0, place, cell)
        old.save(old_buffer)
        for content in (buffer.getvalue(), old_buffer.getvalue()):
            self.assertEqual(open_table(content).sheets, ("Notes", "Clients"))
            self.assertEqual(open_table(content, sheet="Clients").header, ["name", "city"])
            for unknown in ("Secret", "Nothing"):
                self.assertEqual(open_table(content, sheet=unknown).sheet, "Notes")

    def test_what_was_made_safe_is_read_as_it_was_meant(self):
        written = io.BytesIO()
        texts = ["=1+1", "+1 207 555", "'tis", "-", "@home", "plain"]
        write_csv(written, ["name"], [[text] for text in texts])
        self.assertEqual([row[0] for row in table_of(written.getvalue())][1:], texts)

    def test_what_a_file_is_decides_and_not_its_name(self):
        # nothing is told about the name
        self.assertEqual(open_table(make_xls([["a", "b"]])).kind, "xls")
        self.assertEqual(open_table(make_xlsx([["a", "b"]])).kind, "xlsx")
        self.assertEqual(open_table(b"a,b\n").kind, "csv")
        self.assertRefused(b"<html><table><tr><td>name</td></tr></table></html>", "html")
        self.assertRefused(b"%PDF-1.7\nrest of it", "binary", row=1)
        self.assertRefused(b"\x89PNG\r\n\x1a\n\x00\x00", "binary", row=3)
        self.assertRefused(b"name,city\nA,\x00B\n", "binary", row=2)

    def test_broken_files_are_refused(self):
        xlsx, xls = make_xlsx([["a", "b"], [1, 2]]), make_xls([["a", "b"], [1, 2]])
        self.assertRefused(b"", "empty")
        self.assertRefused(b" \r\n \n", "empty")
        self.assertRefused(make_xlsx([]), "empty")
        self.assertRefused(make_xls([]), "empty")
        self.assertRefused(xlsx[: len(xlsx) // 2], "format")
        self.assertRefused(xls[:600], "format")
        self.assertRefused(repack(xlsx, workbook=None), "format")
        self.assertRefused(repack(xlsx, sheet1=b"<worksheet><sheetData><row><c"), "format")
        self.assertRefused(b'a,b\n1,2\n"open,3\n4,5\n', "quote", row=3)
        self.assertRefused(b'a,b\n"x"y,2\n', "format", row=2)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("readme.txt", "hello")
        self.assertRefused(archive.getvalue(), "archive")
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            file.writestr("content.xml", "<x/>")
        self.assertRefused(archive.getvalue(), "ods")

    def test_encrypted_files_are_named_so(self):
        container = (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le") + bytes(512)
        )
        self.assertRefused(container, "encrypted")
        xlsx = bytearray(make_xlsx([["a", "b"]]))
        entry = xlsx.index(b"PK\x01\x02")
        xlsx[entry + 8] |= 1  # the bit of an encrypted member
        self.assertRefused(bytes(xlsx), "encrypted")

    def test_entities_are_refused_before_anybody_expands_them(self):
        bomb = (
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
            b"<worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></%s>" % SHEET.encode()
        )
        xlsx = make_xlsx([["a", "b"]])
        self.assertRefused(repack(xlsx, sheet1=bomb), "entity")
        self.assertRefused(repack(xlsx, styles=bomb), "entity")
        self.assertRefused(repack(xlsx, sheet1=bomb[21:].decode().encode("utf-16")), "entity")

    def test_bombs_are_refused_before_they_unpack(self):
        xlsx = make_xlsx([["a", "b"]])
        bomb = repack(xlsx, sheet1=b" " * (20 * 1024 * 1024))
        self.assertLess(len(bomb), 100_000)
        self.assertRefused(bomb, "unpacked")
        self.assertRefused(xlsx, "unpacked", limits=Limits(unpacked=1000))
        self.assertRefused(repack(xlsx, styles=b" " * (9 * 1024 * 1024)), "unpacked")

    def test_limits_hold(self):
        wide = [[f"c{number}" for number in range(5000)]]
        self.assertRefused(",".join(wide[0]).encode(), "columns", row=1)
        self.assertRefused(make_xlsx(wide), "columns", row=1)
        self.assertRefused(b"name\n" + b"x\n" * 20_001, "rows", row=20_002)
        self.assertRefused(b"x" * (20 * 1024 * 1024 + 1), "large")
        self.assertRefused(b"a,b\n1,2\n3,4\n5,6\n", "cells", row=4, limits=Limits(cells=5))
        self.assertRefused(b"name,city\nA,B\nC," + b"x" * 100_001 + b"\n", "cell", row=3, column="city")

    def test_cells_far_away_cost_nothing(self):
        far = (
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            b'<row r="1"><c r="A1"><v>1</v></c></row><row r="%s"/></sheetData></%s>'
        )
        xlsx = make_xlsx([["a", "b"]])
        self.assertEqual(table_of(repack(xlsx, sheet1=far % (b"100000", SHEET.encode()))), [["1"]])
        self.assertRefused(repack(xlsx, sheet1=far % (b"99999999999", SHEET.encode())), "rows", row=1_048_577)

    def test_rows_come_one_after_another(self):
        """Ten rows of a large file are read without the rest: what is broken at its end does not matter yet."""
        content = b"a,b\n" + b"1,2\n" * 15_000 + b'"never closed'
        rows = open_table(content).rows()
        self.assertEqual([next(rows)[0] for _number in range(10)], list(range(2, 12)))
        with self.assertRaises(ClientFileError):
            list(rows)

    # ------------------------------------------------------------------
    # vCards
    # ------------------------------------------------------------------

    def test_cards_of_all_versions_are_rows(self):
        table = open_table(CARDS.encode())
        rows = [
            (line, {name: cell for name, cell in zip(table.header, cells, strict=True) if cell})
            for line, cells in table.rows()
        ]
        self.assertEqual(table.kind, "vcf")
        self.assertEqual(
            rows,
            [
                (
                    1,
                    {
                        "name": "ACME",
                        "is_company": "company",
                        "fax": "030 1",
                        "street": "Hauptstr. 1, Hof",
                        "zip": "10115",
                        "city": "Berlin",
                        "country": "Germany",
                        "notes": "Phone: +49 30 4\nE-mail: second@example.com\nAfter the picture",
                        "contact1_name": "Jörg Müller",
                        "contact1_first_name": "Jörg",
                        "contact1_last_name": "Müller",
                        "contact1_function": "Boss",
                        "contact1_department": "Sales",
                        "contact1_email": "j@example.com",
                        "contact1_phone": "+49 30 901820",
                        "contact1_mobile": "0170 1234567",
                    },
                ),
                (
                    20,
                    {
                        "name": 'Ann "Red" Lee',
                        "is_company": "person",
                        "email": "ann@example.com",
                        "website": "https://a.example",
                        "tags": "VIP, Berlin",
                        "notes": "Birthday: 1980-05-06\nA long note that is folded over lines, with comma\nand break",
                    },
                ),
                (
                    32,
                    {
                        "name": "Firma AG",
                        "is_company": "company",
                        "phone": "+41-44-210-00-00 ext. 5",
                        "street": "Weg 1",
                        "zip": "8001",
                        "city": "Zürich",
                        "state": "ZH",
                        "country": "Switzerland",
                    },
                ),
            ],
        )

    def test_cards_that_do_not_end_are_refused(self):
        self.assertRefused(b"BEGIN:VCARD\nVERSION:3.0\nFN:A\n", "format", row=1)
        two = b"BEGIN:VCARD\nVERSION:3.0\nFN:A\nN:A;;;;\nEND:VCARD\nBEGIN:VCARD\nBEGIN:VCARD\n"
        self.assertRefused(two, "format", row=6)
        self.assertRefused(b"BEGIN:VCARD\nVERSION:3.0\n" + b"NOTE:x\n" * 6000 + b"END:VCARD\n", "format", row=1)
