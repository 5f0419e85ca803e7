from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.allocation import Part, write_plan
from .common import PortalCase, RefusedCall
from .fake_paypal import FakePaypal
from .test_stripe_faults import MUTED


@tagged("post_install", "-at_install")
class TestPaypal(PortalCase):
    """PayPal pays once, whatever gets lost on the way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = FakePaypal()
        cls.addClassCleanup(cls.fake.close)
        cls.provider = cls.env["payment.provider"].search([("code", "=", "paypal")], limit=1)
        cls.provider.write(
            {
                "paypal_email_account": "pay@firm.example",
                "paypal_client_id": "client",
                "paypal_client_secret": "secret",
                "state": "test",
                "is_published": True,
            }
        )
        cls.method = cls.env.ref("payment.payment_method_paypal")
        cls.method.active = True
        url = cls.fake.url
        cls.startClassPatcher(patch.object(cls.registry["payment.provider"], "_paypal_get_api_url", lambda self: url))

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger(*MUTED, "odoo.addons.payment_paypal.controllers.main"))
        self.fake.forget()
        self.invoice = self.make_invoice(self.client, 100)
        self.enter(self.owner)

    def begin(self):
        plan = write_plan([Part(self.invoice.id, 10000, 0)])
        values = self.call(
            f"/my/pay/transaction/{plan}",
            provider_id=self.provider.id,
            payment_method_id=self.method.id,
            token_id=None,
            amount=100.0,
            flow="direct",
            tokenization_requested=False,
            landing_route="/my",
        )
        self.env.invalidate_all()
        return values, self.env["payment.transaction"].search([("reference", "=", values["reference"])])

    def complete(self, values, order_id=None):
        """What PayPal's script in the browser does when the payer has agreed."""
        self.call(
            "/payment/paypal/complete_order",
            order_id=order_id or values["order_id"],
            reference=values["reference"],
        )
        self.env.invalidate_all()

    def job(self, later=0):
        """The job of every quarter of an hour."""
        with freeze_time(fields.Datetime.now() + timedelta(hours=later)), self.enter_registry_test_mode():
            self.env.ref("nestogy_portal.ir_cron_payment_check").method_direct_trigger()
        self.env.invalidate_all()

    def assertPaidOnce(self, tx):
        self.assertRecordValues(tx, [{"state": "done", "is_post_processed": True}])
        (capture,) = self.fake.captured()
        self.assertEqual((capture["id"], float(capture["amount"]["value"])), (tx.provider_reference, tx.amount))
        self.assertEqual(len(self.env["account.payment"].search([("payment_transaction_id", "=", tx.id)])), 1)
        self.assertEqual(self.invoice.amount_residual, 0)

    # ------------------------------------------------------------------

    def test_the_whole_way(self):
        values, tx = self.begin()
        self.assertEqual(tx.paypal_order_ref, values["order_id"])
        self.fake.approve(values["order_id"])
        self.complete(values)
        self.assertPaidOnce(tx)
        self.job()
        self.assertPaidOnce(tx)

    def test_a_lost_answer_is_found_by_the_job(self):
        for fault in ("drop after", "500 after"):
            with self.subTest(fault=fault):
                self.fake.forget()
                self.provider.paypal_access_token_expiry = "1970-01-01"
                self.invoice = self.make_invoice(self.client, 100)
                values, tx = self.begin()
                self.fake.approve(values["order_id"])
                self.fake.faults.append(("POST", f"v2/checkout/orders/{values['order_id']}/capture", fault))
                self.complete(values)
                self.assertEqual(tx.state, "pending")
                self.assertTrue(self.invoice._client_in_flight())
                with self.assertRaisesRegex(RefusedCall, "under way"):
                    self.begin()
                self.job()
                self.assertPaidOnce(tx)

    def test_a_worker_that_died_after_the_capture_leaves_a_payment_that_is_found(self):
        values, tx = self.begin()
        self.fake.approve(values["order_id"])
        self.fake.capture(self.fake.store[values["order_id"]])
        self.assertEqual(tx.state, "draft")
        self.job()
        self.assertPaidOnce(tx)

    def test_while_paypal_is_silent_the_payment_stays_open(self):
        values, tx = self.begin()
        self.fake.approve(values["order_id"])
        self.fake.capture(self.fake.store[values["order_id"]])
        for fault in ("drop", "500"):
            self.fake.faults.append(("GET", "v2/checkout/orders", fault))
            self.job(later=5)
            self.assertEqual(tx.state, "draft", fault)
            self.assertEqual(self.invoice.amount_residual, 100)
        self.job()
        self.assertPaidOnce(tx)

    def test_what_nobody_finished_lapses(self):
        for how in ("left", "approved", "forgotten"):
            with self.subTest(how=how):
                self.invoice = self.make_invoice(self.client, 100)
                values, tx = self.begin()
                if how == "approved":
                    self.fake.approve(values["order_id"])
                if how == "forgotten":
                    del self.fake.store[values["order_id"]]
                self.job()
                self.assertEqual(tx.state, "draft")
                self.job(later=4)
                self.assertEqual(tx.state, "cancel")
                self.assertIn("Nothing was charged", tx.state_message)
        self.assertFalse(self.fake.captured())

    def test_another_amount_than_was_asked_for_is_not_taken_over(self):
        values, tx = self.begin()
        order = self.fake.store[values["order_id"]]
        order["purchase_units"][0]["amount"]["value"] = 1.0
        self.fake.approve(order["id"])
        self.fake.capture(order)
        self.job()
        self.assertEqual((tx.state, self.invoice.amount_residual), ("draft", 100))

    def test_the_order_of_another_payment_is_not_taken(self):
        values, tx = self.begin()
        other = self.fake.make_order(
            {
                "intent": "CAPTURE",
                "purchase_units": [
                    {"reference_id": tx.reference, "amount": {"currency_code": tx.currency_id.name, "value": 100.0}}
                ],
            }
        )
        self.fake.approve(other["id"])
        for order_id in (other["id"], "../../v1/x", "", 5):
            with self.assertRaises(RefusedCall):
                self.call("/payment/paypal/complete_order", order_id=order_id, reference=values["reference"])
        self.env.invalidate_all()
        self.assertFalse(self.fake.captured())
        self.assertEqual(tx.state, "draft")

    def test_staff_asks_now(self):
        values, tx = self.begin()
        self.fake.approve(values["order_id"])
        self.fake.capture(self.fake.store[values["order_id"]])
        tx.action_check_with_provider()
        self.env.invalidate_all()
        self.assertPaidOnce(tx)
