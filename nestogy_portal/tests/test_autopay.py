import json
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError
from requests import Response, Timeout

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_portal.models.access.res_users import STEP_UP

from .common import PASSWORD, PortalCase, PortalMakers

LOGGER = "odoo.addons.nestogy_portal.models.autopay.nestogy_autopay_charge"


class AutopayMakers(PortalMakers):
    @classmethod
    def make_autopay_world(cls):
        cls.env.company.write({"email": "office@firm.example", "autopay_notice_days": 3})
        cls.provider = cls.make_demo_provider()
        cls.token = cls.make_token(cls.owner)

    @classmethod
    def make_token(cls, partner, state="done", provider=None):
        provider = provider or cls.provider
        provider.allow_tokenization = True
        return cls.env["payment.token"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": provider.payment_method_ids[:1].id,
                "payment_details": "4242",
                "partner_id": partner.id,
                "provider_ref": "ref",
                "demo_simulated_state": state,
            }
        )

    def give(self, token=None, rule="due", days=0, limit=1000, who=None):
        user = (who or self.owner).user_ids
        return self.env["nestogy.autopay"]._give(
            user, self.env.company, (token or self.token).id, rule, days, limit, "192.0.2.7", "Browser/1"
        )

    def due(self, days=0, amount=100, client=None):
        """An invoice that is due so many days from now."""
        day = fields.Date.today() + timedelta(days=days)
        return self.make_invoice(client or self.client, amount, date=day - timedelta(days=30), due=day)

    def run_cron(self, day=0):
        with freeze_time(fields.Datetime.now() + timedelta(days=day)), self.enter_registry_test_mode():
            self.env.ref("nestogy_portal.ir_cron_autopay").method_direct_trigger()
        self.env.invalidate_all()

    def told(self):
        """Subjects of what the client was mailed, the newest last."""
        domain = [("model", "=", "res.partner"), ("res_id", "=", self.client.id), ("partner_ids", "!=", False)]
        return self.env["mail.message"].search(domain, order="id").mapped("subject")

    def states(self, invoice):
        return invoice.autopay_charge_ids.sorted("id").mapped("state")

    def transactions(self, invoice):
        return self.env["payment.transaction"].search([("invoice_ids", "in", invoice.ids)])


