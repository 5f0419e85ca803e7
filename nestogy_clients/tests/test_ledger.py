from collections import defaultdict
from datetime import date, timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.tests import TransactionCase, tagged

from ..tools import ledger
from .common import ClientsCase

START = date(2026, 1, 1)
DAYS = 120
amounts = st.integers(min_value=1, max_value=99_999).map(lambda cents: cents / 100)
days = st.integers(min_value=0, max_value=DAYS)
steps = st.one_of(
    st.tuples(st.just("invoice"), days, amounts, st.booleans(), st.integers(-40, 60)),
    st.tuples(st.just("installments"), days, amounts, st.booleans()),
    st.tuples(st.just("credit"), days, amounts, st.booleans()),
    st.tuples(st.just("pay"), days, st.integers(0, 9), st.sampled_from((30, 100)), st.booleans()),
    st.tuples(st.just("write_off"), days, st.integers(0, 9), st.integers(1, 99)),
    st.tuples(st.just("unapplied"), days, amounts, st.booleans()),
    st.tuples(st.just("refund"), days, amounts, st.booleans()),
    st.tuples(st.just("apply"), st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.just("adjust"), days, amounts, st.booleans()),
)


@tagged("post_install", "-at_install")
class TestLedgerTools(TransactionCase):
    def test_periods(self):
        today = date(2026, 2, 15)
        for period, first, last in (
            ("month", date(2026, 2, 1), today),
            ("last_month", date(2026, 1, 1), date(2026, 1, 31)),
            ("quarter", date(2026, 1, 1), today),
            ("last_quarter", date(2025, 10, 1), date(2025, 12, 31)),
            ("year", date(2026, 1, 1), today),
            ("last_year", date(2025, 1, 1), date(2025, 12, 31)),
            ("all", ledger.FIRST_DAY, today),
        ):
            self.assertEqual(ledger.period_days(period, today), (first, last), period)
        with self.assertRaises(ValueError):
            ledger.period_days("week", today)

    def test_dates_that_anybody_typed(self):
        self.assertEqual(ledger.to_day("2026-02-28"), date(2026, 2, 28))
        for text in (None, "", "2026-02-30", "x", "0001-01-01", "9999-12-31", "2026-01-01\0", 5, ["2026-01-01"]):
            self.assertIsNone(ledger.to_day(text), text)

    def test_ages(self):
        due = date(2026, 3, 1)
        for late, age in (
            (-9, "not_due"),
            (0, "not_due"),
            (1, "to_30"),
            (30, "to_30"),
            (31, "to_60"),
            (60, "to_60"),
            (61, "to_90"),
            (90, "to_90"),
            (91, "older"),
        ):
            self.assertEqual(ledger.age_of(due, due + timedelta(days=late)), age, late)

    def test_the_ages_add_up_to_the_balance(self):
        @settings(deadline=None, database=None)
        @given(st.lists(st.tuples(st.dates(START, date(2026, 12, 31)), st.integers(-(10**7), 10**7))))
        def check(items):
            found = ledger.ageing(((due, cents / 100) for due, cents in items), date(2026, 6, 1), 2)
            self.assertEqual(round(found["balance"] * 100), sum(cents for _due, cents in items))
            self.assertEqual(
                round(found["overdue"] * 100),
                sum(cents for due, cents in items if cents > 0 and due < date(2026, 6, 1)),
            )

        check()

    def test_what_was_written_off_with_a_payment(self):
        self.assertEqual(ledger.split_write_off(-100.0, -90.0, 2), (-90.0, -10.0))
        self.assertEqual(ledger.split_write_off(-100.0, -105.0, 2), (-105.0, 5.0))
        self.assertEqual(ledger.split_write_off(-100.0, -100.0, 2), (-100.0, 0.0))
        self.assertEqual(ledger.split_write_off(-100.0, 90.0, 2), (-100.0, 0.0))
        self.assertEqual(ledger.split_write_off(50.0, None, 2), (50.0, 0.0))


