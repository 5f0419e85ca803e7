import csv
import io
import json
import tracemalloc
from datetime import datetime

import openpyxl
import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.http import Request
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from ..models.export import nestogy_client_export, res_partner_rows
from .common import ClientsCase, ClientsMakers

FORMULA = '=HYPERLINK("http://x.example")'


class Nowhere(io.RawIOBase):
    """A file that forgets what is written to it."""

    def writable(self):
        return True

    def write(self, data):  # pylint: disable=method-required-super
        return len(data)


class ExportMakers(ClientsMakers):
    @classmethod
    def make_export_world(cls):
        cls.manager = cls.make_user("export_manager", "manager")
        cls.agent = cls.make_user("export_agent", "agent")
        cls.tag = cls.env["res.partner.category"].create({"name": "Gold"})
        cls.acme = cls.make_client(
            "Acme",
            email="office@acme.example",
            street="1 Main St",
            city="Portland",
            vat="",
            category_id=[(6, 0, cls.tag.ids)],
            comment=f"<p>{FORMULA}</p>",
        )
        cls.ann = cls.make_contact(cls.acme, "Ann Lee", "ann@acme.example", function=FORMULA)
        cls.bob = cls.make_contact(cls.acme, "Bob Roe", "bob@acme.example")
        cls.best = cls.make_client("=Best")
        cls.clients = cls.acme | cls.best
        cls.env["nestogy.phone.number"].create(
            [
                {"partner_id": cls.acme.id, "number": "+1 207 555 0100", "sequence": 1},
                {"partner_id": cls.acme.id, "number": "+1 207 555 0101", "kind": "fax", "sequence": 2},
            ]
        )
        cls.env["res.partner"].create(
            {"parent_id": cls.acme.id, "type": "invoice", "name": "Books", "street": "2 Side St", "city": "Bath"}
        )
        cls.make_invoice(cls.acme, 70, 30)

    @classmethod
    def values(cls, *columns, **values):
        values.setdefault("ids", cls.clients.ids)
        return {"columns": list(columns), "file_type": "xlsx", "domain": [], **values}


