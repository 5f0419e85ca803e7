"""A mail server for the demo: takes every mail, delivers none, keeps each as a file for a mail program.

Arguments: port, folder. Each file is ``NNNN-subject.eml``; the envelope stands in its first lines.
"""

import email
import email.policy
import itertools
import os
import re
import signal
import sys
from pathlib import Path

from aiosmtpd.controller import Controller

HOST = "127.0.0.1"


def file_name(number, subject):
    """:return: a name that is safe in any file system, the subject still readable in it"""
    words = re.sub(r"[^\w.-]+", "-", subject or "").strip("-.")[:60]
    return f"{number:04d}-{words or 'no-subject'}.eml"


class Keeper:
    """Writes what arrives; the controller calls it from one thread."""

    def __init__(self, folder):
        self.folder = folder
        numbers = [int(path.name[:4]) for path in folder.glob("[0-9][0-9][0-9][0-9]-*.eml")]
        self.numbers = itertools.count(max(numbers, default=0) + 1)

    async def handle_DATA(self, _server, _session, envelope):
        content = envelope.original_content or envelope.content
        subject = str(email.message_from_bytes(content, policy=email.policy.default).get("Subject", ""))
        lines = [
            f"Return-Path: <{envelope.mail_from or ''}>",
            *(f"Delivered-To: {to}" for to in envelope.rcpt_tos),
        ]
        target = self.folder / file_name(next(self.numbers), subject)
        part = target.with_suffix(".part")
        part.write_bytes("".join(f"{line}\r\n" for line in lines).encode() + content)
        os.replace(part, target)
        return "250 kept"


def main(port, folder):
    controller = Controller(Keeper(folder), hostname=HOST, port=port, data_size_limit=100 * 1024 * 1024)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the launcher ends us, after Odoo
    controller.start()
    signal.sigwait({signal.SIGTERM})
    controller.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main(int(sys.argv[1]), Path(sys.argv[2]))
