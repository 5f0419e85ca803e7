import base64
import json
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command, Date
from odoo.tests import HttpCase, tagged

from .common import ClientsCase, ClientsMakers

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def plain(text):
    """Amounts come with blanks that do not break."""
    return text.replace("\xa0", " ").replace("&nbsp;", " ")


class CreditMakers(ClientsMakers):
    @classmethod
    def make_credit_world(cls):
        cls.env.company.account_use_credit_limit = True
        sales = cls.env.ref("sales_team.group_sale_salesman_all_leads")
        cls.seller = cls.make_user("seller", "agent")
        cls.seller.group_ids += sales
        cls.biller = cls.make_user("biller", "billing")
        cls.boss = cls.make_user("boss", "manager")
        cls.boss.group_ids += sales
        cls.product = cls.env["product.product"].create(
            {"name": "Care", "type": "service", "list_price": 100.0, "taxes_id": [Command.clear()]}
        )
        cls.client = cls.make_client("Acme")
        cls.contact = cls.make_contact(cls.client, "Ann", "ann@acme.example")

    @classmethod
    def make_order(cls, quantity=1, partner=None, user=None, **values):
        return (
            cls.env["sale.order"]
            .with_user(user or cls.seller)
            .create(
                {
                    "partner_id": (partner or cls.client).id,
                    "order_line": [Command.create({"product_id": cls.product.id, "product_uom_qty": quantity})],
                    **values,
                }
            )
        )

    @classmethod
    def hold(cls, client=None):
        (client or cls.client).write({"credit_status": "hold", "credit_status_reason": "Pays late"})


