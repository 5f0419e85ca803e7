from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestClosing(TicketsMakers, ClientsCase):
    """Tickets that wait in vain are closed after a notice; an answer re-opens them, or begins a new one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.env["helpdesk.ticket"].search([]).write({"waiting_since": False})
        cls.stage_waits = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_awaiting")
        cls.env.company.write({"ticket_close_days": 7, "ticket_reopen_days": 10})

    def waiting(self, days, contact=None, **values):
        ticket = self.make_tickets(contact or self.owner, **values)
        ticket.with_context(mail_notrack=True).stage_id = self.stage_waits
        ticket.waiting_since = fields.Datetime.now() - timedelta(days=days)
        return ticket

    def run_cron(self):
        self.env.flush_all()
        # the clock commits after each ticket; here all is one transaction
        with patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda self, *a, **k: 60.0):
            self.env["helpdesk.ticket"]._cron_close_waiting()
        self.env.flush_all()
        self.env.cr.precommit.run()

    def later(self, ticket, days):
        for name in ("waiting_since", "closing_notice_at"):
            if ticket[name]:
                ticket.write({name: ticket[name] - timedelta(days=days), "closing_notice_at": ticket.closing_notice_at})
        if ticket.closing_notice_at:
            ticket.closing_notice_at -= timedelta(days=days)

    def notices(self, ticket):
        return ticket.message_ids.filtered(lambda message: message.message_type == "auto_comment")

    def test_a_ticket_is_announced_and_then_closed_each_once(self):
        ticket, young = self.waiting(6), self.waiting(2)
        self.run_cron()
        self.assertTrue(ticket.closing_notice_at)
        self.assertFalse(ticket.closed)
        notice = self.notices(ticket)
        self.assertIn(ticket.number, notice.subject)
        self.assertIn(self.owner, notice.notified_partner_ids)
        self.assertEqual(ticket.last_message_by, "client", "a machine has no word")
        self.run_cron()
        self.assertEqual(len(self.notices(ticket)), 1)
        self.assertFalse(ticket.closed)
        ticket.write(
            {
                "waiting_since": ticket.waiting_since - timedelta(days=2),
                "closing_notice_at": ticket.closing_notice_at - timedelta(days=2),
            }
        )
        self.run_cron()
        self.assertRecordValues(ticket, [{"stage_id": self.stage_done.id, "waiting_since": False}])
        self.assertTrue(ticket.message_ids.filtered(lambda message: "no answer for 7 days" in (message.body or "")))
        closed_at = ticket.closed_date
        self.run_cron()
        self.assertEqual(ticket.closed_date, closed_at)
        self.assertRecordValues(young, [{"closing_notice_at": False, "closed": False}])

    def test_client_and_group_have_their_own_days_and_never_is_a_choice(self):
        self.client._store_setting("ticket_close_days", self.client._client_settings()["ticket_close_days"], 0)
        self.other_client.ticket_close_days = 30
        never, later = self.waiting(100), self.waiting(20, self.stranger)
        self.run_cron()
        self.assertFalse((never | later).filtered("closing_notice_at"))
        self.other_client.client_group_id.ticket_close_days = 3
        self.other_client.ticket_close_days = False
        self.assertEqual(later._days_setting("ticket_close_days"), {later: 3})
        self.run_cron()
        self.assertTrue(later.closing_notice_at)

    def test_an_answer_takes_the_notice_back(self):
        ticket = self.waiting(6)
        self.run_cron()
        ticket.with_user(self.owner_user).sudo().message_post(
            body="Still there", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertRecordValues(
            ticket, [{"closing_notice_at": False, "waiting_since": False, "last_message_by": "client"}]
        )

    def test_our_word_begins_the_wait_anew(self):
        ticket = self.waiting(6)
        self.run_cron()
        ticket.with_user(self.agent).message_post(
            body="One more thing", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertFalse(ticket.closing_notice_at)
        self.assertAlmostEqual(ticket.waiting_since, fields.Datetime.now(), delta=timedelta(minutes=1))

    def test_one_bad_ticket_does_not_stop_the_others(self):
        bad, good = self.waiting(8), self.waiting(6)
        step = type(bad)._close_waiting

        def fail(ticket):
            if ticket == bad:
                raise ValueError("broken")
            return step(ticket)

        with patch.object(type(bad), "_close_waiting", fail), self.assertLogs(level="ERROR"):
            self.run_cron()
        self.assertFalse(bad.closing_notice_at)
        self.assertTrue(good.closing_notice_at)

    def test_finding_what_is_due_costs_the_same_for_many(self):
        tickets = self.env["helpdesk.ticket"]
        self.waiting(6)
        self.env.flush_all()

        def queries():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            tickets.search(tickets._closing_domain())._closing_steps()
            return self.env.cr.sql_log_count - before

        queries()
        one = queries()
        for _number in range(10):
            self.waiting(6, self.stranger)
        self.env.flush_all()
        self.assertLessEqual(queries(), one + 1)  # one more client's group

    def test_days_have_limits(self):
        for holder in (self.client, self.client.client_group_id, self.env.company):
            for days in (-1, 366):
                with self.assertRefused(ValidationError, "between 0 .never. and 365 days"):
                    holder.ticket_close_days = days

    # -- opening again -----------------------------------------------------

    def closed(self, days):
        ticket = self.make_tickets(self.owner, stage_id=self.stage_done.id)
        ticket.closed_date = fields.Datetime.now() - timedelta(days=days)
        return ticket

    def answer(self, ticket, user, **values):
        return (
            ticket.with_user(user)
            .sudo(user.share)
            .message_post(
                **{"body": "Again broken", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"} | values
            )
        )

    def test_an_answer_in_time_opens_the_ticket_again(self):
        ticket = self.closed(9)
        message = self.answer(ticket, self.owner_user)
        self.assertEqual(message.res_id, ticket.id)
        self.assertRecordValues(
            ticket, [{"stage_id": self.stage_new.id, "closed_date": False, "last_message_by": "client"}]
        )
        self.stage_progress.takes_reopened = True
        other = self.closed(1)
        self.answer(other, self.colleague_user)
        self.assertEqual(other.stage_id, self.stage_progress)

    def test_a_late_answer_opens_a_new_ticket_with_a_link(self):
        ticket = self.closed(11)
        message = self.answer(ticket, self.owner_user)
        new = ticket.offshoot_ids
        self.assertEqual(message.res_id, new.id)
        self.assertRecordValues(
            new,
            [
                {
                    "name": ticket.name,
                    "partner_id": self.owner.id,
                    "team_id": self.team.id,
                    "origin_ticket_id": ticket.id,
                    "closed": False,
                    "user_id": False,
                }
            ],
        )
        self.assertIn("Again broken", new.description)
        self.answer(ticket, self.colleague_user)
        self.assertEqual(ticket.offshoot_ids, new, "the next late answer goes on in the same one")
        self.assertEqual(ticket.stage_id, self.stage_done)
        self.assertEqual(self.env["helpdesk.ticket"].with_user(self.owner_user).search([("id", "=", new.id)]), new)

    def test_nobody_from_outside_opens_a_ticket_by_answering(self):
        ticket = self.closed(50)
        merged, stays = self.make_tickets(self.owner, 2)
        merged._merge_into(stays)
        count = len(stays.message_ids)
        for target in (ticket, merged):
            with self.assertRefused(AccessError, ""):
                target.with_user(self.stranger_user).message_post(
                    body="Let me in", message_type="comment", subtype_xmlid="mail.mt_comment"
                )
        self.assertFalse(ticket.offshoot_ids)
        self.assertEqual(len(stays.message_ids), count)

    def test_mails_do_the_same_with_their_files(self):
        ticket = self.closed(0)
        ours = self.answer(ticket, self.agent)
        self.assertTrue(ticket.closed, "our own word opens nothing")
        self.receive("owner@acme.example", References=ours.message_id, body="Not yet")
        self.assertFalse(ticket.closed)
        ticket.stage_id = self.stage_done
        ticket.closed_date = fields.Datetime.now() - timedelta(days=50)
        self.receive("owner@acme.example", References=ours.message_id, body="After all")
        self.assertTrue(ticket.closed)
        self.assertIn("After all", ticket.offshoot_ids.description)

    def test_machines_open_nothing(self):
        for days in (1, 50):
            ticket = self.closed(days)
            ours = self.answer(ticket, self.agent)
            into = self.receive("owner@acme.example", References=ours.message_id, Auto_Submitted="auto-replied")
            self.assertEqual(into, ticket)
            self.assertTrue(ticket.closed)
            self.assertFalse(ticket.offshoot_ids)

    def test_notes_and_staff_open_nothing(self):
        ticket = self.closed(50)
        self.answer(ticket, self.agent)
        self.answer(ticket, self.agent, subtype_xmlid="mail.mt_note")
        self.assertTrue(ticket.closed)
        self.assertFalse(ticket.offshoot_ids)

    def test_without_a_window_each_answer_is_a_new_ticket(self):
        self.client._store_setting("ticket_reopen_days", self.client._client_settings()["ticket_reopen_days"], 0)
        ticket = self.closed(0)
        self.answer(ticket, self.owner_user)
        self.assertTrue(ticket.closed)
        self.assertEqual(len(ticket.offshoot_ids), 1)
