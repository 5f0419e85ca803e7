"""A mail server on this machine that takes every mail."""

import asyncio
import email
import email.policy
import socket
from unittest.mock import patch

from aiosmtpd.controller import Controller


class Catcher:
    """Takes every mail and keeps it with its envelope, unless it is told to answer something else first."""

    def __init__(self):
        self.mails, self.sources, self.answers = [], [], []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd calls it so)
        answer = self.answers.pop(0) if self.answers else ""
        if answer == "slow":
            await asyncio.sleep(3)
            answer = ""
        if answer == "hang up":
            session.loop.call_soon(server.transport.abort)
            return "421 Bye"
        if answer:
            return answer
        self.sources.append(envelope.content)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos, message))
        return "250 OK"


class SmtpMakers:
    @classmethod
    def make_smtp(cls):
        """Let mails leave by SMTP, to ``cls.catcher`` on ``cls.port``."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            cls.port = probe.getsockname()[1]
        cls.catcher = Catcher()
        controller = Controller(cls.catcher, hostname="127.0.0.1", port=cls.port)
        controller.start()
        cls.addClassCleanup(controller.stop)
        cls.env["ir.mail_server"].search([]).active = False
        cls.server = cls.env["ir.mail_server"].create(
            {"name": "Catcher", "smtp_host": "127.0.0.1", "smtp_port": cls.port, "smtp_encryption": "none"}
        )
        cls.startClassPatcher(patch.object(type(cls.env["ir.mail_server"]), "_disable_send", lambda self: False))
