import email
import email.header
import email.policy
import unittest

from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.nestogy_clients.tools import mail_domains

from ..tools import mail_files, mail_quotes, mail_source

SETTINGS = {"max_examples": 60, "deadline": None, "derandomize": True, "database": None}
EVIL = "Hello\r\nBcc: evil@x.example\n\nInjected\0\u2028"
KNOWN = {"from", "to", "cc", "subject", "content-type", "content-transfer-encoding", "mime-version"}
KNOWN |= {name.lower() for name in mail_source._KEPT_HEADERS}


def encoded(text):
    return email.header.Header(text.encode("utf-8", "replace").decode(), "utf-8").encode()


@tagged("post_install", "-at_install")
class TestMailSource(BaseCase, unittest.TestCase):
    def assertOneLine(self, text):  # noqa: N802
        self.assertFalse(set("\r\n\0") & set(text), text)

    @settings(**SETTINGS)
    @given(st.binary(max_size=400))
    @example(b"")
    @example(b"Subject: x")
    @example(b"From: \xff\xfe <\xff@\xff>\r\nSubject: =?utf-8?B?///?=\r\n\r\n\x00")
    def test_any_bytes_are_described(self, source):
        facts = mail_source.facts(source)
        for name in ("message_id", "sender", "sender_address", "recipients", "subject"):
            self.assertOneLine(facts[name])
        self.assertNotIn("\0", mail_source.text(source) + mail_source.headers(source))

    @settings(**SETTINGS)
    @given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=300))
    @example(EVIL, EVIL, EVIL)
    def test_no_header_can_be_smuggled_in(self, name, subject, file_name):
        source = (
            f"From: {encoded(name)} <a@b.example>\r\nTo: desk@c.example\r\nSubject: {encoded(subject)}\r\n"
            f'Content-Type: application/pdf; name="{encoded(file_name)}"\r\n\r\nx'
        ).encode("utf-8", "surrogateescape")
        facts = mail_source.facts(source)
        self.assertOneLine(facts["sender"] + facts["subject"])
        again = email.message_from_bytes(mail_source.repaired(source), policy=email.policy.default)
        self.assertLessEqual({key.lower() for key in again.keys()}, KNOWN)
        self.assertEqual(len(again.get_all("Subject") or [""]), 1)
        self.assertNotIn("evil@x.example", str(again["Bcc"]))

    @settings(**SETTINGS)
    @given(st.text(max_size=400))
    @example("ü" * 300 + ".pdf")
    @example("../../etc/passwd")
    @example("a\r\nContent-Type: text/html\r\n.pdf")
    @example("invoice\u202efdp.exe")
    def test_file_names_are_names(self, name):
        safe = mail_files.file_name(name)
        self.assertTrue(safe)
        self.assertOneLine(safe)
        self.assertLessEqual(len(safe), mail_files.NAME_CHARACTERS)
        self.assertFalse(set("/\\\u202e") & set(safe))

    @settings(**SETTINGS)
    @given(st.text(alphabet="<>ab/ =\"'&;\n-!", max_size=300))
    def test_any_html_is_folded(self, html):
        top, rest = mail_quotes.unfold(mail_quotes.fold(html))
        self.assertIsInstance(top + rest, str)
        self.assertIsInstance(mail_files.plain_text(html), str)

    def test_domains(self):
        for address, domain in (
            ("Olive@Acme.Example", "acme.example"),
            ("https://www.acme.example/team", "acme.example"),
            ("x@gmail.com", ""),
            ("x@localhost", ""),
            ("", ""),
            (None, ""),
        ):
            self.assertEqual(mail_domains.own(address), domain)

    def test_hostile_html_takes_no_longer_than_other(self):
        """Each of these is quadratic for a careless pattern."""
        for html in ("<" * 200_000, "<script" * 30_000, "<pre>" * 30_000, "Am x schrieb " * 20_000, "<img " * 40_000):
            mail_quotes.fold(html)
            mail_files.plain_text(html)

    def test_reports_of_other_servers(self):
        for text, kind in (
            ("550 5.1.1 User unknown", "hard"),
            ("Remote host said: 551 not our customer", "hard"),
            ("Mailbox full, 452 4.2.2", "soft"),
            ("Ticket 55012 is closed", "soft"),
            ("", "soft"),
        ):
            message = email.message_from_string("From: mailer-daemon@x\n\nx", policy=email.policy.SMTP)
            self.assertEqual(mail_source.delivery_report(message, text)[0], kind)
