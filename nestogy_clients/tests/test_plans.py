from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..tools import plans
from ..tools.plans import Statement, Variable, execute
from .common import ClientsCase

MOST = 4


class PlansCase(ClientsCase):
    def setUp(self):
        super().setUp()
        self.cr = self.env.cr
        self.forget()
        self.addCleanup(self.forget)

    def forget(self):
        """Begin as with a new connection."""
        self.cr._obj.execute("DEALLOCATE ALL")
        plans._connections.pop(self.cr._cnx, None)

    def known(self):
        self.cr._obj.execute(plans.KNOWN)
        return {name for (name,) in self.cr._obj.fetchall()}


@tagged("post_install", "-at_install")
class TestPlans(PlansCase):
    """A statement answers right whether or not the connection knows it, and counts as one query."""

    def statement(self, text="x", label="test"):
        number = Variable("number", "int")
        code = "SELECT %s AS number, 3 IN %s AS is_among, %s LIKE '100%%' AS is_so, %s AS text"
        return Statement(label, code, [number, (4, number), "100 %", text])

    def ask(self, statement, number=3, most=MOST):
        before = self.cr.sql_log_count
        [row] = execute(self.cr, statement, {"number": number}, most)
        self.assertEqual(self.cr.sql_log_count, before + 1)
        self.assertEqual((row["number"], row["is_among"], row["is_so"]), (number, number == 3, True))
        return row["text"]

    def sent(self):
        """The SQL that goes to the server meanwhile."""
        return patch.object(type(self.cr), "execute", autospec=True, side_effect=type(self.cr).execute)

    def test_it_is_prepared_once_and_called_with_other_values(self):
        statement = self.statement()
        with self.sent() as sent:
            for number in (3, 5, 3):
                self.ask(statement, number)
        texts = [call.args[1] for call in sent.call_args_list]
        self.assertEqual(["PREPARE" in text for text in texts], [True, False, False])
        self.assertTrue(all(f"EXECUTE {statement.name}" in text for text in texts))
        self.assertEqual(self.known(), {statement.name})
        self.assertTrue(statement.name.startswith("nestogy_test_"))

    def test_equal_ones_are_one_and_others_are_not(self):
        self.assertEqual([self.ask(self.statement(text)) for text in ("a", "a", "b")], ["a", "a", "b"])
        self.assertEqual(len(self.known()), 2)

    def test_without_variables(self):
        for _time in range(2):
            self.assertEqual(execute(self.cr, Statement("test", "SELECT 1 AS one", []), {}, MOST), [{"one": 1}])
        self.assertEqual(len(self.known()), 1)

    def test_a_connection_keeps_so_many_and_forgets_what_was_not_used(self):
        statements = [self.statement(str(number)) for number in range(MOST + 1)]
        for statement in statements[:MOST]:
            self.ask(statement)
        self.ask(statements[0])
        self.ask(statements[MOST])
        self.assertEqual(self.known(), {each.name for each in statements} - {statements[1].name})
        self.assertEqual(self.ask(statements[1]), "1")
        self.assertEqual(len(self.known()), MOST)

    def test_none_are_kept_where_none_may_be(self):
        self.assertEqual(self.ask(self.statement(), most=0), "x")
        self.assertFalse(self.known())

    def test_settings_hold_for_the_statement_alone(self):
        self.cr.execute("SHOW plan_cache_mode")
        before = self.cr.fetchone()
        self.ask(self.statement())
        self.cr.execute("SHOW plan_cache_mode")
        self.assertEqual(self.cr.fetchone(), before)

    def test_what_was_deallocated_behind_our_back_is_answered_and_prepared_again(self):
        statement = self.statement()
        self.ask(statement)
        self.cr._obj.execute("DEALLOCATE ALL")
        self.assertEqual(self.ask(statement), "x")
        self.assertFalse(self.known())
        self.ask(statement)
        self.assertEqual(self.known(), {statement.name})

    def test_a_connection_that_forgets_again_and_again_is_let_be(self):
        statement = self.statement()
        for _time in range(plans.MOST_LOSSES):
            self.ask(statement)
            self.cr._obj.execute("DEALLOCATE ALL")
            self.ask(statement)
        with self.sent() as sent:
            self.ask(statement)
        self.assertNotIn("nestogy", sent.call_args.args[1])
        self.assertFalse(self.known())

    def test_what_is_there_already_is_used(self):
        """A pooler gave us the server process of somebody else."""
        statement = self.statement()
        self.ask(statement)
        plans._connections.pop(self.cr._cnx)
        self.assertEqual(self.ask(statement), "x")
        with self.sent() as sent:
            self.ask(statement)
        self.assertNotIn("PREPARE", sent.call_args.args[1])

    def test_a_rollback_forgets_nothing_and_remembers_no_failure(self):
        good, bad = self.statement(), Statement("test", "SELECT nothing FROM nowhere", [])
        with self.assertRaises(psycopg2.ProgrammingError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.ask(good)
            execute(self.cr, bad, {}, MOST)
        self.assertEqual(self.known(), {good.name})
        with self.sent() as sent:
            self.ask(good)
        self.assertNotIn("PREPARE", sent.call_args.args[1])
        with self.assertRaises(psycopg2.ProgrammingError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            execute(self.cr, bad, {}, MOST)

    def test_a_value_that_fails_leaves_the_statement_usable(self):
        number = Variable("number", "int")
        statement = Statement("test", "SELECT 6 / %s AS found", [number])
        for value in (0, 2, 0, 3):
            if value:
                self.assertEqual(execute(self.cr, statement, {"number": value}, MOST), [{"found": 6 // value}])
                continue
            with self.assertRaises(psycopg2.DataError), mute_logger("odoo.sql_db"), self.cr.savepoint():
                execute(self.cr, statement, {"number": value}, MOST)
        self.assertEqual(self.known(), {statement.name})

    def test_tables_that_change_their_types(self):
        self.cr.execute("CREATE TEMP TABLE nestogy_test_plan (a int); INSERT INTO nestogy_test_plan VALUES (1)")
        statement = Statement("test", "SELECT * FROM nestogy_test_plan", [])
        self.assertEqual(execute(self.cr, statement, {}, MOST), [{"a": 1}])
        self.cr.execute("ALTER TABLE nestogy_test_plan ALTER a TYPE text, ADD b int")
        for _time in range(2):
            self.assertEqual(execute(self.cr, statement, {}, MOST), [{"a": "1", "b": None}])
        self.assertEqual(self.known(), {statement.name})

    def test_other_connections_have_others(self):
        statement = self.statement()
        self.ask(statement)
        with self.registry._db.cursor() as cr:
            cr.execute(plans.KNOWN)
            self.assertFalse(cr.fetchall())
            execute(cr, statement, {"number": 3}, MOST)
            cr.execute(plans.KNOWN)
            self.assertEqual(cr.fetchall(), [(statement.name,)])
            cr.execute("DEALLOCATE ALL")
            plans._connections.pop(cr._cnx)


@tagged("post_install", "-at_install")
class TestPlansOfClients(PlansCase):
    """The profile and the timeline answer the same with plans and without, for clients that are not alike."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for table in ("res_users", "res_partner"):  # ids that are no number of anything else in the statements
            sequence = f"{table}_id_seq"
            cls.env.cr.execute(SQL("SELECT setval(%s, GREATEST(nextval(%s), 100000))", sequence, sequence))
        cls.ann, cls.ben = (cls.make_user(f"plans_{name}", "manager", tz="UTC") for name in ("ann", "ben"))
        cls.empty, cls.busy = cls.make_client("Empty"), cls.make_client("Busy")
        cls.make_contact(cls.busy, "Cy", "cy@busy.example")
        for number in range(3):
            cls.pay(cls.make_invoice(cls.busy, 10.0 + number), 5.0)
            cls.env["nestogy.communication"].create(
                {"client_id": cls.busy.id, "name": f"{number}", "kind": "call", "direction": "in"}
            )

    def set_most(self, value):
        self.env["ir.config_parameter"].set_param("nestogy_clients.kept_plans", value)

    def answers(self, client, user):
        client = client.with_user(user).with_context(tz="UTC", lang="en_US")
        first = client.get_client_timeline(limit=2)
        return client.get_client_dashboard(), first, client.get_client_timeline(limit=50, cursor=first["cursor"])

    def test_with_and_without(self):
        for client in (self.empty, self.busy):
            with self.subTest(client=client.name):
                self.set_most("0")
                without = self.answers(client, self.ann)
                self.assertFalse(self.known())
                self.set_most("8")
                for _time in range(3):
                    self.assertEqual(self.answers(client, self.ann), without)
                self.assertEqual({name.split("_")[1] for name in self.known()}, {"questions", "timeline"})
                self.cr._obj.execute("DEALLOCATE ALL")
                self.assertEqual(self.answers(client, self.ann), without)
                self.forget()

    def test_colleagues_with_the_same_rights_share_them(self):
        for _time in range(2):
            ann = self.answers(self.busy, self.ann)
        before = self.known()
        for _time in range(2):
            ben = self.answers(self.busy, self.ben)
        self.assertTrue(before)
        self.assertEqual(self.known(), before)
        self.assertEqual(ann[1:], ben[1:])

    def test_a_number_that_makes_no_sense(self):
        for value in ("many", "-1", ""):
            self.set_most(value)
            self.assertEqual(self.busy._client_most_plans(), 8)
