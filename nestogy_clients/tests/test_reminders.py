import io
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError
from pypdf import PdfReader

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ClientsCase

LOGGER = "odoo.addons.nestogy_clients.models.settings.ir_cron"


@tagged("post_install", "-at_install")
class TestReminders(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.write({"email": "office@firm.example", "reminder_plan_id": False})
        cls.plan = cls.env["nestogy.reminder.plan"].create(
            {
                "name": "Plan",
                "gap_days": 0,
                "level_ids": [
                    Command.create({"name": "Soon", "days": -3, "mail_kind": "reminder_soon"}),
                    Command.create({"name": "First", "days": 5}),
                    Command.create({"name": "Second", "days": 15, "mail_kind": "reminder_second"}),
                    Command.create({"name": "Last", "days": 30, "mail_kind": "reminder_final", "channel": "both"}),
                ],
            }
        )
        cls.soon, cls.first, cls.second, cls.last = cls.plan.level_ids.sorted("days")
        cls.plan._start()
        cls.client = cls.make_client("Acme", reminder_plan_id=cls.plan.id)
        cls.ann = cls.make_contact(cls.client, "Ann", "ann@acme.example")
        cls.other = cls.make_client("Other", reminder_plan_id=cls.plan.id, email="mail@other.example")
        cls.billing = cls.make_user("rem_billing", "billing")
        cls.viewer = cls.make_user("rem_viewer", "viewer")

    def late(self, days, client=None, amount=100, **values):
        due = fields.Date.today() - timedelta(days=days)
        return self.make_invoice(client or self.client, amount, date=due - timedelta(days=30), due=due, **values)

    def run_cron(self, day=0):
        """Let the cron work, so many days from now; gives the rows that it wrote."""
        logs = self.env["nestogy.reminder.log"]
        before = logs.search([])
        with freeze_time(fields.Datetime.now() + timedelta(days=day)), self.enter_registry_test_mode():
            self.env.ref("nestogy_clients.ir_cron_reminders").method_direct_trigger()
        self.env.invalidate_all()
        return (logs.search([]) - before).sorted("id")

    def outcome(self, rows):
        return [(row.move_id, row.level_id, row.outcome, row.reason) for row in rows]

    # -- what is sent --------------------------------------------------------

    def test_one_mail_a_level_about_all_its_invoices(self):
        a, b, c = self.late(6), self.late(9), self.late(20)
        rows = self.run_cron()
        self.assertEqual(
            set(self.outcome(rows)),
            {(a, self.first, "sent", False), (b, self.first, "sent", False), (c, self.second, "sent", False)},
        )
        messages = rows.mail_message_id
        self.assertEqual(len(messages), 2)
        first = rows.filtered(lambda row: row.level_id == self.first).mail_message_id
        self.assertEqual(first.partner_ids, self.ann)
        for move in (a, b):
            self.assertIn(move.name, first.body)
        self.assertNotIn(c.name, first.body)
        self.assertIn("200.00 overdue", first.subject.replace("\xa0", " "))
        self.assertIn("second reminder", (messages - first).subject)
        self.assertIn("First mailed to Acme, Ann", a.message_ids[:1].body)
        self.assertIn("office@firm.example", first.email_from)

    def test_each_level_of_an_invoice_once(self):
        move = self.late(-2)
        self.assertEqual(self.outcome(self.run_cron()), [(move, self.soon, "sent", False)])
        self.assertFalse(self.run_cron())
        self.assertFalse(self.run_cron(6))
        self.assertEqual(self.run_cron(7).level_id, self.first)
        self.assertEqual(self.run_cron(90).level_id, self.last, "the highest whose day has come")
        self.assertFalse(self.run_cron(91))
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env["nestogy.reminder.log"]._write_log(move, "sent", level=self.last)

    def test_what_is_said_before_the_due_date_is_not_said_after_it(self):
        move = self.late(1)
        self.assertFalse(self.run_cron())
        self.assertIn("First, ", move.reminder_next)
        self.assertEqual(self.run_cron(4).level_id, self.first)

    def test_a_level_that_moves_is_not_done_twice(self):
        self.late(6)
        self.assertEqual(self.run_cron().level_id, self.first)
        self.first.days = 8
        self.assertFalse(self.run_cron(4))
        self.assertEqual(self.run_cron(9).level_id, self.second)

    def test_before_the_due_date_the_mail_says_so(self):
        self.late(-2)
        message = self.run_cron().mail_message_id
        self.assertIn("due soon", message.subject)
        self.assertNotIn("overdue", message.subject)

    def test_nothing_happens_before_a_plan_is_started_and_after_it_is_stopped(self):
        self.late(6)
        self.plan.action_stop()
        self.assertFalse(self.run_cron())
        self.plan._start()
        self.assertEqual(self.plan.started_by_id, self.env.user)
        self.assertTrue(self.run_cron())

    def test_the_plan_is_inherited_and_none_is_an_answer(self):
        client = self.make_client("Third", email="third@third.example")
        move = self.late(6, client)
        self.assertFalse(self.run_cron())
        client.client_group_id.reminder_plan_id = self.plan
        client.set_client_setting("reminder_plan", False)
        self.assertFalse(self.run_cron())
        client.inherit_client_setting("reminder_plan")
        self.assertEqual(self.run_cron().move_id, move)

    def test_a_call_is_an_activity(self):
        self.plan.user_id = self.billing
        move = self.late(40)
        row = self.run_cron()
        self.assertTrue(row.mail_message_id)
        self.assertRecordValues(
            self.client.activity_ids,
            [
                {
                    "activity_type_id": self.env.ref("mail.mail_activity_data_call").id,
                    "user_id": self.billing.id,
                    "res_name": "Acme",
                }
            ],
        )
        self.assertIn("Last: call about", self.client.activity_ids.summary)
        self.assertIn(move.name, self.client.activity_ids.note)

    def test_who_has_no_address_is_called_or_noted(self):
        self.ann.email = False
        call, mail = self.late(40), self.late(6)
        self.last.channel = "call"
        rows = self.run_cron()
        self.assertEqual(
            set(self.outcome(rows)), {(call, self.last, "sent", False), (mail, self.first, "held", "address")}
        )

    def test_the_clients_own_words(self):
        self.env["nestogy.client.mail.template"].create(
            {
                "client_id": self.client.id,
                "kind": "reminder_second",
                "subject": "Hey {client}: {amount}, {days} days",
                "body": "<p>{numbers}</p><div>{invoices}</div>",
            }
        )
        move = self.late(16)
        message = self.run_cron().mail_message_id
        self.assertEqual(message.subject.replace("\xa0", " "), "Hey Acme: $ 100.00, 16 days")
        self.assertIn(move.name, message.body)

    def test_routed_as_the_first_kind_of_reminder(self):
        bob = self.make_contact(self.client, "Bob", "bob@acme.example")
        self.env["nestogy.client.mail.route"].create(
            {"client_id": self.client.id, "kind": "reminder", "contact_ids": [Command.set(bob.ids)]}
        )
        self.late(16)
        self.assertEqual(self.run_cron().mail_message_id.partner_ids, bob)

    def test_a_reminder_comes_alone_unless_the_level_says_more(self):
        self.late(6)
        self.assertFalse(self.run_cron().mail_message_id.attachment_ids)

    def test_the_statement_goes_along(self):
        self.first.attach_statement = True
        move = self.late(6)
        [file] = self.run_cron().mail_message_id.attachment_ids
        self.assertEqual((file.res_model, file.res_id), ("res.partner", self.client.id))
        self.assertTrue(file.name.endswith(".pdf"))
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(file.raw)).pages)
        self.assertIn(move.name, text)

    def test_the_mail_leaves_after_its_log_is_kept(self):
        self.late(6)
        message = self.run_cron().mail_message_id
        self.assertEqual(message.mail_ids.state, "outgoing")

    # -- what holds it -------------------------------------------------------

    def test_holds_are_noted_once_for_each_reason(self):
        move = self.late(6)
        move._dispute("Too much", self.ann)
        row = self.run_cron()
        self.assertEqual(self.outcome(row), [(move, self.first, "held", "dispute")])
        self.assertEqual(row.note, "Too much")
        self.assertFalse(self.run_cron(1))
        move.with_user(self.billing).action_dispute_settled()
        with patch.object(type(move), "_client_in_flight_domain", lambda moves: Domain("id", "=", move.id)):
            self.assertEqual(self.run_cron(1).reason, "payment")
            self.assertFalse(self.run_cron(2))
        self.assertEqual(self.outcome(self.run_cron(2)), [(move, self.first, "sent", False)])

    def test_payment_in_flight_of_another_invoice_holds_nothing(self):
        move, paid = self.late(6), self.late(7)
        with patch.object(type(move), "_client_in_flight_domain", lambda moves: Domain("id", "=", paid.id)):
            rows = self.run_cron()
        self.assertEqual(
            set(self.outcome(rows)), {(move, self.first, "sent", False), (paid, self.first, "held", "payment")}
        )

    def test_paid_invoices_and_excluded_ones(self):
        paid, excluded = self.late(6), self.late(7)
        self.pay(paid)
        excluded.no_followup = True
        self.assertEqual(self.outcome(self.run_cron()), [(excluded, self.first, "held", "excluded")])

    def test_a_status_that_is_not_invoiced(self):
        self.late(6)
        self.client.client_status_id.copy({"is_default": False, "name": "Paused", "is_invoiced": False})
        self.client._set_client_status(self.env["nestogy.client.status"].search([("name", "=", "Paused")]), "test")
        row = self.run_cron()
        self.assertEqual((row.outcome, row.reason, row.note), ("held", "status", "Paused"))

    def test_reminded_lately_also_by_hand(self):
        self.plan.gap_days = 3
        move = self.late(6)
        composer_action = self.client.with_user(self.billing).action_client_send_reminder()
        self.env["mail.compose.message"].with_user(self.billing).with_context(**composer_action["context"]).create(
            {}
        ).action_send_mail()
        by_hand = move.reminder_log_ids
        self.assertEqual(self.outcome(by_hand), [(move, self.env["nestogy.reminder.level"], "manual", False)])
        self.assertEqual(by_hand.user_id, self.billing)
        self.assertEqual(self.run_cron().reason, "recent")
        self.assertEqual(self.run_cron(3).outcome, "sent")

    # -- promises ------------------------------------------------------------

    def promise(self, move, days, amount=None, **values):
        return self.env["nestogy.payment.promise"].create(
            {
                "move_id": move.id,
                "date": fields.Date.today() + timedelta(days=days),
                "amount": amount or move.amount_residual,
                **values,
            }
        )

    def test_a_promise_holds_and_a_broken_one_goes_on_at_the_next_level(self):
        move = self.late(6)
        self.run_cron()
        promise = self.promise(move, 4, promised_by_id=self.ann.id)
        self.assertIn("Ann", move.message_ids[:1].body)
        self.assertFalse(self.run_cron(6), "two days of grace, and no level is due yet")
        self.assertEqual(promise.state, "open")
        row = self.run_cron(7)
        self.assertEqual(promise.state, "broken")
        self.assertEqual(self.outcome(row), [(move, self.second, "sent", False)], "13 days late: earlier than its day")
        self.assertIn("was not kept", move.message_ids.sorted("id")[-2].body)
        self.assertFalse(self.run_cron(8))

    def test_a_promise_on_a_due_level_is_noted_and_a_kept_one_ends(self):
        move = self.late(6, amount=300)
        promise = self.promise(move, 4, 100)
        row = self.run_cron()
        self.assertEqual((row.outcome, row.reason), ("held", "promise"))
        self.pay(move, 100)
        self.assertEqual(self.run_cron(1).outcome, "sent", "what was promised is here, the rest is still late")
        self.assertEqual(promise.state, "kept")

    def test_what_can_be_promised(self):
        move = self.late(6)
        with self.assertRefused(ValidationError, "between today and 180 days"):
            self.promise(move, -1)
        with self.assertRefused(ValidationError, "between today and 180 days"):
            self.promise(move, 181)
        with self.assertRefused(ValidationError, "above zero and at most what is open"):
            self.promise(move, 1, 100.01)
        self.promise(move, 1)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.promise(move, 2)
        paid = self.late(6)
        self.pay(paid)
        with self.assertRefused(ValidationError, "nothing to promise"):
            self.promise(paid, 1, 100)

    def test_staff_notes_a_promise_and_takes_it_back(self):
        moves = self.late(6) | self.late(7)
        question = self.env["nestogy.payment.promise.note"].with_user(self.billing)
        question = question.with_context(default_move_ids=moves.ids).create({"date": fields.Date.today()})
        question.action_apply()
        question.action_apply()
        self.assertEqual(sorted(moves.promise_ids.mapped("state")), ["open", "open", "taken_back", "taken_back"])
        moves.promise_ids.with_user(self.billing).action_take_back()
        self.assertEqual(set(moves.promise_ids.mapped("state")), {"taken_back"})
        with self.assertRefused(AccessError, "those who invoice"):
            moves.with_user(self.viewer).action_note_promise()
        with self.assertRefused(AccessError, ""):
            moves.promise_ids.with_user(self.billing).write({"state": "kept"})

    # -- disputes ------------------------------------------------------------

    def test_a_dispute_asks_accounting(self):
        move = self.late(6)
        move.invoice_user_id = self.billing
        self.env["nestogy.invoice.dispute"].with_user(self.billing).create(
            {"move_ids": [Command.set(move.ids)], "reason": " Wrong hours ", "partner_id": self.ann.id}
        ).action_apply()
        self.assertRecordValues(
            move, [{"is_disputed": True, "dispute_reason": "Wrong hours", "dispute_by_id": self.ann.id}]
        )
        self.assertEqual(move.activity_ids.user_id, self.billing)
        with self.assertRefused(UserError, "disputed already"):
            move._dispute("again", self.ann)
        move.with_user(self.billing).action_dispute_settled()
        self.assertFalse(move.is_disputed)
        self.assertFalse(move.activity_ids)
        with self.assertRefused(ValidationError, "at most 2000"):
            move._dispute("x" * 2001, self.ann)
        with self.assertRefused(ValidationError, "Say what is wrong"):
            move._dispute(" ", self.ann)
        self.assertFalse(move.is_disputed)

    # -- by hand -------------------------------------------------------------

    def test_send_now_and_skip(self):
        move = self.late(1).with_user(self.billing)
        move.action_reminder_skip()
        move.action_reminder_send()
        rows = move.sudo().reminder_log_ids.sorted("id")
        self.assertEqual(
            [(row.level_id, row.outcome) for row in rows], [(self.first, "skipped"), (self.second, "sent")]
        )
        self.assertEqual(rows.user_id, self.billing)
        self.assertFalse(self.run_cron(14), "the second reminder went out early")
        move.sudo()._dispute("No", self.ann)
        with self.assertRefused(UserError, "is not reminded. Disputed: No"):
            move.action_reminder_send()
        self.assertEqual(len(move.sudo().reminder_log_ids), 2)
        with self.assertRefused(AccessError, "those who invoice"):
            move.with_user(self.viewer).action_reminder_skip()

    def test_the_preview_says_who_gets_what_and_why_not(self):
        self.plan.action_stop()
        sent, held = self.late(6), self.late(20, self.other)
        held._dispute("No", self.other)
        self.late(-20)
        preview = self.env["nestogy.reminder.preview"].with_user(self.billing).create({"plan_id": self.plan.id})
        self.assertRecordValues(
            preview.line_ids,
            [
                {"move_id": sent.id, "level_id": self.first.id, "reason": False, "note": "", "recipients": "Ann"},
                {
                    "move_id": held.id,
                    "level_id": self.second.id,
                    "reason": "dispute",
                    "note": "No",
                    "recipients": "Other",
                },
            ],
        )
        self.assertIn("Reminders today: 1. Invoices in them: 1. Invoices held: 1.", preview.summary)
        self.assertFalse(self.env["nestogy.reminder.log"].search([("plan_id", "=", self.plan.id)]))
        with self.assertRefused(AccessError, ""):
            preview.action_start()
        self.assertFalse(self.plan.is_running)
        preview.line_ids[0].action_skip()
        with self.assertRefused(UserError, "skipped already"):
            preview.line_ids[0].action_skip()
        preview.with_user(self.make_user("rem_manager", "manager")).action_start()
        self.assertTrue(self.plan.is_running)
        self.assertEqual(self.outcome(self.run_cron()), [(held, self.second, "held", "dispute")])

    def test_who_may_read_and_who_may_change(self):
        self.late(6)
        row = self.run_cron()
        self.assertEqual(row.with_user(self.billing).outcome, "sent")
        with self.assertRefused(AccessError, ""):
            row.with_user(self.viewer).read(["outcome"])
        for deed in (
            lambda: row.with_user(self.billing).write({"note": "x"}),
            lambda: row.with_user(self.billing).unlink(),
        ):
            with self.assertRefused(AccessError, ""):
                deed()
        with self.assertRefused(AccessError, ""):
            self.plan.with_user(self.billing).write({"gap_days": 1})
        with self.assertRefused(AccessError, ""):
            self.plan.with_user(self.billing)._start()
        second = self.env["res.company"].create({"name": "Second"})
        stranger = self.make_user("rem_second", "billing", company_id=second.id, company_ids=[Command.set(second.ids)])
        self.assertFalse(self.env["nestogy.reminder.log"].with_user(stranger).search([]))

    # -- fees ----------------------------------------------------------------

    def fee(self, **values):
        product = self.env["product.product"].create(
            {"name": "Reminder fee", "type": "service", "taxes_id": [Command.clear()]}
        )
        self.second.write({"fee_product_id": product.id, **values})

    def test_a_fee_is_a_draft_of_its_own(self):
        self.fee(fee_kind="amount", fee_amount=12)
        move = self.late(16)
        row = self.run_cron()
        fee = row.fee_move_id
        self.assertRecordValues(
            fee, [{"state": "draft", "amount_total": 12, "partner_id": self.client.id, "is_reminder_fee": True}]
        )
        self.assertIn(move.name, fee.invoice_line_ids.name)
        self.assertIn("12.00", row.mail_message_id.body)
        self.assertEqual(move.amount_residual, 100)

    def test_a_fee_in_percent_posted_and_no_fee_on_a_fee(self):
        self.fee(fee_kind="percent", fee_percent=5)
        self.plan.fee_state = "posted"
        self.late(16, amount=100)
        self.late(17, amount=300)
        fee = self.run_cron().fee_move_id
        self.assertRecordValues(fee, [{"state": "posted", "amount_total": 20}])
        rows = self.run_cron(60).filtered(lambda row: row.move_id == fee)
        self.assertEqual(rows.outcome, "sent")
        self.assertFalse(rows.fee_move_id)

    def test_what_a_level_may_be(self):
        with self.assertRefused(ValidationError, "a product and a size above zero"):
            self.second.fee_kind = "amount"
        with self.assertRefused(ValidationError, "levels up to the due date"):
            self.soon.mail_kind = "reminder"
        with self.assertRefused(ValidationError, "has no levels yet"):
            self.plan.level_ids.unlink()
            self.plan._start()
            self.plan._check_running_has_levels()

    # -- the clock -----------------------------------------------------------

    def test_one_bad_client_does_not_stop_the_others(self):
        mine, theirs = self.late(6), self.late(6, self.other)
        mail = type(self.client)._mail_reminder

        def fail(client, *args):
            if client == self.client:
                raise ValueError("broken")
            return mail(client, *args)

        with patch.object(type(self.client), "_mail_reminder", fail), mute_logger(LOGGER):
            rows = self.run_cron()
            self.assertEqual(
                set(self.outcome(rows)), {(mine, self.first, "failed", False), (theirs, self.first, "sent", False)}
            )
            self.assertEqual(rows.filtered(lambda row: row.outcome == "failed").note, "broken")
            self.assertFalse(self.run_cron(), "said once")
        self.assertEqual(self.outcome(self.run_cron()), [(mine, self.first, "sent", False)])

    def test_killed_between_two_clients_it_goes_on_where_it_was(self):
        moves = self.late(6) | self.late(6, self.other)
        crons = type(self.env["ir.cron"])
        commit = crons._commit_progress
        done = []

        def kill(cron, processed=0, **kwargs):
            result = commit(cron, processed, **kwargs)
            if processed and not done:
                done.append(1)
                raise KeyboardInterrupt()
            return result

        # assertRaises would take back what was kept
        with patch.object(crons, "_commit_progress", kill), suppress(KeyboardInterrupt):
            self.run_cron()
        self.assertTrue(done)
        self.env.invalidate_all()
        self.assertEqual(len(moves.reminder_log_ids), 1)
        self.run_cron()
        self.assertEqual(sorted(moves.reminder_log_ids.mapped("outcome")), ["sent", "sent"])
        self.assertEqual(len(moves.reminder_log_ids.mail_message_id), 2)

    def test_as_many_queries_for_many_invoices_as_for_one(self):
        one = self.late(6)
        many = self.env["account.move"].union(*(self.late(6 + n) for n in range(8)))

        def count(moves):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            moves._reminder_steps()
            return self.cr.sql_log_count - before

        count(one)
        self.assertEqual(count(one), count(many))

    def test_the_next_reminder_in_words(self):
        move = self.late(5)
        self.assertEqual(move.reminder_next, f"First, {self.today_text()}")
        move.with_user(self.billing).action_reminder_skip()
        move.invalidate_recordset()
        self.assertIn("Second, ", move.reminder_next)
        self.assertFalse(move.reminder_hold)
        self.promise(move, 3)
        move.invalidate_recordset()
        self.assertIn("Promised to pay: $", move.reminder_hold)
        self.plan.action_stop()
        move.invalidate_recordset()
        self.assertEqual(move.reminder_next, "Plan is not started yet")

    def today_text(self):
        return fields.Date.today().strftime("%m/%d/%Y")
