import logging
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ClientsCase

logging.getLogger("hypothesis").setLevel(logging.WARNING)

WHO = st.integers(0, 4)
CENTS = st.integers(1, 99999)
PICK = st.integers(0, 9)
STEP = st.one_of(
    st.tuples(st.just("invoice"), WHO, CENTS, st.booleans(), st.integers(-90, 30), st.booleans(), st.booleans()),
    st.tuples(st.just("credit"), WHO, CENTS, st.booleans()),
    st.tuples(st.just("prepay"), WHO, CENTS, st.booleans()),
    st.tuples(st.just("pay"), PICK, st.sampled_from((30, 100, 130))),
    st.tuples(st.just("reverse"), PICK),
    st.tuples(st.just("draft"), PICK),
    st.tuples(st.just("cancel"), PICK),
    st.tuples(st.just("apply"), WHO),
    st.tuples(st.just("merge")),
    st.tuples(st.just("reparent"), st.booleans()),
)


class TotalsCase(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.env.company.currency_id
        cls.eur = cls.env.ref("base.EUR") if cls.own != cls.env.ref("base.EUR") else cls.env.ref("base.USD")
        cls.eur.active = True
        cls.today = fields.Date.today()
        for days, rate in ((90, 0.83), (30, 0.91), (0, 0.77)):
            cls.env["res.currency.rate"].create(
                {
                    "currency_id": cls.eur.id,
                    "rate": rate,
                    "name": cls.today - timedelta(days=days),
                    "company_id": cls.env.company.id,
                }
            )

    def prepay(self, client, amount, currency=None, payment_type="inbound", date=None):
        """A posted payment that is not applied to anything."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": payment_type,
                "partner_type": "customer",
                "partner_id": client.id,
                "amount": amount,
                "currency_id": (currency or self.own).id,
                "date": date or self.today,
            }
        )
        payment.action_post()
        return payment


@tagged("post_install", "-at_install")
class TestTotalsOfTheLedger(TotalsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.env["account.tax"].create({"name": "Tenth", "amount": 10.0, "amount_type": "percent"})
        cls.branch = cls.env["res.company"].create(
            {"name": "Euroland", "currency_id": cls.eur.id, "country_id": cls.env.ref("base.us").id}
        )
        cls.env["account.chart.template"].try_loading("generic_coa", company=cls.branch, install_demo=False)
        cls.branch.currency_id = cls.eur  # the chart has set that of its country
        cls.env.user.company_ids += cls.branch
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=[cls.env.company.id, cls.branch.id]))

    @settings(
        max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.explicit, Phase.generate)
    )
    @given(st.lists(STEP, min_size=3, max_size=9))
    def test_the_figures_are_those_of_the_ledger_whatever_happens(self, steps):
        savepoint = self.env.cr.savepoint()
        try:
            self.begin()
            for kind, *values in steps:
                getattr(self, f"do_{kind}")(*values)
            self.check_all()
        finally:
            self.env.flush_all()
            savepoint.close(rollback=True)
            self.env.invalidate_all()

    def begin(self):
        self.one, self.two = self.make_client("One"), self.make_client("Two")
        ann = self.make_contact(self.one, "Ann")
        loose = self.env["res.partner"].create({"name": "Loose"})
        self.people = [self.one, ann, self.two, loose, self.make_contact(loose, "Bob")]
        self.moves = self.env["account.move"]
        for number in range(3):
            self.do_invoice(number, 10000 + number, number == 1, -40 * number, True, number == 2)

    def who(self, number):
        person = self.people[number]
        return self.one if person.merged_into_id else person

    def pick(self, number):
        posted = self.moves.filtered(lambda move: move.state == "posted")
        return posted[number % len(posted)] if posted else posted

    def do_invoice(self, who, cents, is_foreign, days, has_tax, is_branch):
        company = self.branch if is_branch else self.env.company
        move = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.who(who).id,
                    "currency_id": (self.eur if is_foreign else self.own).id,
                    "invoice_date": self.today - timedelta(days=90),
                    "invoice_payment_term_id": False,
                    "invoice_date_due": self.today + timedelta(days=days),
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Work",
                                "price_unit": cents / 100,
                                "tax_ids": self.tax.ids if has_tax and not is_branch else False,
                            }
                        )
                    ],
                }
            )
        )
        move.action_post()
        self.moves += move

    def do_credit(self, who, cents, is_foreign):
        currency = self.eur if is_foreign else self.own
        self.moves += self.make_invoice(self.who(who), cents / 100, currency=currency, move_type="out_refund")

    def do_prepay(self, who, cents, is_foreign):
        self.prepay(self.who(who), cents / 100, self.eur if is_foreign else self.own)

    def do_pay(self, number, percent):
        move = self.pick(number)
        if move and move.amount_residual:
            self.pay(move.with_company(move.company_id), move.currency_id.round(move.amount_residual * percent / 100))

    def do_reverse(self, number):
        move = self.pick(number)
        if move.move_type == "out_invoice":
            self.moves += move._reverse_moves([{"invoice_date": self.today}], cancel=True)

    def do_draft(self, number):
        self.pick(number).button_draft()

    def do_cancel(self, number):
        move = self.pick(number)
        move.button_draft()
        move.button_cancel()

    def do_apply(self, who):
        client = self.who(who).commercial_partner_id
        row = self.env["nestogy.client.transaction"].search(
            [("client_id", "=", client.id), ("unapplied", ">", 0), ("state", "in", ("open", "partial"))], limit=1
        )
        if row:
            wizard = self.env["nestogy.client.apply"].create({"line_id": row.line_id.id})
            if wizard.line_ids.filtered("amount"):
                wizard.action_apply()

    def do_merge(self):
        if not self.two.merged_into_id:
            self.env["base.partner.merge.automatic.wizard"].create({})._merge([self.one.id, self.two.id], self.one)
            self.env.invalidate_all()

    def do_reparent(self, is_loose):
        if is_loose:
            self.people[3].parent_id = self.one
        else:
            self.people[1].parent_id = self.who(2)

    def check_all(self):
        self.env.flush_all()
        self.env.invalidate_all()
        everybody = self.one | self.two | self.people[3]
        ledger = self.ledger(everybody)
        balances = everybody._client_balances()
        for partner in everybody:
            rows = {row["currency"]: row for row in balances.get(partner.id, [])}
            for currency in (self.own, self.eur):
                expected = ledger.get((partner.id, currency.id), {})
                row = rows.get(currency, {})
                for name in ("invoiced", "invoiced_untaxed", "outstanding", "overdue", "credit"):
                    self.assertAlmostEqual(row.get(name, 0.0), expected.get(name, 0.0), 2, (partner.name, name))
                paid = expected.get("invoiced", 0.0) - expected.get("outstanding", 0.0) + expected.get("credit", 0.0)
                self.assertAlmostEqual(row.get("paid", 0.0), paid, 2)
            unapplied = sum(
                self.env["nestogy.client.transaction"]
                .search([("client_id", "=", partner.id), ("kind", "!=", "credit_note")])
                .mapped("company_unapplied")
            )
            whole = sum(row["company_balance"] for (number, _), row in ledger.items() if number == partner.id)
            open_credit = sum(row["company_credit"] for (number, _), row in ledger.items() if number == partner.id)
            owed = sum(row["company_outstanding"] for (number, _), row in ledger.items() if number == partner.id)
            # in the companies' own currencies: all that is open is an invoice, a credit note or a transaction
            self.assertAlmostEqual(owed - open_credit - unapplied, whole, 2)
            rate = self.eur._get_conversion_rate(self.eur, self.own, self.env.company, self.today)
            for name in ("outstanding", "overdue", "credit", "invoiced", "unapplied"):
                inside = sum(
                    row[f"main_{name}"] + row[f"branch_{name}"] * rate
                    for (number, _), row in ledger.items()
                    if number == partner.id
                )
                self.assertAlmostEqual(partner[f"client_{name}"], inside, delta=0.0051, msg=(partner.name, name))
            # found and sorted by the same figures
            for name in ("client_outstanding", "client_overdue", "client_invoiced"):
                is_found = bool(partner.search_count([("id", "=", partner.id), (name, ">", 0.0)]))
                self.assertEqual(is_found, partner[name] > 0.0)
        for name in ("client_outstanding", "client_overdue", "client_invoiced"):
            found = everybody.search([("id", "in", everybody.ids)], order=f"{name} desc, id").mapped(name)
            self.assertEqual(found, sorted(found, reverse=True))

    def ledger(self, partners):
        """The same from journal items alone, whoever made them."""
        self.env.cr.execute(
            """
            SELECT partner.commercial_partner_id, line.currency_id,
                   SUM(CASE WHEN is_receivable AND is_document
                            THEN line.amount_currency ELSE 0 END) AS invoiced,
                   SUM(CASE WHEN NOT is_receivable AND is_document AND line.display_type = 'product'
                            THEN -line.amount_currency ELSE 0 END) AS invoiced_untaxed,
                   SUM(CASE WHEN is_receivable AND is_invoice
                            THEN line.amount_residual_currency ELSE 0 END) AS outstanding,
                   SUM(CASE WHEN is_receivable AND is_invoice AND is_late
                            THEN line.amount_residual_currency ELSE 0 END) AS overdue,
                   SUM(CASE WHEN is_receivable AND is_credit
                            THEN -line.amount_residual_currency ELSE 0 END) AS credit,
                   SUM(CASE WHEN is_receivable
                            THEN line.amount_residual ELSE 0 END) AS company_balance,
                   SUM(CASE WHEN is_receivable AND is_invoice
                            THEN line.amount_residual ELSE 0 END) AS company_outstanding,
                   SUM(CASE WHEN is_receivable AND is_credit
                            THEN -line.amount_residual ELSE 0 END) AS company_credit,
                   SUM(CASE WHEN is_main AND is_receivable AND is_document
                            THEN line.balance ELSE 0 END) AS main_invoiced,
                   SUM(CASE WHEN is_main AND is_receivable AND is_invoice
                            THEN line.amount_residual ELSE 0 END) AS main_outstanding,
                   SUM(CASE WHEN is_main AND is_receivable AND is_invoice AND is_late
                            THEN line.amount_residual ELSE 0 END) AS main_overdue,
                   SUM(CASE WHEN is_main AND is_receivable AND is_credit
                            THEN -line.amount_residual ELSE 0 END) AS main_credit,
                   SUM(CASE WHEN is_main AND is_receivable AND NOT is_document
                            THEN -line.amount_residual ELSE 0 END) AS main_unapplied,
                   SUM(CASE WHEN NOT is_main AND is_receivable AND is_document
                            THEN line.balance ELSE 0 END) AS branch_invoiced,
                   SUM(CASE WHEN NOT is_main AND is_receivable AND is_invoice
                            THEN line.amount_residual ELSE 0 END) AS branch_outstanding,
                   SUM(CASE WHEN NOT is_main AND is_receivable AND is_invoice AND is_late
                            THEN line.amount_residual ELSE 0 END) AS branch_overdue,
                   SUM(CASE WHEN NOT is_main AND is_receivable AND is_credit
                            THEN -line.amount_residual ELSE 0 END) AS branch_credit,
                   SUM(CASE WHEN NOT is_main AND is_receivable AND NOT is_document
                            THEN -line.amount_residual ELSE 0 END) AS branch_unapplied
              FROM account_move_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN account_account account ON account.id = line.account_id
              JOIN res_partner partner ON partner.id = line.partner_id
        CROSS JOIN LATERAL (
                   SELECT account.account_type = 'asset_receivable' AS is_receivable,
                          line.company_id = %(main)s AS is_main,
                          line.date_maturity < %(today)s AS is_late,
                          move.move_type IN ('out_invoice', 'out_refund') AS is_document,
                          move.move_type = 'out_invoice' AS is_invoice,
                          move.move_type = 'out_refund' AS is_credit
                   ) what
             WHERE move.state = 'posted' AND partner.commercial_partner_id IN %(partners)s
             GROUP BY 1, 2
            """,
            {"today": self.today, "main": self.env.company.id, "partners": tuple(partners.ids)},
        )
        return {
            (row["commercial_partner_id"], row["currency_id"]): {key: float(value or 0.0) for key, value in row.items()}
            for row in self.env.cr.dictfetchall()
        }


@tagged("post_install", "-at_install")
class TestTotals(TotalsCase):
    def test_documents_of_contacts_go_along_when_their_firm_joins_another(self):
        firm = self.env["res.partner"].create({"name": "Firm"})
        person = self.make_contact(firm, "Pat")
        self.make_invoice(person, 70.0)
        client = self.make_client("Holding")
        self.assertEqual((firm.client_outstanding, client.client_outstanding), (70.0, 0.0))
        firm.parent_id = client
        self.env.invalidate_all()
        self.assertEqual((firm.client_outstanding, client.client_outstanding), (0.0, 70.0))

    def test_how_a_client_pays(self):
        client = self.make_client("Payer")
        self.assertEqual((client.client_days_to_pay, client.client_last_payment_date), (0.0, False))
        start = self.today - timedelta(days=50)
        self.pay(self.make_invoice(client, 100.0, date=start), date=start + timedelta(days=10))
        slow = self.make_invoice(client, 100.0, date=start)
        self.pay(slow, amount=50.0, date=start + timedelta(days=5))
        self.pay(slow, date=start + timedelta(days=25))
        self.pay(self.make_invoice(client, 100.0, date=start), amount=20.0, date=start + timedelta(days=1))
        self.make_invoice(client, 40.0, date=start)._reverse_moves([{"invoice_date": self.today}], cancel=True)
        self.env.invalidate_all()
        self.assertRecordValues(
            client,
            [
                {
                    "client_days_to_pay": 17.5,
                    "client_paid_count": 2,
                    "client_last_payment_date": start + timedelta(days=25),
                    "client_unapplied": 0.0,
                }
            ],
        )
        self.prepay(client, 33.0)
        self.env.invalidate_all()
        self.assertEqual((client.client_unapplied, client.client_last_payment_date), (33.0, self.today))

    def test_clients_are_found_and_sorted_by_what_they_owe(self):
        rich, poor, none = (self.make_client(name) for name in ("Rich", "Poor", "None"))
        self.make_invoice(rich, 500.0)
        self.make_invoice(poor, 20.0, date="2020-01-01", due="2020-02-01")
        mine = [("id", "in", (rich | poor | none).ids)]
        partners = self.env["res.partner"].with_user(self.make_user("totals_viewer", "viewer"))
        self.assertEqual(partners.search(mine, order="client_outstanding desc").ids, (rich + poor + none).ids)
        self.assertEqual(partners.search(mine, order="client_overdue desc, id").ids, (poor + rich + none).ids)
        self.assertEqual(partners.search([*mine, ("client_overdue", ">", 0)]).ids, poor.ids)
        self.assertEqual(partners.search([*mine, ("client_outstanding", ">=", 20)], order="id").ids, (rich + poor).ids)
        self.assertEqual(partners.search([*mine, ("client_outstanding", "=", 0)]).ids, none.ids)
        self.assertEqual(partners.search([*mine, ("client_invoiced", "!=", 0)], order="id").ids, (rich + poor).ids)
        self.assertEqual(
            (rich | poor | none).filtered_domain([("client_outstanding", "<", 100)]).ids, (poor + none).ids
        )
        self.assertTrue(partners.fields_get(["client_overdue"], ["sortable"])["client_overdue"]["sortable"])
        stranger = self.env["res.partner"].with_user(self.make_user("totals_nobody"))
        for search in (
            lambda: stranger.search(mine, order="client_outstanding"),
            lambda: stranger.search([*mine, ("client_overdue", ">", 0)]),
            lambda: stranger._read_group(mine, [], ["client_outstanding:sum"]),
        ):
            with self.assertRaises(AccessError):
                search()

    def test_a_list_costs_the_same_queries_for_one_and_many(self):
        clients = self.env["res.partner"].concat(*(self.make_client(f"C{number}") for number in range(8)))
        for client in clients:
            self.make_invoice(client, 10.0)
        names = ["client_invoiced", "client_invoiced_untaxed", "client_outstanding", "client_overdue", "client_credit"]
        self.env["res.currency"].get_all_currencies()  # known to the server from its first request on
        self.env.company._client_currency_ids()
        own = clients.with_context(allowed_company_ids=self.env.company.ids)
        for some in (own[:1], own):
            self.env.flush_all()
            self.env.invalidate_all()
            with self.assertQueryCount(1):
                rows = some.read([*names, "client_balance_rows"])
            self.assertEqual([row["client_outstanding"] for row in rows], [10.0] * len(some))
