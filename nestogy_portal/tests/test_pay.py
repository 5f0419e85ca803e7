from lxml import html

from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.allocation import Part, write_plan
from .common import PortalCase, RefusedCall


@tagged("post_install", "-at_install")
class TestPay(PortalCase):
    """Pay several invoices, or parts of them, in one go."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.make_demo_provider()
        cls.method = cls.provider.payment_method_ids[:1]
        cls.old = cls.make_invoice(cls.client, 100, due="2026-01-01", date="2025-12-01")
        cls.new = cls.make_invoice(cls.client, 50)
        cls.third = cls.make_invoice(cls.client, 30)
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True

    # ------------------------------------------------------------------

    def begin(self, *parts, amount=None, **changes):
        """Start a payment of parts: pairs of an invoice and cents, or triples with cents of credit."""
        plan = write_plan(Part(each[0].id, *each[1:], *(0,) * (3 - len(each))) for each in parts)
        params = {
            "provider_id": self.provider.id,
            "payment_method_id": self.method.id,
            "token_id": None,
            "amount": sum(each[1] for each in parts) / 100 if amount is None else amount,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/my",
            "is_validation": False,
            "access_token": None,
            "csrf_token": "x",
            **changes,
        }
        return self.call(f"/my/pay/transaction/{plan}", **params)

    def finish(self, values, state="done"):
        self.call(
            "/payment/demo/simulate_payment",
            reference=values["reference"],
            payment_details="1234",
            simulated_state=state,
        )
        self.env.invalidate_all()
        return self.env["payment.transaction"].search([("reference", "=", values["reference"])])

    def refused(self, pattern, *parts, **changes):
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, pattern):
            self.begin(*parts, **changes)
        self.env.invalidate_all()
        self.assertFalse(self.env["payment.transaction"].search([("partner_id", "=", self.owner.id)]))

    def review(self, **query):
        response = self.open("/my/pay/review?" + "&".join(f"{name}={value}" for name, value in query.items()))
        self.assertEqual(response.status_code, 200)
        return html.fromstring(response.content)

    def key(self, invoice):
        return self.client._pay_key(invoice)

    # ------------------------------------------------------------------
    # Paying
    # ------------------------------------------------------------------

    def test_each_invoice_gets_precisely_what_was_agreed(self):
        self.enter(self.owner)
        tx = self.finish(self.begin((self.old, 1234), (self.new, 5000), (self.third, 1)))
        self.assertRecordValues(
            tx, [{"state": "done", "is_post_processed": True, "amount": 62.35, "unapplied_amount": 0}]
        )
        self.assertEqual(
            [(part.move_id, part.amount, part.applied_amount, part.state) for part in tx.allocation_ids],
            [
                (self.old, 12.34, 12.34, "applied"),
                (self.new, 50, 50, "applied"),
                (self.third, 0.01, 0.01, "applied"),
            ],
        )
        self.assertEqual([move.amount_residual for move in (self.old, self.new, self.third)], [87.66, 0, 29.99])
        self.assertFalse(tx.payment_id.activity_ids)

    def test_a_second_tab_goes_on_and_another_choice_replaces(self):
        self.enter(self.owner)
        first = self.begin((self.old, 5000), (self.new, 5000))
        self.assertEqual(self.begin((self.new, 5000), (self.old, 5000))["reference"], first["reference"])
        other = self.begin((self.old, 6000), (self.new, 4000))
        self.assertNotEqual(other["reference"], first["reference"], "the same sum, spread otherwise")
        self.env.invalidate_all()
        states = dict(self.env["payment.transaction"].search([]).mapped(lambda tx: (tx.reference, tx.state)))
        self.assertEqual((states[first["reference"]], states[other["reference"]]), ("cancel", "draft"))
        # the page of one of the invoices is told apart from it as well
        self.enter(self.colleague)
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, "under way"):
            self.begin((self.new, 5000))

    def test_what_was_paid_meanwhile_stays_a_credit_and_somebody_is_told(self):
        self.enter(self.owner)
        values = self.begin((self.old, 10000), (self.new, 5000), (self.third, 3000))
        self.pay(self.old, 60)
        self.third.button_draft()
        self.third.button_cancel()
        tx = self.finish(values)
        self.assertEqual([part.applied_amount for part in tx.allocation_ids], [40, 50, 0])
        self.assertEqual([part.state for part in tx.allocation_ids], ["partial", "applied", "unapplied"])
        self.assertEqual((tx.amount, tx.unapplied_amount), (180, 90))
        self.assertEqual((self.old.amount_residual, self.new.amount_residual), (0, 0))
        (activity,) = tx.payment_id.activity_ids
        self.assertIn("90.00", activity.summary)
        self.assertIn(self.old.name, activity.note)
        credit = tx.payment_id.move_id.line_ids.filtered(lambda line: not line.reconciled and line.balance < 0)
        self.assertEqual(credit.amount_residual, -90)

    def test_credits_go_first_if_one_likes(self):
        refund = self.make_invoice(self.client, 20, move_type="out_refund")
        self.enter(self.owner)
        page = self.review(pay=self.old.id, credit=self.key(self.old))
        (route,) = page.xpath("//form[@id='o_payment_form']/@data-transaction-route")
        self.assertEqual(route, f"/my/pay/transaction/{self.old.id}-8000-2000")
        self.assertEqual(page.xpath("//form[@id='o_payment_form']/@data-amount"), ["80.0"])
        values = self.begin((self.old, 8000, 2000))
        self.env.invalidate_all()
        self.assertEqual(refund.amount_residual, 20, "not before the payment")
        tx = self.finish(values)
        self.assertEqual((self.old.amount_residual, refund.amount_residual, tx.unapplied_amount), (0, 0, 0))
        self.assertEqual(sum(tx.allocation_ids.mapped("applied_amount")), 100)

    def test_a_credit_that_went_elsewhere_leaves_the_invoice_open(self):
        refund = self.make_invoice(self.client, 20, move_type="out_refund")
        self.enter(self.owner)
        values = self.begin((self.old, 8000, 2000))
        lines = (refund | self.new).line_ids.filtered(lambda line: line.display_type == "payment_term")
        lines.reconcile()
        tx = self.finish(values)
        self.assertEqual((self.old.amount_residual, self.new.amount_residual), (20, 30))
        self.assertEqual(tx.unapplied_amount, 0)

    def test_credits_that_cover_all_are_applied_at_once(self):
        refund = self.make_invoice(self.client, 40, move_type="out_refund")
        self.enter(self.owner)
        query = {"pay": self.third.id, "credit": self.key(self.third)}
        page = self.review(**query)
        self.assertFalse(page.xpath("//form[@id='o_payment_form']"))
        (plan,) = page.xpath("//input[@name='plan']/@value")
        (csrf,) = page.xpath("//form[@action='/my/pay/credits']/input[@name='csrf_token']/@value")
        self.assertEqual(refund.amount_residual, 40, "looking changes nothing")
        for expected in (10, 10):  # the second time there is nothing left to settle
            response = self.open("/my/pay/credits", data={"csrf_token": csrf, "plan": plan})
            self.assertIn(response.status_code, (200, 303))
            self.env.invalidate_all()
            self.assertEqual((self.third.amount_residual, refund.amount_residual), (0, expected))
        notes = [body for body in self.third.message_ids.mapped("body") if "Olive Owner applied" in body]
        self.assertEqual(len(notes), 1)

    def test_one_currency_at_a_time(self):
        euros = self.make_invoice(self.client, 70, currency=self.euro)
        self.enter(self.owner)
        self.refused("any more", (self.old, 10000), (euros, 7000))
        page = self.open(f"/my/pay/review?pay={self.old.id}&pay={euros.id}").content
        page = html.fromstring(page)
        self.assertEqual(len(page.xpath("//section[@data-currency]")), 2)
        self.assertFalse(page.xpath("//form[@id='o_payment_form']"))
        links = page.xpath("//a[contains(@href, '/my/pay/review')]/@href")
        amounts = set()
        for link in links:
            step = html.fromstring(self.open(link).content)
            amounts.add((*step.xpath("//form[@id='o_payment_form']/@data-amount"),))
        self.assertEqual(amounts, {("100.0",), ("70.0",)})

    def test_an_early_payment_takes_its_discount(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "2/7 net 30",
                "early_discount": True,
                "discount_percentage": 2,
                "discount_days": 7,
                "line_ids": [Command.create({"value": "percent", "value_amount": 100, "nb_days": 30})],
            }
        )
        invoice = self.make_invoice(self.client, 100, post=False)
        invoice.invoice_payment_term_id = term
        invoice.action_post()
        self.enter(self.owner)
        values = self.call(
            f"/invoice/transaction/{invoice.id}",
            provider_id=self.provider.id,
            payment_method_id=self.method.id,
            token_id=None,
            amount=98,
            flow="direct",
            tokenization_requested=False,
            landing_route="/my",
        )
        tx = self.finish(values)
        self.assertEqual((invoice.amount_residual, tx.payment_id.amount, tx.unapplied_amount), (0, 98, 0))
        self.assertRecordValues(tx.allocation_ids, [{"amount": 98, "applied_amount": 98, "state": "applied"}])

    def test_staff_who_register_a_payment_meanwhile_end_it_or_are_told(self):
        def register(**values):
            wizard = self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=self.old.ids
            )
            return wizard.create(values)

        self.enter(self.owner)
        self.begin((self.old, 10000))
        register(amount=60).action_create_payments()
        self.env.invalidate_all()
        self.assertEqual((self.old.transaction_ids.state, self.old.amount_residual), ("cancel", 40))
        self.finish(self.begin((self.old, 4000)), "pending")
        wizard = register()
        self.assertIn(self.old.name, wizard.in_flight_warning)
        with self.assertRaisesRegex(UserError, "being paid online"), self.env.cr.savepoint():
            wizard.action_create_payments()
        self.assertEqual(self.old.amount_residual, 40)
        register(is_in_flight_accepted=True).action_create_payments()
        self.assertEqual(self.old.amount_residual, 0)

    # ------------------------------------------------------------------
    # Looking
    # ------------------------------------------------------------------

    def test_the_page_offers_what_is_open(self):
        self.pay(self.third)
        draft = self.make_invoice(self.client, 5, post=False)
        self.enter(self.owner)
        page = self.open("/my/pay")
        for invoice, is_there in ((self.old, True), (self.new, True), (self.third, False), (draft, False)):
            self.assertEqual(f'value="{invoice.id}"' in page.text, is_there)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        boxes = html.fromstring(page.content).xpath("//input[@name='pay'][@checked]/@value")
        self.assertEqual(boxes, [str(self.old.id), str(self.new.id)])

    def test_the_statement_leads_here_with_what_was_ticked(self):
        self.enter(self.owner)
        response = self.post_form("/my/statement", "/my/pay/selected", document_ids=[self.new.id, 999999])
        self.assertEqual(response.status_code, 303)
        page = html.fromstring(self.open(response.headers["Location"]).content)
        self.assertEqual(page.xpath("//input[@name='pay'][@checked]/@value"), [str(self.new.id)])

    def test_a_total_is_spread_over_the_oldest_first(self):
        self.enter(self.owner)
        page = self.review(pay=f"{self.old.id}&pay={self.new.id}", **{f"total_{self.key(self.old)}": "120.50"})
        (route,) = page.xpath("//form[@id='o_payment_form']/@data-transaction-route")
        self.assertEqual(route, f"/my/pay/transaction/{self.old.id}-10000-0.{self.new.id}-2050-0")
        (change,) = page.xpath("//a[starts-with(@href, '/my/pay?')]/@href")
        page = html.fromstring(self.open(change).content)
        self.assertEqual(page.xpath("//input[starts-with(@name, 'total_')]/@value"), ["120.50"], "nothing is forgotten")

    def test_senseless_amounts_are_answered_where_they_were_typed(self):
        self.enter(self.owner)
        for amount in ("0", "-5", "100.01", "1e3", "nan", "12.345", "abc", "9" * 30):
            page = self.review(pay=self.old.id, **{f"amount_{self.old.id}": amount})
            self.assertTrue(page.xpath(f"//input[@name='amount_{self.old.id}'][@aria-invalid]"), amount)
            page = self.review(pay=self.old.id, **{f"total_{self.key(self.old)}": amount})
            self.assertTrue(page.xpath("//input[starts-with(@name, 'total_')][@aria-invalid]"), amount)
        self.assertIn("Choose at least one", self.open("/my/pay/review").text)

    def test_processing_is_shown_everywhere_and_reminders_wait(self):
        in_flight = self.env["account.move"]._client_in_flight_domain()
        moves = self.old | self.new | self.third
        self.enter(self.owner)
        self.finish(self.begin((self.old, 10000)), "pending")
        self.assertEqual(moves.filtered_domain(in_flight), self.old)
        self.assertEqual(moves.search(in_flight & Domain("id", "in", moves.ids)), self.old)
        self.assertEqual(self.old._client_state(), ("Processing", "info"))
        self.assertNotEqual(self.new._client_state()[0], "Processing")
        for path in ("/my/statement", "/my/pay"):
            row = html.fromstring(self.open(path).content).xpath(f"//tr[@data-document='{self.old.name}']")[0]
            self.assertIn("Processing", row.text_content(), path)
        page = html.fromstring(self.open("/my/pay").content)
        self.assertNotIn(str(self.old.id), page.xpath("//input[@name='pay']/@value"))
        result = self.open("/my/pay/result").text
        self.assertIn("on its way", result)

    def test_the_page_after_the_payment_says_what_became_of_it(self):
        self.enter(self.owner)
        self.assertIn("no payment here", self.open("/my/pay/result").text)
        self.finish(self.begin((self.old, 4000)))
        page = html.fromstring(self.open("/my/pay/result").content)
        row = " ".join(page.xpath(f"//tr[@data-document='{self.old.name}']")[0].text_content().split())
        self.assertIn("40.00", row)
        self.assertIn("60.00", row)
        self.finish(self.begin((self.new, 4000)), "cancel")
        self.assertIn("nothing was charged", self.open("/my/pay/result").text)

    # ------------------------------------------------------------------
    # Who
    # ------------------------------------------------------------------

    def test_what_does_not_fit_is_refused(self):
        self.enter(self.owner)
        foreign = self.make_invoice(self.other_client, 10)
        draft = self.make_invoice(self.client, 10, post=False)
        refund = self.make_invoice(self.client, 10, move_type="out_refund")
        for invoice in (foreign, draft, refund):
            self.refused("any more", (invoice, 1000))
            self.refused("any more", (self.old, 1000), (invoice, 1000))
        self.refused("any more", (self.old, 10001))
        self.refused("any more", (self.old, 9000, 1001))
        self.refused("credit was used", (self.old, 8000, 1001))
        self.refused("does not fit", (self.old, 1000), amount=10.01)
        for amount in (0, -10, float("nan"), True, "10", None, [10]):
            self.refused("amount must be", (self.old, 1000), amount=amount if amount is not None else {})
        self.refused("not offered", (self.old, 1000), provider_id=999999)
        with mute_logger("odoo.http"):
            for plan in ("x", "1-2", "1-0-0", f"{self.old.id}-1-0.{self.old.id}-1-0", "0-1-1", "1-1-1." * 300):
                with self.assertRaisesRegex(RefusedCall, "does not fit"):
                    self.call(f"/my/pay/transaction/{plan}", amount=1)

    def test_strangers_colleagues_and_nobody(self):
        paths = ("/my/pay", f"/my/pay?documents={self.old.id}", f"/my/pay/review?pay={self.old.id}")
        self.enter(self.stranger)
        for path in paths:
            page = self.open(path)
            self.assertEqual(page.status_code, 200)
            self.assertNotIn(self.old.name, page.text)
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, "any more"):
            self.begin((self.old, 1000))
        self.enter()
        for path in paths:
            self.assertIn("/web/login", self.open(path).headers["Location"])
        with mute_logger("odoo.http"), self.assertRaises(RefusedCall):
            self.begin((self.old, 1000))
        self.env.invalidate_all()
        self.assertFalse(self.old.transaction_ids)

    def test_who_has_no_payments_in_the_portal_finds_none(self):
        level = self.env["nestogy.portal.level"].create({"name": "Looks only"})
        level.right_ids.filtered(lambda right: right.area_id.key == "money").scope = "company"
        self.colleague.portal_level_id = level
        self.enter(self.colleague)
        for path in ("/my/pay", f"/my/pay/review?pay={self.old.id}", "/my/pay/result"):
            self.assertEqual(self.open(path).status_code, 404)
        self.assertNotIn("/my/pay", self.open("/my/statement").text)
        with mute_logger("odoo.http"), self.assertRaisesRegex(RefusedCall, "not part of your portal"):
            self.begin((self.old, 1000))
        self.assertFalse(self.old.transaction_ids)

    def test_staff_see_the_parts_and_clients_do_not(self):
        self.enter(self.owner)
        tx = self.finish(self.begin((self.old, 4000)))
        billing = self.make_user("pay_billing", "agent", "billing")
        parts = self.env["nestogy.payment.allocation"]
        self.assertEqual(parts.with_user(billing).search([("transaction_id", "=", tx.id)]).applied_amount, 40)
        self.assertFalse(parts.with_user(self.owner.user_ids).has_access("read"))
        self.assertFalse(parts.with_user(billing).has_access("write"))

    def test_the_page_takes_the_same_queries_for_one_invoice_and_for_many(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.client.with_user(self.owner.user_ids)._get_pay_blocks()
            return self.env.cr.sql_log_count - before

        (self.new | self.third).button_draft()
        (self.new | self.third).button_cancel()
        count()
        few = count()
        for _n in range(10):
            self.make_invoice(self.client, 10)
        self.assertLessEqual(count(), few + 1)