@tagged("post_install", "-at_install")
class TestAutopay(AutopayMakers, PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_autopay_world()
        cls.billing = cls.make_user("auto_billing", "billing")

    # -- consent -------------------------------------------------------------

    def test_a_consent_is_kept_with_its_proof_and_never_changed(self):
        consent = self.give(rule="after", days=5, limit=250)
        self.assertRecordValues(
            consent,
            [
                {
                    "client_id": self.client.id,
                    "partner_id": self.owner.id,
                    "user_id": self.owner.user_ids.id,
                    "rule_text": "5 days after the due date",
                    "limit_amount": 250,
                    "ip_address": "192.0.2.7",
                    "user_agent": "Browser/1",
                    "text_version": "1",
                    "state": "active",
                }
            ],
        )
        self.assertIn("Acme Dental", consent.text)
        self.assertIn("3 days before", consent.text)
        for deed in (
            lambda: consent.write({"limit_amount": 9999}),
            lambda: consent.write({"text": "x"}),
            consent.unlink,
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                deed()
        with self.assertRaises(AccessError):
            self.env["nestogy.autopay"].with_user(self.billing).create({"client_id": self.client.id})

    def test_the_copy_of_ones_data_tells_of_it(self):
        consent = self.give()
        (part,) = [each for each in self.owner._client_export_parts() if each["key"] == "autopay"]
        self.assertEqual(len(part["rows"]), 1)
        self.assertIn(consent.text, part["rows"][0].values())
        self.assertIn("192.0.2.7", part["rows"][0].values())
        (part,) = [each for each in self.colleague._client_export_parts() if each["key"] == "autopay"]
        self.assertFalse(part["rows"])

    def test_new_terms_end_the_former_ones(self):
        first = self.give()
        move = self.due()
        self.run_cron()
        second = self.give(limit=50)
        self.assertEqual((first.state, first.stop_reason, second.state), ("stopped", "replaced", "active"))
        self.assertEqual(self.states(move), ["skipped"])
        self.run_cron()
        self.assertEqual(self.states(move), ["skipped", "skipped"], "more than the new limit")
        self.assertFalse(self.transactions(move))

    def test_only_ones_own_card_and_terms_that_make_sense(self):
        theirs = self.make_token(self.stranger)
        for values, words in (
            ({"token": theirs}, "one of your saved"),
            ({"rule": "never"}, "when invoices are charged"),
            ({"rule": "after", "days": 61}, "between 1 and 60"),
            ({"rule": "month", "days": 29}, "from 1 to 28"),
            ({"limit": 0}, "more than zero"),
        ):
            with self.assertRaisesRegex(UserError, words), self.env.cr.savepoint():
                self.give(**values)
        self.assertFalse(self.client.autopay_ids)

    def test_staff_stops_it_and_never_starts_it(self):
        consent = self.give()
        with self.assertRaises(AccessError):
            consent.with_user(self.make_user("auto_viewer", "viewer")).action_stop()
        consent.with_user(self.billing).action_stop()
        self.assertEqual((consent.state, consent.stop_reason), ("stopped", "staff"))
        self.assertEqual(consent.stopped_by_id, self.billing)
        self.assertIn("automatic payment is stopped", self.told()[-1])
        move = self.due()
        self.run_cron(10)
        self.assertFalse(move.autopay_charge_ids)

    def test_a_card_that_is_removed_ends_it(self):
        consent = self.give()
        self.assertEqual(self.token.get_linked_records_info()[-1]["url"], "/my/autopay")
        self.token.with_user(self.owner.user_ids).sudo().active = False
        self.assertEqual((consent.state, consent.stop_reason), ("stopped", "card"))
        self.assertIn("automatic payment is stopped", self.told()[-1])

    def test_a_stranger_in_the_house_sees_nothing(self):
        self.give()
        second = self.env["res.company"].create({"name": "Second"})
        user = self.make_user("auto_second", "billing", company_id=second.id, company_ids=[Command.set(second.ids)])
        self.assertFalse(self.env["nestogy.autopay"].with_user(user).search([]))
        with self.assertRaises(AccessError):
            self.env["nestogy.autopay"].with_user(self.owner.user_ids).search([])

    # -- days ----------------------------------------------------------------

    def test_the_day_of_a_charge(self):
        for rule, days, due, date in (
            ("due", 0, "2026-05-10", "2026-05-10"),
            ("after", 5, "2026-05-30", "2026-06-04"),
            ("month", 15, "2026-05-10", "2026-05-15"),
            ("month", 5, "2026-05-10", "2026-06-05"),
            ("month", 10, "2026-12-11", "2027-01-10"),
            ("month", 28, "2026-01-31", "2026-02-28"),
        ):
            consent = self.env["nestogy.autopay"].new({"rule": rule, "days": days})
            self.assertEqual(str(consent._charge_date(fields.Date.to_date(due))), date, (rule, days, due))

    def test_told_first_and_charged_on_the_day(self):
        self.give()
        move, later = self.due(3), self.due(20)
        self.run_cron()
        self.assertEqual(self.states(move), ["announced"])
        self.assertFalse(later.autopay_charge_ids)
        self.assertEqual(len(self.told()), 1)
        self.assertIn("100.00", self.told()[0])
        self.run_cron(2)
        self.assertEqual(self.states(move), ["announced"])
        self.assertEqual(len(self.told()), 1, "told once")
        self.run_cron(3)
        self.assertEqual(self.states(move), ["done"])
        self.assertEqual(move.amount_residual, 0)
        self.assertRecordValues(
            self.transactions(move),
            [{"state": "done", "amount": 100, "operation": "offline", "token_id": self.token.id}],
        )
        self.run_cron(4)
        self.assertEqual(len(self.transactions(move)), 1)

    def test_what_is_late_already_is_announced_all_the_same(self):
        self.give()
        move = self.due(-20)
        self.run_cron()
        self.assertEqual(move.autopay_charge_ids.date, fields.Date.today() + timedelta(days=3))

    def test_above_the_limit_nothing_is_charged(self):
        self.give(limit=99.99)
        move = self.due()
        self.run_cron()
        self.run_cron(5)
        self.assertEqual(self.states(move), ["skipped"])
        self.assertFalse(self.transactions(move))
        self.assertFalse(self.told())

    def test_what_was_paid_meanwhile_is_not_charged_and_a_part_less(self):
        self.give()
        paid, part = self.due(), self.due(amount=80)
        self.run_cron()
        self.pay(paid)
        self.pay(part, 30)
        self.run_cron(3)
        self.assertEqual(self.states(paid), ["skipped"])
        self.assertFalse(self.transactions(paid))
        self.assertEqual(self.transactions(part).amount, 50)

    # -- held ----------------------------------------------------------------

    def test_held_by_dispute_promise_and_another_payment(self):
        self.give()
        move = self.due()
        self.run_cron()
        charge = move.autopay_charge_ids
        move._dispute("No", self.owner)
        self.run_cron(3)
        self.assertEqual((charge.state, charge.note), ("announced", "held: in dispute"))
        move.action_dispute_settled()
        tx = self.env["payment.transaction"].create(
            {
                "provider_id": self.provider.id,
                "payment_method_id": self.token.payment_method_id.id,
                "amount": 100,
                "currency_id": move.currency_id.id,
                "partner_id": self.owner.id,
                "reference": "elsewhere",
                "state": "pending",
                "invoice_ids": [Command.set(move.ids)],
            }
        )
        self.run_cron(3)
        self.assertEqual(charge.note, "held: another payment is under way")
        tx.state = "cancel"
        promise = self.env["nestogy.payment.promise"].create(
            {"move_id": move.id, "date": fields.Date.today() + timedelta(days=9), "amount": 100}
        )
        self.run_cron(3)
        self.assertEqual(charge.note, "held: promised to pay otherwise")
        promise.action_take_back()
        self.run_cron(3)
        self.assertEqual(charge.state, "done")
        self.assertEqual(len(self.transactions(move)), 2)

    def test_reminders_wait_for_what_comes_by_itself(self):
        plan = self.env["nestogy.reminder.plan"].create(
            {"name": "Plan", "level_ids": [Command.create({"name": "First", "days": 5})]}
        )
        plan._start()
        self.client.reminder_plan_id = plan
        self.give()
        move = self.due(-6)
        self.run_cron()
        self.assertEqual([step.reason for step in move._reminder_steps()], ["autopay"])
        move.autopay_charge_ids.state = "unknown"
        self.assertEqual([step.reason for step in move._reminder_steps()], ["payment"])
        move.autopay_charge_ids.state = "failed"
        self.assertEqual([step.reason for step in move._reminder_steps()], [""])

    # -- declined ------------------------------------------------------------

    def test_declined_it_is_tried_again_after_1_3_and_7_days_and_then_stops(self):
        consent = self.give(self.make_token(self.owner, "error"))
        move = self.due()
        move.invoice_user_id = self.billing
        self.run_cron()
        self.run_cron(3)
        self.assertEqual(self.states(move), ["failed", "announced"])
        self.assertIn("was declined", self.told()[-1])
        for day, count in ((4, 2), (5, 2), (6, 3), (9, 3)):
            self.run_cron(day)
            self.assertEqual(self.states(move).count("failed"), count, day)
        self.assertEqual(consent.state, "active")
        self.run_cron(10)
        self.assertEqual(self.states(move), ["failed"] * 4)
        self.assertEqual((consent.state, consent.stop_reason), ("stopped", "declined"))
        self.assertIn("automatic payment is stopped", self.told()[-1])
        self.assertEqual(move.activity_ids.user_id, self.billing)
        self.run_cron(30)
        self.assertEqual(len(self.transactions(move)), 4)
        self.assertEqual(move.amount_residual, 100)

    def test_a_card_that_works_again_ends_the_retries(self):
        token = self.make_token(self.owner, "error")
        self.give(token)
        move = self.due()
        self.run_cron()
        self.run_cron(3)
        token.demo_simulated_state = "done"
        self.run_cron(4)
        self.assertEqual(self.states(move), ["failed", "done"])
        self.assertEqual(move.amount_residual, 0)

    def test_a_pending_payment_is_waited_for(self):
        self.give(self.make_token(self.owner, "pending"))
        move = self.due()
        for day in (0, 3, 4, 30):
            self.run_cron(day)
        self.assertEqual(self.states(move), ["sent"])
        tx = self.transactions(move)
        self.assertEqual(tx.state, "pending")
        tx._set_done()
        self.run_cron(30)
        self.assertEqual(self.states(move), ["done"])

    # -- exactly once --------------------------------------------------------

    def die_at(self, model, method, before=True):
        """Kill the worker, once, before or after a step."""
        cls = self.registry[model]
        original = getattr(cls, method)
        killed = []

        def dying(record, *args, **kwargs):
            if killed:
                return original(record, *args, **kwargs)
            if not before:
                original(record, *args, **kwargs)
            killed.append(method)
            record.env.cr.rollback()  # what a worker that dies has not kept is gone; the cron would keep it
            raise KeyboardInterrupt()

        # assertRaises would take back what was kept
        with patch.object(cls, method, dying), suppress(KeyboardInterrupt):
            self.run_cron(3)
        self.assertTrue(killed)
        self.env.invalidate_all()

    def watch_requests(self):
        """References of the transactions that the provider is asked to charge, from here on."""
        asked = []
        cls = self.registry["payment.transaction"]
        original = cls._send_payment_request

        def count_requests(tx):
            asked.append(tx.reference)
            return original(tx)

        patcher = patch.object(cls, "_send_payment_request", count_requests)
        patcher.start()
        self.addCleanup(patcher.stop)
        return asked

    def test_killed_before_the_provider_was_called_it_is_charged_once(self):
        for model, method, before in (
            ("nestogy.autopay.charge", "_prepare", True),
            ("nestogy.autopay.charge", "_prepare", False),
            ("nestogy.autopay.charge", "_take", True),
        ):
            with self.subTest(method=method, before=before):
                self.give()
                move = self.due()
                self.run_cron()
                asked = self.watch_requests()
                self.die_at(model, method, before)
                self.assertFalse(asked)
                self.run_cron(3)
                self.assertEqual(len(asked), 1)
                self.assertEqual(self.states(move), ["done"])
                self.assertEqual(move.amount_residual, 0)

    def test_killed_when_nobody_can_tell_nothing_more_is_charged(self):
        self.give()
        move = self.due()
        move.invoice_user_id = self.billing
        self.run_cron()
        asked = self.watch_requests()
        self.die_at("nestogy.autopay.charge", "_send", before=False)
        self.assertEqual(len(asked), 1, "the provider has charged, and we have forgotten")
        self.assertEqual(self.states(move), ["sent"])
        for day in (3, 4, 40):
            self.run_cron(day)
        self.assertEqual(self.states(move), ["unknown"])
        self.assertEqual(len(asked), 1)
        self.assertEqual(move.activity_ids.user_id, self.billing)
        charge = move.autopay_charge_ids
        # the provider's message comes after all
        charge.transaction_id._process(
            "demo", {"reference": charge.transaction_id.reference, "simulated_state": "done"}
        )
        self.run_cron(40)
        self.assertEqual(self.states(move), ["done"])
        self.assertFalse(move.activity_ids)
        self.assertEqual(move.amount_residual, 0)

    def test_staff_found_that_nothing_was_charged(self):
        self.give()
        move = self.due()
        self.run_cron()
        asked = self.watch_requests()
        self.die_at("nestogy.autopay.charge", "_send")
        self.run_cron(4)
        charge = move.autopay_charge_ids
        with self.assertRaises(AccessError):
            charge.with_user(self.make_user("auto_viewer", "viewer")).action_not_charged()
        charge.with_user(self.billing).action_not_charged()
        self.assertEqual(self.states(move), ["failed", "announced"])
        self.assertEqual(charge.transaction_id.state, "cancel")
        self.run_cron(8)
        self.assertEqual(self.states(move), ["failed", "done"])
        self.assertEqual(len(asked), 1)
        with self.assertRaises(UserError):
            charge.with_user(self.billing).action_not_charged()

    def test_two_crons_charge_once(self):
        self.give()
        move = self.due()
        self.run_cron()
        asked = self.watch_requests()
        charges = self.registry["nestogy.autopay.charge"]
        original, nested = charges._send, []

        def twice(charge):
            """While one worker is at the provider, another one comes along."""
            if not nested:
                nested.append(1)
                self.assertFalse(charge._take())
                self.assertFalse(charge._prepare())
                charge._settle()
            return original(charge)

        with patch.object(charges, "_send", twice):
            self.run_cron(3)
        self.assertTrue(nested)
        self.assertEqual(len(asked), 1)
        self.assertEqual(len(self.transactions(move)), 1)

    def test_the_database_takes_an_attempt_once(self):
        self.give()
        move = self.due()
        self.run_cron()
        charge = move.autopay_charge_ids
        for values in ({}, {"number": 2}):
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                charge.copy(values)

    def test_one_bad_client_does_not_stop_the_others(self):
        self.give()
        theirs = self.make_token(self.stranger)
        self.give(theirs, who=self.stranger)
        mine, other = self.due(), self.due(client=self.other_client)
        self.run_cron()
        original = self.registry["nestogy.autopay.charge"]._prepare

        def fail(charge):
            if charge.move_id == mine:
                raise ValueError("broken")
            return original(charge)

        with patch.object(self.registry["nestogy.autopay.charge"], "_prepare", fail), mute_logger(LOGGER):
            self.run_cron(3)
        self.assertEqual((self.states(mine), self.states(other)), (["announced"], ["done"]))

    # -- Stripe --------------------------------------------------------------

    def make_stripe(self):
        provider = self.env["payment.provider"].search(
            [("code", "=", "stripe"), ("company_id", "=", self.env.company.id)], limit=1
        )
        provider.write(
            {
                "stripe_secret_key": "sk_test",
                "stripe_publishable_key": "pk_test",
                "stripe_webhook_secret": "whsec_test",
                "state": "test",
            }
        )
        token = self.make_token(self.owner, provider=provider)
        token.stripe_payment_method = "pm_1"
        return token

    def stripe(self, *answers):
        """Let Stripe answer request after request; gives the idempotency keys it was sent."""
        keys, queue = [], list(answers)

        def request(method, url, headers=None, data=None, **kwargs):
            keys.append(headers.get("Idempotency-Key"))
            answer = queue.pop(0)
            if isinstance(answer, Exception):
                raise answer
            status, content = answer
            if status == 200:
                content = content | {"description": data["description"], "amount": int(data["amount"])}
            response = Response()
            response.status_code, response.url, response._content = status, url, json.dumps(content).encode()
            return response

        patcher = patch("odoo.addons.payment.models.payment_provider.requests.request", request)
        patcher.start()
        self.addCleanup(patcher.stop)
        return keys

    PAID = {"id": "pi_1", "status": "succeeded", "currency": "usd", "payment_method": "pm_1"}

    @mute_logger("odoo.addons.payment.models.payment_provider", "odoo.addons.payment_stripe.models.payment_transaction")
    def test_an_answer_that_was_lost_charges_nothing_twice(self):
        for lost in (Timeout(), (500, {"error": {"message": "oops"}})):
            with self.subTest(lost=lost):
                move, transaction, keys = self.lose(lost)
                self.assertEqual(self.env["account.move"].search(move._client_in_flight_domain()) & move, move)
                self.run_cron(3)
                self.assertEqual((self.states(move), len(keys)), (["sent"], 1), "nothing is sent again")
                transaction._take_intent(
                    self.PAID
                    | {"id": f"pi_{move.id}", "description": transaction.reference, "amount": 10000}
                    | {"payment_method": {"id": "pm_1", "type": "card", "card": {"brand": "visa", "last4": "4242"}}}
                )
                self.run_cron(3)
                self.assertEqual(self.states(move), ["done"])
                self.assertEqual(self.transactions(move), transaction)
                self.assertEqual(move.amount_residual, 0)

    @mute_logger("odoo.addons.payment.models.payment_provider", "odoo.addons.payment_stripe.models.payment_transaction")
    def test_what_never_reached_the_provider_is_tried_again(self):
        move, transaction, _keys = self.lose(Timeout())
        transaction._give_up_unanswered()
        self.assertEqual(transaction.state, "pending", "it may still be under way")
        transaction.asked_at = fields.Datetime.subtract(fields.Datetime.now(), hours=2)
        transaction._give_up_unanswered()
        self.run_cron(3)
        self.assertEqual(self.states(move), ["failed", "announced"])

    def lose(self, lost):
        """Charge an invoice, and lose the answer."""
        self.give(self.make_stripe())
        move = self.due()
        self.run_cron()
        keys = self.stripe(lost)
        self.run_cron(3)
        transaction = self.transactions(move)
        self.assertEqual((self.states(move), transaction.state), (["sent"], "pending"))
        return move, transaction, keys

    @mute_logger("odoo.addons.payment.models.payment_provider", "odoo.addons.payment_stripe.models.payment_transaction")
    def test_a_card_that_stripe_declines_is_tried_again_with_another_key(self):
        self.give(self.make_stripe())
        move = self.due()
        self.run_cron()
        declined = (402, {"error": {"message": "declined", "code": "card_declined"}})
        keys = self.stripe(declined, (200, self.PAID))
        self.run_cron(3)
        self.assertEqual(self.states(move), ["failed", "announced"])
        self.run_cron(4)
        self.assertEqual(self.states(move), ["failed", "done"])
        self.assertEqual(len(set(keys)), 2)

    # -- the page ------------------------------------------------------------

    def enter(self, who=None, confirmed=True):
        user = who.sudo().user_ids[:1] if who else None
        extra = {STEP_UP: fields.Datetime.now().timestamp()} if user and confirmed else None
        self.authenticate(user.login if user else None, PASSWORD if user else None, session_extra=extra)

    def form(self, **values):
        return {"token_id": self.token.id, "rule": "due", "limit": "500", "agree": "yes"} | values

    def test_the_client_switches_it_on_and_off(self):
        self.enter(self.owner)
        self.assertIn("Automatic payment is off", self.open("/my/autopay").text)
        answer = self.post_form("/my/autopay", "/my/autopay/start", **self.form(rule="month", month_day="15"))
        self.assertEqual(answer.status_code, 303, answer.text[:500])
        consent = self.client.autopay_ids
        self.assertRecordValues(
            consent,
            [{"rule": "month", "days": 15, "limit_amount": 500, "partner_id": self.owner.id, "state": "active"}],
        )
        self.assertTrue(consent.ip_address)
        self.assertTrue(consent.user_agent)
        self.assertEqual(consent.token_id, self.token)
        self.due()
        self.run_cron()
        page = self.open("/my/autopay?notice=on").text
        self.assertIn("on day 15 of the month", page)
        self.assertIn(consent.text[:60], page)
        self.assertEqual(self.post_form("/my/autopay", "/my/autopay/stop").status_code, 303)
        self.env.invalidate_all()
        self.assertEqual((consent.state, consent.stop_reason), ("stopped", "client"))
        self.assertEqual(consent.stopped_by_id, self.owner.user_ids)

    def test_without_consent_or_sense_nothing_begins(self):
        self.enter(self.owner)
        theirs = self.make_token(self.stranger)
        for values, words in (
            ({"agree": ""}, "tick the box"),
            ({"token_id": theirs.id}, "one of your saved"),
            ({"token_id": "x"}, "one of your saved"),
            ({"limit": "-5"}, "more than zero"),
            ({"limit": "nan"}, "more than zero"),
            ({"rule": "after", "days": "999"}, "between 1 and 60"),
            ({"rule": "x"}, "when invoices are charged"),
        ):
            answer = self.post_form("/my/autopay", "/my/autopay/start", **self.form(**values))
            self.assertEqual(answer.status_code, 200, values)
            self.assertIn(words, answer.text, values)
        self.assertFalse(self.client.autopay_ids)

    def test_colleagues_strangers_and_nobody(self):
        consent = self.give()
        self.enter(self.owner, confirmed=False)
        self.assertIn("/my/confirm", self.open("/my/autopay").headers["Location"])
        self.enter(self.stranger)
        page = self.open("/my/autopay").text
        self.assertNotIn("4242", page)
        self.post_form("/my/account", "/my/autopay/stop")
        self.post_form("/my/account", "/my/autopay/start", **self.form())
        self.enter(None)
        self.assertEqual(self.open("/my/autopay").status_code, 303)
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_reader")
        self.enter(self.colleague)
        for path in ("stop", "start"):
            answer = self.post_form("/my/account", f"/my/autopay/{path}", **self.form())
            self.assertEqual(answer.status_code, 404)
        for level in ("technical", "own"):
            self.colleague.portal_level_id = self.env.ref(f"nestogy_portal.nestogy_portal_level_{level}")
            self.env.invalidate_all()
            self.assertEqual(self.open("/my/autopay").status_code, 404)
            self.assertEqual(self.post_form("/my/account", "/my/autopay/stop").status_code, 404)
        self.assertEqual(self.env["nestogy.autopay"].search(Domain.TRUE), consent)
        self.assertEqual(consent.state, "active")
