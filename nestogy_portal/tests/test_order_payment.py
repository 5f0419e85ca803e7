from lxml import html

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCase, RefusedCall


@tagged("post_install", "-at_install")
class TestOrderPayment(PortalCase):
    """Estimates and orders are paid under the same guard as invoices."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.make_demo_provider()
        cls.method = cls.provider.payment_method_ids[:1]
        cls.order = cls.make_order(cls.owner)

    @classmethod
    def make_order(cls, partner, price=120, **values):
        product = cls.env["product.product"].create({"name": "Visit", "type": "service", "taxes_id": False})
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "require_signature": False,
                "require_payment": True,
                "prepayment_percent": 0.5,
                "order_line": [Command.create({"product_id": product.id, "price_unit": price, "tax_ids": False})],
                **values,
            }
        )
        order.action_quotation_sent()
        return order

    def start(self, order=None, **changes):
        order = order or self.order
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "amount": order.amount_total,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": f"/my/orders/{order.id}",
            **changes,
        }
        return self.call(f"/my/orders/{order.id}/transaction", **params)

    def transactions(self, order=None):
        self.env.invalidate_all()
        return self.env["payment.transaction"].search([("sale_order_ids", "in", (order or self.order).ids)])

    def finish(self, values):
        self.call(
            "/payment/demo/simulate_payment",
            reference=values["reference"],
            payment_details="1234",
            simulated_state="done",
        )
        self.env.invalidate_all()

    def refused(self, pattern, order=None, **changes):
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, pattern):
            self.start(order, **changes)
        self.assertFalse(self.transactions(order), changes)

    def test_paying_confirms_the_estimate(self):
        self.enter(self.owner)
        self.finish(self.start())
        self.assertRecordValues(self.transactions(), [{"state": "done", "amount": 120}])
        self.assertEqual(self.order.state, "sale")
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, "paid already"):
            self.start()
        self.assertEqual(len(self.transactions()), 1)

    def test_senseless_amounts_are_refused(self):
        self.enter(self.owner)
        for amount in (-50, 0, 0.001, 120000, 120.01, float("nan"), float("inf"), True, [120], "120", None, {}):
            self.refused("amount must be", amount=amount)
        self.refused("At least", amount=59)
        self.assertTrue(self.start(amount=60)["reference"])

    def test_only_what_the_page_offers_can_be_used(self):
        self.enter(self.owner)
        other = self.env["payment.provider"].search([("code", "=", "stripe")], limit=1)
        for changes in (
            *({"provider_id": value} for value in (other.id, 999999, True, "1", None)),
            *({"payment_method_id": value} for value in (999999, [self.method.id])),
            *({"flow": value} for value in ("offline", None, ["direct"])),
            {"flow": "token", "token_id": 999999},
            {"is_validation": True},
        ):
            self.refused("not offered", **changes)
        self.provider.is_published = False
        self.refused("not offered")

    def test_only_what_is_open_can_be_paid(self):
        self.enter(self.owner)
        cancelled, late = self.make_order(self.owner), self.make_order(self.owner)
        cancelled._action_cancel()
        late.validity_date = fields.Date.subtract(fields.Date.today(), days=1)
        self.refused("cannot be paid", cancelled)
        self.refused("has expired", late)
        invoiced = self.make_order(self.owner)
        invoiced.action_confirm()
        invoiced._create_invoices().action_post()
        self.assertEqual(invoiced.amount_invoiced, 120)
        self.refused("paid already", invoiced)
        self.refused("token is invalid", self.make_order(self.stranger))

    def test_strangers_and_nobody_need_the_token_of_the_document(self):
        for who in (None, self.stranger):
            self.enter(who)
            for token in (None, "wrong", "ä", ["x"]):
                self.refused("token is invalid", access_token=token)
        self.enter()
        self.assertTrue(self.start(access_token=self.order._portal_ensure_token())["reference"])

    def test_who_may_not_pay_does_not(self):
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_reader")
        self.enter(self.colleague)
        self.refused("not part of your portal")

    def test_the_browser_does_not_choose_where_it_is_led(self):
        self.enter(self.owner)
        for landing in ("https://evil.example", "//evil.example", "/\\evil.example", ["/my"]):
            self.start(landing_route=landing)
            transaction = self.transactions()
            self.assertTrue(transaction.landing_route.startswith(f"/my/orders/{self.order.id}"))
            transaction._set_canceled()
            transaction.unlink()

    def test_two_tabs_and_two_people_make_one_payment(self):
        self.enter(self.owner)
        first, second = self.start(), self.start()
        self.assertEqual(first["reference"], second["reference"])
        third = self.start(amount=100)
        states = {tx.reference: tx.state for tx in self.transactions()}
        self.assertEqual(states, {first["reference"]: "cancel", third["reference"]: "draft"})
        self.enter(self.colleague)
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, "under way"):
            self.start()

    # without a document

    def pay_freely(self, amount, **changes):
        page = self.open(f"/payment/pay?amount={amount}")
        (token,) = set(html.fromstring(page.content).xpath("//form[@id='o_payment_form']/@data-access-token")) or (
            None,
        )
        return self.call(
            "/payment/transaction",
            **{
                "provider_id": self.provider.id,
                "payment_method_id": self.method.id,
                "token_id": None,
                "amount": amount,
                "currency_id": self.env.company.currency_id.id,
                "partner_id": self.owner.id,
                "access_token": token,
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": "/payment/confirmation",
                **changes,
            },
        )

    def test_payments_without_a_document_are_checked_as_well(self):
        self.enter(self.owner)
        self.assertTrue(self.pay_freely(10)["reference"])
        stripe = self.env["payment.provider"].search([("code", "=", "stripe")], limit=1)
        for amount, changes in ((-50, {}), (10, {"provider_id": stripe.id}), (10, {"provider_id": "x"})):
            with mute_logger("odoo.http"), self.assertRaises(RefusedCall) as refused:
                self.pay_freely(amount, **changes)
            self.assertEqual(refused.exception.name, "odoo.exceptions.ValidationError")
        transaction = self.env["payment.transaction"].search([("partner_id", "=", self.owner.id)])
        self.assertEqual(transaction.mapped("amount"), [10])