class LedgerMakers:
    """Documents of a client, posted by Odoo itself."""

    @classmethod
    def make_ledger_world(cls):
        cls.company = cls.env.company
        cls.own = cls.company.currency_id
        cls.foreign = cls.env.ref("base.EUR")
        cls.foreign.active = True
        cls.foreign.rate_ids.unlink()
        for month in range(1, 13):
            cls.env["res.currency.rate"].create(
                {
                    "currency_id": cls.foreign.id,
                    "company_id": cls.company.id,
                    "name": date(2026, month, 1),
                    "rate": 1 + month / 37,
                }
            )
        cls.client = cls.make_client("Acme")
        cls.contact = cls.make_contact(cls.client, "Ann")
        cls.elsewhere = cls.make_client("Elsewhere")
        cls.bank = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.misc = cls.env["account.journal"].search(
            [("type", "=", "general"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.loss = cls.env["account.account"].search(
            [("account_type", "=", "expense"), ("company_ids", "in", cls.company.ids)], limit=1
        )
        cls.receivable = cls.client.property_account_receivable_id
        cls.term = cls.env["account.payment.term"].create(
            {
                "name": "Two halves",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 0}),
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": 30}),
                ],
            }
        )

    def money(self, partner, amount, day, currency=None, kind="inbound"):
        """A payment that is applied to nothing."""
        payment = self.env["account.payment"].create(
            {
                "payment_type": kind,
                "partner_type": "customer",
                "partner_id": partner.id,
                "amount": amount,
                "date": day,
                "currency_id": (currency or self.own).id,
                "journal_id": self.bank.id,
            }
        )
        payment.action_post()
        return payment.move_id

    def register(self, move, day, amount=None, write_off=False, currency=None):
        register = (
            self.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"payment_date": day, "journal_id": self.bank.id})
        )
        if currency:
            register.currency_id = currency
        if amount:
            register.amount = amount
        if write_off:
            register.payment_difference_handling = "reconcile"
            register.writeoff_account_id = self.loss
        return register._create_payments().move_id

    def adjust(self, partner, amount, day):
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": day,
                "journal_id": self.misc.id,
                "line_ids": [
                    Command.create(
                        {"account_id": self.receivable.id, "partner_id": partner.id, "balance": amount, "name": "A"}
                    ),
                    Command.create({"account_id": self.loss.id, "balance": -amount, "name": "B"}),
                ],
            }
        )
        move.action_post()
        return move

    def open_lines(self, clients, sign=0):
        lines = self.env["account.move.line"].search(
            [
                ("partner_id.commercial_partner_id", "in", clients.ids),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
            ],
            order="id",
        )
        return lines.filtered(lambda line: not sign or line.amount_residual_currency * sign > 0)


