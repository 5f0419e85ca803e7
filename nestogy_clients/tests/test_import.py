import base64
import io
import random
import string
from contextlib import suppress
from datetime import datetime
from unittest.mock import patch

import openpyxl
import psycopg2

from odoo import SUPERUSER_ID
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users
from odoo.tools import mute_logger

from ..models.imports import nestogy_client_import_check, nestogy_client_import_run, nestogy_client_import_undo
from ..tools.import_columns import longest
from .common import ClientsCase

HEADER = (
    "name,is_company,status,group,email,phone,industry,state,country,tags,contact1_name,contact1_email,contact2_name\n"
)


class ImportCase(ClientsCase):
    """Imports a text as a file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("import_manager", "manager")
        cls.make_user("import_agent", "agent")

    def prepare(self, text, **vals):
        """An import of a file, checked."""
        content = text if isinstance(text, bytes) else text.encode()
        file = self.env["nestogy.client.import"].create(
            {"file": base64.b64encode(content), "filename": vals.pop("filename", "test.csv"), **vals}
        )
        file.action_check()
        return file

    def run_file(self, text, **vals):
        """An import of a file, done."""
        file = self.prepare(text, **vals)
        file.action_start()
        return file

    def counts(self, file):
        return (file.create_count, file.update_count, file.skip_count, file.error_count)

    def clients_called(self, *names):
        found = self.env["res.partner"].search([("name", "in", names), ("is_client", "=", True)])
        return found.sorted(lambda client: names.index(client.name))


@tagged("post_install", "-at_install")
class TestImport(ImportCase):
    def _import(self, *rows):
        return self.env["res.partner"]._import_clients_file((HEADER + "\n".join(rows)).encode(), "test.csv")

    @users("import_manager")
    def test_a_row_is_a_client_with_its_contacts(self):
        result = self._import(
            "Müller GmbH,company,Trial,General,info@mueller.example,030 901820,HVAC,,DE,"
            '"VIP test, Berlin test",Jörg,joerg@mueller.example,Ann'
        )
        self.assertEqual(result.errors, [])
        self.assertRecordValues(
            result.created,
            [
                {
                    "name": "Müller GmbH",
                    "is_company": True,
                    "is_client": True,
                    "email": "info@mueller.example",
                    "phone": "+49 30 901820",
                    "country_id": self.env.ref("base.de").id,
                    "industry_id": self.env.ref("nestogy_clients.res_partner_industry_hvac").id,
                    "client_status_id": self.env.ref("nestogy_clients.nestogy_client_status_trial").id,
                }
            ],
        )
        self.assertEqual(set(result.created.category_id.mapped("name")), {"VIP test", "Berlin test"})
        self.assertEqual(result.created.client_contact_ids.mapped("name"), ["Ann", "Jörg"])
        self.assertEqual(result.created.primary_contact_id.name, "Jörg")

    @users("import_manager")
    def test_a_bad_row_is_reported_and_the_rest_is_in(self):
        result = self._import(
            "Good one,,,,,,,,,fresh tag,,,",
            "Bad mail,,,,not-an-address,,,,,other tag,,,",
            ",,,,,,,,,,,,",
            ",company,,,,,,,,,,,",
            "Bad status,,Asleep,,,,,,,,,,",
            "Bad contact,,,,,,,,,bad tag,Ann,ann@@example,",
            "Nameless contact,,,,,,,,,,,ann@example.com,",
            "Bad state,,,,,,,Bavaria,US,,,,",
            "Too long,,,,,,,,,,,,,extra",
            "Good two,person,,,,,,Maine,United States,bad tag,,,",
        )
        self.assertEqual(result.created.mapped("name"), ["Good one", "Good two"])
        self.assertEqual(
            result.errors,
            [
                (3, "“not-an-address” is not an e-mail address."),
                (5, "The client's name is missing."),
                (6, "“Asleep” is not known (status)."),
                (7, "“ann@@example” is not an e-mail address."),
                (8, "A contact has no name: ann@example.com"),
                (9, "United States has no state “Bavaria”."),
                (10, "The row has more cells than the header: extra"),
            ],
        )
        self.assertFalse(self.env["res.partner"].search([("name", "in", ["Bad mail", "Bad contact", "Ann"])]))
        self.assertEqual(result.created[1].category_id.mapped("name"), ["bad tag"])
        self.assertFalse(self.env["res.partner.category"].search([("name", "=", "other tag")]))

    @users("import_manager")
    def test_a_file_that_cannot_be_read_leaves_nothing(self):
        before = self.env["res.partner"].search_count([])
        with self.assertRefused(UserError, "shop.csv cannot be imported: the column “id” is not known"):
            self.env["res.partner"]._import_clients_file(b"name,id\nA,1\n", "shop.csv")
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    @users("import_agent")
    def test_agents_do_not_import(self):
        with self.assertRaises(AccessError):
            self._import("A,,,,,,,,,,,,")
        with self.assertRaises(AccessError):
            self.env["nestogy.client.import"].create({})

    @users("import_manager")
    def test_nobody_writes_what_the_import_notes(self):
        file = self.prepare("name\nA\n")
        for vals in ({"state": "done"}, {"mapping": []}, {"made_tag_ids": [1]}, {"row_count": 0}):
            with self.assertRefused(AccessError, "is written by the import itself"):
                file.write(vals)
        with self.assertRaises(AccessError):
            file.row_ids.write({"client_id": self.env.user.partner_id.id})
        with self.assertRefused(UserError, "Choose each rule once"):
            file.match_rules = ["email", "password"]
        file.action_start()
        with self.assertRefused(UserError, "was started already"):
            file.on_match = "skip"
        with self.assertRefused(UserError, "was started already"):
            file.action_start()

    @users("import_manager")
    def test_the_check_says_what_the_run_does(self):
        """A mixed file: what is counted before is what happens, also where two rows mean the same client."""
        self.make_client("Known Ltd", email="hello@known.example", city="Bonn")
        self.make_client("Other Ltd", vat="DE136695976", country_id=self.env.ref("base.de").id)
        text = (
            "name,number,email,vat,city,phone,tags,contact1_name,contact1_email\n"
            "New One,N-1,info@one.example,,Köln,,fresh,Ann,ann@one.example\n"  # create
            "New One again,N-1,,,Bonn,030 901820,fresh,Bob,\n"  # the same client: update
            "Known Limited,,HELLO@known.example,,Berlin,,,,\n"  # update
            "Somebody,,,DE 136695976,Hamburg,,,,\n"  # update
            ",,,,Nowhere,,,,\n"  # refused
            "Bad,,no-mail,,,,,,\n"  # refused
            "New Two,,two@two.example,,,,,,\n"  # create
            "New Two,,two@two.example,,,,,,\n"  # word for word the same: update
            "Wrong ID,N-1,x@x.example,,,,,,\n"  # found by its Client ID: update
            "Example: Alder Plumbing Ltd,,,,,,,,\n"  # of the template: refused
        )
        file = self.prepare(text)
        deeds = ["create", "update", "update", "update", "refuse", "refuse", "create", "update", "update", "refuse"]
        self.assertEqual(file.row_ids.mapped("deed"), deeds)
        counted = self.counts(file)
        self.assertEqual(counted, (2, 5, 0, 3))
        self.assertEqual(self.env["res.partner"].search_count([("name", "like", "New")]), 0)
        before = self.env["res.partner"].search_count([("is_client", "=", True)])
        file.action_start()
        self.assertEqual((file.state, self.counts(file)), ("done", counted))
        self.assertEqual((file.done_count, file.refused_count), (7, 3))
        self.assertEqual(self.env["res.partner"].search_count([("is_client", "=", True)]), before + 2)
        self.assertEqual(file.row_ids.mapped("deed"), deeds)
        one = file.row_ids[0].client_id
        self.assertEqual(one, file.row_ids[1].client_id | file.row_ids[8].client_id)
        self.assertRecordValues(
            one, [{"name": "Wrong ID", "client_number": "N-1", "city": "Bonn", "phone": "+49 30 901820"}]
        ) if self.env.company.country_id.code == "DE" else self.assertEqual(one.city, "Bonn")
        self.assertEqual(set(one.client_contact_ids.mapped("name")), {"Ann", "Bob"})
        self.assertEqual(file.row_ids[2].client_id.city, "Berlin")
        self.assertEqual(file.row_ids[3].client_id.name, "Somebody")

    @users("import_manager")
    def test_the_same_file_twice_makes_nobody_twice(self):
        text = (
            "name,email,vat,phone,mobile,tags,billing_street,billing_city,contact1_name,contact1_email,contact1_mobile\n"
            "Twice Ltd,a@twice.example,,+49 30 901820,+49 170 1234567,red,Weg 1,Bonn,Ann,ann@twice.example,"
            "+49 170 1111111\n"
            "No Address,,,,,,,,Bob,,\n"
        )
        first = self.run_file(text)
        self.assertEqual(self.counts(first), (2, 0, 0, 0))
        tables = ("res.partner", "nestogy.phone.number", "res.partner.category")
        before = [self.env[name].search_count([]) for name in tables]
        second = self.run_file(text)
        self.assertEqual(self.counts(second), (0, 2, 0, 0))
        self.assertEqual([self.env[name].search_count([]) for name in tables], before)
        self.assertEqual(second.row_ids.client_id, first.row_ids.client_id)
        skipping = self.prepare(text, on_match="skip")
        self.assertEqual(self.counts(skipping), (0, 0, 2, 0))
        with self.assertRefused(UserError, "are there already"):
            skipping.action_start()
        third = self.run_file(text, on_match="create")
        self.assertEqual(self.counts(third), (2, 0, 0, 0))
        self.assertFalse(third.row_ids.client_id & first.row_ids.client_id)

    @users("import_manager")
    def test_a_client_is_found_by_the_chosen_rules(self):
        client = self.make_client(
            "Rule & Sons", email="info@rule.example", vat="FR23334175221", phone="+49 30 901820", website="rule.example"
        )
        client.client_number = "R-1"
        row = {
            "number": "R-1",
            "email": "Info <INFO@rule.example>",
            "vat": "fr 23 334 175 221",
            "domain": "sales@rule.example",
            "phone": "0049 (30) 90 18 20",
            "name": "rule  &  SONS",
        }
        for rule, cell in row.items():
            column = {"domain": "email"}.get(rule, rule)
            text = f"name,{column}\nX,{cell}\n" if rule != "name" else f"name\n{cell}\n"
            file = self.prepare(text, match_rules=[rule])
            self.assertEqual((rule, file.row_ids.deed, file.row_ids.client_id), (rule, "update", client))
            others = [
                each for each in row if each not in (rule, "number") and not (rule == "email" and each == "domain")
            ]
            deed = self.prepare(text, match_rules=others).row_ids.deed
            self.assertEqual((rule, deed), (rule, "refuse" if rule == "number" else "create"))
        # nobody is known by where everybody has an address
        self.make_client("Mail", email="a@gmail.com")
        self.assertEqual(self.prepare("name,email\nX,b@gmail.com\n", match_rules=["domain"]).create_count, 1)

    @users("import_manager")
    def test_who_cannot_be_told_apart_is_refused(self):
        self.make_client("Twin A", email="same@twin.example")
        self.make_client("Twin B", email="same@twin.example").client_number = "T-2"
        file = self.prepare("name,email,number\nX,same@twin.example,\nX,same@twin.example,T-2\n")
        self.assertEqual(file.row_ids.mapped("deed"), ["refuse", "update"])
        self.assertEqual(
            file.row_ids[0].problems,
            {"1": "Several clients have the same E-mail: Twin A, Twin B. Write the Client ID of the right one."},
        )

    @users("import_manager")
    def test_columns_overwrite_or_fill(self):
        client = self.make_client("Fill Ltd", email="a@fill.example", city="Bonn")
        client.client_number = "F-1"
        text = "name,email,city,street,number\nFill Limited,a@fill.example,Köln,Weg 1,F-9\n"
        file = self.prepare(text)
        for index, policy in ((0, "overwrite"), (2, "fill"), (3, "fill")):
            file.set_column(index, file.mapping[index]["target"], policy)
        file.action_start()
        self.assertRecordValues(
            client, [{"name": "Fill Limited", "city": "Bonn", "street": "Weg 1", "client_number": "F-1"}]
        )
        # the next file with these headings is read the same way, and an empty cell takes nothing away
        again = self.prepare(text.replace("Köln,Weg 1,F-9", ",,"))
        self.assertEqual([column["policy"] for column in again.mapping][2:4], ["fill", "fill"])
        again.action_start()
        self.assertRecordValues(client, [{"city": "Bonn", "street": "Weg 1"}])

    @users("import_manager")
    def test_only_columns_of_ours_can_be_set(self):
        file = self.prepare("name,what\nA,1\n")
        for target in ("user_ids", "company_id", "active", "create_uid", "credit_limit", "contact1_id"):
            with self.assertRefused(UserError, "is nothing that an import may set"):
                file.set_column(1, target, "overwrite")
        for heading in ("user_ids/login", "id", ".id", "create_uid", "company_id"):
            with self.assertRefused(UserError, "is not known to imports"):
                self.prepare(f"name,{heading}\nA,1\n")

    @users("import_manager")
    def test_a_formula_is_text(self):
        book = openpyxl.Workbook()
        book.active.append(["name", "notes"])
        book.active.append(["'=1+1", "=HYPERLINK(1)"])
        content = io.BytesIO()
        book.save(content)
        file = self.run_file("name,city\n=cmd|calc,@SUM(1)\n")
        self.assertRecordValues(file.row_ids.client_id, [{"name": "=cmd|calc", "city": "@SUM(1)"}])
        file = self.run_file(content.getvalue(), filename="a.xlsx")
        self.assertFalse(file.row_ids.client_id.comment, "what was never computed is nothing")

    @users("import_manager")
    def test_cells_are_corrected_in_place(self):
        file = self.prepare("name,email,vat\nA,bad,\nB,b@b.example,\nC,b@b.example,\nD,,\n")
        self.assertEqual(file.row_ids.mapped("deed"), ["refuse", "create", "update", "create"])
        grid = file.get_grid(only="refuse")
        self.assertEqual((grid["length"], len(grid["rows"])), (1, 1))
        row = grid["rows"][0]
        self.assertEqual(row["problems"], {"1": "“bad” is not an e-mail address."})
        answer = file.set_cell(row["id"], 1, "b@b.example")
        self.assertEqual((answer["row"]["deed"], answer["row"]["problems"]), ("create", {}))
        # those who mean the same client follow: the second row is no new client any more
        self.assertEqual(answer["counts"], {"create": 2, "update": 2, "skip": 0, "refuse": 0, "total": 4})
        for cell in ((row["id"], 9, "x"), (row["id"], True, "x"), (row["id"], 0, 7), (0, 0, "x")):
            with self.assertRefused(UserError, "not there any more"):
                file.set_cell(*cell)
        file.action_start()
        self.assertEqual(self.counts(file), (2, 2, 0, 0))

    @users("import_manager")
    def test_corrections_survive_another_choice(self):
        file = self.prepare("name,email\nA,bad\n")
        file.set_cell(file.row_ids.id, 1, "a@a.example")
        file.match_rules = ["name"]
        self.assertFalse(file.is_checked)
        with self.assertRefused(UserError, "Check the file first"):
            file.action_start()
        file.action_check()
        self.assertEqual((file.row_ids.cells, file.create_count), (["A", "a@a.example"], 1))
        file.file = base64.b64encode(b"name\nOther\n")
        file.action_check()
        self.assertEqual(file.row_ids.cells, ["Other"])

    @users("import_manager")
    def test_many_rows_are_checked_in_the_background(self):
        with patch.object(nestogy_client_import_check, "CHECK_AT_ONCE", 1):
            file = self.prepare("name\nA\nB\nC\n")
        self.assertEqual((file.state, file.phase, file.is_checked, file.total), ("waiting", "check", False, 3))
        with self.assertRefused(UserError, "was started already"):
            file.set_cell(file.row_ids[0].id, 0, "x")
        with patch.object(nestogy_client_import_check, "CHECK_BATCH", 2):
            file.sudo()._work_run_step()
            self.assertEqual((file.done_count, file.row_ids.mapped("deed")), (2, ["create", "create", False]))
        file.action_cancel()
        self.assertEqual((file.state, file.is_checked), ("draft", False))
        file.action_check()
        self.assertEqual((file.state, file.is_checked, file.create_count), ("draft", True, 3))

    @users("import_manager")
    def test_people_find_their_company(self):
        """Rows of an address book: the second person of a company is added to it, also when it is there already."""
        text = (
            "First Name,Last Name,Company,E-mail Address,Job Title,Business Street,Business City\n"
            "Ann,Lee,People Ltd,ann@people.example,Boss,Weg 1,Bonn\n"
            "Bob,Ray,People Ltd,bob@people.example,,Tor 2,Ulm\n"
        )
        file = self.run_file(text)
        self.assertTrue(file.is_people)
        client = file.row_ids.client_id
        self.assertEqual((len(client), self.counts(file)), (1, (1, 1, 0, 0)))
        self.assertRecordValues(
            client.client_contact_ids.sorted("name"),
            [
                {"name": "Ann Lee", "city": "Bonn", "use_own_address": False},
                {"name": "Bob Ray", "city": "Ulm", "use_own_address": True},
            ],
        )
        again = self.run_file(text.replace("Boss", "Owner"), match_rules=["name"])
        self.assertEqual((again.row_ids.client_id, self.counts(again)), (client, (0, 2, 0, 0)))
        self.assertEqual(client.client_contact_ids.sorted("name").mapped("function"), ["Owner", False])
        skipped = self.prepare(
            text + "Cid,New,People Ltd,cid@people.example,,,\n", on_match="skip", match_rules=["name"]
        )
        self.assertEqual(self.counts(skipped), (0, 0, 3, 0))

    @users("import_manager")
    def test_numbers_are_meant_in_the_country_of_the_client(self):
        client = self.make_client("Paris", email="a@paris.example", country_id=self.env.ref("base.fr").id)
        self.run_file("name,email,phone,mobile\nParis,a@paris.example,01 42 68 53 00,06 12 34 56 78\n")
        self.assertEqual(client.phone_number_ids.mapped("number"), ["+33 1 42 68 53 00", "+33 6 12 34 56 78"])

    @users("import_manager")
    def test_clients_of_others_are_not_found(self):
        company = self.env["res.company"].sudo().create({"name": "Elsewhere"})
        hidden = self.make_client("Hidden", email="a@hidden.example", company_id=company.id)
        file = self.prepare("name,email\nX,a@hidden.example\n")
        self.assertEqual((file.row_ids.deed, file.row_ids.client_id), ("create", self.env["res.partner"]))
        file.sudo().company_id = company
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            file.with_context(allowed_company_ids=self.env.company.ids).get_grid()
        self.assertTrue(hidden)

    @users("import_manager")
    def test_old_files_are_forgotten(self):
        file, draft = self.run_file("name\nLong Ago\n"), self.prepare("name\nNever\n")
        self.env["nestogy.client.import"]._gc_imports()
        self.assertTrue(draft.exists())
        file.sudo().ended_at = "2020-01-01"
        self.env.flush_all()
        self.env.cr.execute("UPDATE nestogy_client_import SET write_date = '2020-01-01' WHERE id = %s", [draft.id])
        self.env["nestogy.client.import"]._gc_imports()
        self.assertFalse(draft.exists())
        self.assertRecordValues(file, [{"file": False, "may_undo": False, "create_count": 1}])
        self.assertEqual(file.get_grid()["rows"][0]["cells"], [])
        self.assertTrue(file.row_ids.client_id)

    @users("import_manager")
    def test_an_import_that_was_stopped_goes_on(self):
        names = [f"Stop {number}" for number in range(7)]
        file = self.prepare("name,tags\n" + "".join(f"{name},stop\n" for name in names))
        file.sudo().write({"phase": "run", "total": 7})
        file._work_begin("running", False)
        with patch.object(nestogy_client_import_run, "BATCH", 3):
            self.assertEqual(file._work_next_step(), 3)
            self.assertEqual(len(self.clients_called(*names)), 3)
            file.action_pause()
            self.assertEqual(file.state, "paused")
            file.action_resume()
            file._work_all()
        self.assertEqual((file.state, self.counts(file), file.done_count), ("done", (7, 0, 0, 0), 7))
        self.assertEqual(self.clients_called(*names).mapped("name"), names)
        self.assertEqual(len(self.env["res.partner.category"].search([("name", "=", "stop")])), 1)

    def run_with_a_fault(self, fail):
        """An import of three rows, the second of which fails when it is created."""
        file = self.prepare("name,city\nA1,x\nA2,x\nA3,x\n")
        create = type(self.env["res.partner"])._import_create

        def create_or_fail(partners, datas, tags):
            if any(data["vals"]["name"] == "A2" for data in datas):
                fail(partners.env)
            return create(partners, datas, tags)

        with patch.object(type(self.env["res.partner"]), "_import_create", create_or_fail):
            file.action_start()
        self.assertEqual(file.row_ids.mapped("state"), ["done", "refused", "done"])
        return file

    @users("import_manager")
    def test_a_row_that_the_database_refuses_stands_alone(self):
        def refuse(env):
            raise UserError(env._("not this one"))

        file = self.run_with_a_fault(refuse)
        self.assertEqual(file.row_ids[1].reason, "not this one")
        self.assertEqual(self.counts(file), (2, 0, 0, 1))

    @users("import_manager")
    def test_texts_that_no_index_holds_are_refused_alone(self):
        letters = random.Random(4)

        def text(length):  # that cannot be compressed
            return "".join(letters.choices(string.ascii_letters + string.digits, k=length))

        columns = ("name", "website", "vat", "phone", "email", "street", "contact1_name", "billing_city")
        limits = {column: longest(column) for column in columns}
        values = {column: text(limit + 1) for column, limit in limits.items()}
        rows = ["name,website,vat,phone,email,street,contact1_name,billing_city,notes"]
        for number, column in enumerate(columns):
            cells = dict.fromkeys(columns, "") | {"name": f"A{number}", "contact1_name": f"C{number}"}
            rows.append(",".join((cells | {column: values[column]}).values()) + ",x")
        rows.append(f"{text(limits['name'])},{text(400)},,,,{text(500)},{text(300)},{text(500)},{text(10_000)}")
        file = self.run_file("\n".join(rows))
        self.assertEqual(
            file.row_ids.mapped("state"), ["refused"] * len(columns) + ["done"], file.row_ids.mapped("reason")
        )
        for row, (column, limit) in zip(file.row_ids, limits.items(), strict=False):
            self.assertEqual(row.reason, f"{column} is longer than {limit} characters.")

    @users("import_manager")
    def test_a_row_that_breaks_a_limit_of_the_database_stands_alone(self):
        def break_limit(env):
            command = "DO $$ BEGIN RAISE EXCEPTION 'row size' USING ERRCODE = 'program_limit_exceeded'; END $$"
            env.cr.execute(command, log_exceptions=False)

        file = self.run_with_a_fault(break_limit)
        self.assertEqual(file.row_ids[1].reason, "A text is longer than the database can hold; shorten it.")

    @users("import_manager")
    @mute_logger("odoo.addons.nestogy_clients.models.work.nestogy_work_mixin")
    def test_a_row_that_leaves_the_transaction_broken_stands_alone(self):
        def hide_an_error(env):
            with suppress(psycopg2.Error):
                env.cr.execute("SELECT 1 / 0", log_exceptions=False)
            env.cr.execute("SELECT 1", log_exceptions=False)

        file = self.run_with_a_fault(hide_an_error)
        self.assertIn("An unexpected mistake happened", file.row_ids[1].reason)

    @users("import_manager")
    def test_work_grows_with_the_rows_and_not_faster(self):
        def queries(count, start):
            text = "name,email,phone,mobile,tags,city,contact1_name,contact1_email,contact1_mobile\n" + "".join(
                f"Q{n},q{n}@q{n}.example,+49 30 90{n:04},+49 170 12{n:05},t1,Bonn,Ann {n},ann@q{n}.example,"
                f"+49 171 12{n:05}\n"
                for n in range(start, start + count)
            )
            file = self.prepare(text)
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            file._work_begin("running", False)
            file.sudo().phase = "run"
            file._work_all()
            self.env.flush_all()
            self.assertEqual(file.create_count, count)
            return self.env.cr.sql_log_count - before

        queries(2, 100)
        few, many = queries(10, 200), queries(20, 300)
        self.assertLess((many - few) / 10, 8, f"{few} for 10 rows, {many} for 20")


@tagged("post_install", "-at_install")
class TestImportUndo(ImportCase):
    TEXT = (
        "name,email,phone,city,tags,contact1_name,contact1_email\n"
        "Fresh Ltd,a@fresh.example,+49 30 901820,Bonn,undo tag,Ann,ann@fresh.example\n"
        "Old Ltd,a@old.example,+49 30 901821,Köln,undo tag,Bob,bob@old.example\n"
        "Old Ltd,a@old.example,,Berlin,,,\n"
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old = cls.make_client("Old Ltd", email="a@old.example", city="Hamburg", phone="+49 30 1111")
        cls.other = cls.env["res.partner.category"].create({"name": "other tag"})
        cls.old.category_id = cls.other

    @users("import_manager")
    def test_all_of_it_is_taken_back(self):
        partners = self.env["res.partner"].search_count([])
        file = self.run_file(self.TEXT)
        self.assertRecordValues(self.old, [{"city": "Berlin", "phone": "+49 30 901821"}])
        self.assertEqual(self.env["res.partner"].search_count([]), partners + 3)
        self.assertTrue(file.may_undo)
        self.assertEqual(file.get_undo_blockers(), [])
        with patch.object(nestogy_client_import_undo, "BATCH", 2):
            file.action_undo()
        self.assertEqual((file.state, set(file.row_ids.mapped("state"))), ("undone", {"undone"}))
        self.assertEqual(self.env["res.partner"].search_count([]), partners)
        self.assertRecordValues(
            self.old, [{"city": "Hamburg", "phone": "+49 30 1111", "category_id": self.other.ids, "child_ids": []}]
        )
        self.assertFalse(self.env["res.partner.category"].search([("name", "=", "undo tag")]))
        self.assertFalse(file.may_undo)
        with self.assertRefused(UserError, "cannot be taken back"):
            file.action_undo()
        # and the file may come again
        self.assertEqual(self.counts(self.run_file(self.TEXT)), (1, 2, 0, 0))

    @users("import_manager")
    def test_what_something_newer_depends_on_stays(self):
        file = self.run_file(self.TEXT)
        fresh, rows = file.row_ids[0].client_id, file.row_ids
        self.make_invoice(fresh.sudo(), 10)
        self.old.city = "Ulm"
        tagged_too = self.make_client("Tagged")
        tagged_too.category_id = fresh.category_id
        blockers = file.get_undo_blockers()
        self.assertEqual(
            [(each["line"], each["client"]["id"]) for each in blockers],
            [(2, fresh.id), (3, self.old.id), (4, self.old.id)],
        )
        self.assertIn("Fresh Ltd is in use: Journal Entry", blockers[0]["reason"])
        self.assertEqual(blockers[2]["reason"], "Old Ltd was changed since: City.")
        file.action_undo()
        self.assertEqual((file.state, rows.mapped("state")), ("undone", ["kept", "kept", "kept"]))
        self.assertTrue(fresh.exists())
        # what nobody changed since is as before, what somebody changed stays
        self.assertRecordValues(self.old, [{"city": "Ulm", "phone": "+49 30 1111", "category_id": self.other.ids}])
        self.assertEqual(tagged_too.category_id.name, "undo tag", "a tag that is in use stays")
        self.assertTrue(file.may_undo, "once the invoice is gone")

    @users("import_manager")
    def test_a_client_that_was_changed_stays(self):
        for change in (
            lambda client: client.write({"city": "Ulm"}),
            lambda client: client.write({"category_id": [(5, 0, 0)]}),
            lambda client: self.make_contact(client, "Added"),
            lambda client: client.client_contact_ids.write({"function": "Boss"}),
            lambda client: self.env["nestogy.phone.number"].create({"partner_id": client.id, "number": "+49 30 5"}),
            lambda client: client.message_post(body="Called him", message_type="comment"),
        ):
            file = self.run_file(self.TEXT.splitlines()[0] + "\n" + self.TEXT.splitlines()[1] + "\n")
            client = file.row_ids.client_id
            change(client)
            file.action_undo()
            self.assertEqual(file.row_ids.state, "kept", file.row_ids.reason)
            self.assertTrue(client.exists())
            client.sudo().message_ids.unlink()
            client.sudo().child_ids.unlink()
            client.with_user(SUPERUSER_ID).unlink()

    @users("import_manager")
    def test_looking_for_blockers_grows_with_the_batches_only(self):
        def queries(*names):
            file = self.run_file(
                "name,phone,contact1_name\n" + "".join(f"{name},+49 30 901820,Ann\n" for name in names)
            )
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(file.get_undo_blockers(), [])
            return self.env.cr.sql_log_count - before

        queries("W1")
        few = queries("X1", "X2")
        self.assertEqual(queries(*(f"Y{number}" for number in range(8))), few)

    @users("import_manager")
    def test_only_managers_take_back(self):
        file = self.run_file("name\nKept Ltd\n")
        agent = self.env["res.users"].search([("login", "=", "import_agent")])
        for method in ("action_undo", "get_undo_blockers", "get_grid", "action_check", "action_start"):
            with self.assertRaises(AccessError):
                getattr(file.with_user(agent), method)()


@tagged("post_install", "-at_install")
class TestImportEqualsOrm(ImportCase):
    maxDiff = None

    @users("import_manager")
    def test_rows_are_as_the_orm_makes_them(self):
        """Column by column: a client with contact and address by the import, and by hand."""
        germany = self.env.ref("base.de")
        self.env["nestogy.custom.field"].sudo().create(
            {"name": "Import level", "kind": "integer", "default_value": "3"}
        )
        text = (
            "name,email,phone,mobile,website,vat,street,zip,city,country,notes,industry,billing_street,billing_city,"
            "contact1_name,contact1_email,contact1_phone,contact1_function,contact1_department\n"
            "By Import,a@orm.example,030 901820,0170 1234567,orm.example,DE136695976,Weg 1,10115,Berlin,DE,Note,HVAC,"
            "Postfach 1,Bonn,Ann Lee,ann@orm.example,030 901821,Boss,Sales\n"
        )
        imported = self.run_file(text).row_ids.client_id
        made = self.env["res.partner"].create(
            {
                **{"name": "By Import", "is_company": True, "email": "a@orm.example", "phone": "030 901820"},
                **{"website": "orm.example", "vat": "DE136695976", "street": "Weg 1", "zip": "10115"},
                **{"city": "Berlin", "country_id": germany.id, "comment": "Note"},
                "industry_id": self.env.ref("nestogy_clients.res_partner_industry_hvac").id,
                "client_status_id": self.env["nestogy.client.status"]._get_default().id,
            }
        )
        self.env["res.partner"].create(
            {
                **{"name": "Ann Lee", "parent_id": made.id, "type": "contact", "email": "ann@orm.example"},
                **{"phone": "030 901821", "function": "Boss", "department": "Sales"},
            }
        )
        self.env["res.partner"].create(
            {"parent_id": made.id, "type": "invoice", "street": "Postfach 1", "city": "Bonn"}
        )
        self.env["nestogy.phone.number"].create({"partner_id": made.id, "kind": "mobile", "number": "0170 1234567"})
        self.env.flush_all()
        own = {"id", "parent_id", "commercial_partner_id", "primary_contact_id", "client_number", "write_date"}
        own |= {"create_date", "access_token", "client_id", "partner_id", "message_main_attachment_id"}
        pairs = [(imported, made)]
        for kind in ("contact", "invoice"):
            pairs.append(
                tuple(
                    client.child_ids.filtered(lambda each, kind=kind: each.type == kind) for client in (imported, made)
                )
            )
        pairs += list(zip(imported.phone_number_ids.sorted("kind"), made.phone_number_ids.sorted("kind"), strict=True))
        for one, other in pairs:
            rows = []
            for record in (one, other):
                record.ensure_one()
                self.env.cr.execute(f'SELECT * FROM "{record._table}" WHERE id = %s', [record.id])
                names = [column.name for column in self.env.cr.description]
                rows.append({name: value for name, value in zip(names, self.env.cr.fetchone(), strict=True)})
            # moments of now are as near as the two were made
            left, right = (
                {
                    name: value.date() if isinstance(value, datetime) else value
                    for name, value in row.items()
                    if name not in own
                }
                for row in rows
            )
            self.assertEqual(left, right, one.display_name)
        self.assertEqual(imported.primary_contact_id.name, made.primary_contact_id.name)
        self.assertEqual(imported.client_fields._values, made.client_fields._values)
        self.assertTrue(imported.client_number)
        self.assertEqual(len(imported.client_status_change_ids), len(made.client_status_change_ids))
