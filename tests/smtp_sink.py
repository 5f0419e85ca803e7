"""A real mail server on the loopback address, for tests of what leaves Odoo.

Odoo sends no mail while tests run; a test that wants to see the mail on the wire lets it go first::

    from unittest.mock import patch
    from smtp_sink import SmtpSink

    server_class = type(self.env["ir.mail_server"])
    with SmtpSink() as sink, patch.object(server_class, "_disable_send", lambda _self: False):
        self.env["ir.mail_server"].create({"name": "sink", "smtp_host": sink.host, "smtp_port": sink.port})
        invoice_mail.send()
    self.assertEqual(sink.messages[0]["Subject"], "Your invoice")
"""

import email
import email.policy
import socket

from aiosmtpd.controller import Controller


class SmtpSink:
    """Takes every mail while its block runs.

    ``messages`` are the parsed mails in the order they came, ``envelopes`` the sender and recipients of each.
    """

    host = "127.0.0.1"

    def __init__(self):
        self.messages, self.envelopes = [], []
        with socket.socket() as probe:
            probe.bind((self.host, 0))
            self.port = probe.getsockname()[1]
        self.controller = Controller(self, hostname=self.host, port=self.port)

    async def handle_DATA(self, _server, _session, envelope):
        content = envelope.original_content or envelope.content
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        self.messages.append(email.message_from_bytes(content, policy=email.policy.default))
        return "250 taken"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_error):
        self.controller.stop()