@tagged("post_install", "-at_install")
class TestCredit(CreditMakers, ClientsCase):
    """Orders of clients on hold or above their limit wait for a manager (A10)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_credit_world()

    def decide(self, order, decision, note="Fine", user=None):
        self.env["nestogy.order.decision"].with_user(user or self.boss).create(
            {"order_ids": [Command.set(order.ids)], "decision": decision, "note": note}
        ).action_apply()
        self.env.invalidate_all()

    # ------------------------------------------------------------------
    # The status
    # ------------------------------------------------------------------

    def test_everybody_is_good_until_told_otherwise(self):
        self.assertEqual((self.client.credit_status, self.make_client("New").credit_status), ("good", "good"))
        self.hold()
        clients = self.client + self.make_client("Fine")
        found = self.env["res.partner"].search([("id", "in", clients.ids), ("credit_status", "=", "hold")])
        self.assertEqual(found, self.client)

    def test_a_hold_needs_a_reason_and_is_kept_in_the_history(self):
        with self.assertRefused(UserError, "Say why the client is on hold"):
            self.client.credit_status = "hold"
        self.assertEqual(self.client.credit_status, "good")
        self.env["nestogy.client.credit.set"].with_user(self.biller).create(
            {"client_ids": [Command.set(self.client.ids)], "credit_status": "hold", "reason": "Pays late"}
        ).action_apply()
        self.assertEqual((self.client.credit_status, self.client.credit_status_reason), ("hold", "Pays late"))
        note = self.client.message_ids[0]
        self.assertEqual(note.author_id, self.biller.partner_id)
        self.assertIn("Good → Hold. Pays late", note.body)

    def test_agents_do_not_change_it(self):
        with self.assertRefused(AccessError, "changed by the billing staff"):
            self.client.with_user(self.seller).write({"credit_status": "hold", "credit_status_reason": "x"})
        with self.assertRefused(AccessError, "nestogy.client.credit.set"):
            self.env["nestogy.client.credit.set"].with_user(self.seller).create(
                {"client_ids": [Command.set(self.client.ids)], "credit_status": "good"}
            )
        with self.assertRefused(AccessError, "changed by the billing staff"):
            self.env["res.partner"].with_user(self.seller).create({"name": "X", "credit_status": "watch"})
        self.assertEqual(self.client.credit_status, "good")

    def test_it_holds_in_one_company(self):
        self.hold()
        second = self.env["res.company"].create({"name": "Second", "country_id": self.env.ref("base.us").id})
        self.assertEqual(self.client.with_company(second).credit_status, "good")

    def test_the_figures_advise(self):
        def advice():
            self.env.invalidate_all()
            return self.client.credit_advice, plain(self.client.credit_advice_reason)

        self.assertEqual(advice(), ("good", "nothing is overdue"))
        today = Date.today()
        self.client.credit_limit = 1000.0
        self.make_invoice(self.client, 850.0)
        self.assertEqual(advice(), ("watch", "$ 850.00 of the limit of $ 1,000.00 are used"))
        self.make_invoice(self.client, 200.0)
        self.assertEqual(advice()[0], "hold")
        self.client.credit_limit = 0.0
        self.assertEqual(advice()[0], "good")
        late = [Date.subtract(today, days=days) for days in (10, 70)]
        self.make_invoice(self.client, 5.0, date=late[0], due=late[0])
        self.assertEqual(advice(), ("watch", "1 invoice is overdue for 10 days"))
        self.make_invoice(self.client, 5.0, date=late[1], due=late[1])
        self.assertEqual(advice(), ("hold", "2 invoices are overdue, the oldest for 70 days"))
        self.assertEqual(self.client.with_user(self.make_user("looker", "viewer")).credit_advice, "hold")

    # ------------------------------------------------------------------
    # Orders
    # ------------------------------------------------------------------

    def test_an_order_on_hold_waits_for_a_manager(self):
        self.hold()
        order = self.make_order(2, partner=self.contact)
        answer = order.action_confirm()
        self.assertEqual(answer["tag"], "display_notification")
        self.assertRecordValues(
            order.sudo(),
            [
                {
                    "state": "draft",
                    "credit_approval": "waiting",
                    "client_state": "waiting",
                    "credit_question": "Acme is on credit hold: Pays late",
                    "credit_requested_by_id": self.seller.id,
                }
            ],
        )
        asked = order.sudo().activity_ids
        self.assertIn(self.boss, asked.user_id)
        self.assertNotIn(self.seller, asked.user_id)
        order.action_confirm()
        self.assertEqual(order.sudo().activity_ids, asked, "asking twice asks once")
        alerts = order.client_alerts
        self.assertEqual((alerts["client_credit"]["level"], alerts.get("client_hold")), ("warning", None))
        self.assertIn("asked by seller", alerts["client_credit"]["message"].lower())
        self.decide(order, "approve", "He called me")
        self.assertRecordValues(
            order.sudo(), [{"state": "draft", "credit_approval": "approved", "credit_cleared_amount": 200.0}]
        )
        self.assertFalse(order.sudo().activity_ids)
        note = order.sudo().message_ids[0]
        self.assertIn("Approved up to $ 200.00. He called me", plain(note.body))
        self.assertIn(self.seller.partner_id, note.partner_ids)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_the_account_manager_is_asked_alone_if_he_is_a_manager(self):
        self.hold()
        self.client.user_id = self.boss
        order = self.make_order()
        order.action_confirm()
        self.assertEqual(order.sudo().activity_ids.user_id, self.boss)

    def test_an_order_above_the_limit_waits(self):
        self.client.credit_limit = 500.0
        self.make_invoice(self.client, 250.0)
        within, above = self.make_order(2), self.make_order(1)
        (within + above).action_confirm()
        self.assertEqual((within.state, above.state), ("sale", "draft"), "250 owed, 200 ordered, 100 too many")
        self.assertIn(
            "credit limit of $ 500.00, $ 450.00 are used; this order needs $ 100.00",
            plain(above.sudo().credit_question),
        )

    def test_orders_confirmed_together_count_together(self):
        self.client.credit_limit = 250.0
        orders = self.make_order(2) + self.make_order(2)
        orders.action_confirm()
        self.assertEqual(sorted(orders.mapped("state")), ["draft", "sale"])

    def test_two_orders_at_the_same_time_begin_one_after_the_other(self):
        """The row of the debtor is updated, so that of two transactions the second has to start anew."""
        self.client.credit_limit = 250.0
        self.env.flush_all()
        self.env.cr.execute("SELECT xmin FROM res_partner WHERE id = %s", [self.client.id])
        before = self.env.cr.fetchone()
        with self.env.cr.savepoint():
            self.client._credit_question(100.0)
            self.env.cr.execute("SELECT xmin FROM res_partner WHERE id = %s", [self.client.id])
            self.assertNotEqual(self.env.cr.fetchone(), before)

    def test_without_the_switch_the_limit_is_a_number(self):
        self.client.credit_limit = 50.0
        self.env.company.account_use_credit_limit = False
        order = self.make_order(5)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_who_is_no_client_is_none_of_ours(self):
        partner = self.env["res.partner"].create({"name": "Walk-in", "credit_limit": 10.0})
        order = self.make_order(5, partner=partner)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_a_manager_confirms_and_it_is_written_down(self):
        self.hold()
        order = self.make_order(user=self.boss)
        order.action_confirm()
        self.assertEqual(
            (order.state, order.credit_approval, order.credit_decided_by_id), ("sale", "approved", self.boss)
        )

    def test_a_job_is_no_manager(self):
        self.hold()
        order = self.make_order()
        order.with_user(self.env.ref("base.user_root")).sudo().action_confirm()
        self.assertEqual((order.state, order.sudo().credit_approval), ("draft", "waiting"))

    def test_an_approval_is_for_its_amount_and_its_client(self):
        self.hold()
        order = self.make_order(2)
        order.action_confirm()
        self.decide(order, "approve")
        order.order_line.product_uom_qty = 3
        order.action_confirm()
        self.assertEqual((order.state, order.sudo().credit_approval), ("draft", "waiting"))
        self.decide(order, "approve")
        other = self.make_client("Other")
        self.hold(other)
        order.partner_id = other
        order.action_confirm()
        self.assertEqual(order.state, "draft")
        self.assertIn("Other is on credit hold", order.sudo().credit_question)
        self.decide(order, "approve")
        order.order_line.product_uom_qty = 1
        order.action_confirm()
        self.assertEqual(order.state, "sale", "less than approved is approved")

    def test_a_running_order_does_not_grow_past_what_went_through(self):
        self.client.credit_limit = 250.0
        order = self.make_order(1)
        order.action_confirm()
        order.order_line.product_uom_qty = 2
        self.assertEqual(order.sudo().credit_cleared_amount, 200.0)
        with self.assertRefused(ValidationError, "A manager has to make the change"):
            order.order_line.product_uom_qty = 3
        self.assertEqual(order.order_line.product_uom_qty, 2)
        order.order_line.with_user(self.boss).product_uom_qty = 4
        self.assertEqual(order.sudo().credit_cleared_amount, 400.0)

    def test_a_refusal_says_why_and_confirming_asks_again(self):
        self.hold()
        order = self.make_order()
        order.action_confirm()
        with self.assertRefused(UserError, "Say why"):
            self.decide(order, "refuse", note=" ")
        self.assertEqual(order.sudo().credit_approval, "waiting")
        self.decide(order, "refuse", "First the old invoice")
        self.assertEqual((order.state, order.sudo().credit_approval), ("draft", "refused"))
        self.assertFalse(order.sudo().activity_ids)
        self.assertIn("Approval refused. First the old invoice", order.sudo().message_ids[0].body)
        with self.assertRefused(UserError, "somebody was faster"):
            self.decide(order, "approve")
        order.action_confirm()
        self.assertEqual(order.sudo().credit_approval, "waiting")

    def test_nobody_approves_for_himself(self):
        self.hold()
        order = self.make_order()
        order.action_confirm()
        with self.assertRefused(AccessError, "Only client managers"):
            self.decide(order, "approve", user=self.seller)
        with self.assertRefused(AccessError, "with the buttons"):
            order.write({"credit_approval": "approved", "credit_cleared_amount": 1e6})
        with self.assertRefused(UserError, "then a manager is asked"):
            order.write({"state": "sale"})
        with self.assertRefused(UserError, "then a manager is asked"):
            self.make_order(state="sale")
        self.assertEqual((order.state, order.sudo().credit_approval), ("draft", "waiting"))

    def test_a_payment_is_kept_and_the_approval_confirms(self):
        self.hold()
        order = self.make_order(2, require_payment=True, require_signature=False, prepayment_percent=1.0)
        order.action_quotation_sent()
        provider = self.env["payment.provider"].create({"name": "Test", "code": "none", "state": "test"})
        method = self.env["payment.method"].create({"name": "Card", "code": "test_card"})
        payment = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": method.id,
                "amount": 200.0,
                "currency_id": order.currency_id.id,
                "partner_id": self.client.id,
                "reference": "paid-1",
                "state": "done",
                "sale_order_ids": [Command.set(order.ids)],
            }
        )
        payment._check_amount_and_confirm_order()
        self.assertEqual((order.state, order.sudo().credit_approval), ("sent", "waiting"))
        self.decide(order, "approve")
        self.assertEqual((order.state, order.sudo().amount_paid), ("sale", 200.0))

    def test_what_is_paid_takes_no_credit(self):
        self.client.credit_limit = 50.0
        order = self.make_order(2)
        order.action_quotation_sent()
        order.invalidate_recordset()
        with patch.object(type(order), "amount_paid", 200.0):
            order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_fraud_is_refused_and_not_asked_about(self):
        self.hold()
        order = self.make_order()
        self.set_status(self.client, "fraud")
        with self.assertRefused(UserError, "no new orders or invoices"):
            order.action_confirm()
        with self.assertRefused(UserError, "no new orders or invoices"):
            order.write({"state": "sale"})
        self.assertEqual((order.state, order.sudo().credit_approval), ("draft", False))

    def test_cancelling_withdraws_the_question(self):
        self.hold()
        order = self.make_order()
        order.action_confirm()
        order._action_cancel()
        self.assertEqual((order.sudo().credit_approval, len(order.sudo().activity_ids)), (False, 0))

    def test_invoices_are_made_on_hold_recurring_ones_too(self):
        self.hold()
        invoice = self.make_invoice(self.client, 10.0, post=False)
        self.assertIn("on credit hold: Pays late", invoice.alerts["client_hold"]["message"])
        invoice.action_post()
        contract = self.env["contract.contract"].create(
            {
                "name": "Care",
                "partner_id": self.client.id,
                "contract_line_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "name": "Care",
                            "quantity": 1,
                            "price_unit": 100.0,
                            "recurring_rule_type": "monthly",
                            "date_start": Date.today(),
                            "recurring_next_date": Date.today(),
                        }
                    )
                ],
            }
        )
        self.assertEqual(contract._recurring_create_invoice(Date.today()).amount_total, 100.0)


@tagged("post_install", "-at_install")
class TestCreditPortal(CreditMakers, HttpCase):
    """What the client does in the portal is never lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_credit_world()
        cls.make_portal_user(cls.contact, login="ann", password="portal-secret")
        cls.hold()
        cls.order = cls.make_order(partner=cls.contact, require_signature=True, require_payment=False)
        cls.order.action_quotation_sent()

    def accept(self):
        self.authenticate("ann", "portal-secret")
        answer = self.url_open(
            f"/my/orders/{self.order.id}/accept",
            data=json.dumps({"params": {"name": "Ann", "signature": PIXEL}}),
            headers={"Content-Type": "application/json"},
        ).json()
        self.assertTrue(answer["result"].get("force_refresh"), answer)
        self.env.invalidate_all()

    def test_a_signature_is_kept_and_the_approval_confirms(self):
        self.accept()
        order = self.order.sudo()
        self.assertRecordValues(
            order, [{"state": "sent", "credit_approval": "waiting", "signed_by": "Ann", "client_state": "waiting"}]
        )
        self.assertEqual(base64.b64decode(order.signature), base64.b64decode(PIXEL))
        portal = self.contact.user_ids
        self.assertEqual(order.with_user(portal)._client_state()[0], "Accepted")
        with self.assertRaises(AccessError):
            order.with_user(portal).read(["credit_question"])
        page = self.url_open(f"/my/orders/{self.order.id}").text
        self.assertNotIn("credit hold", page)
        self.assertNotIn("Pays late", page)
        self.assertNotIn("Accept &amp; Sign", page)
        order.with_user(self.boss)._decide_credit("approved", "Good client")
        self.env.invalidate_all()
        self.assertEqual((order.state, order.signed_by), ("sale", "Ann"))

    def test_what_is_declined_is_rejected_with_the_clients_words(self):
        self.authenticate("ann", "portal-secret")
        page = self.url_open(f"/my/orders/{self.order.id}")
        token = page.text.split('csrf_token: "')[1].split('"')[0]
        self.url_open(
            f"/my/orders/{self.order.id}/decline", data={"csrf_token": token, "decline_message": " Too dear "}
        )
        self.env.invalidate_all()
        order = self.order.sudo()
        self.assertRecordValues(order, [{"client_state": "rejected", "client_reject_reason": "Too dear"}])
        order.action_draft()
        self.assertFalse(order.client_reject_reason)
