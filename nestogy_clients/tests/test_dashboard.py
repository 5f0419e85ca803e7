from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users
from odoo.tools import SQL, format_amount

from ..tools import ledger
from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestDashboard(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("dash_viewer", "viewer")
        cls.make_user("dash_billing", "billing")
        cls.make_user("dash_plain")
        cls.client = cls.make_client("Acme")
        cls.invoices = cls.env["account.move"]
        for number in range(7):
            cls.invoices |= cls.make_invoice(cls.client, 10.0 + number)

    def _widgets(self, client):
        widgets = client.with_env(self.env).get_client_dashboard()["widgets"]
        return {widget["key"]: widget["data"] for widget in widgets}

    @users("dash_billing")
    def test_billing_sees_the_newest_invoices(self):
        widget = self._widgets(self.client)["invoices"]
        self.assertEqual(widget["count"], 7)
        self.assertEqual([row["id"] for row in widget["rows"]], self.invoices.sorted("id", reverse=True)[:5].ids)
        self.assertEqual(widget["rows"][0]["cells"]["name"], self.invoices[-1].name)
        self.assertEqual(widget["rows"][0]["cells"]["state"], "Open")
        self.assertEqual(self.env["account.move"].search_count(widget["action"]["domain"]), 7)

    @users("dash_viewer")
    def test_viewers_see_figures_but_no_invoices(self):
        data = self.client.with_env(self.env).get_client_dashboard()
        self.assertEqual(len(data["balances"]), 1)
        self.assertIn("91", data["balances"][0]["outstanding"])
        self.assertNotIn("invoices", [widget["key"] for widget in data["widgets"]])

    @users("dash_plain")
    def test_users_without_a_role_see_no_figures(self):
        self.assertEqual(self.client.with_env(self.env).get_client_dashboard()["balances"], [])

    def test_portal_users_get_nothing(self):
        own = self.make_portal_user(self.make_contact(self.client, "Ann", "ann@acme.example"))
        stranger = self.make_portal_user(self.make_contact(self.make_client("Other"), "Eve", "eve@other.example"))
        for user in (own, stranger):
            with self.assertRaises(AccessError):
                self.client.with_user(user).get_client_dashboard()

    def test_only_clients_have_a_dashboard(self):
        with self.assertRaisesRegex(UserError, "is not a client"):
            self.make_contact(self.client, "Ann").get_client_dashboard()

    @users("dash_billing")
    def test_queries_do_not_grow_with_documents(self):
        few = self.make_client("Few")
        for number in range(6):
            self.make_invoice(few, 1.0 + number)
        many = self.make_client("Many")
        for number in range(25):
            self.make_invoice(many, 1.0 + number)
        self.env.flush_all()
        counts = []
        for client in (few, few, many):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            client.with_env(self.env).get_client_dashboard()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
        self.assertLessEqual(counts[2], 20)


@tagged("post_install", "-at_install")
class TestDashboardRights(ClientsCase):
    """Each card is there for those who may read what it shows, and shows them nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = {role: cls.make_user(f"cards_{role}", role) for role in ("viewer", "agent", "billing", "manager")}
        cls.plain = cls.make_user("cards_plain")
        cls.client = cls.make_client("Acme")
        cls.make_contact(cls.client, "Ann", "ann@acme.example", phone="+1 207 555 0100")
        cls.pay(cls.make_invoice(cls.client, 10.0))
        cls.make_invoice(cls.client, 20.0)
        cls.env["sale.order"].create({"partner_id": cls.client.id})
        cls.env["nestogy.communication"].create(
            {"client_id": cls.client.id, "name": "Hello", "kind": "call", "direction": "in"}
        )

    def cards(self, user):
        return {each["key"]: each["data"] for each in self.client.with_user(user).get_client_dashboard()["widgets"]}

    def actions(self, card):
        pieces = [card, *card.get("figures", ()), *card.get("segments", ())]
        return [piece["action"] for piece in pieces if piece.get("action")]

    def test_all_that_a_card_opens_may_be_read(self):
        for role, user in self.roles.items():
            for key, card in self.cards(user).items():
                with self.subTest(role=role, card=key):
                    for action in self.actions(card):
                        if action["type"] == "ir.actions.client":  # the timeline
                            self.assertEqual(action["context"], {"active_id": self.client.id})
                            self.client.with_user(user).get_client_timeline()
                            continue
                        records = self.env[action["res_model"]].with_user(user)
                        self.assertTrue(records.has_access("read"))
                        records.search_count(action["domain"])
                    for row in [*card.get("rows", ()), *card.get("events", ())]:
                        if row["model"]:
                            self.assertTrue(self.env[row["model"]].with_user(user).browse(row["id"]).has_access("read"))

    def test_roles_have_the_cards_of_what_they_may_read(self):
        for role, user in self.roles.items():
            with self.subTest(role=role):
                keys = set(self.cards(user))
                self.assertLessEqual({"health", "activity", "money", "ageing", "revenue", "documents"}, keys)
                for key, model in (("invoices", "account.move"), ("estimates", "sale.order")):
                    self.assertEqual(key in keys, self.env[model].with_user(user).has_access("read"))
        self.assertIn("invoices", self.cards(self.roles["billing"]))
        self.assertNotIn("invoices", self.cards(self.roles["viewer"]))
        figures = self.cards(self.roles["viewer"])["money"]["figures"]
        self.assertTrue(figures)
        opened = [figure["action"]["res_model"] for figure in figures if figure["action"]]
        self.assertEqual(opened, ["nestogy.client.transaction"], "viewers may not open invoices")
        for segment in self.cards(self.roles["viewer"])["ageing"]["segments"]:
            self.assertFalse(segment["action"])

    def test_colleagues_without_a_role_see_no_card_of_money(self):
        keys = set(self.cards(self.plain))
        self.assertFalse(
            keys & {"health", "money", "ageing", "revenue", "invoices", "estimates", "contracts", "documents"}
        )
        data = self.client.with_user(self.plain).get_client_dashboard()
        self.assertEqual(data["balances"], [])
        for key in ("money", "invoices", "health", "nothing", ""):
            with self.assertRefused(UserError, "not there any more"):
                self.client.with_user(self.plain).get_client_dashboard_widget(key)

    def test_teams_keep_their_clients_to_themselves(self):
        north, south = self.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        agent = self.roles["agent"]
        south.member_ids = agent
        self.client.client_team_id = north
        self.env.company.client_own_team_only = True
        self.env.flush_all()
        for call in (
            lambda: self.client.with_user(agent).get_client_dashboard(),
            lambda: self.client.with_user(agent).get_client_dashboard_widget("money"),
        ):
            with self.assertRefused(AccessError, "."):
                call()

    @freeze_time("2027-03-10 12:00:00")
    def test_kept_questions_are_asked_about_this_client_and_now(self):
        now = fields.Datetime.now()
        for role in ("manager", "agent"):
            client = self.client.with_user(self.roles[role])
            asks = client._client_overview_asks()
            for widget in client._client_dashboard_widgets():
                asks |= widget["asks"]
            for _time in range(2):  # what is read meanwhile is known the second time
                client._client_ask(asks)
            kept = client._client_kept_questions(fields.Date.context_today(client))
            for name, question in asks.items():
                with self.subTest(role=role, question=name):
                    self.assertTrue(question.is_kept)
                    made = SQL("(SELECT json_agg(answer) FROM (%s) answer)", question())
                    self.assertEqual(kept[question.__name__].code, made.code)
                    statement = client._client_generalized("test", kept[question.__name__])
                    names = [each.name for each in statement.variables]
                    moments = {name: now + name for name in names if isinstance(name, timedelta)}
                    person = client.env.user.partner_id.id
                    values = {"client": client.id, "user": client.env.uid, "person": person} | moments
                    self.assertEqual(statement.filled(values), made.params)
                    self.assertIn("client", names)

    def test_what_is_folded_or_hidden_is_not_computed(self):
        user = self.roles["billing"]
        client = self.client.with_user(user)
        keys = [each["key"] for each in client.get_client_dashboard()["widgets"]]
        layout = [{"key": key, "is_open": key != "money", "is_hidden": key == "invoices"} for key in keys]
        self.env["nestogy.dashboard.layout"].with_user(user).save_layout(layout)
        partners = type(self.client)
        with (
            patch.object(partners, "_client_dashboard_money", side_effect=AssertionError),
            patch.object(partners, "_client_dashboard_invoices", side_effect=AssertionError),
            patch.object(partners, "_client_invoices_question", side_effect=AssertionError),
        ):
            found = {each["key"]: each for each in client.get_client_dashboard()["widgets"]}
        self.assertEqual((found["money"]["is_open"], found["money"]["data"]), (False, None))
        self.assertEqual((found["invoices"]["is_hidden"], found["invoices"]["data"]), (True, None))
        self.assertEqual(len(client.get_client_dashboard_widget("money")["figures"]), 6)

    def test_the_pane_says_who_it_is_and_whom_to_call(self):
        agent = self.roles["agent"]
        self.client.user_id = agent
        ben = self.make_contact(self.client, "Ben")
        ben.contact_kind_ids = self.env["nestogy.contact.kind"].search([], limit=2)
        overview = self.client.with_user(agent).get_client_dashboard()["overview"]
        self.assertEqual((overview["number"], overview["manager"]), (self.client.client_number, agent.name))
        self.assertEqual(overview["status"]["tone"], "success")
        self.assertEqual([person["name"] for person in overview["contacts"]], ["Ann", "Ben"])
        ann, ben_row = overview["contacts"]
        self.assertEqual((ann["dial"], ann["is_primary"], ann["email"]), ("tel:+12075550100", True, "ann@acme.example"))
        self.assertEqual((ben_row["dial"], ben_row["is_primary"]), ("", False))
        self.assertEqual(ben_row["kinds"], ben.contact_kind_ids.sorted().mapped("name"))
        self.assertEqual(overview["contact_count"], 2)
        self.assertEqual(overview["actions"], self.client.with_user(agent).get_client_quick_actions())
        self.set_status(self.client, "fraud")
        self.assertEqual(self.client.get_client_dashboard()["overview"]["status"]["tone"], "danger")

    def test_a_client_of_whom_nothing_is_known_says_what_to_do(self):
        empty = self.make_client("Empty")
        for each in empty.with_user(self.roles["manager"]).get_client_dashboard()["widgets"]:
            with self.subTest(card=each["key"]):
                card = each["data"]
                blocks = ("figures", "segments", "chart", "reasons", "rows", "events")
                if not any(card.get(block) for block in blocks):
                    self.assertTrue(card["empty"])
        person = self.make_client("Sole Trader", is_company=False, phone="+1 207 555 0199")
        (contact,) = person.get_client_dashboard()["overview"]["contacts"]
        self.assertEqual((contact["id"], contact["dial"]), (person.id, "tel:+12075550199"))


@tagged("post_install", "-at_install")
class TestDashboardFigures(ClientsCase):
    """Figures are what the lists say that they open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.make_user("figures_manager", "manager", "billing")
        cls.client = cls.make_client("Acme")
        cls.today = fields.Date.context_today(cls.client)
        cls.euro = (
            cls.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "in", ("EUR", "CHF")), ("id", "!=", cls.env.company.currency_id.id)], limit=1)
        )
        cls.euro.active = True
        cls.env["res.currency.rate"].create(
            {"currency_id": cls.euro.id, "rate": 0.8, "name": "2020-01-01", "company_id": cls.env.company.id}
        )
        for number, days in enumerate((0, -1, -30, -31, -60, -61, -90, -91, -400, 20)):
            due = fields.Date.add(cls.today, days=days)
            date = fields.Date.subtract(due, days=30)
            invoice = cls.make_invoice(cls.client, 100.0 + number, date=date, due=due)
            if number % 3 == 0:
                cls.pay(invoice, 40.0, date=fields.Date.add(date, days=5))
            cls.make_invoice(cls.client, 7.0 + number, date=date, due=due, currency=cls.euro)
        for days in (3, 10, 20):
            paid = cls.make_invoice(cls.client, 50.0, date=fields.Date.subtract(cls.today, days=90))
            cls.pay(paid, date=fields.Date.subtract(cls.today, days=90 - days))
        cls.make_invoice(cls.client, 5.0, move_type="out_refund")
        cls.make_invoice(cls.client, 9.0, post=False)
        other = cls.make_client("Other")
        cls.make_invoice(other, 1000.0, date="2025-01-01", due="2025-02-01")

    def card(self, key, client=None):
        return (client or self.client).with_user(self.manager).get_client_dashboard_widget(key)

    def found(self, action):
        return self.env[action["res_model"]].with_user(self.manager).search(action["domain"])

    def text(self, amount, currency=None):
        currency = currency or self.env.company.currency_id
        return format_amount(self.env(user=self.manager), amount, currency)

    def test_totals_are_the_sums_of_the_lists_they_open(self):
        figures = {figure["label"]: figure for figure in self.card("money")["figures"]}
        sums = {
            "Total invoiced": "amount_total_signed",
            "Outstanding": "amount_residual_signed",
            "Overdue": "amount_residual_signed",
        }
        for label, name in sums.items():
            with self.subTest(figure=label):
                moves = self.found(figures[label]["action"])
                self.assertGreater(len(moves), 5)
                self.assertEqual(figures[label]["value"], self.text(sum(moves.mapped(name))))
        paid = self.found(figures["Lifetime value"]["action"])
        self.assertEqual(
            figures["Lifetime value"]["value"],
            self.text(sum(move.amount_total_signed - move.amount_residual_signed for move in paid)),
        )
        self.assertEqual(len(self.found(figures["Average days to pay"]["action"])), 3)
        self.assertEqual(figures["Average days to pay"]["value"], "11.0 days")
        self.assertEqual(figures["Overdue"]["tone"], "danger")
        self.assertTrue(all(figure["hint"] for figure in figures.values()))
        self.assertEqual(figures["Outstanding"]["value"], self.text(self.client.client_outstanding))
        self.assertEqual(figures["Overdue"]["value"], self.text(self.client.client_overdue))
        self.assertEqual(figures["Total invoiced"]["value"], self.text(self.client.client_invoiced))
        self.assertEqual(figures["Lifetime value"]["value"], self.text(self.client.client_paid))

    def test_each_age_opens_its_invoices(self):
        segments = self.card("ageing")["segments"]
        self.assertEqual(len(segments), 10, "five ages in two currencies")
        self.assertAlmostEqual(sum(segment["share"] for segment in segments), 1.0)
        seen = self.env["account.move"]
        for segment in segments:
            with self.subTest(segment=segment["label"]):
                moves = self.found(segment["action"])
                self.assertFalse(moves & seen)
                seen |= moves
                self.assertEqual(segment["value"], self.text(sum(moves.mapped("amount_residual")), moves.currency_id))
        whole = self.found(self.card("ageing")["action"])
        self.assertEqual(seen, whole)
        own = [segment for segment in segments if segment["label"].startswith(self.env.company.currency_id.name)]
        self.assertEqual([len(self.found(segment["action"])) for segment in own], [2, 2, 2, 2, 2])
        self.assertEqual([segment["tone"] for segment in own], ["success", "info", "warning", "warning", "danger"])

    def test_the_ages_are_those_of_the_statement(self):
        totals = {total["currency"]: total for total in self.client._client_open_totals()}
        for segment in self.card("ageing")["segments"]:
            moves = self.found(segment["action"])
            age = ledger.age_of(moves[0].invoice_date_due, self.today)
            self.assertEqual(segment["value"], self.text(totals[moves.currency_id][age], moves.currency_id))

    def test_each_state_opens_its_documents(self):
        self.env["sale.order"].create(
            [
                {"partner_id": self.client.id, "state": state, "client_reject_reason": reason}
                for state, reason in (("draft", ""), ("sent", ""), ("sent", ""), ("cancel", "Too dear"), ("cancel", ""))
            ]
        )
        self.env["sale.order"].create(
            {"partner_id": self.client.id, "state": "sent", "validity_date": fields.Date.subtract(self.today, days=1)}
        )
        for key in ("invoices", "estimates"):
            card = self.card(key)
            with self.subTest(card=key):
                self.assertAlmostEqual(sum(segment["share"] for segment in card["segments"]), 1.0)
                for segment in card["segments"]:
                    documents = self.found(segment["action"])
                    self.assertEqual(segment["value"], str(len(documents)))
                    self.assertEqual({each._client_state()[0] for each in documents}, {segment["label"]})
                everything = self.found(card["action"])
                self.assertEqual(card["count"], len(everything))
                self.assertEqual(sum(int(segment["value"]) for segment in card["segments"]), len(everything))
                for row in card["rows"]:
                    label, tone = self.env[row["model"]].browse(row["id"])._client_state()
                    self.assertEqual((row["cells"]["state"], row["tone"]), (label, tone))
        labels = {segment["label"]: segment["value"] for segment in self.card("estimates")["segments"]}
        self.assertEqual(labels, {"Draft": "1", "Sent": "2", "Rejected": "1", "Expired": "1", "Cancelled": "1"})

    def test_the_months_add_up(self):
        chart = self.card("revenue")["chart"]
        self.assertEqual(len(chart["labels"]), 24, "there is an invoice from more than a year ago")
        invoiced, paid = chart["datasets"]
        months = [ledger.add_months(self.today, number - 23) for number in range(24)]
        moves = (
            self.env["account.move"]
            .search([("commercial_partner_id", "=", self.client.id), ("state", "=", "posted")])
            .filtered(lambda move: move.is_sale_document(include_receipts=True))
        )
        currency = self.env.company.currency_id
        for month, value, text in zip(months, invoiced["values"], invoiced["texts"], strict=True):
            expected = sum(
                moves.filtered(lambda m, d=month: m.invoice_date.replace(day=1) == d).mapped("amount_total_signed")
            )
            self.assertEqual((value, text), (currency.round(expected), self.text(expected)))
        payments = self.env["account.payment"].search([("partner_id", "=", self.client.id)])
        self.assertEqual(len(payments), 7)
        for month, value in zip(months, paid["values"], strict=True):
            expected = sum(payments.filtered(lambda p, d=month: p.date.replace(day=1) == d).mapped("amount"))
            self.assertEqual(value, currency.round(expected))
        self.assertEqual(sum(paid["values"]), 4 * 40.0 + 3 * 50.0)
        young = self.make_client("Young")
        self.make_invoice(young, 10.0)
        self.assertEqual(len(self.card("revenue", young)["chart"]["labels"]), 12)

    def test_other_companies_count_when_they_are_switched_on(self):
        branch = self.env["res.company"].create({"name": "Branch", "currency_id": self.euro.id})
        self.manager.company_ids += branch
        self.env["account.chart.template"].try_loading("generic_coa", company=branch, install_demo=False)
        branch.currency_id = self.euro  # the chart of accounts has brought its own
        client = self.make_client("Shared")
        self.make_invoice(client, 100.0)
        in_branch = self.env(context={"allowed_company_ids": [branch.id, self.env.company.id]})
        move = in_branch["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": client.id,
                "company_id": branch.id,
                "invoice_date": self.today,
                "invoice_line_ids": [Command.create({"name": "x", "price_unit": 80.0, "tax_ids": False})],
            }
        )
        move.action_post()

        def invoiced(companies):
            seen = client.with_user(self.manager).with_context(allowed_company_ids=companies.ids)
            figure = seen.get_client_dashboard_widget("money")["figures"][0]
            return figure, self.env[figure["action"]["res_model"]].with_env(seen.env).search(figure["action"]["domain"])

        figure, moves = invoiced(self.env.company)
        self.assertEqual((figure["value"], len(moves)), (self.text(100.0), 1))
        figure, moves = invoiced(self.env.company + branch)
        self.assertEqual((figure["value"], len(moves)), (self.text(200.0), 2), "80 at a rate of 0.8")
        figure, moves = invoiced(branch)
        self.assertEqual((figure["value"], len(moves)), (self.text(80.0, self.euro), 1))

    def test_balances_are_those_of_the_list(self):
        balances = self.client.with_user(self.manager).get_client_dashboard()["balances"]
        expected = self.client._client_balances()[self.client.id]
        self.assertEqual([row["currency"] for row in balances], [row["currency"].name for row in expected])
        for row, known in zip(balances, expected, strict=True):
            for key in ("invoiced", "paid", "outstanding", "overdue", "credit"):
                self.assertEqual(row[key], self.text(known[key], known["currency"]))


