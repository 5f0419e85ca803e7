from odoo.tests.common import BaseCase, tagged

from ..tools.mail_traits import automatic_reason, sender_is_proven

PERSON = [
    ("From", "Dana <dana@client.example>"),
    ("Subject", "Help"),
    ("Return-Path", "<dana@client.example>"),
]


@tagged("post_install", "-at_install")
class TestMailTraits(BaseCase):
    """Check 29 of the security bar, line by line; no database."""

    def test_a_mail_by_a_person_has_no_reason(self):
        self.assertEqual(automatic_reason(PERSON, "text/plain"), "")
        self.assertEqual(automatic_reason([*PERSON, ("Auto-Submitted", "no")]), "")
        self.assertEqual(automatic_reason([*PERSON, ("Precedence", "normal")]), "")
        self.assertEqual(automatic_reason([*PERSON, ("X-Auto-Response-Suppress", "None")]), "")
        self.assertEqual(automatic_reason([("From", "Nora Reply <nora.reply@client.example>")]), "")
        self.assertEqual(automatic_reason([("From", "noreplyman@client.example")]), "")

    def test_each_marker_of_a_machine_is_seen(self):
        for header in (
            ("Auto-Submitted", "auto-replied"),
            ("auto-submitted", 'auto-generated; owner-email="x@y.example"'),
            ("X-Auto-Response-Suppress", "All"),
            ("X-Auto-Response-Suppress", "DR, OOF, AutoReply"),
            ("Precedence", "bulk"),
            ("Precedence", "List"),
            ("Precedence", "junk"),
            ("Precedence", "auto_reply"),
            ("List-Id", "<news.client.example>"),
            ("X-Loop", "support@client.example"),
            ("X-Autoreply", "yes"),
            ("Return-Path", "<>"),
            ("Return-Path", ""),
        ):
            with self.subTest(header=header):
                self.assertEqual(automatic_reason([*PERSON[:2], header], "text/plain"), header[0])

    def test_robot_addresses_are_seen(self):
        for address in (
            "MAILER-DAEMON@mx.example",
            "postmaster@client.example",
            "No Reply <noreply@client.example>",
            "no-reply@client.example",
            "no_reply@client.example",
            "donotreply@client.example",
            "do-not-reply+17@client.example",
            "bounces@list.example",
        ):
            with self.subTest(address=address):
                self.assertEqual(automatic_reason([("From", address)]), "From")

    def test_a_report_is_automatic(self):
        self.assertEqual(automatic_reason(PERSON, "multipart/report"), "Content-Type")

    def test_only_our_own_server_proves_a_sender(self):
        ours = "mx.harborpine.example; spf=pass smtp.mailfrom=x; dmarc=pass (p=reject) header.from=x.example"
        self.assertTrue(sender_is_proven([ours], "mx.harborpine.example"))
        self.assertTrue(sender_is_proven(["mx.other.example; dmarc=fail", ours], "MX.harborpine.example"))
        self.assertTrue(sender_is_proven(["mx.harborpine.example 1; dmarc=pass"], "mx.harborpine.example"))
        for values, server in (
            ([ours], ""),
            ([ours], None),
            ([ours], "mx.other.example"),
            ([], "mx.harborpine.example"),
            (["mx.harborpine.example; dmarc=fail"], "mx.harborpine.example"),
            (["mx.harborpine.example; dmarc=none; spf=pass"], "mx.harborpine.example"),
            (["mx.harborpine.example; spf=fail (dmarc=pass)"], "mx.harborpine.example"),
            (["mx.harborpine.example; x-dmarc=pass"], "mx.harborpine.example"),
            (["mx.harborpine.example; dmarc=passed"], "mx.harborpine.example"),
            (["evil.example; x=mx.harborpine.example; dmarc=pass"], "mx.harborpine.example"),
            (
                ["mx.harborpine.example; spf=none (a (b; dmarc=pass) c; dmarc=pass; d)"],
                "mx.harborpine.example",
            ),
            (['mx.harborpine.example; spf=pass smtp.mailfrom="x; dmarc=pass; y"@z'], "mx.harborpine.example"),
            (
                ["mx.harborpine.example; spf=pass smtp.mailfrom=x; dmarc=pass; dmarc=fail"],
                "mx.harborpine.example",
            ),
            (["mx.harborpine.example; dmarc=fail", ours], "mx.harborpine.example"),
            ([ours + " " * 5000 + "; dmarc=fail"], "mx.harborpine.example"),
        ):
            with self.subTest(values=values, server=server):
                self.assertFalse(sender_is_proven(values, server))
