import base64
import csv
import io
import re
import zipfile

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged, users

from ..tools.client_file import EXAMPLES
from .common import ClientsCase

URL = "/nestogy/clients/import/template."


@tagged("post_install", "-at_install")
class TestImportTemplate(ClientsCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.make_user("template_manager", "manager")
        cls.make_user("template_agent", "agent")
        cls.env["nestogy.custom.field"].create(
            [
                {"name": "Tier", "kind": "choice", "required": True, "option_ids": [(0, 0, {"name": "Gold"})]},
                {"name": "Since", "kind": "date", "help": "First contract."},
                {"name": "Hobby", "applies_to": "contacts"},
            ]
        )
        # what a spreadsheet would take for a formula, were it not written as text
        cls.env["res.partner.category"].create({"name": "=1+1"})

    def _book(self):
        name, _mimetype, content = self.env["res.partner"]._client_import_template("xlsx")
        self.assertEqual(name, "clients.xlsx")
        return openpyxl.load_workbook(io.BytesIO(content)), content

    @users("template_manager")
    def test_the_sheet_shows_what_is_configured(self):
        book, _content = self._book()
        sheets = [(sheet.title, sheet.sheet_state) for sheet in book]
        self.assertEqual(sheets, [("Clients", "visible"), ("Notes", "visible"), ("Lists", "hidden")])
        sheet = book["Clients"]
        header = {cell.value: cell for cell in sheet[1]}
        self.assertLessEqual({"name", "status", "country", "tags", "Tier", "Since", "contact2_email"}, set(header))
        self.assertNotIn("Hobby", header)
        yellow = [name for name, cell in header.items() if cell.fill.start_color.rgb == "FFFFFF00"]
        self.assertEqual(yellow, ["name", "Tier"])
        allowed = {}
        for rule in sheet.data_validations.dataValidation:
            column = sheet.cell(1, next(iter(rule.sqref.ranges)).min_col).value
            cells = book["Lists"][rule.formula1.replace("Lists!", "").replace("$", "")]
            # a list of one is a cell
            rows = cells if isinstance(cells, tuple) else ((cells,),)
            allowed[column] = ([cell.value for (cell,) in rows], rule.showErrorMessage)
        statuses = self.env["nestogy.client.status"].search([]).mapped("name")
        self.assertEqual(allowed["status"], (statuses, True))
        self.assertEqual(allowed["Tier"], (["Gold"], True))
        self.assertEqual(len(allowed["country"][0]), self.env["res.country"].search_count([]))
        self.assertEqual(allowed["billing_country"], allowed["country"])
        self.assertIn("=1+1", allowed["tags"][0])
        self.assertFalse(allowed["tags"][1], "new tags may be written")

    @users("template_manager")
    def test_no_cell_is_a_formula(self):
        _book, content = self._book()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                if name.startswith("xl/worksheets/"):
                    self.assertNotIn(b"<f>", archive.read(name), name)

    @users("template_manager")
    def test_the_notes_explain_every_column(self):
        book, _content = self._book()
        rows = {row[0]: row for row in book["Notes"].iter_rows(values_only=True) if row[1]}
        for cell in book["Clients"][1]:
            self.assertTrue(rows[cell.value][2], cell.value)
        self.assertEqual(rows["name"][1], "required")
        self.assertEqual(rows["Since"][2], "A date, written as 2026-12-31. First contract.")
        self.assertEqual(rows["Tier"][1:], ("required", "One of the choices.", "Gold"))

    @users("template_manager")
    def test_the_csv_has_the_same_columns(self):
        book, _content = self._book()
        _name, _mimetype, content = self.env["res.partner"]._client_import_template("csv")
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        self.assertEqual(rows[0], [cell.value for cell in book["Clients"][1]])
        self.assertEqual([row[0] for row in rows[1:]], list(EXAMPLES))

    @users("template_manager")
    def test_the_template_can_be_imported_and_its_examples_are_left_out(self):
        for file_type in ("xlsx", "csv"):
            _name, _mimetype, content = self.env["res.partner"]._client_import_template(file_type)
            result = self.env["res.partner"]._import_clients_file(content)
            self.assertFalse(result.created)
            example = "This is an example of the template; it is left out."
            self.assertEqual(result.errors, [(2, example), (3, example)])

    def test_managers_download_it_and_others_do_not(self):
        self.authenticate("template_manager", "template_manager")
        for file_type, kind in (("xlsx", "spreadsheetml"), ("csv", "text/csv")):
            answer = self.url_open(URL + file_type)
            self.assertEqual(answer.status_code, 200)
            self.assertIn(kind, answer.headers["Content-Type"])
            self.assertIn(f"clients.{file_type}", answer.headers["Content-Disposition"])
        self.assertEqual(self.url_open(URL + "exe").status_code, 404)
        self.authenticate("template_agent", "template_agent")
        self.assertEqual(self.url_open(URL + "xlsx").status_code, 404)

    @users("template_agent")
    def test_agents_get_no_template(self):
        with self.assertRaises(AccessError):
            self.env["res.partner"]._client_import_template("csv")


@tagged("post_install", "-at_install")
class TestImportPreview(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("preview_manager", "manager")

    def _file(self, content, **vals):
        return self.env["nestogy.client.import"].create(
            {"file": base64.b64encode(content), "filename": "a.csv", **vals}
        )

    @users("preview_manager")
    def test_it_shows_what_was_detected(self):
        content = "Record ID;Company name;City;Phone Number\r\n1;Müller <b>;Köln;030 1\r\n2;B;Bonn;\r\n".encode(
            "cp1252"
        )
        file = self._file(content)
        file.action_check()
        self.assertEqual(
            (file.detected, file.row_count, file.preset),
            (
                "CSV, Windows-1252, separated by semicolons, line ends CRLF, headings of HubSpot (companies)",
                2,
                "hubspot_companies",
            ),
        )
        grid = file.get_grid()
        self.assertEqual([row["cells"][1] for row in grid["rows"]], ["Müller <b>", "B"])
        self.assertEqual([column["target"] for column in grid["columns"]], ["", "name", "city", "phone"])

    @users("preview_manager")
    def test_what_was_detected_can_be_overridden(self):
        file = self._file("name,city\nЗавод,Киев\n".encode("cp1251"), encoding="cp1251", separator=",")
        file.action_check()
        file.action_start()
        self.assertRecordValues(file.row_ids.client_id, [{"name": "Завод", "city": "Киев"}])

    @users("preview_manager")
    def test_a_file_that_cannot_be_read_says_why_and_where(self):
        for content, problem in (
            (b"name,id\nA,1\n", "the column “id” is not known to imports; remove it (line 1, column 2)"),
            (b'name,x\n"A,1\n', "a quotation mark is opened and never closed (line 2)"),
            (b"PK\x03\x04\x00", "the file is damaged"),
            (b"name,city\n", "the file is empty"),
        ):
            file = self._file(content)
            with self.assertRefused(UserError, re.escape(f"a.csv cannot be imported: {problem}.")):
                file.action_check()
            self.assertFalse(file.row_ids)
        with self.assertRefused(UserError, "the header has no column “name”"):
            self.env["res.partner"]._import_clients_file(b"city,zip\nA,1\n")


@tagged("post_install", "-at_install")
class TestImportColumns(ClientsCase):
    """Every column of ours arrives where it belongs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.make_user("columns_manager", "manager")

    def _import(self, **cells):
        content = "\t".join(cells) + "\n" + "\t".join(cells.values()) + "\n"
        return self.env["res.partner"]._import_clients_file(content.encode())

    @users("columns_manager")
    def test_all_columns_are_written(self):
        result = self._import(
            **{"name": "Columns Ltd", "number": "OLD-7", "manager": "columns_manager", "mobile": "0170 1234567"},
            **{"fax": "030 901821", "phone": "030 901820", "country": "Germany", "street": "Weg 1", "city": "Berlin"},
            **{"billing_street": "Postfach 1", "billing_city": "Bonn", "billing_country": "DE"},
            **{"delivery_street": "Tor 3", "delivery_city": "Köln", "delivery_country": "DE"},
            **{"contact1_name_title": "Dr.", "contact1_first_name": "Ann", "contact1_last_name": "Lee"},
            **{"contact1_department": "Sales", "contact1_mobile": "0171 7654321"},
        )
        self.assertEqual(result.errors, [])
        client = result.created
        germany = self.env.ref("base.de").id
        self.assertRecordValues(
            client,
            [
                {
                    **{"client_number": "OLD-7", "user_id": self.manager.id, "phone": "+49 30 901820"},
                    **{"fax": "+49 30 901821", "street": "Weg 1", "city": "Berlin", "country_id": germany},
                }
            ],
        )
        self.assertEqual(client.phone_number_ids.mapped("kind"), ["phone", "mobile", "fax"])
        self.assertRecordValues(
            client.client_address_ids.sorted("type"),
            [
                {"type": "delivery", "street": "Tor 3", "city": "Köln", "country_id": germany},
                {"type": "invoice", "street": "Postfach 1", "city": "Bonn", "country_id": germany},
            ],
        )
        self.assertRecordValues(
            client.primary_contact_id,
            [
                {
                    **{"name": "Ann Lee", "first_name": "Ann", "last_name": "Lee", "name_title": "Dr."},
                    **{"department": "Sales", "phone": "+49 171 7654321"},
                }
            ],
        )

    @users("columns_manager")
    def test_a_client_id_that_is_taken_is_refused(self):
        first = self._import(name="First", number="OLD-8").created
        # who is not looked for by the Client ID would get that of somebody else
        file = self.env["nestogy.client.import"].create(
            {"file": base64.b64encode(b"name,number\nSecond,OLD-8\n"), "filename": "a.csv", "match_rules": ["email"]}
        )
        file.action_check()
        self.assertEqual(file.row_ids.problems, {"1": "Another client has the Client ID “OLD-8”."})
        self.assertFalse(self._import(name="Second", number="OLD-8").created)
        self.assertEqual(first.name, "Second", "the Client ID says who is meant")

    @users("columns_manager")
    def test_people_of_one_company_become_its_contacts(self):
        card = "BEGIN:VCARD\nVERSION:3.0\nFN:%s\nN:%s;;;;\nORG:%s\nADR:;;%s;Town;;1;\nEND:VCARD\n"
        content = "".join(
            card % each
            for each in (
                ("Ann", "Ann", "ACME Cards", "Weg 1"),
                ("Bob", "Bob", "Other Cards", "Weg 2"),
                ("Cid", "Cid", "ACME Cards", "Weg 9"),
                ("Dan", "Dan", "ACME Cards", "Weg 1"),
            )
        )
        result = self.env["res.partner"]._import_clients_file(content.encode())
        self.assertEqual(result.errors, [])
        self.assertEqual(result.created.mapped("name"), ["ACME Cards", "Other Cards"])
        self.assertRecordValues(
            result.created[0].client_contact_ids.sorted("name"),
            [
                {"name": "Ann", "street": "Weg 1", "use_own_address": False},
                {"name": "Cid", "street": "Weg 9", "use_own_address": True},
                {"name": "Dan", "street": "Weg 1", "use_own_address": False},
            ],
        )
        self.assertEqual(result.created[0].primary_contact_id.name, "Ann")
