from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestQueues(TicketsMakers, ClientsCase):
    """Who waits for whom, and the queues above the list."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.stage_waits = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_awaiting")

    def answer(self, ticket, user, **values):
        return (
            ticket.with_user(user)
            .sudo(user.share)
            .message_post(**{"body": "Hello", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"} | values)
        )

    def test_the_last_public_message_decides_who_waits(self):
        ticket = self.make_tickets(self.owner)
        self.assertRecordValues(ticket, [{"last_message_by": "client", "client_reply_at": False}])
        self.answer(ticket, self.agent)
        self.assertRecordValues(ticket, [{"last_message_by": "staff", "client_reply_at": False}])
        self.answer(ticket, self.owner_user)
        self.assertEqual(ticket.last_message_by, "client")
        self.assertAlmostEqual(ticket.client_reply_at, fields.Datetime.now(), delta=timedelta(minutes=1))
        self.answer(ticket, self.agent, subtype_xmlid="mail.mt_note")
        self.answer(ticket, self.agent, message_type="auto_comment")
        self.answer(ticket, self.agent, message_type="notification")
        self.assertEqual(ticket.last_message_by, "client", "notes and machines change nothing")
        self.answer(ticket, self.agent)
        self.assertRecordValues(ticket, [{"last_message_by": "staff", "client_reply_at": False}])

    def test_mails_count_like_messages_and_automatic_ones_do_not(self):
        ticket = self.receive("owner@acme.example")
        self.assertRecordValues(ticket, [{"last_message_by": "client", "client_reply_at": False}])
        ours = self.answer(ticket, self.agent)
        self.receive("owner@acme.example", References=ours.message_id, Auto_Submitted="auto-replied", body="On leave")
        self.assertEqual(ticket.last_message_by, "staff")
        self.receive("owner@acme.example", References=ours.message_id)
        self.assertEqual(ticket.last_message_by, "client")
        self.assertTrue(ticket.client_reply_at)

    def test_an_answer_ends_the_wait_and_our_word_begins_it_anew(self):
        ticket = self.make_tickets(self.owner)
        ticket.stage_id = self.stage_waits
        self.assertTrue(ticket.waiting_since)
        self.answer(ticket, self.agent)
        waiting = ticket._waiting_for_client_domain()
        self.assertTrue(ticket.filtered_domain(waiting))
        self.answer(ticket, self.owner_user)
        self.assertRecordValues(ticket, [{"stage_id": self.stage_waits.id, "waiting_since": False}])
        self.assertFalse(ticket.filtered_domain(waiting), "the last message decides, whatever the stage says")
        self.answer(ticket, self.agent)
        self.assertTrue(ticket.waiting_since)
        ticket.stage_id = self.stage_progress
        self.assertFalse(ticket.waiting_since)

    def test_counters_are_those_of_the_filters_in_one_query(self):
        self.make_tickets(self.owner, 2)
        self.make_tickets(self.owner, user_id=False)
        self.make_tickets(self.stranger, stage_id=self.stage_done.id)
        waiting, answered = self.make_tickets(self.owner, 2)
        waiting.stage_id = self.stage_waits
        self.answer(answered, self.owner_user)
        answered._set_complaint("too slow")
        tickets = self.env["helpdesk.ticket"].with_user(self.agent)
        view = self.env.ref("helpdesk_mgmt.helpdesk_ticket_view_search")
        arch = etree.fromstring(tickets.get_view(view.id, "search")["arch"])
        counts = {queue["key"]: queue["count"] for queue in tickets.get_ticket_queues()}
        for key, count in counts.items():
            if key.startswith("sla_"):  # those filters come with the views of the SLA, which test them
                self.assertEqual(count, 0, key)
                continue
            domain = arch.xpath(f"//filter[@name='{key}']/@domain")
            self.assertTrue(domain, f"no filter {key}")
            self.assertEqual(count, tickets.search_count(safe_eval(domain[0], {"uid": self.agent.id})), key)
        ours = tickets.search([("commercial_partner_id", "in", (self.client | self.other_client).ids)])
        self.assertEqual(len(ours), 6)
        self.assertGreaterEqual(counts["open"], 5)
        self.assertEqual(counts["queue_complaints"], 1)
        self.assertEqual(counts["queue_replies"], 1)
        tickets.get_ticket_queues()
        with self.assertQueryCount(1):
            tickets.get_ticket_queues()
        self.make_tickets(self.owner, 30)
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.assertEqual(tickets.get_ticket_queues()[0]["count"], counts["queue_mine"] + 30)

    def test_counters_are_for_staff(self):
        with self.assertRaises(AccessError):
            self.env["helpdesk.ticket"].with_user(self.env.ref("base.public_user")).get_ticket_queues()
        self.assertTrue(self.env["helpdesk.ticket"].with_user(self.viewer).get_ticket_queues())
        with self.assertRaises(AccessError):
            self.env["helpdesk.ticket"].with_user(self.owner_user).get_ticket_queues()

    def test_tickets_are_taken_by_members_of_their_team(self):
        tickets = self.make_tickets(self.owner, 2, user_id=False)
        tickets.with_user(self.agent).action_take()
        self.assertEqual(tickets.user_id, self.agent)
        other = self.make_user("other_agent", "agent")
        with self.assertRefused(AccessError, "not a member of the assigned team"):
            self.make_tickets(self.owner, user_id=False).with_user(other).action_take()
        with self.assertRaises(AccessError):
            tickets.with_user(self.viewer).action_take()

    def test_a_ticket_is_closed_in_the_closing_stage_of_its_team(self):
        ticket = self.make_tickets(self.owner)
        with self.assertRaises(AccessError):
            ticket.with_user(self.viewer).action_close()
        ticket.with_user(self.agent).action_close()
        self.assertTrue(ticket.closed)
        self.assertTrue(ticket.closed_date)
        other = self.make_tickets(self.owner)
        self.env["helpdesk.ticket.stage"].search([("closed", "=", True)]).active = False
        with self.assertRefused(UserError, "has no closing stage"):
            other.with_user(self.agent).action_close()

    def test_tickets_that_were_there_before_get_their_last_word(self):
        answered, waiting, fresh = self.make_tickets(self.owner, 3)
        self.answer(answered, self.owner_user)
        waiting.stage_id = self.stage_waits
        self.answer(waiting, self.agent)
        expected = [(t.last_message_by, bool(t.client_reply_at), bool(t.waiting_since)) for t in answered | waiting]
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET last_message_by = 'client', client_reply_at = NULL, waiting_since = NULL"
        )
        self.env.invalidate_all()
        self.env["helpdesk.ticket"]._note_last_word_of_all()
        found = [(t.last_message_by, bool(t.client_reply_at), bool(t.waiting_since)) for t in answered | waiting]
        self.assertEqual(found, expected)
        self.assertEqual(expected, [("client", True, False), ("staff", False, True)])
        self.assertRecordValues(fresh, [{"last_message_by": "client", "client_reply_at": False}])
