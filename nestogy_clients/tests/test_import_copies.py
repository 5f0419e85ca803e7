import re
import sys
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import tagged, users
from odoo.tools import SQL

from ..models.imports import res_partner_import_copy, res_partner_import_guard
from .test_import import ImportCase

HEADER = (
    "name,is_company,email,phone,mobile,fax,website,street,zip,city,state,country,notes,tags,Copy level,contact1_name,"
    "contact1_email,contact1_phone,contact2_first_name,contact2_last_name,contact2_mobile,contact2_function,vat,"
    "billing_street,billing_city,delivery_street,delivery_zip,delivery_city,delivery_country\n"
)
TAX_IDS = (
    *("DE123456704", "DE123456712", "DE123456729", "DE123456737", "DE123456745", "DE123456753", "DE123456761"),
    *("DE234567802", "DE234567819", "DE234567827", "DE234567835", "DE234567843", "DE234567851"),
)
ROWS = (
    # companies in Germany with contacts and a custom field: each has something of its own
    'Ärzte & Söhne,,"Ärzte <INFO@Copy1.example>",030 901820-1,,,copy1.example,Weg 1,10115,Bonn,,DE,Note,"a, B, a",1,'
    "Ann,ANN@copy1.example,,,,,",
    'Copy <2>,,a@copy2.example,030 901822 ext. 12,,,,,,,,DE,"<b>one</b> & two",a,2,Bo,,0170 1234567 ext. 3,,,,',
    "Copy 3,,,,0170 2345671,,https://copy3.example/x,,,,,DE,,,3,Cy O'Neil,,,Di,Doe,0170 3456712,Boss",
    "Copy 4,,,12345,,030 901824,,Weg 4,99999,,,DE,,c,4,Ed,,,,,,",
    "Copy 5,,b@copy5.example,,,030 901825,,,,Köln,,DE,,,5,Flo,b@copy5.example,+1 202 555 0123,,,,",
    "Copy 6,,,030 901826,0170 4567123,030 901827,,Weg 6,10115,Bonn,,DE,,,6,Gus,,030 901828,Hal,Ives,,",
    "Copy 7,,,030 901826,,,,Weg 6,10115,Bonn,,DE,,,7,Ida,,,,,,",
    # people in Maine, without anything else
    *(f"Person {n},person,p{n}@copy.example,(202) 555-01{n:02},,,,,041{n:02},,ME,US,,,,,,,,,," for n in range(7)),
    # companies with a name and nothing else
    *(f"Bare {n},,,,,,,,,,,,,,,,,,,,," for n in range(6)),
    # with a tax ID, which contacts and addresses have, too, and from which the Peppol address follows
    *(f"Taxed {n},,,,,,,Weg {n},,,,DE,,,,Ann,,,,,,,{vat}" for n, vat in enumerate(TAX_IDS[:7])),
    "Taxed abroad,,,,,,,Weg 9,,,,DE,,,,Ann,,,,,,,FR40303265045",
    # with addresses of their own
    *(
        f"Placed {n},,,,,,,Weg {n},,,,DE,,,,Ann {n},,,,,,,{vat},Bill {n},Bonn,Dock {n},101{n:02},Paris,FR"
        for n, vat in enumerate(TAX_IDS[7:])
    ),
    *(f"Sent to {n},,,,,,,,,,,,,,,,,,,,,,,,,Dock {n},,Bonn," for n in range(6)),
    # others: by the ORM in any case
    "Lonely,,,,,,,,,,,DE,,,,,,,,,,",
    "Alone,person,,,,,,,,,,DE,,alone,9,,,,,,,",
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")


@tagged("post_install", "-at_install")
class TestImportCopies(ImportCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["nestogy.custom.field"].create({"name": "Copy level", "kind": "integer", "default_value": "3"})
        cls.env["nestogy.custom.field"].create({"name": "Copy text", "kind": "char", "default_value": "x"})
        area = {
            "name": "Copies",
            "line_ids": [Command.create({"country_id": cls.env.ref("base.de").id, "zip_prefixes": "10"})],
        }
        cls.env["nestogy.service.area"].create(area)

    def count_rows(self):
        """How many rows each table has."""
        tables = self.env.execute_query(SQL("SELECT tablename FROM pg_tables WHERE schemaname = current_schema"))
        counts = (SQL("SELECT %s, count(*) FROM %s", name, SQL.identifier(name)) for (name,) in sorted(tables))
        return dict(self.env.execute_query(SQL(" UNION ALL ").join(counts)))

    def dump(self, file):
        """All rows of all tables that have to do with the partners of an import, ids replaced."""
        labels = {}
        for row in file.row_ids:
            for number, partner_id in enumerate(row.made or ()):
                labels[partner_id] = f"line {row.line} partner {number}"
        found = {}
        pointers = {}
        for table, column in [*self.env["res.partner"]._import_references("res_partner"), ("res_partner", "id")]:
            pointers.setdefault(table, []).append(column)
        pointers["mail_message"] = ["res_id"]
        for table, columns in pointers.items():
            if table.startswith("nestogy_client_import"):
                continue
            condition = SQL(" OR ").join(SQL("%s = ANY(%s)", SQL.identifier(name), list(labels)) for name in columns)
            if table == "mail_message":
                condition = SQL("model = 'res.partner' AND (%s)", condition)
            rows = self.env.execute_query(
                SQL("SELECT to_jsonb(line) FROM %s line WHERE %s", SQL.identifier(table), condition)
            )
            for (row,) in rows:
                for name in columns:
                    row[name] = labels.get(row[name], row[name])
                if table != "res_partner":
                    row.pop("id", None)
                row["client_number"] = bool(row.get("client_number"))
                row["message_id"] = bool(row.get("message_id"))
                for name, value in row.items():
                    if isinstance(value, str) and MOMENT.match(value):  # both were made now
                        row[name] = value[:10]
                found.setdefault(table, []).append(row)
        for rows in found.values():
            rows.sort(key=str)
        found["after"] = [
            {
                labels[int(key)]: kept | {"phone_number_ids": len(kept["phone_number_ids"])}
                for key, kept in row.after.items()
            }
            for row in file.row_ids
            if row.after
        ]
        return found

    def run_both(self, text):
        """:return: what is there after the ORM made all rows, and after most of them were copied"""
        found = []
        self.env["res.partner.category"].create([{"name": name} for name in ("a", "b", "c", "alone")])
        self.run_file("name\nWarm\n")
        partners = type(self.env["res.partner"])
        copied, insert = [], partners._import_insert

        def count(model, families, *args):
            copied.extend(families)
            return insert(model, families, *args)

        for may_copy in (False, True):
            copied.clear()
            self.env.flush_all()
            savepoint = self.env.cr.savepoint()
            with savepoint:
                before = self.count_rows()
                hooks = len(self.env.cr.precommit._funcs), len(self.env.cr.postcommit._funcs)
                with patch.object(partners, "_import_insert", count):
                    if may_copy:
                        file = self.run_file(text)
                    else:
                        with patch.object(partners, "_import_may_copy", lambda model: False):
                            file = self.run_file(text)
                self.env.flush_all()
                after = self.count_rows()
                more = {name: after[name] - before[name] for name in after if after[name] != before[name]}
                after_hooks = len(self.env.cr.precommit._funcs), len(self.env.cr.postcommit._funcs)
                more["hooks"] = tuple(b - a for a, b in zip(hooks, after_hooks, strict=True))
                found.append((self.counts(file), more, self.dump(file), len(copied)))
                savepoint.rollback()
            self.env.invalidate_all(flush=False)
        return found

    @users("import_manager")
    def test_copies_are_as_the_orm_makes_them(self):
        """Every column of every row of every table: what is copied, and what the ORM makes of the same file."""
        (counts, more, dump, none), (copy_counts, copy_more, copy_dump, copied) = self.run_both(
            HEADER + "\n".join(ROWS)
        )
        self.assertEqual((none, copied), (0, 5 + 5 + 4 + 6 + 4 + 4))
        self.assertEqual(counts, copy_counts)
        self.assertEqual(counts[0], len(ROWS))
        self.assertEqual(more, copy_more)
        self.assertEqual(dump.keys(), copy_dump.keys())
        for table, rows in dump.items():
            self.assertEqual(len(rows), len(copy_dump[table]), table)
            for row, copy in zip(rows, copy_dump[table], strict=True):
                self.assertEqual(row, copy, table)

    def bare(self, count=8):
        return "name,email\n" + "".join(f"Bare {n},bare{n}@copy.example\n" for n in range(count))

    @users("import_manager")
    def test_constraints_hold_for_copies(self):
        def check(partners):
            if any(partner.name == "Bare 5" for partner in partners):
                raise ValidationError(partners.env._("not this one"))

        check._constrains = ("name",)
        with patch.object(type(self.env["res.partner"]), "_constraint_methods", [check]):
            file = self.run_file(self.bare())
        self.assertEqual(self.counts(file), (7, 0, 0, 1))
        self.assertEqual(file.row_ids.filtered(lambda row: row.state == "refused").reason, "not this one")

    @users("import_manager")
    def test_who_is_like_another_one_by_a_mistake_is_made_by_the_orm(self):
        """The second row of a kind is worked out and compared; here the working out is wrong."""
        with patch.object(res_partner_import_copy, "mailbox_of", lambda text: "wrong@copy.example"):
            file = self.run_file(self.bare())
        self.assertEqual(self.counts(file), (8, 0, 0, 0))
        self.assertEqual(
            sorted(file.row_ids.client_id.mapped("email_normalized")), [f"bare{n}@copy.example" for n in range(8)]
        )

    @users("import_manager")
    def test_nothing_is_copied_when_something_unknown_has_a_hand_in_it(self):
        partners = self.env["res.partner"]
        self.assertEqual(
            partners._import_follows(res_partner_import_guard.TYPED) - res_partner_import_guard.FOLLOWS, set()
        )
        self.assertTrue(partners._import_may_copy())
        with patch.object(type(partners), "create", type(partners).create):  # as automation rules do it
            self.assertFalse(partners._import_may_copy())
        with patch.object(res_partner_import_guard, "ADDONS", res_partner_import_guard.ADDONS - {"account"}):
            self.assertFalse(partners._import_may_copy())
        follows = res_partner_import_guard.FOLLOWS - {"res.partner.complete_name"}
        with patch.object(res_partner_import_guard, "FOLLOWS", follows):
            self.assertFalse(partners._import_may_copy())
        self.assertIsNotNone(partners._import_tax_columns())
        with patch.object(res_partner_import_guard, "TAX_FOLLOWS", set()):
            self.assertIsNone(partners._import_tax_columns())
        with patch.object(type(partners), "_check_vat", type(partners)._check_vat):
            self.assertIsNone(partners._import_tax_columns())
            self.assertTrue(partners._import_may_copy())  # rows without a tax ID
        self.env["ir.default"].sudo().set("res.partner", "city", "Bonn")
        self.assertFalse(partners._import_may_copy())

    @users("import_manager")
    def test_a_tax_id_that_would_be_written_in_another_way_is_taken_in_by_the_orm(self):
        """What was read is checked once more in the country of the client; here the two do not agree."""
        rows = "".join(f"Taxed {n},DE12345678{n}\n" for n in range(8))
        partners, asked = type(self.env["res.partner"]), []

        def spelled(model, country, vat, *args, **kwargs):
            if sys._getframe(1).f_code.co_name == "_import_tax":
                asked.append(vat)
                return f"{vat} ", ""
            return vat, ""

        with patch.object(partners, "_import_insert") as insert, patch.object(partners, "_run_vat_checks", spelled):
            file = self.run_file("name,vat\n" + rows)
        insert.assert_not_called()
        self.assertEqual(len(asked), 1)
        self.assertEqual(self.counts(file), (8, 0, 0, 0))
        self.assertEqual(sorted(file.row_ids.client_id.mapped("vat")), [f"DE12345678{n}" for n in range(8)])

    @users("import_manager")
    def test_copies_are_taken_back(self):
        file = self.run_file(self.bare())
        clients = file.row_ids.client_id
        self.assertEqual(len(clients), 8)
        self.assertEqual(file.get_undo_blockers(), [])
        file.action_undo()
        self.assertFalse(clients.exists())