@tagged("post_install", "-at_install")
class TestLedger(LedgerMakers, ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_ledger_world()

    # ------------------------------------------------------------------
    # On random ledgers, against a recomputation from the journal items
    # ------------------------------------------------------------------

    def play(self, plan):
        for step in plan:
            kind, *args = step
            getattr(self, f"play_{kind}")(*args)

    def play_invoice(self, day, amount, is_foreign, terms):
        day = START + timedelta(days=day)
        who = self.contact if terms % 2 else self.client
        self.make_invoice(
            who, amount, date=day, due=day + timedelta(days=terms), currency=self.foreign if is_foreign else None
        )

    def play_installments(self, day, amount, is_foreign):
        move = self.make_invoice(
            self.client,
            amount + 1,
            date=START + timedelta(days=day),
            post=False,
            currency=self.foreign if is_foreign else None,
        )
        move.invoice_payment_term_id = self.term
        move.action_post()

    def play_credit(self, day, amount, is_foreign):
        self.make_invoice(
            self.client,
            amount,
            date=START + timedelta(days=day),
            move_type="out_refund",
            currency=self.foreign if is_foreign else None,
        )

    def pick(self, position):
        lines = self.open_lines(self.client, 1).filtered(lambda line: line.move_id.is_invoice())
        return lines[position % len(lines)] if lines else lines

    def play_pay(self, day, position, percent, in_other_currency):
        if line := self.pick(position):
            day = max(START + timedelta(days=day), line.date)
            currency = (self.own | self.foreign) - line.currency_id if in_other_currency else None
            if percent == 100 or in_other_currency:
                self.register(line.move_id, day, currency=currency)
            elif amount := line.currency_id.round(line.move_id.amount_residual * percent / 100):
                self.register(line.move_id, day, amount)

    def play_write_off(self, day, position, percent):
        if line := self.pick(position):
            amount = line.currency_id.round(line.move_id.amount_residual * percent / 100)
            if amount and amount < line.move_id.amount_residual:
                day = max(START + timedelta(days=day), line.date)
                self.register(line.move_id, day, amount, write_off=True)

    def play_unapplied(self, day, amount, is_foreign):
        self.money(self.contact, amount, START + timedelta(days=day), self.foreign if is_foreign else None)

    def play_refund(self, day, amount, is_foreign):
        currency = self.foreign if is_foreign else None
        self.money(self.client, amount, START + timedelta(days=day), currency, "outbound")

    def play_apply(self, one, other):
        """Reconcile what is owed with a credit, that of another client at times."""
        debits, claims = self.open_lines(self.client, 1), self.open_lines(self.client | self.elsewhere, -1)
        if debits and claims:
            debit = debits[one % len(debits)]
            usable = claims.filtered(lambda line: line.account_id == debit.account_id)
            if usable:
                (debit | usable[other % len(usable)]).reconcile()

    def play_adjust(self, day, amount, is_debit):
        partner = self.client if is_debit else self.elsewhere
        self.adjust(partner, amount if is_debit else -amount, START + timedelta(days=day))

    def recompute(self, day):
        """The open items as of a day, from each journal item and what was reconciled with it until then."""
        lines = self.env["account.move.line"].search(
            [
                ("partner_id.commercial_partner_id", "=", self.client.id),
                ("account_id.account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("date", "<=", day),
            ]
        )
        found = defaultdict(list)
        for line in lines:
            rest = line.amount_currency
            rest -= sum(p.debit_amount_currency for p in line.matched_credit_ids if p.max_date <= day)
            rest += sum(p.credit_amount_currency for p in line.matched_debit_ids if p.max_date <= day)
            rest = line.currency_id.round(rest)
            if rest:
                found[line.currency_id].append((line.date_maturity or line.date, rest))
        return found

    def test_a_statement_ties_to_the_ledger(self):
        @settings(
            max_examples=12,
            phases=[Phase.generate],  # making a failing ledger smaller would take minutes
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(steps, min_size=4, max_size=12), st.sets(days, min_size=2, max_size=4))
        def check(plan, cuts):
            with self.env.cr.savepoint() as savepoint:
                self.play(plan)
                self.check_statements([START + timedelta(days=cut) for cut in sorted(cuts)])
                savepoint.rollback()
            self.env.invalidate_all()

        check()

    def check_statements(self, cuts):
        end = START + timedelta(days=DAYS + 400)
        now = defaultdict(float)
        for line in self.open_lines(self.client):
            now[line.currency_id] += line.amount_residual_currency
        blocks = {block["currency"]: block for block in self.client._client_statement(date_to=end)["blocks"]}
        for currency in self.own | self.foreign:
            self.assertEqual(
                currency.compare_amounts(blocks[currency]["closing"] if currency in blocks else 0.0, now[currency]), 0
            )
        totals = {total["currency"]: total for total in self.client._client_open_totals()}
        for currency in self.own | self.foreign:
            balance = totals[currency]["balance"] if currency in totals else 0.0
            self.assertEqual(currency.compare_amounts(balance, now[currency]), 0)
        for first, last in zip([START - timedelta(days=1), *cuts], [*cuts, end], strict=True):
            before = {
                block["currency"]: block["closing"] for block in self.client._client_statement(date_to=first)["blocks"]
            }
            activity = self.client._client_statement("activity", first + timedelta(days=1), last)
            items = self.client._client_statement("open", date_to=last)
            expected = self.recompute(last)
            self.assertLessEqual(set(expected), {block["currency"] for block in items["blocks"]})
            for block, opened in zip(activity["blocks"], items["blocks"], strict=True):
                currency, digits = block["currency"], block["currency"].decimal_places
                rows = expected[currency]
                self.assertTrue(block["ties"], block)
                self.assertTrue(opened["ties"], opened)
                self.assertAlmostEqual(block["opening"], before.get(currency, 0.0), digits)
                total = round(sum(rest for _due, rest in rows), digits)
                for found in (block["closing"], block["open_total"], opened["closing"], opened["balance"]):
                    self.assertAlmostEqual(found, total, digits)
                balance = block["opening"]
                for line in block["lines"]:
                    balance = round(balance + line["change"], digits)
                    self.assertAlmostEqual(line["balance"], balance, digits)
                    self.assertTrue(first < line["date"] <= last)
                self.assertAlmostEqual(balance, block["closing"], digits)
                self.assertEqual(
                    sorted(round(line["change"], digits) for line in opened["lines"]),
                    sorted(rest for _due, rest in rows),
                )
                ages = defaultdict(float)
                for due, rest in rows:
                    late = (last - due).days
                    ages["credit" if rest < 0 else age(late)] += abs(rest)
                for key in ("not_due", "to_30", "to_60", "to_90", "older", "credit"):
                    self.assertAlmostEqual(block[key], ages[key], digits, key)


def age(late):
    return next(
        key
        for key, limit in (("not_due", 0), ("to_30", 30), ("to_60", 60), ("to_90", 90), ("older", 10**6))
        if late <= limit
    )
