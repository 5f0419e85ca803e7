import email
import email.policy
import re
import socket
from unittest.mock import patch

from aiosmtpd.controller import Controller

from odoo.tests import TransactionCase, tagged

from .common import ALIAS_DOMAIN, TicketsMakers


class Catcher:
    """Takes every mail and keeps it with its envelope."""

    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd calls it so)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos, message))
        return "250 OK"


@tagged("post_install", "-at_install")
class TestSmtp(TicketsMakers, TransactionCase):
    """The whole way of an answer: out by SMTP, and back through the gateway."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        cls.catcher = Catcher()
        controller = Controller(cls.catcher, hostname="127.0.0.1", port=port)
        controller.start()
        cls.addClassCleanup(controller.stop)
        cls.env["ir.mail_server"].search([]).active = False
        cls.env["ir.mail_server"].create(
            {"name": "Catcher", "smtp_host": "127.0.0.1", "smtp_port": port, "smtp_encryption": "none"}
        )
        cls.startClassPatcher(patch.object(type(cls.env["ir.mail_server"]), "_disable_send", lambda self: False))

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