@tagged("post_install", "-at_install")
class TestDashboardHealth(ClientsCase):
    """A word about a client, and the sentences that it comes from."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.make_user("health_manager", "manager")
        cls.client = cls.make_client("Acme")
        cls.today = fields.Date.context_today(cls.client)

    def health(self, user=None):
        card = self.client.with_user(user or self.manager).get_client_dashboard_widget("health")
        level = card["figures"][0]["value"] if card["figures"] else None
        return level, {reason["text"]: reason["tone"] for reason in card["reasons"]}

    def touch(self, days, **values):
        return self.env["nestogy.communication"].create(
            {
                "client_id": self.client.id,
                "name": "Hello",
                "kind": "call",
                "direction": "in",
                "date": fields.Datetime.subtract(fields.Datetime.now(), days=days),
                **values,
            }
        )

    def late_invoice(self, days, **values):
        due = fields.Date.subtract(self.today, days=days)
        return self.make_invoice(self.client, 100.0, date=fields.Date.subtract(due, days=10), due=due, **values)

    def test_nothing_is_said_when_nothing_is_known(self):
        self.assertEqual(self.health(), (None, {}))

    def test_one_red_reason_outweighs_all_others(self):
        self.touch(3)
        level, reasons = self.health()
        self.assertEqual((level, list(reasons.values())), ("Good", ["success"]))
        self.late_invoice(60)
        level, reasons = self.health()
        self.assertEqual((level, list(reasons.values())), ("Watch", ["warning", "success"]))
        self.assertIn("31–60 days late", next(iter(reasons)))
        self.late_invoice(61)
        level, reasons = self.health()
        self.assertEqual((level, list(reasons.values())), ("Poor", ["danger", "success"]))
        self.assertTrue(next(iter(reasons)).startswith(format_amount(self.env, 200.0, self.env.company.currency_id)))

    def test_silence_counts_by_its_length(self):
        for days, level, tone in ((59, "Good", "success"), (61, "Watch", "warning"), (121, "Poor", "danger")):
            with self.subTest(days=days):
                contact = self.touch(days)
                self.touch(1, kind="note", direction=False)  # what we note for ourselves is no contact
                self.assertEqual(self.health()[0], level)
                self.assertEqual(list(self.health()[1].values()), [tone])
                contact.unlink()

    def test_a_private_row_of_a_colleague_is_no_contact_for_others(self):
        agent = self.make_user("health_agent", "agent")
        self.touch(1, is_private=True, user_id=agent.id)
        self.assertEqual(self.health(agent)[0], "Good")
        self.assertEqual(self.health(), (None, {}))

    def test_a_credit_hold_is_told_with_its_reason(self):
        self.client.write({"credit_status": "hold", "credit_status_reason": "Two bounced cheques"})
        self.assertEqual(self.health(), ("Poor", {"On credit hold: Two bounced cheques": "danger"}))
        self.client.write({"credit_status": "watch", "credit_status_reason": False})
        self.assertEqual(self.health(), ("Watch", {"Credit is watched: no reason given": "warning"}))

    def test_who_pays_later_than_before_is_watched(self):
        for age, late in ((400, 2), (380, 2), (360, 2), (60, 20), (50, 20)):
            due = fields.Date.subtract(self.today, days=age)
            invoice = self.make_invoice(self.client, 10.0, date=fields.Date.subtract(due, days=10), due=due)
            self.pay(invoice, date=fields.Date.add(due, days=late))
        self.assertEqual(self.health(), ("Good", {"Nothing is overdue.": "success"}), "two say nothing yet")
        due = fields.Date.subtract(self.today, days=40)
        self.pay(self.make_invoice(self.client, 10.0, date=due, due=due), date=fields.Date.add(due, days=20))
        text = "Pays 20 days late on average in the last six months, 2 before."
        self.assertEqual(self.health(), ("Watch", {text: "warning", "Nothing is overdue.": "success"}))

    def test_engagement_is_a_reason_and_a_line(self):
        levels = (("hot", "Good", "success"), ("cold", "Watch", "warning"), ("dormant", "Poor", "danger"))
        for level, word, tone in levels:
            with self.subTest(level=level):
                self.client.write({"engagement_level": level, "engagement_trend": "down"})
                (text,) = self.health()[1]
                self.assertEqual((self.health()[0], self.health()[1][text]), (word, tone))
                self.assertIn("falling", text)

    def test_the_rule_is_told_with_the_word(self):
        self.touch(3)
        (figure,) = self.client.with_user(self.manager).get_client_dashboard_widget("health")["figures"]
        self.assertIn("at least one red reason", figure["hint"])
        self.assertEqual(figure["tone"], "success")
