from unittest.mock import patch

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import TicketsMakers

CONFIRM = "odoo.addons.nestogy_clients.models.settings.ir_cron"


@tagged("post_install", "-at_install")
class TestMailConfirm(TicketsMakers, TransactionCase):
    """Who opens a ticket by mail is told so by a job of its own: surely, once, and not for ever."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.stage_new.mail_template_id = cls.env.ref("nestogy_tickets.mail_template_ticket_received")
        cls.cron = cls.env.ref("nestogy_tickets.ir_cron_ticket_confirm")

    def take_in(self, sender="owner@acme.example", **kwargs):
        """Without the job that confirms."""
        with patch.object(type(self), "confirm"):
            return self.receive(sender, **kwargs)

    def mails(self, ticket):
        return self.env["mail.mail"].search([("model", "=", "helpdesk.ticket"), ("res_id", "=", ticket.id)])

    def triggers(self):
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", self.cron.id)])

    def test_it_is_owed_with_the_ticket_and_sent_once(self):
        before = self.triggers()
        ticket = self.take_in()
        self.assertTrue(ticket.is_confirmation_due)
        self.assertFalse(self.mails(ticket))
        self.assertEqual(self.triggers() - before, 1)
        self.confirm()
        self.assertFalse(ticket.is_confirmation_due)
        self.assertEqual(self.mails(ticket).subject, f"We have your request {ticket.number}")
        self.assertEqual(self.mails(ticket).recipient_ids, self.owner)
        self.confirm()
        self.assertEqual(len(self.mails(ticket)), 1)

    def test_also_when_a_colleague_was_quicker(self):
        ticket = self.take_in()
        ticket.stage_id = self.stage_progress
        self.confirm()
        self.assertEqual(self.mails(ticket).subject, f"We have your request {ticket.number}")

    def test_nothing_is_owed_to_machines_strangers_and_stages_without_mail(self):
        self.assertFalse(self.take_in(Auto_Submitted="auto-replied").is_confirmation_due)
        self.assertFalse(self.take_in("who@nowhere.example").is_confirmation_due)
        self.stage_new.mail_template_id = False
        self.assertFalse(self.take_in().is_confirmation_due)

    def test_one_that_cannot_be_sent_stops_no_other_and_is_not_tried_for_ever(self):
        bad, good = self.take_in(), self.take_in("colleague@acme.example")
        post = type(bad).message_post_with_source

        def fail(ticket, *args, **kwargs):
            if ticket == bad:
                raise ValueError("no frame")
            return post(ticket, *args, **kwargs)

        with patch.object(type(bad), "message_post_with_source", fail), mute_logger(CONFIRM):
            self.confirm()
        self.assertFalse((bad | good).filtered("is_confirmation_due"))
        self.assertEqual((len(self.mails(bad)), len(self.mails(good))), (0, 1))
        self.assertIn("could not be told that the ticket is open: no frame", bad.message_ids[0].body)

    def test_taking_in_costs_few_queries(self):
        """Among them the four of two savepoints, which stand for transactions here."""

        def take_in(**headers):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            return self.take_in(**headers), self.env.cr.sql_log_count - before

        self.take_in()
        ticket, cost = take_in(subject="Another")
        self.assertLessEqual(cost, 59)
        answer = ticket.with_user(self.agent).message_post(
            body="On it", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        same, cost = take_in(subject="Re: Another", In_Reply_To=answer.message_id)
        self.assertEqual((same, same.message_ids[0].message_type), (ticket, "email"))
        self.assertLessEqual(cost, 93, "with the mail that tells the agent")