@tagged("post_install", "-at_install")
class TestClientExport(ExportMakers, ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_export_world()

    def export(self, *columns, user=None, **values):
        file = io.BytesIO()
        exports = self.env["nestogy.client.export"].with_user(user or self.manager)
        entry = exports._export(self.values(*columns, **values), file)
        return entry, file

    def table(self, *columns, **values):
        _entry, file = self.export(*columns, **values)
        return [list(row) for row in openpyxl.load_workbook(file).active.iter_rows(values_only=True)]

    # ------------------------------------------------------------------
    # What is in the file
    # ------------------------------------------------------------------

    def test_columns_stand_in_the_order_that_was_chosen_with_their_types(self):
        self.manager.tz = "America/New_York"
        self.env.cr.execute("UPDATE res_partner SET create_date = '2026-03-01 12:00' WHERE id = %s", [self.acme.id])
        self.env.invalidate_all()
        keys = ("name", "client_outstanding", "client_number", "create_date", "category_id", "client_status_id")
        head, acme, best = self.table(*keys, "client_contact_count", "comment")
        self.assertEqual(head[:4], ["Client", "Outstanding", "Client ID", "Created On"])
        self.assertEqual(
            acme,
            ["Acme", 100.0, self.acme.client_number, datetime(2026, 3, 1, 7), "Gold", "Active", 2, FORMULA],
        )
        self.assertEqual((best[0], best[1], best[6]), ("=Best", 0.0, 0))

    def test_no_text_is_a_formula(self):
        _entry, file = self.export("name", "comment", "contact.function", contacts="rows")
        cells = [cell for row in openpyxl.load_workbook(file).active.iter_rows() for cell in row]
        self.assertEqual({cell.data_type for cell in cells if cell.value is not None}, {"s"})
        self.assertIn("=Best", [cell.value for cell in cells])
        _entry, file = self.export("name", "comment", file_type="csv")
        rows = list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"))))
        self.assertEqual(rows[1:], [["Acme", f"'{FORMULA}"], ["'=Best", ""]])

    def test_phones_addresses_and_the_primary_contact(self):
        keys = ("name", "phone", "phones", "address.invoice", "primary.name", "primary.email")
        _head, acme, best = self.table(*keys)
        self.assertEqual(
            acme,
            [
                "Acme",
                "+1 207-555-0100",
                "+1 207-555-0100, +1 207-555-0101 (Fax)",
                "Books, 2 Side St, Bath",
                "Ann Lee",
                "ann@acme.example",
            ],
        )
        self.assertEqual(best, ["=Best"] + [None] * 5)

    def test_custom_fields_stand_as_what_they_are_where_they_apply(self):
        group = self.env["nestogy.client.group"].create({"name": "Special"})
        fields = self.env["nestogy.custom.field"].create(
            [
                {"name": "Seats", "kind": "integer"},
                {"name": "Since", "kind": "date"},
                {"name": "Tier", "kind": "choice", "option_ids": [(0, 0, {"name": "Top"})]},
                {"name": "Friend", "kind": "link", "comodel": "res.partner"},
                {"name": "Special only", "group_ids": [(6, 0, group.ids)]},
                {"name": "Shoe size", "kind": "float", "applies_to": "contacts"},
            ]
        )
        seats, since, tier, friend, special, shoe = fields
        self.acme.client_fields = {
            seats.key: 12,
            since.key: "2026-04-05",
            tier.key: tier.option_ids.key,
            friend.key: self.best.id,
        }
        self.ann.client_fields = {shoe.key: 8.5}
        self.best.client_group_id = group
        self.best.client_fields = {special.key: "yes"}
        keys = [f"custom.{field.key}" for field in (seats, since, tier, friend, special)]
        head, acme, bob, best = self.table(*keys, f"contact_custom.{shoe.key}", contacts="rows")
        self.assertEqual(head, ["Seats", "Since", "Tier", "Friend", "Special only", "Shoe size"])
        self.assertEqual(acme, [12, datetime(2026, 4, 5), "Top", self.best.display_name, None, 8.5])
        self.assertEqual(bob[:2] + bob[-1:], [12, datetime(2026, 4, 5), None])
        self.assertEqual(best[-2:], ["yes", None])
        self.best.client_group_id = False
        self.assertEqual(self.table("name", *keys)[2], ["=Best", *[None] * len(keys)])

    def test_contacts_are_rows_or_stand_beside_their_client(self):
        keys = ("name", "contact.name", "contact.email", "contact.is_primary_contact")
        self.assertEqual(
            self.table(*keys, contacts="rows")[1:],
            [
                ["Acme", "Ann Lee", "ann@acme.example", "Yes"],
                ["Acme", "Bob Roe", "bob@acme.example", "No"],
                ["=Best", None, None, None],
            ],
        )
        self.assertEqual(
            self.table(*keys[:3], contacts="columns"),
            [
                ["Client", "Contact 1", "E-mail of Contact 1", "Contact 2", "E-mail of Contact 2"],
                ["Acme", "Ann Lee", "ann@acme.example", "Bob Roe", "bob@acme.example"],
                ["=Best", None, None, None, None],
            ],
        )
        self.assertEqual(self.table(*keys), [["Client"], ["Acme"], ["=Best"]])
        self.patch(res_partner_rows, "MOST_CONTACTS", 1)
        with self.assertRefused(UserError, "A client has 2 contacts, and only 1 fit beside it; choose a row"):
            self.export(*keys, contacts="columns")

    def test_contacts_of_a_list_come_with_their_client(self):
        rows = self.table("name", "contact.name", "client_outstanding", scope="contacts", ids=self.bob.ids)
        self.assertEqual(rows[1:], [["Acme", "Bob Roe", 100.0]])

    def test_a_filter_or_a_selection_decides_about_rows(self):
        self.assertEqual(self.table("name", ids=None, domain=[("name", "=", "=Best")])[1:], [["=Best"]])
        self.assertEqual(self.table("name", ids=self.ann.ids), [["Client"]])
        self.best.active = False
        self.assertEqual(self.table("name", ids=None, domain=[("id", "in", self.clients.ids)])[1:], [["Acme"]])
        self.assertEqual(self.table("name", ids=self.best.ids)[1:], [["=Best"]])

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    def test_managers_export_and_whoever_was_given_the_right(self):
        exports = self.env["nestogy.client.export"]
        for user in (self.agent, self.make_user("export_plain"), self.make_portal_user(self.ann)):
            for call in (
                lambda user=user: exports.with_user(user).get_export_dialog([]),
                lambda user=user: self.export("name", user=user),
            ):
                with self.assertRefused(AccessError, "You may not export clients. An administrator gives that right"):
                    call()
        self.assertFalse(exports.search([]))
        self.agent.group_ids += self.env.ref("base.group_allow_export")
        entry, _file = self.export("name", user=self.agent)
        self.assertEqual((entry.user_id, entry.row_count), (self.agent, 2))
        # the right of Odoo alone shows no clients
        plain = self.make_user("export_only")
        plain.group_ids += self.env.ref("base.group_allow_export")
        with self.assertRefused(AccessError, "You may not export clients"):
            self.export("name", user=plain)

    def test_columns_are_those_of_fields_that_the_user_may_read(self):
        partners = self.env["res.partner"]
        self.patch(partners._fields["client_paid"], "groups", "nestogy_clients.nestogy_clients_group_admin")
        dialog = self.env["nestogy.client.export"].with_user(self.manager).get_export_dialog([])
        keys = [column["key"] for column in dialog["columns"]]
        self.assertNotIn("client_paid", keys)
        self.assertIn("client_outstanding", keys)
        self.assertEqual(len(keys), len(set(keys)))
        with self.assertRefused(UserError, "These columns are not there for you: client_paid. Take them out."):
            self.export("name", "client_paid")
        with self.assertRefused(UserError, "These columns are not there for you: signup_type."):
            self.export("signup_type")

    def test_rules_hold_at_the_moment_of_export(self):
        self.env["ir.rule"].create(
            {
                "name": "not Acme",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": f"[('id', '!=', {self.acme.id})]",
            }
        )
        self.assertEqual(self.table("name")[1:], [["=Best"]])
        # a contact hides with its client
        self.assertEqual(self.table("name", "contact.name", scope="contacts", ids=self.ann.ids)[1:], [])
        count = (
            self.env["nestogy.client.export"].with_user(self.manager).get_export_dialog([], "clients", self.clients.ids)
        )
        self.assertEqual(count["count"], 1)

    def test_what_cannot_be_understood_is_refused(self):
        for values, message in (
            ({"file_type": "exe"}, "The file cannot be made like that"),
            ({"contacts": "x"}, "The file cannot be made like that"),
            ({"ids": "x"}, "The file cannot be made like that"),
            ({"ids": ["x"]}, "The filter cannot be understood"),
            ({"ids": None, "domain": [("nowhere", "=", 1)]}, "The filter cannot be understood"),
            ({"ids": None, "domain": ["x"]}, "The filter cannot be understood"),
            ({"scope": "users"}, "The filter cannot be understood"),
        ):
            with self.assertRefused(ValidationError, message), mute_logger("odoo.domains"):
                self.export("name", **values)
        with self.assertRefused(ValidationError, "A file has at most 200 columns."):
            self.export(*["name"] * 201)
        with self.assertRefused(UserError, "Choose at least one column."):
            self.export()
        self.patch(nestogy_client_export, "ROW_LIMIT", 1)
        with self.assertRefused(UserError, "These are more than 1 rows, too many for one file; narrow the filter."):
            self.export("name")
        self.assertFalse(self.env["nestogy.client.export"].search([]))

    # ------------------------------------------------------------------
    # The log
    # ------------------------------------------------------------------

    def test_each_export_leaves_a_row_that_nobody_changes(self):
        entry, _file = self.export("name", "contact.email", contacts="rows", filters="Status: Active", template="Mine")
        self.assertRecordValues(
            entry,
            [
                {
                    "user_id": self.manager.id,
                    "user_name": self.manager.name,
                    "scope": "clients",
                    "file_type": "xlsx",
                    "contacts": "rows",
                    "row_count": 3,
                    "column_labels": "Client, E-mail of Contact",
                    "column_count": 2,
                    "filter_words": "Status: Active",
                    "selected_count": 2,
                    "template_name": "Mine",
                    "company_id": self.env.company.id,
                }
            ],
        )
        self.assertIn(str(self.acme.id), entry.filter_domain)
        admin = self.make_user("export_admin", "admin")
        self.assertEqual(entry.with_user(admin).row_count, 3)
        with self.assertRefused(AccessError, "not allowed to access"):
            entry.with_user(self.agent).read(["row_count"])
        for user in (admin, self.manager):
            with (
                self.assertRefused(AccessError, "not allowed to modify"),
                mute_logger("odoo.addons.base.models.ir_model"),
            ):
                entry.with_user(user).check_access("write")
            with (
                self.assertRefused(AccessError, "not allowed to create"),
                mute_logger("odoo.addons.base.models.ir_model"),
            ):
                entry.with_user(user).create({"user_name": "Nobody"})
        with self.assertRefused(UserError, "who exported clients cannot be changed"):
            entry.sudo().row_count = 1
        with self.assertRefused(UserError, "who exported clients cannot be deleted"):
            entry.sudo().unlink()
        self.assertEqual(entry.row_count, 3)

    # ------------------------------------------------------------------
    # Templates
    # ------------------------------------------------------------------

    def test_templates_belong_to_whoever_made_them_and_managers_share(self):
        templates = self.env["nestogy.client.export.template"]
        self.agent.group_ids += self.env.ref("base.group_allow_export")
        mine = templates.with_user(self.agent).create({"name": "Mine", "columns": ["name"]})
        shared = templates.with_user(self.manager).create({"name": "All", "columns": ["email"], "is_shared": True})
        templates.with_user(self.manager).create({"name": "Secret", "columns": ["email"]})
        dialog = self.env["nestogy.client.export"].with_user(self.agent).get_export_dialog([])
        self.assertEqual(
            [(each["name"], each["is_mine"], each["columns"]) for each in dialog["templates"]],
            [("All", False, ["email"]), ("Mine", True, ["name"])],
        )
        self.assertFalse(dialog["may_share"])
        with self.assertRefused(AccessError, "Only client managers share templates for exports."):
            mine.is_shared = True
        with (
            self.assertRefused(AccessError, "doesn't have 'write' access to"),
            mute_logger("odoo.addons.base.models.ir_rule"),
        ):
            shared.with_user(self.agent).columns = ["name"]
        with self.assertRefused(ValidationError, "A template has one to 200 columns; choose some first."):
            mine.columns = "x"
        with self.assertRefused(ValidationError, "The name of a template has one to 64 printable characters."):
            mine.name = "x" * 65
        with (
            self.assertRefused(psycopg2.IntegrityError, "nestogy_client_export_template_name_unique"),
            mute_logger("odoo.sql_db"),
        ):
            templates.with_user(self.agent).create({"name": "mine", "columns": ["name"]})

    # ------------------------------------------------------------------
    # Size
    # ------------------------------------------------------------------

    def make_many(self, count):
        clients = self.make_client("Many")
        clients |= clients.create(
            [
                {"name": f"Many {n}", "client_status_id": clients.client_status_id.id, "is_company": True}
                for n in range(count - 1)
            ]
        )
        people = clients.create([{"name": f"P {n}", "parent_id": each.id} for n, each in enumerate(clients)])
        self.env["nestogy.phone.number"].create([{"partner_id": each.id, "number": "+12075550111"} for each in people])
        self.env.flush_all()
        return clients

    def all_columns(self):
        return [column.key for column in self.env["res.partner"].with_user(self.manager)._client_export_columns()]

    def test_a_batch_asks_as_many_queries_whatever_it_holds(self):
        many, keys = self.make_many(40), self.all_columns()

        def queries(clients):
            self.export(*keys, ids=clients.ids, contacts="rows")  # names of countries, groups and so on
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            entry, _file = self.export(*keys, ids=clients.ids, contacts="rows")
            return entry.row_count, self.env.cr.sql_log_count - before

        count, few = queries(many[:2])
        self.assertEqual(count, 2)
        self.assertEqual(queries(many), (40, few))

    def test_memory_does_not_grow_with_the_rows(self):
        self.patch(res_partner_rows, "BATCH", 50)
        many, keys = self.make_many(600), self.all_columns()

        def peak(clients):
            self.env.flush_all()
            self.env.invalidate_all()
            values = self.values(*keys, ids=None, domain=[("id", "<=", clients.ids[-1]), ("id", ">=", clients.ids[0])])
            values["contacts"] = "rows"
            tracemalloc.start()
            try:
                self.env["nestogy.client.export"].with_user(self.manager)._export(values, Nowhere())
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        peak(many[:50])
        few = peak(many[:100])
        self.assertLess(peak(many) / few, 1.4)


@tagged("post_install", "-at_install")
class TestClientExportPage(ExportMakers, HttpCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_export_world()

    def ask(self, *columns, token=True, **values):
        data = {"data": json.dumps(self.values(*columns, **values))}
        if token:
            data["csrf_token"] = Request.csrf_token(self)
        return self.url_open("/nestogy/clients/export", data=data)

    def logged(self):
        return self.env["nestogy.client.export"].search_count([])

    def test_a_manager_gets_the_file_and_is_noted(self):
        self.authenticate("export_manager", "export_manager")
        response = self.ask("name", "client_outstanding")
        self.assertEqual(response.status_code, 200)
        self.assertIn("Clients-", response.headers["Content-Disposition"])
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
        self.assertEqual([cell.value for cell in sheet[2]], ["Acme", 100.0])
        self.assertEqual(self.logged(), 1)
        text = self.ask("name", file_type="csv")
        self.assertEqual(text.headers["Content-Type"], "text/csv; charset=utf-8")
        self.assertEqual(text.content.decode("utf-8-sig").splitlines(), ["Client", "Acme", "'=Best"])
        self.assertEqual(self.logged(), 2)

    def test_what_is_wrong_is_told_and_nothing_is_noted(self):
        self.authenticate("export_manager", "export_manager")
        response = self.ask("nothing")
        self.assertEqual(response.status_code, 422)
        self.assertIn("These columns are not there for you: nothing.", response.text)
        for data in ("{", "[]", '"x"', "[" * 30_000):
            token = Request.csrf_token(self)
            response = self.url_open("/nestogy/clients/export", data={"data": data, "csrf_token": token})
            self.assertEqual(response.status_code, 400, data[:5])
        self.assertEqual(self.ask("name", token=False).status_code, 400)
        self.assertEqual(self.url_open("/nestogy/clients/export").status_code, 405)
        self.assertEqual(self.logged(), 0)

    def test_nobody_else_gets_it(self):
        self.make_user("export_plain2")
        self.make_portal_user(self.ann, login="ann_portal", password="ann_portal")
        for login in ("export_agent", "export_plain2", "ann_portal"):
            self.authenticate(login, login)
            self.assertEqual(self.ask("name").status_code, 404, login)
        self.authenticate(None, None)
        self.assertNotIn("Content-Disposition", self.ask("name").headers)
        self.assertEqual(self.logged(), 0)
