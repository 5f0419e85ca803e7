from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCase, RefusedCall


@tagged("post_install", "-at_install")
class TestPaymentGuard(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.make_demo_provider()
        cls.method = cls.provider.payment_method_ids[:1]
        cls.invoice = cls.make_invoice(cls.client, 120)

    def start(self, invoice=None, **changes):
        invoice = invoice or self.invoice
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "amount": invoice.amount_residual,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": f"/my/invoices/{invoice.id}",
            **changes,
        }
        route = params.pop("route", f"/invoice/transaction/{invoice.id}")
        return self.call(route, **params)

    def transactions(self):
        self.env.invalidate_all()
        return self.env["payment.transaction"].search([("invoice_ids", "in", self.invoice.ids)])

    def finish(self, values, state="done"):
        self.call(
            "/payment/demo/simulate_payment",
            reference=values["reference"],
            payment_details="1234",
            simulated_state=state,
        )
        self.env.invalidate_all()

    def refused(self, pattern, **changes):
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, pattern):
            self.start(**changes)
        self.assertFalse(self.transactions(), changes)

    def test_paying_settles_the_invoice_at_once(self):
        balances = self.client._client_balances()[self.client.id]
        self.assertEqual(balances[0]["outstanding"], 120)
        self.enter(self.owner)
        values = self.start()
        self.finish(values)
        transaction = self.transactions()
        self.assertRecordValues(transaction, [{"state": "done", "is_post_processed": True, "amount": 120}])
        self.assertIn(self.invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(self.invoice.amount_residual, 0)
        (balance,) = self.client._client_balances()[self.client.id]
        self.assertEqual((balance["outstanding"], balance["paid"]), (0, 120))
        self.finish(values)  # told twice
        self.assertEqual(self.env["account.payment"].search_count([("partner_id", "=", self.client.id)]), 1)
        page = self.open("/my/statement?show=paid")
        self.assertIn(self.invoice.name, page.text)

    def test_a_part_can_be_paid(self):
        self.enter(self.colleague)
        self.finish(self.start(amount=20))
        self.assertEqual(self.invoice.amount_residual, 100)
        self.assertEqual(self.invoice.payment_state, "partial")
        self.finish(self.start(amount=100))
        self.assertEqual(self.invoice.amount_residual, 0)

    def test_senseless_amounts_are_refused(self):
        self.enter(self.owner)
        for amount in (
            -50,
            0,
            0.001,
            120000,
            120.01,
            10.005,
            float("nan"),
            float("inf"),
            True,
            [120],
            "120",
            None,
            {},
        ):
            self.refused("amount must be", amount=amount)

    def test_only_what_the_page_offers_can_be_used(self):
        self.enter(self.owner)
        other = self.env["payment.provider"].search([("code", "=", "stripe")], limit=1)
        for changes in (
            {"provider_id": other.id},
            {"provider_id": 999999},
            {"provider_id": True},
            {"provider_id": "1"},
            {"provider_id": None},
            {"payment_method_id": 999999},
            {"payment_method_id": [self.method.id]},
            {"flow": "offline"},
            {"flow": None},
            {"flow": ["direct"]},
            {"flow": "token", "token_id": 999999},
            {"is_validation": True},
        ):
            self.refused("not offered", **changes)
        self.provider.is_published = False
        self.refused("not offered")

    def test_only_open_invoices_can_be_paid(self):
        self.enter(self.owner)
        draft = self.make_invoice(self.client, 5, post=False)
        paid = self.make_invoice(self.client, 6)
        self.pay(paid)
        cancelled = self.make_invoice(self.client, 7)
        cancelled.button_draft()
        cancelled.button_cancel()
        credit = self.make_invoice(self.client, 8, move_type="out_refund")
        foreign = self.make_invoice(self.other_client, 9)
        for invoice, amount in ((draft, 5), (paid, 6), (cancelled, 7), (credit, 8), (foreign, 9)):
            with mute_logger("odoo.http"), self.assertRaises(RefusedCall):
                self.start(invoice, amount=amount)
            self.env.invalidate_all()
            self.assertFalse(invoice.transaction_ids)
        self.env["ir.config_parameter"].set_param("account_payment.enable_portal_payment", "False")
        self.refused("not offered")

    def test_strangers_and_nobody_need_the_token_of_the_document(self):
        for who in (None, self.stranger):
            self.enter(who)
            self.refused("token is invalid")
            self.refused("token is invalid", access_token="wrong")
            self.refused("token is invalid", access_token="ä")
        self.enter()
        self.assertTrue(self.start(access_token=self.invoice._portal_ensure_token())["reference"])

    def test_the_browser_does_not_choose_where_it_is_led(self):
        self.enter(self.owner)
        for landing in ("https://evil.example", "//evil.example", "/\\evil.example", ["/my"]):
            self.start(landing_route=landing)
            transaction = self.transactions()
            self.assertEqual(transaction.landing_route, "/my/invoices")
            transaction._set_canceled()
            transaction.unlink()

    def test_a_second_tab_goes_on_with_the_same_payment(self):
        self.enter(self.owner)
        first, second = self.start(), self.start()
        self.assertEqual(first["reference"], second["reference"])
        self.assertEqual(len(self.transactions()), 1)

    def test_another_amount_replaces_the_open_payment(self):
        self.enter(self.owner)
        first = self.start()
        second = self.start(amount=50)
        self.assertNotEqual(first["reference"], second["reference"])
        states = {tx.reference: tx.state for tx in self.transactions()}
        self.assertEqual(states, {first["reference"]: "cancel", second["reference"]: "draft"})

    def test_a_second_person_is_told(self):
        self.enter(self.owner)
        self.start()
        self.enter(self.colleague)
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, "under way"):
            self.start()
        self.assertEqual(len(self.transactions()), 1)
        self.transactions().last_state_change = fields.Datetime.now() - timedelta(hours=1)
        self.start()
        self.assertEqual(sorted(self.transactions().mapped("state")), ["cancel", "draft"])

    def test_a_pending_payment_blocks(self):
        self.enter(self.owner)
        self.finish(self.start(), "pending")
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, "under way"):
            self.start()
        self.assertEqual(len(self.transactions()), 1)

    def test_all_overdue_invoices_are_paid_in_one_go(self):
        past = fields.Date.today() - timedelta(days=40)
        late = self.make_invoice(self.client, 30, date=past, due=past) | self.make_invoice(
            self.colleague, 12, date=past, due=past
        )
        self.enter(self.owner)
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, "amount must be"):
            self.start(route="/invoice/transaction/overdue", amount=43, payment_reference="x")
        values = self.start(route="/invoice/transaction/overdue", amount=42, payment_reference="BATCH/1")
        self.finish(values)
        self.assertEqual(late.mapped("amount_residual"), [0, 0])
        self.assertEqual(self.invoice.amount_residual, 120)
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, "nothing left"):
            self.start(route="/invoice/transaction/overdue", amount=42, payment_reference="x")
        self.enter()
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, "log in"):
            self.start(route="/invoice/transaction/overdue", amount=42, payment_reference="x")

    @mute_logger("odoo.addons.nestogy_portal.models.money.payment_transaction")
    def test_a_disabled_provider_is_not_believed(self):
        self.enter(self.owner)
        values = self.start()
        self.provider.write({"state": "disabled", "is_published": False})
        self.finish(values)
        self.assertEqual(self.transactions().state, "draft")
        self.assertEqual(self.invoice.amount_residual, 120)

    @mute_logger("odoo.addons.nestogy_portal.models.money.payment_transaction")
    def test_a_failure_to_settle_keeps_the_payment_for_the_job(self):
        self.enter(self.owner)
        values = self.start()
        with patch.object(
            self.registry["payment.transaction"], "_create_payment", side_effect=ValueError("no journal")
        ):
            self.finish(values)
        transaction = self.transactions()
        self.assertRecordValues(transaction, [{"state": "done", "is_post_processed": False}])
        self.assertEqual(self.invoice.amount_residual, 120)
        transaction._post_process()
        self.assertEqual(self.invoice.amount_residual, 0)

    def test_a_reference_of_the_provider_settles_one_transaction(self):
        common = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "amount": 120,
            "currency_id": self.invoice.currency_id.id,
            "partner_id": self.owner.id,
            "operation": "online_direct",
            "invoice_ids": [Command.set(self.invoice.ids)],
        }
        transactions = self.env["payment.transaction"].create(
            [common | {"reference": "guard-1"}, common | {"reference": "guard-2"}]
        )
        transactions[0].provider_reference = "pi_same"
        self.env.flush_all()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            transactions[1].provider_reference = "pi_same"
            self.env.flush_all()

    def test_stripe_is_not_offered_without_a_webhook_secret(self):
        stripe = self.env["payment.provider"].search([("code", "=", "stripe")], limit=1)
        stripe.write({"stripe_publishable_key": "pk", "stripe_secret_key": "sk", "stripe_webhook_secret": False})
        with self.assertRaisesRegex(ValidationError, "webhook secret"):
            stripe.state = "enabled"
        stripe.state = "test"
        with self.assertRaisesRegex(ValidationError, "webhook secret"):
            stripe.is_published = True

        def offered():
            return self.env["payment.provider"]._get_compatible_providers(
                self.env.company.id, self.owner.id, 10, currency_id=self.env.company.currency_id.id
            )

        self.assertNotIn(stripe, offered())
        stripe.write({"stripe_webhook_secret": "whsec", "is_published": True})
        self.assertIn(stripe, offered())

    def test_the_invoice_page_pays_without_a_token_in_its_address(self):
        self.enter(self.owner)
        response = self.open(f"/my/invoices/{self.invoice.id}?payment=True")
        self.assertEqual(response.status_code, 200)
        self.assertIn(f"/invoice/transaction/{self.invoice.id}", response.text)
