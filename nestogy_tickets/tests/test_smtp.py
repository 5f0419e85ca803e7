import re
import smtplib
from datetime import timedelta
from email.message import EmailMessage
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_portal.tests.fake_smtp import SmtpMakers

from .common import ALIAS_DOMAIN, TicketsMakers


@tagged("post_install", "-at_install")
class TestSmtp(SmtpMakers, TicketsMakers, TransactionCase):
    """The whole way of an answer: out by SMTP, and back through the gateway."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.make_smtp()

    def setUp(self):
        super().setUp()
        for kept in (self.catcher.mails, self.catcher.sources, self.catcher.answers):
            kept.clear()

    def test_an_answer_of_staff_and_the_clients_answer_to_it(self):
        ticket = self.make_tickets(self.owner)
        message = ticket.with_user(self.agent).message_post(
            body="Please restart it.", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        mail = self.env["mail.mail"].search([("mail_message_id", "=", message.id)])
        mail.filtered(lambda each: each.state == "outgoing").send()
        received = [message for recipients, message in self.catcher.mails if recipients == ["owner@acme.example"]]
        self.assertEqual(len(received), 1)
        received = received[0]
        self.assertIn(f"support@{ALIAS_DOMAIN}", received["Reply-To"])
        text = received.get_body(("html",)).get_content()
        self.assertIn("Please restart it.", text)
        self.assertTrue(re.search(r"/my/link/[A-Za-z0-9_-]{43}", text), "the reader's own link")
        self.assertNotIn("access_token", text)

        answered = self.receive(
            "Olive Owner <owner@acme.example>",
            to=received["Reply-To"],
            subject=f"Re: {received['Subject']}",
            body="Restarted, works.",
            References=received["Message-Id"],
            In_Reply_To=received["Message-Id"],
        )
        self.assertEqual(answered, ticket)
        answer = ticket.message_ids[0]
        self.assertEqual((answer.message_type, answer.author_id), ("email", self.owner))
        self.assertIn("Restarted, works.", answer.body)
        self.assertIn(self.agent.partner_id, answer.notification_ids.res_partner_id)

    def test_a_mail_that_comes_by_smtp_is_a_ticket(self):
        self.catcher.sources.clear()
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "owner@acme.example", f"support@{ALIAS_DOMAIN}", "By wire"
        mail["Message-Id"] = "<wire@acme.example>"
        mail.set_content("Äpfel & Öl")
        mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Rechnung Ä.pdf")
        with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as smtp:
            smtp.send_message(mail)
        ticket_id = self.env["mail.thread"].message_process(None, self.catcher.sources[-1])
        ticket = self.env["helpdesk.ticket"].browse(ticket_id)
        self.assertEqual((ticket.name, ticket.partner_id), ("By wire", self.owner))
        self.assertIn("Äpfel &amp; Öl", ticket.description)
        self.assertEqual(ticket.message_ids.attachment_ids.mapped("name"), ["Rechnung Ä.pdf"])

    # -- a server that does not want to ------------------------------------

    def queue(self):
        """An answer of staff that waits in the queue."""
        ticket = self.make_tickets(self.owner)
        poster = ticket.with_user(self.agent).with_context(mail_notify_force_send=False)
        message = poster.message_post(
            body="Please restart it.", message_type="comment", subtype_xmlid="mail.mt_comment"
        ).with_user(self.env.user)
        self.catcher.mails.clear()
        return self.env["mail.mail"].search([("mail_message_id", "=", message.id)]), message

    def run_queue(self, mail):
        self.env["mail.mail"].process_email_queue(email_ids=mail.ids)

    def assertDelivered(self, mail, message, retries):  # noqa: N802
        """The mail leaves by itself when its time has come, once."""
        self.assertFalse(self.catcher.mails)
        self.assertEqual((mail.state, mail.retries), ("outgoing", retries))
        self.assertGreater(mail.scheduled_date, fields.Datetime.now())
        self.assertTrue(mail.failure_reason)
        self.assertEqual(message.notification_ids.filtered("mail_mail_id").mapped("notification_status"), ["exception"])
        self.run_queue(mail)
        self.assertFalse(self.catcher.mails, "not before its time")
        mail.scheduled_date = fields.Datetime.now() - timedelta(seconds=1)
        self.env["mail.mail"].process_email_queue()
        self.assertEqual([recipients for recipients, _mail in self.catcher.mails], [["owner@acme.example"]])
        self.assertEqual(set(message.notification_ids.mapped("notification_status")), {"sent"})

    @mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")
    def test_a_server_that_is_down_gets_the_mail_later(self):
        mail, message = self.queue()
        self.server.smtp_port = 1
        self.run_queue(mail)
        self.server.smtp_port = self.port
        self.assertDelivered(mail, message, 1)

    @mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")
    def test_a_server_that_says_later_gets_the_mail_later(self):
        mail, message = self.queue()
        self.catcher.answers = ["451 4.3.0 Try again later"]
        self.run_queue(mail)
        first = mail.scheduled_date
        mail.scheduled_date = False
        self.catcher.answers = ["451 4.3.0 Try again later"]
        self.run_queue(mail)
        self.assertGreater(mail.scheduled_date, first, "at longer intervals")
        self.assertDelivered(mail, message, 2)

    @mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")
    def test_a_server_that_hangs_up_gets_the_mail_later(self):
        mail, message = self.queue()
        self.catcher.answers = ["hang up"]
        self.run_queue(mail)
        self.assertDelivered(mail, message, 1)

    def test_a_slow_server_gets_the_mail_once(self):
        mail, message = self.queue()
        self.catcher.answers = ["slow"]
        self.run_queue(mail)
        self.assertEqual(len(self.catcher.mails), 1)
        self.assertEqual(set(message.notification_ids.mapped("notification_status")), {"sent"})

    @mute_logger("odoo.addons.mail.models.mail_mail", "odoo.addons.base.models.ir_mail_server")
    def test_a_server_that_says_never_is_not_asked_again(self):
        mail, message = self.queue()
        self.catcher.answers = ["554 5.7.1 No"]
        self.run_queue(mail)
        self.assertEqual((mail.state, mail.retries), ("exception", 0))
        self.assertIn("exception", message.notification_ids.mapped("notification_status"))

    def test_a_mail_that_another_sender_has_is_left_to_it(self):
        mail, _message = self.queue()
        with patch.object(type(mail), "try_lock_for_update", lambda records, **kwargs: records.browse()):
            mail.send()
        self.assertEqual((mail.state, self.catcher.mails), ("outgoing", []))

    def test_a_mail_on_its_way_is_marked_for_good_before_the_server_has_it(self):
        mail, message = self.queue()
        steps = []

        def commit(record):
            record.flush_recordset()
            self.env.cr.execute("SELECT state, sending_since FROM mail_mail WHERE id = %s", [record.id])
            state, since = self.env.cr.fetchone()
            steps.append((state, bool(since), len(self.catcher.mails)))

        model = type(mail)
        send = model._send
        with (
            patch.object(model, "_commit_sending", commit),
            patch.object(model, "_send", lambda mails, **kwargs: send(mails, **kwargs | {"auto_commit": True})),
            patch.object(self.env.cr, "commit", lambda: None),
        ):
            mail.send()
        self.assertEqual(steps, [("outgoing", True, 0)])
        self.assertEqual(len(self.catcher.mails), 1)
        self.assertEqual(set(message.notification_ids.mapped("notification_status")), {"sent"})

    def test_a_mail_that_a_dead_process_had_is_not_sent_again_by_itself(self):
        mail, message = self.queue()
        mail.sending_since = fields.Datetime.now() - timedelta(minutes=1)
        self.run_queue(mail)
        self.assertEqual((mail.state, self.catcher.mails), ("outgoing", []), "somebody may be at it")
        mail.sending_since = fields.Datetime.now() - timedelta(minutes=20)
        self.run_queue(mail)
        self.assertEqual((mail.state, mail.retries, self.catcher.mails), ("exception", 0, []))
        self.assertIn("it may have arrived", mail.failure_reason)
        self.assertEqual(set(message.notification_ids.mapped("notification_status")), {"exception"})
        mail.mark_outgoing()  # a person has asked the client
        self.run_queue(mail)
        self.assertEqual(len(self.catcher.mails), 1)
