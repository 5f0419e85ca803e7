from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCase, RefusedCall

SIGNATURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
class TestEstimates(PortalCase):
    """Clients look at estimates, accept them with a name and a signature, or say why not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.make_user("estimate_seller", "agent")
        cls.product = cls.env["product.product"].create(
            {"name": "Care", "type": "service", "invoice_policy": "order", "taxes_id": [Command.clear()]}
        )
        cls.past = fields.Date.subtract(fields.Date.today(), days=3)
        cls.quote = cls.make_estimate()
        cls.foreign = cls.make_estimate(cls.other_client)

    @classmethod
    def make_estimate(cls, client=None, state="sent", **values):
        order = cls.env["sale.order"].create(
            {
                "partner_id": (client or cls.client).id,
                "user_id": cls.seller.id,
                "require_signature": True,
                "require_payment": False,
                "order_line": [Command.create({"product_id": cls.product.id, "price_unit": 87.0})],
                **values,
            }
        )
        order.state = state
        return order

    def accept(self, order, **params):
        params = {"name": "Olive Owner", "signature": SIGNATURE} | params
        return self.call(f"/my/orders/{order.id}/accept", **params)

    def reject(self, order, reason, page=None):
        return self.post_form(
            page or f"/my/orders/{order.id}", f"/my/orders/{order.id}/decline", decline_message=reason
        )

    def activities(self, order):
        kind = self.env.ref("nestogy_clients.mail_activity_type_estimate")
        return order.activity_ids.filtered(lambda each: each.activity_type_id == kind)

    # ------------------------------------------------------------------

    def test_a_signed_estimate_is_accepted_and_the_seller_is_told(self):
        self.enter(self.owner)
        page = self.open(f"/my/orders/{self.quote.id}").text
        self.assertIn("Reject", page)
        self.assertIn("Accept the estimate", page)
        answer = self.accept(self.quote)
        self.assertEqual(answer["redirect_url"], f"/my/orders/{self.quote.id}?message=sign_ok")
        self.assertRecordValues(self.quote, [{"state": "sale", "signed_by": "Olive Owner", "client_state": "accepted"}])
        (activity,) = self.activities(self.quote)
        self.assertEqual(activity.user_id, self.seller)
        self.assertEqual(activity.summary, f"Olive Owner accepted {self.quote.name}")
        page = self.open(answer["redirect_url"]).text
        self.assertIn("Accepted by", page)
        self.assertNotIn("modaldecline", page)
        self.assertIn("not in a state", self.accept(self.quote)["error"])
        self.assertEqual(len(self.activities(self.quote)), 1)

    def test_a_name_and_a_signature_are_needed(self):
        self.enter(self.owner)
        for params, text in (
            ({"name": "  "}, "write your name"),
            ({"name": None}, "write your name"),
            ({"name": ["x"]}, "write your name"),
            ({"name": "x" * 101}, "at most 100 characters"),
            ({"signature": ""}, "sign before"),
            ({"signature": [1]}, "sign before"),
            ({"signature": "A" * 1_000_001}, "too large"),
        ):
            self.assertIn(text, self.accept(self.quote, **params)["error"], params)
        self.assertRecordValues(self.quote, [{"state": "sent", "signed_by": False}])

    def test_an_expired_estimate_is_neither_accepted_nor_rejected(self):
        self.quote.validity_date = self.past
        self.enter(self.owner)
        page = self.open(f"/my/orders/{self.quote.id}").text
        self.assertIn("has expired", page)
        self.assertNotIn("modaldecline", page)
        self.assertIn("expired", self.accept(self.quote)["error"])
        self.reject(self.quote, "Too late", page="/my/profile")
        self.assertRecordValues(self.quote, [{"state": "sent", "signed_by": False, "client_state": "expired"}])

    def test_a_rejection_says_why_and_the_seller_is_told(self):
        self.enter(self.owner)
        response = self.reject(self.quote, "Too dear for <us>")
        self.assertTrue(response.headers["Location"].endswith(f"/my/orders/{self.quote.id}"))
        self.assertRecordValues(
            self.quote,
            [{"state": "cancel", "client_state": "rejected", "client_reject_reason": "Too dear for <us>"}],
        )
        (activity,) = self.activities(self.quote)
        self.assertEqual(activity.user_id, self.seller)
        self.assertEqual(activity.summary, f"Acme Dental rejected {self.quote.name}")
        self.assertIn("Too dear for &lt;us&gt;", activity.note)
        message = self.quote.message_ids.filtered(lambda each: each.message_type == "comment")
        self.assertEqual(message.author_id, self.owner)
        page = self.open(f"/my/orders/{self.quote.id}").text
        self.assertIn("This estimate was rejected", page)
        self.assertIn("Too dear for &lt;us&gt;", page)
        self.assertIn("not in a state", self.accept(self.quote)["error"])
        response = self.reject(self.quote, "Again", page="/my/profile")
        self.assertIn("message=cant_reject", response.headers["Location"])
        self.assertEqual(self.quote.client_reject_reason, "Too dear for <us>")

    def test_a_rejection_without_a_reason_or_with_a_book_is_refused(self):
        self.enter(self.owner)
        for reason in ("", "   ", "x" * 2001):
            response = self.reject(self.quote, reason)
            self.assertIn("message=reason", response.headers["Location"])
        self.assertIn("at most 2,000 characters", self.open(response.headers["Location"]).text)
        self.assertRecordValues(self.quote, [{"state": "sent", "client_reject_reason": False}])
        self.reject(self.quote, "x" * 2000)
        self.assertEqual(self.quote.state, "cancel")

    def test_what_is_accepted_by_paying_can_be_rejected_too(self):
        order = self.make_estimate(require_signature=False, require_payment=True)
        self.enter(self.owner)
        self.reject(order, "No")
        self.assertEqual(order.client_state, "rejected")

    @mute_logger("odoo.http")
    def test_strangers_and_nobody_change_nothing(self):
        for who in (self.stranger, None):
            self.enter(who)
            self.assertEqual(self.open(f"/my/orders/{self.quote.id}").status_code, 303)
            self.assertIn("error", self.accept(self.quote))
            page = "/my/profile" if who else "/web/login"
            self.reject(self.quote, "No", page=page)
        self.assertRecordValues(self.quote, [{"state": "sent", "signed_by": False, "client_reject_reason": False}])

    @mute_logger("odoo.http")
    def test_who_only_reads_neither_accepts_nor_rejects(self):
        self.enter(self.owner)
        with self.reading_only():
            page = self.open(f"/my/orders/{self.quote.id}").text
            self.assertNotIn("modaldecline", page)
            self.assertNotIn("Accept &amp; Sign", page)
            with self.assertRaises(RefusedCall):
                self.accept(self.quote)
            self.assertEqual(self.reject(self.quote, "No", page="/my/profile").status_code, 404)
        self.assertRecordValues(self.quote, [{"state": "sent", "signed_by": False, "client_reject_reason": False}])

    def reading_only(self):
        return patch.object(self.registry["res.users"], "_portal_may_act", lambda user: not user.share)

    @mute_logger("odoo.http")
    def test_the_pages_are_those_of_the_area(self):
        self.enter(self.owner)
        with patch.object(self.registry["res.users"], "_portal_scope", lambda user, key: "none"):
            for path in ("/my/quotes", "/my/orders", f"/my/orders/{self.quote.id}"):
                self.assertEqual(self.open(path).status_code, 404, path)

    def test_a_draft_is_not_the_clients_yet(self):
        draft = self.make_estimate(state="draft")
        self.enter(self.owner)
        self.assertEqual(self.open(f"/my/orders/{draft.id}").status_code, 303)
        self.assertNotIn(draft.name, self.open("/my/quotes").text)
        with self.assertRaises(AccessError):
            draft.with_user(self.owner.user_ids).read(["amount_total"])
        with self.assertRaises(AccessError):
            draft.order_line.with_user(self.owner.user_ids).read(["price_unit"])
        # whoever was given its address by us looks at it
        self.assertEqual(self.open(draft.get_portal_url()).status_code, 200)

    # ------------------------------------------------------------------

    def test_the_list_has_all_states_and_narrows_by_them(self):
        expired = self.make_estimate(validity_date=self.past)
        rejected, accepted, invoiced = (self.make_estimate() for _number in range(3))
        rejected._reject_estimates("No")
        (accepted | invoiced).action_confirm()
        invoiced._create_invoices().action_post()
        self.enter(self.owner)
        for path, shown in (
            ("/my/quotes", self.quote | expired | rejected | accepted | invoiced),
            ("/my/quotes?filterby=open", self.quote),
            ("/my/quotes?filterby=accepted", accepted | invoiced),
            ("/my/quotes?filterby=rejected", rejected),
            ("/my/quotes?filterby=expired", expired),
            ("/my/quotes?filterby=nonsense", self.quote | expired | rejected | accepted | invoiced),
            ("/my/orders", accepted | invoiced),
            ("/my/orders?filterby=accepted", accepted),
            ("/my/orders?filterby=invoiced", invoiced),
        ):
            page = self.open(path).text
            for order in self.quote | expired | rejected | accepted | invoiced | self.foreign:
                self.assertEqual(f'data-estimate="{order.name}"' in page, order in shown, (path, order.client_state))
            self.assertNotIn("access_token", page)
            self.assertNotIn("uotation", page)
        for order, word in ((expired, "Expired"), (rejected, "Rejected"), (invoiced, "Invoiced")):
            self.assertEqual(order.with_user(self.owner.user_ids)._client_state()[0], word)

    def test_looking_changes_nothing(self):
        before = self.quote.write_date, len(self.quote.message_ids), self.quote.access_token
        self.enter(self.owner)
        for path in ("/my/quotes", "/my/orders", "/my/quotes?filterby=open"):
            self.assertEqual(self.open(path).status_code, 200)
        self.quote.invalidate_recordset()
        self.assertEqual((self.quote.write_date, len(self.quote.message_ids), self.quote.access_token), before)

    def test_empty_lists_say_so(self):
        self.quote._reject_estimates("No")
        self.enter(self.owner)
        self.assertIn("No estimate waits for your answer", self.open("/my/quotes?filterby=open").text)
        self.assertIn("An estimate that you accept becomes one", self.open("/my/orders").text)

    def test_the_list_takes_as_many_queries_for_many_as_for_few(self):
        orders = self.env["sale.order"].with_user(self.owner.user_ids)
        mine = fields.Domain("partner_id", "child_of", self.client.id)

        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            tabs = orders._portal_estimate_filters()
            orders._portal_estimate_counts(mine, tabs)
            for order in orders._portal_estimates(mine, tabs["all"]["domain"], 80, 0):
                order._client_state()
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        for _number in range(5):
            self.make_estimate()
        self.assertEqual(count(), few)
