"""Makers for the tests of all our addons: clients, contacts, invoices and users with our roles."""

import base64
import io
import re
from contextlib import contextmanager

from pypdf import PdfReader

from odoo import Command, fields
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL

ROLES = ("viewer", "agent", "billing", "manager", "admin")


class ClientsMakers:
    """Class methods to mix into a test case; nothing here is a test."""

    @classmethod
    def make_client(cls, name="Acme", **values):
        """Make a client, Active unless the values say otherwise."""
        values.setdefault("client_status_id", cls.env.ref("nestogy_clients.nestogy_client_status_active").id)
        values.setdefault("is_company", True)
        return cls.env["res.partner"].create({"name": name, **values})

    @classmethod
    def set_status(cls, clients, name):
        """Give clients a status (``lead``, ``trial``, ``active``, ``inactive``, ``fraud``), with a reason."""
        clients._set_client_status(cls.env.ref(f"nestogy_clients.nestogy_client_status_{name}"), "a test")

    @classmethod
    def make_contact(cls, client, name="Ann", email=None, **values):
        """Make a contact of a client; the first one becomes its primary contact."""
        return cls.env["res.partner"].create(
            {"name": name, "parent_id": client.id, "type": "contact", "email": email, **values}
        )

    @classmethod
    def make_invoice(cls, client, *amounts, currency=None, post=True, date=None, due=None, move_type="out_invoice"):
        """Make an invoice with one untaxed line an amount, of today and due in 30 days unless told otherwise.

        :param res.partner client: client or contact it is made out to
        :param res.currency currency: the company's when empty
        """
        today = fields.Date.today()
        date = fields.Date.to_date(date) if date else today
        move = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": client.id,
                "currency_id": (currency or cls.env.company.currency_id).id,
                "invoice_date": date,
                "invoice_payment_term_id": False,
                "invoice_date_due": due or fields.Date.add(date, days=30),
                "invoice_line_ids": [
                    Command.create({"name": f"Work {n}", "quantity": 1, "price_unit": amount, "tax_ids": False})
                    for n, amount in enumerate(amounts, 1)
                ],
            }
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def pay(cls, invoice, amount=None, date=None):
        """Register a payment of an invoice, in full unless an amount is given."""
        register = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": date or fields.Date.today()} | ({"amount": amount} if amount else {}))
        )
        register._create_payments()

    @classmethod
    def make_user(cls, login, *roles, **values):
        """Make a staff user with our roles (see :data:`ROLES`), nothing but an internal user without any."""
        groups = ",".join(["base.group_user", *(f"nestogy_clients.nestogy_clients_group_{role}" for role in roles)])
        return new_test_user(cls.env, login, groups=groups, **values)

    @classmethod
    def make_portal_user(cls, contact, login=None, password="portal-secret", **values):
        """Make the portal user of a contact."""
        return (
            cls.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "partner_id": contact.id,
                    "login": login or contact.email,
                    "password": password,
                    "group_ids": [Command.set([cls.env.ref("base.group_portal").id])],
                    **values,
                }
            )
        )


class ClientsCase(ClientsMakers, TransactionCase):
    """A database test with the makers."""

    @contextmanager
    def assertRefused(self, exception, regex):
        """Assert that the block is refused with a message, and take back what it wrote before that."""
        with self.assertRaisesRegex(exception, regex), self.env.cr.savepoint():
            yield
        self.env.invalidate_all()

    def homeCards(self, user):
        """The data of the dashboard's cards as a user reads them, by key."""
        home = self.env["res.partner"].with_user(user).get_client_home()
        return {card["key"]: card["data"] for card in home["widgets"]}

    def assertHomeOpensRows(self, user, keys=()):
        """Assert that each count on the dashboard is the number of rows that its list shows to this user.

        :param keys: only of these cards; amounts are left out, and have tests of their own
        :return: dict of card and label to count
        """
        found = {}
        for key, data in self.homeCards(user).items():
            if keys and key not in keys:
                continue
            for figure in [*data.get("figures", ()), *data.get("segments", ())]:
                if key == "receivables":
                    continue
                action = figure["action"]
                count = self.env[action["res_model"]].with_user(user).search_count(action["domain"])
                self.assertEqual(figure["value"], str(count), (key, figure["label"], action["domain"]))
                self.assertTrue(figure["hint"], (key, figure["label"]))
                found[key, figure["label"]] = count
        return found

    def assertHomeCost(self, user, make_more, most):
        """Assert that the dashboard asks as much of the database for many rows as for few.

        :param make_more: makes the many rows
        :param int most: queries
        """
        partners = self.env["res.partner"].with_user(user)
        partners.get_client_home()
        counts = []
        for make in (lambda: None, make_more):
            make()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            partners.get_client_home()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[1], most)


class DeletionCase(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.make_user("del-manager", "manager", email="del-manager@example.com")
        cls.agent = cls.make_user("del-agent", "agent", email="del-agent@example.com")
        cls.client = cls.make_client("Zyxwellian Dental", email="info@zyxwellian.example", phone="+1 212 555 0187")
        cls.person = cls.make_contact(cls.client, "Quillan Zyxperson", "quillan@zyxwellian.example")

    def ask(self, partner=None, user=None):
        """Open the dialog as a user; gives its draft."""
        partner = (partner or self.client).with_user(user or self.manager)
        action = partner.action_clients_delete()
        return self.env["nestogy.client.deletion"].with_user(user or self.manager).browse(action["res_id"])

    def start(self, partner=None):
        deletion = self.ask(partner)
        deletion.typed_name = (partner or self.client).name
        deletion.action_start()
        return deletion

    def erase(self, partner=None):
        deletion = self.start(partner)
        deletion._work_now()
        self.env.invalidate_all()
        self.assertEqual((deletion.state, deletion.note), ("done", False))
        return deletion

    def cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("nestogy_clients.ir_cron_work").method_direct_trigger()
        self.env.invalidate_all()

    def words(self, deletion):
        content = base64.b64decode(deletion.certificate)
        return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())

    def assertNowhere(self, *needles):
        """Look for words in every text of the database, and in the files that came since the test began.

        The PDF of a posted invoice stays as it is; the law keeps it.
        """
        self.env.flush_all()
        columns = self.env.execute_query(
            SQL(
                """SELECT c.table_name, c.column_name FROM information_schema.columns c
                     JOIN information_schema.tables t USING (table_schema, table_name)
                    WHERE table_schema = current_schema AND t.table_type = 'BASE TABLE'
                      AND c.data_type IN ('text', 'character varying', 'jsonb')"""
            )
        )
        found = {}
        pattern = "|".join(needles)
        others = SQL("res_model IS DISTINCT FROM 'account.move'")
        for table, column in columns:
            query = SQL(
                "SELECT %s::text FROM %s WHERE %s::text ~* %s AND %s LIMIT 2",
                SQL.identifier(column),
                SQL.identifier(table),
                SQL.identifier(column),
                pattern,
                others if table == "ir_attachment" else SQL("TRUE"),
            )
            if rows := self.env.execute_query(query):
                found[f"{table}.{column}"] = [row[0][:120] for row in rows]
        files = self.env["ir.attachment"].search(
            [
                ("create_date", ">=", self.env.cr.now()),
                ("res_model", "!=", "account.move"),
                ("res_field", "in", [False, "file", "source", "certificate", "proof_file"]),
            ]
        )
        for file in files:
            if re.search(pattern, (file.raw or b"").decode(errors="replace"), re.IGNORECASE):
                found[f"file of {file.res_model}"] = file.name
        self.assertEqual(found, {})
