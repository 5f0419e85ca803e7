import base64
import csv
import io

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, tagged, users

from ..tools.client_file import open_client_file
from .common import ClientsMakers

FILE = (
    "name,email,phone,notes\n"
    "New One,new@one.example,+1 207 555 0130,\n"
    "Known One,known@one.example,,said hello\n"
    "Wrong One,nonsense,+1 207 555 0131,=1+1\n"
)


class ImportMakers(ClientsMakers):
    @classmethod
    def make_import_world(cls):
        cls.make_user("import_manager", "manager")
        cls.agent = cls.make_user("import_agent", "agent")
        cls.known = cls.make_client("Known One", email="known@one.example")

    def make_import(self, text=FILE, login="import_manager", **values):
        user = self.env["res.users"].search([("login", "=", login)])
        work = self.env["nestogy.client.import"].with_user(user)
        work = work.create({"file": base64.b64encode(text.encode()), "filename": "people.csv", **values})
        work.action_check()
        return work


@tagged("post_install", "-at_install")
class TestImportScreen(ImportMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_import_world()

    def counts(self, work):
        counts = work.get_grid(0, 40, False)["counts"]
        return tuple(counts[name] for name in ("create", "update", "skip", "refuse", "total"))

    def test_what_happens_to_known_clients_keeps_corrected_cells(self):
        work = self.make_import()
        self.assertEqual(self.counts(work), (1, 1, 0, 1, 3))
        wrong = work.get_grid(0, 40, "refuse")["rows"][0]
        work.set_cell(wrong["id"], 1, "right@one.example")
        self.assertEqual(self.counts(work), (2, 1, 0, 0, 3))
        work.set_matching(["email"], "skip")
        self.assertEqual(self.counts(work), (2, 0, 1, 0, 3))
        work.set_matching(["phone"], "update")
        self.assertEqual(self.counts(work), (3, 0, 0, 0, 3))
        self.assertEqual(work.match_rules, ["phone"])

    def test_matching_is_what_it_may_be(self):
        work = self.make_import()
        with self.assertRaisesRegex(UserError, "Choose what happens to clients that are there already."):
            work.set_matching(["email"], "delete")
        with self.assertRaisesRegex(UserError, "Choose each rule once, among these"):
            work.set_matching(["password"], "update")
        with self.assertRaises(AccessError):
            work.with_user(self.agent).set_matching(["email"], "skip")
        self.assertEqual(self.counts(work), (1, 1, 0, 1, 3))

    @users("import_manager")
    def test_the_clients_are_those_that_it_created_and_updated(self):
        work = self.make_import()
        work.action_start()
        clients = self.env["res.partner"].search(work.action_open_clients()["domain"])
        self.assertEqual(sorted(clients.mapped("name")), ["Known One", "New One"])
        with self.assertRaisesRegex(UserError, "This import was started already; begin another one."):
            work.set_matching(["email"], "skip")

    def test_refused_rows_are_a_file_with_reasons_that_can_be_imported(self):
        work = self.make_import()
        work.action_start()
        reason = work.row_ids.filtered(lambda row: row.deed == "refuse").reason
        self.assertIn("nonsense", reason)
        text = io.BytesIO()
        work._write_refused(text, "csv")
        self.assertEqual(
            list(csv.reader(io.StringIO(text.getvalue().decode("utf-8-sig")))),
            [
                ["name", "email", "phone", "notes", "Reason"],
                ["Wrong One", "nonsense", "'+1 207 555 0131", "'=1+1", reason],
            ],
        )
        book = io.BytesIO()
        work._write_refused(book, "xlsx")
        sheet = openpyxl.load_workbook(book).active
        self.assertEqual(
            [cell.value for cell in sheet[2]], ["Wrong One", "nonsense", "+1 207 555 0131", "=1+1", reason]
        )
        self.assertEqual({cell.data_type for cell in sheet[2]}, {"s"})
        for content in (text.getvalue(), book.getvalue()):
            [(_line, values)] = open_client_file(content).rows()
            self.assertEqual((values["phone"], values["notes"], values["extra"]), ("+1 207 555 0131", "=1+1", []))

    def test_cells_beyond_the_headings_are_in_the_file_of_refused_rows(self):
        work = self.make_import("name,email\nOne,one@one.example,more\nTwo,two@one.example\n")
        self.assertEqual(self.counts(work), (1, 0, 0, 1, 2))
        text = io.BytesIO()
        work._write_refused(text, "csv")
        head, row = csv.reader(io.StringIO(text.getvalue().decode("utf-8-sig")))
        self.assertEqual(head, ["name", "email", "More 1", "Reason"])
        self.assertEqual(row[:3], ["One", "one@one.example", "more"])


@tagged("post_install", "-at_install")
class TestImportPage(ImportMakers, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_import_world()

    def test_refused_rows_are_for_managers(self):
        work = self.make_import()
        work.action_start()
        address = f"/nestogy/clients/import/{work.id}/refused"
        self.authenticate("import_manager", "import_manager")
        answer = self.url_open(f"{address}.csv")
        self.assertEqual(answer.status_code, 200)
        self.assertIn("refused-rows-", answer.headers["Content-Disposition"])
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertIn("'=1+1", answer.text)
        self.assertEqual(self.url_open(f"{address}.xlsx").content[:2], b"PK")
        self.assertEqual(self.url_open(f"{address}.pdf").status_code, 404)
        self.assertEqual(self.url_open(f"/nestogy/clients/import/{work.id + 1}/refused.csv").status_code, 404)
        self.authenticate("import_agent", "import_agent")
        self.assertEqual(self.url_open(f"{address}.csv").status_code, 404)
        self.authenticate(None, None)
        self.assertNotIn("nonsense", self.url_open(f"{address}.csv").text)

    def test_a_manager_imports_corrects_and_takes_back(self):
        known = self.make_client("Tour Known", email="known@tour.example", city="Salem")
        self.start_tour("/odoo/clients", "nestogy_clients_import", login="import_manager")
        work = self.env["nestogy.client.import"].search([("filename", "=", "tour.csv")], limit=1)
        self.assertRecordValues(work, [{"state": "undone", "create_count": 2, "update_count": 1, "error_count": 0}])
        self.assertEqual(
            [(column["target"], column["policy"]) for column in work.mapping][2:],
            [("city", "fill"), ("notes", "overwrite")],
        )
        self.assertEqual(known.city, "Salem")
        self.assertFalse(self.env["res.partner"].search([("email", "=", "right@tour.example")]))
