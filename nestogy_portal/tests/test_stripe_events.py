import hashlib
import hmac
import json
import time

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCase

SECRET = "whsec_test"
MUTED = (
    "odoo.addons.nestogy_portal.controllers.stripe",
    "odoo.addons.nestogy_portal.models.money.payment_transaction",
    "odoo.addons.payment_stripe.controllers.main",
    "odoo.addons.payment_stripe.models.payment_transaction",
    "odoo.addons.payment.models.payment_transaction",
    "odoo.http",
)


@tagged("post_install", "-at_install")
class TestStripeEvents(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.env["payment.provider"].search([("code", "=", "stripe")], limit=1)
        cls.method = cls.env.ref("payment.payment_method_card")
        cls.provider.write(
            {
                "stripe_publishable_key": "pk_test",
                "stripe_secret_key": "sk_test",
                "stripe_webhook_secret": SECRET,
                "state": "test",
                "is_published": True,
            }
        )
        cls.method.active = True
        cls.invoice = cls.make_invoice(cls.client, 120)
        cls.other = cls.make_invoice(cls.client, 120)
        cls.tx = cls.make_transaction(cls.invoice, "pi_right")
        cls.other_tx = cls.make_transaction(cls.other, "pi_other")

    @classmethod
    def make_transaction(cls, invoice, intent):
        return cls.env["payment.transaction"].create(
            {
                "provider_id": cls.provider.id,
                "payment_method_id": cls.method.id,
                "reference": f"tx-{invoice.id}",
                "provider_reference": intent,
                "amount": invoice.amount_total,
                "currency_id": invoice.currency_id.id,
                "partner_id": cls.owner.id,
                "operation": "online_direct",
                "invoice_ids": [Command.set(invoice.ids)],
            }
        )

    def intent(self, **changes):
        return {
            "id": "pi_right",
            "object": "payment_intent",
            "description": self.tx.reference,
            "amount": 12000,
            "currency": "usd",
            "status": "succeeded",
            "payment_method": {"type": "card", "card": {"brand": "visa"}},
            **changes,
        }

    def send(self, event, secret=SECRET, age=0, header=None):
        """Send an event to the webhook as Stripe does; gives the status of the answer."""
        body = event if isinstance(event, str | bytes) else json.dumps(event)
        body = body if isinstance(body, bytes) else body.encode()
        if header is None:
            stamp = int(time.time()) - age
            signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
            header = f"t={stamp},v1={signature}"
        headers = {"Content-Type": "application/json"} | ({"Stripe-Signature": header} if header else {})
        self.enter()
        with mute_logger(*MUTED):
            response = self.open("/payment/stripe/webhook", data=body, headers=headers, method="POST")
        self.env.invalidate_all()
        return response.status_code

    def event(self, kind="payment_intent.succeeded", **changes):
        self.number = getattr(self, "number", 0) + 1
        return {"id": f"evt_{self.number}", "type": kind, "data": {"object": self.intent(**changes)}}

    def assertUntouched(self, message=None):
        self.env.invalidate_all()
        self.assertEqual((self.tx.state, self.other_tx.state), ("draft", "draft"), message)
        self.assertEqual((self.invoice.amount_residual, self.other.amount_residual), (120, 120), message)
        self.assertEqual(self.tx.provider_reference, "pi_right", message)

    def test_a_signed_event_pays_once(self):
        for _n in range(3):
            self.assertEqual(self.send(self.event()), 200)
        self.assertEqual((self.tx.state, self.invoice.amount_residual), ("done", 0))
        self.assertEqual(self.other.amount_residual, 120)
        self.assertEqual(self.env["account.payment"].search_count([("payment_transaction_id", "=", self.tx.id)]), 1)
        for status in ("processing", "canceled", "requires_payment_method"):
            self.send(self.event("payment_intent.processing", status=status))
        self.assertEqual((self.tx.state, self.invoice.amount_residual), ("done", 0))

    def test_what_is_not_signed_changes_nothing(self):
        good = self.event()
        stamp = int(time.time())
        for case in (
            {"header": ""},
            {"secret": "wrong"},
            {"age": 3600},
            {"header": "nonsense"},
            {"header": f"t={stamp}"},
            {"header": "t=abc,v1=abc"},
            {"header": f"t={stamp},v1=ä".encode("latin-1")},
            {"header": f"t={stamp},v1={'a' * 64}"},
            {"header": "t=1=2,v1=3=4"},
        ):
            self.assertIn(self.send(good, **case), (400, 403), case)
            self.assertUntouched(case)

    def test_what_is_no_event_is_refused(self):
        for body in (
            b"",
            b"{",
            b"[]",
            b"null",
            b"5",
            b'"x"',
            b"\xff\xfe",
            b"{}",
            b'{"type": "payment_intent.succeeded"}',
            b'{"type": "payment_intent.succeeded", "data": {"object": null}}',
            b'{"type": 5, "data": {"object": {"id": "x"}}}',
            b'{"type": "payment_intent.succeeded", "data": {"object": {"id": 5}}}',
            b'{"type": "payment_intent.succeeded", "data": {"object": {"id": "x", "description": []}}}',
            b"[" * 50000,
        ):
            self.assertEqual(self.send(body), 400, body[:80])
            self.assertUntouched()
        # signed, but not what we know
        self.assertLess(self.send(self.event(description="unknown")), 500)
        self.assertLess(
            self.send(
                {
                    "id": "e",
                    "type": "charge.refunded",
                    "data": {"object": {"id": "ch", "description": self.tx.reference}},
                }
            ),
            500,
        )
        self.assertLess(self.send({"id": "e", "type": "balance.available", "data": {"object": {}}}), 500)
        self.assertUntouched()

    def test_without_secret_or_enabled_provider_nothing_is_believed(self):
        self.provider.write({"is_published": False})
        self.provider.stripe_webhook_secret = False
        self.assertEqual(self.send(self.event()), 403)
        self.assertEqual(self.send(self.event(), secret=""), 403)
        self.assertUntouched()
        self.provider.write({"stripe_webhook_secret": SECRET, "state": "disabled"})
        self.assertEqual(self.send(self.event()), 403)
        self.assertUntouched()

    def test_a_payment_that_does_not_fit_is_refused_every_time(self):
        for changes in (
            {"amount": 100},
            {"amount": 12001},
            {"amount": 0},
            {"currency": "eur"},
            {"currency": ""},
            {"id": "pi_other"},
            {"id": "pi_new"},
            {"status": None},
        ):
            for _n in range(2):
                self.assertLess(self.send(self.event(**changes)), 500, changes)
                if changes != {"status": None}:
                    self.assertUntouched(changes)
        self.assertTrue(self.invoice.message_ids.filtered(lambda message: "was refused" in (message.body or "")))

    def test_the_intent_of_another_document_settles_nothing(self):
        self.tx.provider_reference = False  # as transactions made before this addon are
        self.assertEqual(self.send({**self.event(id="pi_x"), "data": {"object": self.intent(id="pi_x")}}), 200)
        self.assertEqual(self.tx.state, "done")
        self.assertEqual(self.send(self.event(id="pi_x", description=self.other_tx.reference)), 200)
        self.assertEqual((self.other_tx.state, self.other.amount_residual), ("draft", 120))

    def go_back(self, answer, reference=None, named="pi_right"):
        calls = self.fake_stripe({("GET", f"payment_intents/{named}"): answer})
        self.enter()
        with mute_logger(*MUTED):
            response = self.open(
                f"/payment/stripe/return?reference={reference or self.tx.reference}&payment_intent={named}"
            )
        self.assertEqual(response.status_code, 303)
        self.env.invalidate_all()
        return calls

    def test_the_way_back_pays_what_was_asked_for(self):
        self.assertEqual(len(self.go_back(self.intent())), 1)
        self.assertEqual((self.tx.state, self.invoice.amount_residual), ("done", 0))

    def test_the_way_back_with_another_payment_is_refused_before_stripe_is_asked(self):
        for named in ("pi_other", "pi_cheap", "../customers", "", "pi_right/../x", "seti_1"):
            self.assertEqual(self.go_back(self.intent(id=named, amount=100), named=named), [])
            self.assertUntouched()
        self.assertEqual(self.go_back(self.intent(), reference="unknown"), [])

    def test_a_smaller_payment_does_not_pass_at_the_second_try(self):
        for _n in range(3):
            self.go_back(self.intent(amount=100))
            self.assertUntouched()

    def test_an_answer_that_never_came_is_no_payment(self):
        self.go_back(ValidationError("Stripe is silent"))
        self.assertUntouched()

    def test_the_intent_is_remembered_when_it_is_made(self):
        self.tx.unlink()
        self.fake_stripe(
            {
                ("POST", "customers"): {"id": "cus_1"},
                ("POST", "payment_intents"): {"id": "pi_made", "client_secret": "cs_1"},
            }
        )
        self.enter(self.owner)
        values = self.call(
            f"/invoice/transaction/{self.invoice.id}",
            provider_id=self.provider.id,
            payment_method_id=self.method.id,
            token_id=None,
            amount=120,
            flow="direct",
            tokenization_requested=False,
            landing_route="/my",
        )
        self.assertEqual(values["client_secret"], "cs_1")
        self.env.invalidate_all()
        self.assertEqual(self.invoice.transaction_ids.provider_reference, "pi_made")

    def test_an_open_payment_is_taken_back_at_stripe_or_stays(self):
        calls = self.fake_stripe({("POST", "payment_intents/pi_right/cancel"): {"status": "canceled"}})
        self.assertTrue(self.tx._release())
        self.assertEqual((self.tx.state, len(calls)), ("cancel", 1))
        self.fake_stripe({("POST", "payment_intents/pi_other/cancel"): ValidationError("succeeded already")})
        self.assertFalse(self.other_tx._release())
        self.assertEqual(self.other_tx.state, "draft")

    def test_a_refused_card_leaves_nothing_to_pay_in_another_tab(self):
        self.tx._set_error("card declined")
        calls = self.fake_stripe({("POST", "payment_intents/pi_right/cancel"): {"status": "canceled"}})
        (self.tx | self.other_tx)._cancel_failed_intents()
        self.assertEqual(calls, [("POST", "payment_intents/pi_right/cancel")])
        self.fake_stripe({("POST", "payment_intents/pi_right/cancel"): ValidationError("canceled already")})
        self.tx._cancel_failed_intents()
