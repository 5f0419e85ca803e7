import random
import string
import time
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import ALIAS_DOMAIN, TicketsMakers

SUPPORT = f"support@{ALIAS_DOMAIN}"
SECONDS = 5
HEAD = f"From: Olive Owner <owner@acme.example>\r\nTo: {SUPPORT}\r\nSubject: Odd\r\n"


def raw(head=HEAD, body="Please help.", **headers):
    """A mail glued together as no library would; header names with underscores for dashes."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (head + lines + "\r\n" + body).encode("utf-8", "surrogateescape")


def with_file(name, content, maintype="application", subtype="octet-stream", **headers):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "owner@acme.example", SUPPORT, "With a file"
    for key, value in headers.items():
        message[key.replace("_", "-")] = value
    message.set_content("See the file.")
    message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return message.as_bytes()


def nested():
    inner = EmailMessage()
    inner["From"], inner["To"], inner["Subject"] = "x@y.example", "z@y.example", "Inner"
    inner.set_content("The inner mail")
    outer = MIMEMultipart()
    outer["From"], outer["To"], outer["Subject"] = "owner@acme.example", SUPPORT, "Outer"
    outer.attach(MIMEText("The outer mail"))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "owner@acme.example", SUPPORT, "Nested"
    message.set_content("See the mail below.")
    message.add_attachment(inner)
    return message.as_bytes()


def deep():
    body = "deep"
    for level in range(60):
        body = f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n{body}\r\n--b{level}--\r\n'
    head, _blank, rest = body.partition("\r\n\r\n")
    return (HEAD + head + "\r\n\r\n" + rest).encode()


def calendar(method):
    text = (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nUID:1@x\r\nSUMMARY:Visit\r\n"
        "DTSTART:20260101T100000Z\r\nDTEND:20260101T110000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "owner@acme.example", SUPPORT, "Invitation"
    message.set_content("You are invited.")
    message.add_alternative(text, subtype="calendar", params={"method": method})
    return message.as_bytes()


def winmail(files=(("Offer.pdf", b"%PDF-1.4 offer"),)):
    """A winmail.dat as Outlook makes it, with the given files."""

    def attribute(level, name, kind, data):
        header = bytes([level]) + name.to_bytes(2, "little") + kind.to_bytes(2, "little")
        return header + len(data).to_bytes(4, "little") + data + (sum(data) & 0xFFFF).to_bytes(2, "little")

    packed = b"\x78\x9f\x3e\x22\x01\x00" + attribute(1, 0x9006, 8, b"\x00\x00\x01\x00")
    for name, content in files:
        packed += attribute(2, 0x9002, 6, bytes(14))
        packed += attribute(2, 0x8010, 1, name.encode() + b"\0")
        packed += attribute(2, 0x800F, 6, content)
    return packed


def letters(count):
    """Characters that no index can compress."""
    return "".join(random.Random(count).choices(string.ascii_letters, k=count))


TEXT = "Content-Type: text/plain; charset={}\r\nContent-Transfer-Encoding: {}\r\n"

CORPUS = {
    "unknown charset": raw(HEAD + TEXT.format("x-klingon-9", "8bit"), "Hilfe für alle"),
    "unknown charset in the subject": raw(HEAD.replace("Odd", "=?x-klingon?B?SGVscA==?=")),
    "charset that is a codec of no text": raw(HEAD + TEXT.format("base64", "8bit")),
    "NUL in the text": raw(body="a\0b"),
    "NUL in the subject": raw(HEAD.replace("Odd", "O\0dd")),
    "NUL in a file name": with_file("report.txt", b"x").replace(b"report.txt", b"re\0port.txt"),
    "subject of 20 kB": raw(HEAD.replace("Odd", letters(20_000))),
    "800 recipients": raw(HEAD + "Cc: " + ",\r\n ".join(f"p{n}@many.example" for n in range(800)) + "\r\n"),
    "1 MiB of HTML": raw(HEAD + "Content-Type: text/html\r\n", "<div><p>word</p></div>" * 48_000),
    "HTML nested 5000 deep": raw(HEAD + "Content-Type: text/html\r\n", "<div>" * 5000 + "text" + "</div>" * 5000),
    "broken HTML": raw(HEAD + "Content-Type: text/html\r\n", "<table><tr><td <b>Help</i></div><![CDATA[ <!-- "),
    "XHTML with a declaration": raw(
        HEAD + "Content-Type: text/html\r\n", '<?xml version="1.0" encoding="utf-8"?><html><body>Help</body></html>'
    ),
    "script": raw(HEAD + "Content-Type: text/html\r\n", "<script>alert(1)</script><img src=x onerror=alert(1)>Help"),
    "boundary that is missing": raw(HEAD + "Content-Type: multipart/mixed\r\n", "Where is the boundary?"),
    "boundary that never comes": raw(HEAD + 'Content-Type: multipart/mixed; boundary="no"\r\n', "nothing\r\n"),
    "multipart without an end": raw(
        HEAD + 'Content-Type: multipart/mixed; boundary="b"\r\n', "--b\r\nContent-Type: text/plain\r\n\r\nHelp"
    ),
    "60 containers in one another": deep(),
    "a mail in the mail": nested(),
    "a broken mail in the mail": raw(HEAD + "Content-Type: message/rfc822\r\n", "no headers at all"),
    "no From": raw(f"To: {SUPPORT}\r\nSubject: Nobody\r\n"),
    "empty From": raw(f"From: <>\r\nTo: {SUPPORT}\r\nSubject: Nobody\r\n"),
    "From without an address": raw(f"From: just a name\r\nTo: {SUPPORT}\r\nSubject: Name\r\n"),
    "name of 9000 characters": raw(HEAD.replace("From: ", f"From: {letters(9000)} ", 1)),
    "address of 9000 characters": raw(HEAD.replace("owner@", f"{letters(9000)}@", 1)),
    "domain of 9000 characters": raw(HEAD.replace("acme.example", f"{letters(9000)}.example", 1)),
    "answer to 9000 characters": raw(In_Reply_To=f"<{letters(9000)}@x>", Reply_To=f"{letters(9000)}@x.example"),
    "two From headers": raw("From: stranger@other.example\r\n" + HEAD),
    "two addresses in From": raw(HEAD.replace("owner@acme.example>", "owner@acme.example>, <b@acme.example>")),
    "no To": raw("From: owner@acme.example\r\nSubject: No To\r\n"),
    "To an address that is not ours": raw(HEAD.replace(SUPPORT, "nobody@nowhere.example")),
    "base64 that is none": raw(HEAD + TEXT.format("utf-8", "base64"), "%%%%not base64!!!!"),
    "quoted-printable that is none": raw(HEAD + TEXT.format("utf-8", "quoted-printable"), "=ZZ=\r\n=x"),
    "unknown transfer encoding": raw(HEAD + TEXT.format("utf-8", "x-uuencode-2"), "begin 644 x\r\nend"),
    "winmail.dat": with_file("winmail.dat", winmail(), subtype="ms-tnef"),
    "winmail.dat that is broken": with_file("winmail.dat", winmail()[:30], subtype="ms-tnef"),
    "empty body": raw(body=""),
    "nothing but an empty HTML": raw(HEAD + "Content-Type: text/html\r\n", "<html><body></body></html>"),
    "bytes above 127 in headers": HEAD.replace("Odd", "Störung").encode("latin-1") + b"\r\nHilfe",
    "UTF-7": raw(HEAD + TEXT.format("utf-7", "7bit"), "+AOQ-nderung"),
    "UTF-16": HEAD.encode() + b"Content-Type: text/plain; charset=utf-16\r\n\r\n" + "Hilfe".encode("utf-16"),
    "invitation": calendar("REQUEST"),
    "answer to an invitation": calendar("REPLY"),
    "date that is none": raw(Date="the day before yesterday, 25:99"),
    "Message-Id of 3000 characters": raw(Message_Id=f"<{letters(3000)}@x>"),
    "2000 references": raw(References=" ".join(f"<r{n}@x.example>" for n in range(2000))),
    "lone surrogates": HEAD.encode() + b"Content-Type: text/plain; charset=utf-8\r\n\r\n\xed\xa0\x80 \xff\xfe",
    "emoji and right-to-left": raw(HEAD.replace("Odd", "=?utf-8?B?8J+RqeKAjfCfkrvigK4=?="), "\u202eabc 👩\u200d💻"),
    "file name of 300 characters": with_file("ü" * 300 + ".pdf", b"%PDF-1.4"),
    "file name with a path": with_file("../../etc/passwd", b"root"),
    "not a mail": b"\x00\x01\x02\xff" * 100,
    "only newlines": b"\r\n\r\n\r\n",
}


@tagged("post_install", "-at_install")
class TestMailCorpus(TicketsMakers, TransactionCase):
    """No mail is ever lost: each becomes a ticket, or waits in quarantine with the reason."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", 1000)
        cls.inbox = cls.env["nestogy.mail.inbox"]
        cls.gateway = cls.env["mail.thread"].with_context(fetchmail_cron_running=True)

    def take_in(self, source):
        """:return: what the inbox has of it"""
        before = self.inbox.search([], order="id desc", limit=1).id or 0
        self.gateway.message_process(None, source)
        self.env.flush_all()
        self.env.cr.precommit.run()
        return self.inbox.search([("id", ">", before)])

    @mute_logger("odoo.addons.nestogy_tickets.models.mail.nestogy_mail_inbox", "odoo.sql_db")
    def test_each_odd_mail_is_a_ticket_or_in_quarantine(self):
        waiting = set()
        for number, (name, source) in enumerate(CORPUS.items()):
            if source.startswith(b"From:") and b"\r\nMessage-Id:" not in source:
                source = b"Message-Id: <%d@corpus.example>\r\n%s" % (number, source)
            with self.subTest(name):
                begin = time.perf_counter()
                mail = self.take_in(source)
                seconds = time.perf_counter() - begin
                self.assertEqual(len(mail), 1)
                self.assertEqual(mail._get_source(), source, "the original is kept byte by byte")
                if mail.state == "done":
                    ticket = self.env["helpdesk.ticket"].browse(mail.res_id).exists()
                    self.assertEqual(mail.res_model, "helpdesk.ticket")
                    self.assertTrue(ticket.name)
                    self.assertTrue(ticket.description)
                    self.assertNotIn("<script", ticket.description)
                    self.assertNotIn("onerror", ticket.description)
                    self.assertTrue(ticket.message_ids)
                else:
                    waiting.add(name)
                    self.assertEqual(mail.state, "quarantined")
                    self.assertTrue(mail.kind and mail.reason)
                self.assertTrue(mail.headers or not source.strip())
                self.assertLess(seconds, SECONDS)
        # being kept is not enough where a person can read the mail
        self.assertEqual(waiting, {"no To", "To an address that is not ours", "not a mail", "only newlines"})
