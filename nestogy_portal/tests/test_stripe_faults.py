import time
from contextlib import contextmanager, suppress
from unittest.mock import patch

import psycopg2
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.money import payment_provider
from ..tools.allocation import Part, write_plan
from .common import PortalCase, RefusedCall
from .fake_stripe import DECLINED, GOOD, SECRET, FakeStripe

MUTED = (
    "odoo.addons.nestogy_portal.controllers.stripe",
    "odoo.addons.nestogy_portal.models.money.payment_transaction",
    "odoo.addons.nestogy_portal.models.money.payment_transaction_check",
    "odoo.addons.nestogy_portal.models.money.payment_provider_check",
    "odoo.addons.payment.models.payment_provider",
    "odoo.addons.payment.models.payment_transaction",
    "odoo.addons.payment_stripe.controllers.main",
    "odoo.addons.payment_stripe.models.payment_transaction",
    "odoo.http",
    "odoo.sql_db",
    "stripe",
)
# the steps of a payment between which a worker may be killed
STEPS = (
    ("nestogy.payment.event", "_take"),
    ("payment.transaction", "_set_done"),
    ("payment.transaction", "_create_payment"),
    ("payment.transaction", "_apply_allocations"),
    ("payment.transaction", "_post_process"),
)


class StripeCase(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = FakeStripe()
        cls.addClassCleanup(cls.fake.close)
        cls.provider = cls.env["payment.provider"].search([("code", "=", "stripe")], limit=1)
        cls.provider.write(
            {
                "stripe_publishable_key": "pk_test",
                "stripe_secret_key": "sk_test",
                "stripe_webhook_secret": SECRET,
                "state": "test",
                "is_published": True,
                "allow_tokenization": True,
            }
        )
        cls.method = cls.env.ref("payment.payment_method_card")
        cls.method.active = True
        provider_class = cls.registry["payment.provider"]
        url = cls.fake.url
        cls.startClassPatcher(
            patch.object(provider_class, "_build_request_url", lambda self, endpoint, **kwargs: f"{url}/v1/{endpoint}")
        )
        cls.startClassPatcher(patch.object(provider_class, "_stripe_api_base", lambda self: url))

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger(*MUTED))
        self.fake.forget()

    # ------------------------------------------------------------------

    def begin(self, *parts, token=None, **changes):
        """Start a payment of parts, pairs of an invoice and minor units, on the page.

        :return: the values for the browser
        """
        decimals = parts[0][0].currency_id.decimal_places
        plan = write_plan(Part(invoice.id, minor, 0) for invoice, minor in parts)
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": None if token else self.method.id,
            "token_id": token and token.id,
            "amount": round(sum(minor for _invoice, minor in parts) / 10**decimals, decimals),
            "flow": "token" if token else "direct",
            "tokenization_requested": False,
            "landing_route": "/my",
            **changes,
        }
        return self.call(f"/my/pay/transaction/{plan}", **params)

    def transaction(self, values):
        self.env.invalidate_all()
        return self.env["payment.transaction"].search([("reference", "=", values["reference"])])

    def confirm(self, values, number=GOOD, **data):
        """What Stripe's script in the browser does."""
        intent = self.fake.store[values["client_secret"].partition("_secret_")[0]]
        with self.fake.lock:
            return self.fake.confirm_payment_intent(intent, {"payment_method": self.fake.card(number)["id"], **data})

    def deliver(self, *events, status=200):
        """Hand events to the webhook."""
        self.enter()
        for event in events:
            body, headers = self.fake.signed(event)
            response = self.open("/payment/stripe/webhook", data=body, headers=headers, method="POST", timeout=60)
            if status:
                self.assertEqual(response.status_code, status, response.text[:300])
        self.env.invalidate_all()

    def check(self, tx):
        """A quarter of an hour later."""
        self.env.invalidate_all()
        if tx.filtered_domain(tx._check_domain()):
            tx._check_with_provider()
        self.env.invalidate_all()

    def make_token(self, number=GOOD):
        return self.env["payment.token"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "partner_id": self.owner.id,
                "provider_ref": "cus_saved",
                "stripe_payment_method": self.fake.card(number)["id"],
                "payment_details": number[-4:],
            }
        )

    def run_job(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"nestogy_portal.ir_cron_payment_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def payments(self, tx):
        return self.env["account.payment"].search([("payment_transaction_id", "=", tx.id)])

    def assertPaidOnce(self, tx, *invoices, elsewhere=None):
        """Stripe took the money once, and every cent of it is where it belongs.

        :param dict elsewhere: what was paid of an invoice in another way, before Stripe's events came
        """
        elsewhere = elsewhere or {}
        self.assertEqual(tx.allocation_ids.move_id, tx.env["account.move"].union(*invoices))
        self.env.invalidate_all()
        (intent,) = self.fake.charged(tx.reference)
        currency = tx.currency_id
        self.assertEqual(self.provider._stripe_amount(intent["amount"], currency), tx.amount)
        self.assertRecordValues(tx, [{"state": "done", "is_post_processed": True}])
        payment = self.payments(tx)
        self.assertEqual(len(payment), 1)
        self.assertEqual(currency.compare_amounts(payment.amount, tx.amount), 0)
        applied = sum(tx.allocation_ids.mapped("applied_amount"))
        # a refund takes first what found no invoice
        refunds = tx.child_transaction_ids.payment_id.move_id
        partials = payment.move_id.line_ids.matched_debit_ids
        taken = partials.filtered(lambda partial: partial.debit_move_id.move_id in refunds)
        returned = sum(taken.mapped("debit_amount_currency"))
        self.assertEqual(currency.compare_amounts(applied + tx.unapplied_amount + returned, tx.amount), 0)
        for part in tx.allocation_ids:
            lines = payment.move_id.line_ids.matched_debit_ids.filtered(
                lambda partial, part=part: partial.debit_move_id.move_id == part.move_id
            )
            got = sum(lines.mapped("debit_amount_currency"))
            self.assertEqual(currency.compare_amounts(got, part.applied_amount), 0)
            owed = part.move_id.amount_total - elsewhere.get(part.move_id, 0.0)
            self.assertEqual(currency.compare_amounts(part.applied_amount, min(part.amount, owed)), 0)
            rest = owed - part.applied_amount
            self.assertEqual(currency.compare_amounts(part.move_id.amount_residual, rest), 0)


@tagged("post_install", "-at_install")
class TestStripeFaults(StripeCase):
    """The whole way with a Stripe that fails as the real one may."""

    def test_the_whole_way(self):
        first, second = self.make_invoice(self.client, 100), self.make_invoice(self.client, 50)
        self.enter(self.owner)
        values = self.begin((first, 10000), (second, 1234))
        tx = self.transaction(values)
        self.assertEqual((tx.state, tx.amount), ("draft", 112.34))
        self.confirm(values)
        self.deliver(self.fake.events[-1])
        self.assertPaidOnce(tx, first, second)
        self.assertEqual((first.amount_residual, second.amount_residual), (0, 37.66))
        self.deliver(self.fake.events[-1], self.fake.events[-1])
        self.assertPaidOnce(tx, first, second)
        events = self.env["nestogy.payment.event"].search([("transaction_id", "=", tx.id)])
        self.assertEqual(events.mapped("outcome"), ["taken"])

    def test_a_refused_card_may_be_followed_by_a_good_one(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        values = self.begin((invoice, 10000))
        tx = self.transaction(values)
        with self.assertRaisesRegex(Exception, "declined"):
            self.confirm(values, DECLINED)
        self.confirm(values, slowly=True)
        failed, processing = self.fake.events[-2:]
        self.deliver(failed)
        self.assertEqual(tx.state, "error")
        self.deliver(processing)
        self.assertEqual(tx.state, "pending")
        self.assertTrue(invoice._client_in_flight())
        self.deliver({**failed, "id": "evt_late"})
        self.assertEqual(tx.state, "pending", "what is older changes nothing")
        outcomes = self.env["nestogy.payment.event"].search([("event_reference", "=", "evt_late")]).mapped("outcome")
        self.assertEqual(outcomes, ["older"])
        self.fake.settle(self.fake.store[tx.provider_reference])
        self.deliver(self.fake.events[-1])
        self.assertPaidOnce(tx, invoice)

    def test_a_saved_card_pays_at_once(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        tx = self.transaction(self.begin((invoice, 10000), token=self.make_token()))
        self.assertPaidOnce(tx, invoice)
        self.assertEqual(invoice.amount_residual, 0)
        self.deliver(self.fake.events[-1])
        self.assertPaidOnce(tx, invoice)

    def test_a_saved_card_that_is_refused_takes_nothing(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        tx = self.transaction(self.begin((invoice, 10000), token=self.make_token(DECLINED)))
        self.assertEqual((tx.state, invoice.amount_residual), ("error", 100))
        self.assertFalse(self.fake.charged(tx.reference))
        self.assertFalse(invoice._client_in_flight())

    def test_an_answer_that_is_lost_after_the_charge_is_found_again(self):
        for fault in ("500 after", "drop after"):
            with self.subTest(fault):
                invoice = self.make_invoice(self.client, 100)
                token = self.make_token()
                self.enter(self.owner)
                self.fake.faults.append(("POST", "payment_intents", fault))
                tx = self.transaction(self.begin((invoice, 10000), token=token))
                self.assertEqual((tx.state, invoice.amount_residual), ("pending", 100))
                self.assertIn("do not pay again", tx.state_message)
                self.assertTrue(invoice._client_in_flight())
                self.assertIn("on its way", self.open("/my/pay/result").text)
                with self.assertRaisesRegex(RefusedCall, "under way"):
                    self.begin((invoice, 10000), token=token)
                with self.assertRaisesRegex(RefusedCall, "under way"):
                    self.begin((invoice, 10000))
                self.check(tx)
                self.assertPaidOnce(tx, invoice)

    def test_a_question_that_never_came_through_is_given_up_after_an_hour(self):
        for fault in ("500", "drop"):
            with self.subTest(fault):
                invoice = self.make_invoice(self.client, 100)
                self.enter(self.owner)
                self.fake.faults.append(("POST", "payment_intents", fault))
                tx = self.transaction(self.begin((invoice, 10000), token=self.make_token()))
                self.assertEqual(tx.state, "pending")
                self.check(tx)
                self.assertEqual(tx.state, "pending", "it may still be under way")
                tx.asked_at = fields.Datetime.subtract(fields.Datetime.now(), hours=2)
                self.check(tx)
                self.assertEqual((tx.state, invoice.amount_residual), ("error", 100))
                self.assertFalse(self.fake.charged(tx.reference))

    def test_a_new_card_waits_for_no_lost_answer(self):
        for fault in ("500 after", "drop after", "500", "drop"):
            with self.subTest(fault):
                invoice = self.make_invoice(self.client, 100)
                self.enter(self.owner)
                self.fake.faults.append(("POST", "payment_intents", fault))
                values = self.begin((invoice, 10000))
                self.assertEqual(values["state"], "error")
                self.assertIn("Nothing was charged", values["state_message"])
                self.assertFalse(invoice._client_in_flight(), "without the secret of the payment nobody can pay it")
                values = self.begin((invoice, 10000))
                self.confirm(values)
                self.deliver(self.fake.events[-1])
                self.assertPaidOnce(self.transaction(values), invoice)

    def test_nobody_waits_longer_than_thirteen_seconds(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        self.fake.faults.append(("POST", "payment_intents", 14))
        begin = time.monotonic()
        tx = self.transaction(self.begin((invoice, 10000), token=self.make_token()))
        self.assertLess(time.monotonic() - begin, 13)
        self.assertEqual(tx.state, "pending")
        self.check(tx)
        self.assertPaidOnce(tx, invoice)
        # two slow answers in one page are one too many
        self.fake.faults += [("POST", "customers", 0.2), ("POST", "payment_intents", 0.2)]
        other = self.make_invoice(self.client, 10)
        self.enter(self.owner)
        with patch.object(payment_provider, "PATIENCE", 0.1):
            values = self.begin((other, 1000))
        self.assertIn("slow", values["state_message"])
        self.assertFalse(self.transaction(values).provider_reference)

    def test_the_job_settles_what_no_event_told(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        values = self.begin((invoice, 10000))
        self.confirm(values)
        tx = self.transaction(values)
        asked = len(self.fake.requests)
        self.run_job("check")
        self.assertPaidOnce(tx, invoice)
        self.assertEqual({method for method, _path in self.fake.requests[asked:]}, {"GET"})

    def test_a_payment_that_was_begun_and_left_is_ended_after_a_day(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        tx = self.transaction(self.begin((invoice, 10000)))
        self.check(tx)
        self.assertEqual(tx.state, "draft")
        tx.last_state_change = fields.Datetime.subtract(fields.Datetime.now(), days=2)
        self.check(tx)
        self.assertEqual(tx.state, "cancel")
        self.assertEqual(self.fake.store[tx.provider_reference]["status"], "canceled")

    def test_the_nightly_comparison_finds_what_was_lost_for_days(self):
        invoice, other = self.make_invoice(self.client, 100), self.make_invoice(self.client, 60)
        self.enter(self.owner)
        values = self.begin((invoice, 10000))
        self.confirm(values)
        tx = self.transaction(values)
        tx._set_error("given up")
        self.assertFalse(self.provider._compare_with_stripe())
        self.assertPaidOnce(tx, invoice)
        # a payment that we forgot, one of somebody else's system, and one that we only believe in
        uuid = self.env["ir.config_parameter"].get_param("database.uuid")
        common = {"status": "succeeded", "amount": 4200, "currency": "usd"}
        ours = self.fake.new("payment_intent", "pi", **common, description="gone", metadata={"database": uuid})
        self.fake.new("payment_intent", "pi", **common, description="of a shop")
        self.enter(self.owner)
        believed = self.transaction(self.begin((other, 6000)))
        believed._set_done()
        found = self.provider._compare_with_stripe()
        self.assertEqual(
            {(each.kind, each.provider_reference, each.provider_amount) for each in found},
            {("unknown", ours["id"], 42), ("missing", believed.provider_reference, 0)},
        )
        found.action_solve()
        self.assertFalse(self.provider._compare_with_stripe(), "told once")
        self.assertTrue(self.provider.compared_at)

    def test_two_contacts_and_staff_at_once(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        values = self.begin((invoice, 10000))
        self.enter(self.colleague)
        with self.assertRaisesRegex(RefusedCall, "under way"):
            self.begin((invoice, 10000))
        self.confirm(values)
        self.pay(invoice, 30)  # staff takes cash meanwhile
        self.deliver(self.fake.events[-1])
        tx = self.transaction(values)
        self.assertEqual((tx.unapplied_amount, invoice.amount_residual), (30, 0))
        self.assertEqual(len(tx.payment_id.activity_ids), 1)

    def test_a_refund_is_booked_once_and_somebody_is_told(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        values = self.begin((invoice, 10000))
        intent = self.confirm(values)
        self.deliver(self.fake.events[-1])
        tx = self.transaction(values)
        for amount in ("3000", "2000"):
            self.fake.make_refund("refund", "re", {"payment_intent": intent["id"], "amount": amount})
        first, second = self.fake.events[-2:]
        self.deliver(second, first, second)
        self.provider._compare_with_stripe()
        refunds = tx.child_transaction_ids
        self.assertEqual(sorted(refunds.mapped("amount")), [-30, -20])
        self.assertEqual(sorted(refunds.payment_id.mapped("amount")), [20, 30])
        self.assertEqual(len(refunds.payment_id.activity_ids), 2)
        self.assertEqual(invoice.amount_residual, 0)

    def test_a_refund_may_be_told_before_its_payment(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        values = self.begin((invoice, 10000))
        intent = self.confirm(values)
        self.fake.make_refund("refund", "re", {"payment_intent": intent["id"], "amount": "2500"})
        paid, refunded = self.fake.events[-2:]
        self.deliver(refunded, paid)
        tx = self.transaction(values)
        self.assertPaidOnce(tx, invoice)
        self.assertEqual(tx.child_transaction_ids.payment_id.amount, 25)

    def test_a_refund_of_what_was_too_much_needs_nobody(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        values = self.begin((invoice, 10000))
        self.pay(invoice)
        self.confirm(values)
        self.deliver(self.fake.events[-1])
        tx = self.transaction(values)
        self.assertEqual(tx.unapplied_amount, 100)
        tx.action_refund()
        self.env.invalidate_all()
        self.deliver(self.fake.events[-1])
        refund = tx.child_transaction_ids
        self.assertRecordValues(refund, [{"state": "done", "amount": -100}])
        self.assertFalse(refund.payment_id.activity_ids)
        self.assertEqual(tx.unapplied_amount, 0)
        self.assertEqual(self.client._client_balances()[self.client.id][0]["outstanding"], 0)

    def test_a_dispute_calls_somebody(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        values = self.begin((invoice, 10000))
        intent = self.confirm(values)
        self.deliver(self.fake.events[-1])
        tx = self.transaction(values)
        self.fake.dispute(intent)
        self.fake.dispute(intent, "won", "closed")
        created, closed = self.fake.events[-2:]
        self.deliver(created)
        self.assertEqual((tx.dispute_status, len(tx.payment_id.activity_ids)), ("needs_response", 1))
        self.deliver(closed, {**created, "id": "evt_again"})
        self.assertEqual((tx.dispute_status, len(tx.payment_id.activity_ids)), ("won", 1))
        self.assertPaidOnce(tx, invoice)

    def test_currencies_without_cents_and_with_tenths_of_them(self):
        for name, total, paid in (("JPY", 5001, 3000), ("KWD", 12.345, 10.12)):
            with self.subTest(name):
                currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
                currency.active = True
                for date, rate in (("2026-01-01", 7.0), ("2026-02-01", 7.77)):
                    self.env["res.currency.rate"].create({"currency_id": currency.id, "name": date, "rate": rate})
                invoice = self.make_invoice(self.client, total, currency=currency, date="2026-01-10")
                self.enter(self.owner)
                minor = round(paid * 10**currency.decimal_places)
                values = self.begin((invoice, minor))
                self.confirm(values)
                self.deliver(self.fake.events[-1])
                tx = self.transaction(values)
                self.assertEqual(self.fake.charged(tx.reference)[0]["amount"], minor)
                self.assertPaidOnce(tx, invoice)
                self.assertEqual(currency.compare_amounts(invoice.amount_residual, total - paid), 0)

    def test_a_part_of_a_reserved_amount_can_be_taken(self):
        self.provider.payment_method_ids.filtered(lambda each: each.support_manual_capture == "none").active = False
        self.provider.capture_manually = True
        first, second = self.make_invoice(self.client, 60), self.make_invoice(self.client, 60)
        self.enter(self.owner)
        values = self.begin((first, 6000), (second, 4000))
        self.confirm(values)
        self.deliver(self.fake.events[-1])
        tx = self.transaction(values)
        self.assertEqual((tx.state, first.amount_residual), ("authorized", 60))
        self.assertTrue((first | second)._client_in_flight())
        tx._capture()
        self.env.invalidate_all()
        self.assertEqual((first.amount_residual, second.amount_residual), (0, 20))
        self.assertEqual(tx.allocation_ids.mapped("applied_amount"), [60, 40])
        self.assertEqual(len(self.fake.charged(tx.reference)), 1)

    def test_the_webhook_is_made_with_disputes(self):
        asked = {}

        def answer(method, url, **kwargs):
            asked.update(kwargs["data"])
            response = requests.Response()
            response.status_code, response._content = 200, b'{"secret": "whsec_made"}'
            return response

        self.provider.write({"is_published": False})
        self.provider.stripe_webhook_secret = False
        with patch.object(requests, "request", answer):
            self.provider.action_stripe_create_webhook()
        self.assertIn("charge.dispute.created", asked["enabled_events[]"])
        self.assertIn("payment_intent.succeeded", asked["enabled_events[]"])
        self.assertEqual(self.provider.stripe_webhook_secret, "whsec_made")


@tagged("post_install", "-at_install")
class TestStripeStreams(StripeCase):
    """Whatever order events come in, however often, and wherever the worker dies: paid once, to the cent."""

    @contextmanager
    def killed_at(self, model, method, is_after):
        """Kill the worker once, before or after a step: its transaction is lost."""
        original = getattr(self.registry[model], method)
        left = [True]

        def step(records, *args, **kwargs):
            if not left:
                return original(records, *args, **kwargs)
            if is_after:
                original(records, *args, **kwargs)
            left.clear()
            raise psycopg2.OperationalError("killed")

        with patch.object(self.registry[model], method, step):
            yield

    @settings(
        max_examples=12,
        deadline=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),  # the others look at each line that runs
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
    )
    @given(data=st.data())
    def test_any_stream_of_events_pays_once(self, data):
        draw = data.draw
        # the database takes these tables for empty when it looked at them between tests, which take back their rows;
        # Odoo's search for the payments of an invoice then compares each row with each
        self.env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile, account_payment")
        invoices = [
            self.make_invoice(self.client, draw(st.integers(1, 30000)) / 100) for _n in range(draw(st.integers(1, 3)))
        ]
        parts = []
        for invoice in invoices:
            owed = round(invoice.amount_residual * 100)
            parts.append((invoice, draw(st.integers(1, owed))))
        self.enter(self.owner)
        values = self.begin(*parts)
        tx = self.transaction(values)
        begin = len(self.fake.events)
        if draw(st.booleans()):
            with self.assertRaisesRegex(Exception, "declined"):
                self.confirm(values, DECLINED)
        slowly = draw(st.booleans())
        intent = self.confirm(values, **({"slowly": True} if slowly else {}))
        if slowly:
            self.fake.settle(intent)
        elsewhere = {}
        if draw(st.booleans()):  # somebody in the office was faster
            invoice = draw(st.sampled_from(invoices))
            elsewhere[invoice] = draw(st.integers(1, round(invoice.amount_residual * 100))) / 100
            self.pay(invoice, elsewhere[invoice])
        refunded = draw(st.integers(0, intent["amount"]))
        if refunded:
            self.fake.make_refund("refund", "re", {"payment_intent": intent["id"], "amount": str(refunded)})
        if draw(st.booleans()):
            self.fake.dispute(intent)
            self.fake.dispute(intent, "lost", "closed")
        told = self.fake.events[begin:]
        stream = draw(st.permutations(told + draw(st.lists(st.sampled_from(told), max_size=3))))
        stream = stream[: draw(st.integers(0, len(stream)))]  # the last ones are lost
        for event in stream:
            if draw(st.integers(0, 3)) == 0:
                model, method = draw(st.sampled_from(STEPS))
                with self.killed_at(model, method, draw(st.booleans())):
                    self.deliver(event, status=None)
            self.deliver(event)
        self.check(tx)
        self.provider._compare_with_stripe(days=1)
        refunds = tx.child_transaction_ids
        self.assertEqual(round(-sum(refunds.mapped("amount")) * 100), refunded)
        self.assertEqual(len(refunds), 1 if refunded else 0)
        self.assertEqual(len(refunds.payment_id), len(refunds))
        self.assertPaidOnce(tx, *invoices, elsewhere=elsewhere)

    def test_a_worker_killed_after_the_charge_leaves_a_payment_that_is_found(self):
        invoice = self.make_invoice(self.client, 100)
        token = self.make_token()
        for is_after in (False, True):
            with self.subTest(is_after=is_after):
                invoice = self.make_invoice(self.client, 100)
                self.enter(self.owner)
                with self.killed_at("payment.transaction", "_process", is_after):
                    with suppress(RefusedCall):  # assertRaises would take back what was kept, too
                        self.begin((invoice, 10000), token=token)
                        self.fail("The worker lives")
                self.env.invalidate_all()
                tx = invoice.transaction_ids
                self.assertEqual((len(tx), tx.state), (1, "draft"))
                self.assertTrue(tx.asked_at)
                self.assertTrue(invoice._client_in_flight())
                self.enter(self.owner)
                with self.assertRaisesRegex(RefusedCall, "under way"):
                    self.begin((invoice, 10000), token=token)
                self.check(tx)
                self.assertPaidOnce(tx, invoice)


@tagged("post_install", "-at_install")
class TestReceipts(StripeCase):
    def test_a_receipt_is_mailed_once(self):
        self.env["nestogy.client.mail.template"].create(
            {
                "client_id": self.client.id,
                "kind": "receipt",
                "subject": "Thanks for {amount}",
                "body": "<p>{numbers}</p>",
            }
        )
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        values = self.begin((invoice, 4000))
        self.confirm(values)
        self.deliver(self.fake.events[-1])
        tx = self.transaction(values)
        self.assertEqual(tx.receipt_state, "due")
        for _n in range(2):
            self.run_job("receipt")
        mails = self.env["mail.mail"].search([("model", "=", "account.payment"), ("res_id", "=", tx.payment_id.id)])
        self.assertEqual(len(mails), 1)
        self.assertIn("40.00", mails.subject)
        self.assertIn(invoice.name, mails.body_html)
        self.assertEqual(mails.recipient_ids, self.owner)
        self.assertTrue(mails.attachment_ids)
        self.assertEqual((tx.receipt_state, tx.payment_id.is_sent), ("sent", True))

    def test_nobody_to_write_to_is_said(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        values = self.begin((invoice, 4000))
        self.confirm(values)
        self.deliver(self.fake.events[-1])
        self.client.child_ids.email = False
        self.run_job("receipt")
        self.assertEqual(self.transaction(values).receipt_state, "nobody")

    def test_whether_receipts_go_out_is_inherited(self):
        group = self.env["nestogy.client.group"].create({"name": "Quiet", "company_id": self.env.company.id})
        self.client.client_group_id = group
        for level, change, state in (
            ("company", lambda: None, "due"),
            ("company", lambda: self.env.company.write({"receipt_mail": False}), False),
            ("group", lambda: group.write({"receipt_mail": "online"}), "due"),
            ("client", lambda: self.client.set_client_setting("receipt_mail", False), False),
        ):
            with self.subTest(level=level, state=state):
                change()
                self.assertEqual(self.client._client_setting("receipt_mail")[1], level)
                invoice = self.make_invoice(self.client, 100)
                self.enter(self.owner)
                values = self.begin((invoice, 4000))
                self.confirm(values)
                self.deliver(self.fake.events[-1])
                tx = self.transaction(values)
                self.assertEqual((tx.state, tx.receipt_state), ("done", state))
                self.enter(self.owner)

    def test_a_receipt_that_failed_is_sent_again_from_the_payment(self):
        invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)
        values = self.begin((invoice, 4000))
        self.confirm(values)
        self.deliver(self.fake.events[-1])
        address = self.owner.email
        self.client.child_ids.email = False
        self.run_job("receipt")
        tx = self.transaction(values)
        payment = tx.payment_id.with_user(self.make_user("receipt_billing", "billing"))
        self.assertEqual(payment.receipt_state, "nobody")
        self.owner.email = address
        payment.action_receipt_again()
        self.assertEqual(payment.receipt_state, "due")
        self.run_job("receipt")
        self.assertEqual(payment.receipt_state, "sent")
        with self.assertRaisesRegex(UserError, "needs no other try"):
            payment.action_receipt_again()
        with self.assertRaises(AccessError):
            tx.payment_id.with_user(self.owner.user_ids).action_receipt_again()
        mails = self.env["mail.mail"].search([("model", "=", "account.payment"), ("res_id", "=", payment.id)])
        self.assertEqual(len(mails), 1)
