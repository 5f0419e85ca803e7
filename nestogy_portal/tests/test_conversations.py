import base64
import itertools
from email.message import EmailMessage

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PASSWORD, PortalCase

RULES = "odoo.addons.base.models.ir_rule"
OURS = "mx.firm.example"
NUMBERS = itertools.count(1)
POST = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}


@tagged("post_install", "-at_install")
class TestConversations(PortalCase):
    """One thread a client: in the portal, by mail and with staff, and never across clients."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels = {
            key: cls.env.ref(f"nestogy_portal.nestogy_portal_level_{key}") for key in ("own", "reader", "technical")
        }
        cls.client.primary_contact_id = cls.owner
        cls.agent = cls.make_user("talk_agent", "agent", name="Alex Agent", email="alex@firm.example")
        cls.agent.notification_type = "inbox"
        cls.client.user_id = cls.agent
        cls.conversations = cls.env["nestogy.conversation"]
        cls.env["ir.config_parameter"].set_param("nestogy_tickets.authserv_id", OURS)
        cls.env["nestogy.client.mail.template"].search([("kind", "=", "message")]).unlink()  # of demo data

    @property
    def talk(self):
        return self.conversations.search([("client_id", "=", self.client.id)])

    def answer(self, text="We come on Monday", **values):
        return self.conversations.with_user(self.agent)._get_for(self.client).message_post(body=text, **(POST | values))

    def write_as(self, who, text="", files=()):
        self.enter(who)
        return self.send(text, files)

    def send(self, text="", files=()):
        token = self.csrf(self.open("/my/messages"))
        return self.open("/my/messages/send", data={"csrf_token": token, "text": text}, files=list(files))

    def mails(self, message):
        return self.env["mail.mail"].search([("mail_message_id", "=", message.id)])

    def told(self, message):
        return message.notification_ids.res_partner_id

    def receive(self, sender, to, body="By mail", html=None, files=(), **headers):
        """Take a mail in that answers one of our messages."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = sender, "catchall@firm.example", "Re: Message"
        mail["Message-Id"] = f"<{next(NUMBERS)}.{self.id()}@x.example>"
        mail["In-Reply-To"] = mail["References"] = to.message_id
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(body)
        if html:
            mail.add_alternative(html, subtype="html")
        for name, content in files:
            mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process("res.partner", mail.as_string())
        return self.env["mail.message"].search([("message_id", "=", mail["Message-Id"])])

    # portal

    def test_a_contact_writes_and_the_account_manager_is_told(self):
        self.enter(self.owner)
        self.assertIn("Nothing was written yet", self.open("/my/messages").text)
        self.assertFalse(self.talk, "looking makes nothing")
        response = self.send("Hello <b>you</b>\n<script>alert(1)</script>", [("files", ("plan.txt", b"a plan"))])
        self.assertEqual(response.status_code, 303)
        self.assertRecordValues(
            self.talk,
            [
                {
                    "client_id": self.client.id,
                    "user_id": self.agent.id,
                    "unread_count": 1,
                    "is_unread": True,
                    "last_author": "Olive Owner",
                    "last_text": "Hello <b>you</b> <script>alert(1)</script>",
                }
            ],
        )
        message = self.talk.message_ids[0]
        self.assertRecordValues(message, [{"author_id": self.owner.id, "is_internal": False}])
        self.assertEqual(self.told(message), self.agent.partner_id)
        self.assertEqual(message.attachment_ids.mapped("name"), ["plan.txt"])
        page = self.open("/my/messages").text
        self.assertIn("&lt;script&gt;alert(1)", page)
        self.assertNotIn("<script>alert(1)", page)
        self.assertIn(f"/my/messages/file/{message.attachment_ids.id}", page)

    def test_all_of_the_client_read_it_and_nobody_else(self):
        self.write_as(self.owner, "For us alone", [("files", ("plan.txt", b"a plan"))])
        message = self.talk.message_ids[0]
        path = f"/my/messages/file/{message.attachment_ids.id}"
        for who, is_seen in ((self.owner, True), (self.colleague, True), (self.stranger, False)):
            self.enter(who)
            self.assertEqual("For us alone" in self.open("/my/messages").text, is_seen)
            self.assertEqual(self.open(path).status_code, 200 if is_seen else 404)
        self.assertEqual(self.visit("/my/messages").status_code, 303)
        self.assertEqual(self.open(path).status_code, 303)
        self.enter(self.colleague)
        self.colleague.portal_level_id = self.levels["own"]
        self.assertEqual(self.open("/my/messages").status_code, 404)
        self.assertEqual(self.open(path).status_code, 404)
        self.assertNotIn("/my/messages", self.open("/my").text)
        self.enter(self.owner)
        for path in ("/my/messages/file/0", "/my/messages/file/99999999999", f"/my/messages/file/{2**31 - 1}"):
            self.assertEqual(self.open(path).status_code, 404)
        for before in ("x", "-1", "9" * 30, "0", "%00"):
            self.assertEqual(self.open(f"/my/messages?before={before}").status_code, 200)
        response = self.open(f"/my/messages/file/{message.attachment_ids.id}")
        self.assertEqual(response.content, b"a plan")
        self.assertIn("sandbox", response.headers["Content-Security-Policy"])

    def test_over_rpc_one_reads_the_own_thread_without_notes_and_writes_nothing(self):
        self.answer("Shown")
        self.talk.message_post(body="Careful with them", message_type="comment", subtype_xmlid="mail.mt_note")
        other = self.conversations._get_for(self.other_client)
        other.message_post(body="Studio only", **POST)
        user = self.owner.user_ids
        self.assertEqual(self.conversations.with_user(user).search([], order="id").ids, self.talk.ids)
        messages = self.env["mail.message"].with_user(user)
        found = messages.search([("model", "=", "nestogy.conversation")])
        self.assertEqual(found.mapped("body"), ["<p>Shown</p>"])
        for message in self.talk.message_ids[0] | other.message_ids[0]:
            with self.assertRaises(AccessError), mute_logger(RULES, "odoo.addons.mail.models.mail_message"):
                messages.browse(message.id).read(["body"])
        talk = self.talk.with_user(user)
        self.assertTrue(talk.read(["client_id", "staff_seen_at"]))
        for name in ("unread_count", "last_text", "user_id", "reader_ids", "reach_text", "seen_text", "message_ids"):
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                talk.read([name])
        for refused in (
            lambda: talk.message_post(body="Straight", **POST),
            lambda: talk.write({"client_id": self.other_client.id}),
            lambda: talk.action_mark_read(),
            lambda: self.conversations.with_user(user).create({"client_id": self.client.id}),
            lambda: self.env["nestogy.conversation.reader"].with_user(user).search([]),
        ):
            with self.assertRaises(AccessError), mute_logger(RULES, "odoo.models", "odoo.addons.base.models.ir_model"):
                refused()
        self.assertEqual(self.env["mail.message"].search_count([("body", "like", "Straight")]), 0)

    def test_who_only_reads_and_who_is_shut_out_does_not_write(self):
        self.enter(self.owner)
        token = self.csrf(self.open("/my/messages"))
        self.assertEqual(self.open("/my/messages/send", data={"text": "No token"}).status_code, 400)
        self.owner.portal_level_id = self.levels["reader"]
        self.assertNotIn("nestogy-write", self.open("/my/messages").text)
        data = {"csrf_token": token, "text": "Hello"}
        self.assertEqual(self.open("/my/messages/send", data=data).status_code, 404)
        self.owner.portal_level_id = False
        self.set_status(self.client, "fraud")
        self.assertEqual(self.open("/my/messages").status_code, 303)
        self.assertFalse(self.talk)

    def test_what_cannot_be_sent_is_refused_with_a_sentence(self):
        self.enter(self.owner)
        for text, files, sentence in (
            ("  ", [], "Write something"),
            ("x" * 10001, [], "at most 10000 characters"),
            ("x", [("files", ("run.exe", b"MZ"))], "Programs are not kept"),
            ("x", [("files", ("a.pdf", b"<html>"))], "no PDF file"),
            ("x", [("files", (f"{n}.txt", b"x")) for n in range(11)], "at most 10 files"),
        ):
            response = self.send(text, files)
            self.assertEqual(response.status_code, 422, sentence)
            self.assertIn(sentence, response.text)
        self.assertFalse(self.talk)
        self.env["nestogy.portal.attempt"]._exceeds("message", f"contact {self.owner.id}", 60, 3600)
        self.patch(type(self.env["nestogy.portal.attempt"]), "_exceeds", lambda *args: True)
        self.assertIn("many messages", self.send("Hello").text)
        self.assertFalse(self.talk)

    def test_what_was_read(self):
        message = self.answer()
        self.enter(self.owner)
        self.assertIn("1 new message", self.open("/my").text)
        page = self.open("/my/messages").text
        self.assertIn("nestogy-new", page)
        self.assertIn("1 new message", self.open("/my").text, "a GET changes nothing")
        for wrong in (None, "x", 0, 2**40, message.id + 999):
            self.call("/my/messages/seen", message_id=wrong)
        self.assertFalse(self.talk.reader_ids)
        self.call("/my/messages/seen", message_id=message.id)
        self.assertEqual(self.talk.reader_ids.partner_id, self.owner)
        self.assertIn("Olive Owner", self.talk.seen_text)
        self.assertNotIn("new message", self.open("/my").text)
        self.assertNotIn("nestogy-new", self.open("/my/messages").text)
        self.enter(self.colleague)
        self.assertIn("1 new message", self.open("/my").text)
        self.send("Fine")
        self.assertEqual(self.talk.unread_count, 1)
        self.assertNotIn(">Read<", self.open("/my/messages").text)
        self.talk.with_user(self.agent).action_mark_read()
        self.assertEqual(self.talk.unread_count, 0)
        self.assertIn(">Read<", self.open("/my/messages").text)

    def test_a_preview_reads_and_leaves_no_trace(self):
        message = self.answer()
        self.agent.password = PASSWORD
        self.authenticate("talk_agent", PASSWORD)
        page = f"/my/preview/{self.owner.id}"
        self.post_form(page, page)
        self.assertIn("We come on Monday", self.open("/my/messages").text)
        token = self.csrf(self.open("/my/messages"))
        with mute_logger("odoo.http"):
            data = {"csrf_token": token, "text": "As the client"}
            self.assertEqual(self.open("/my/messages/send", data=data).status_code, 403)
            self.url_open("/my/messages/seen", json={"params": {"message_id": message.id}})
        self.assertFalse(self.talk.reader_ids)
        self.assertEqual(len(self.conversations._portal_rows.__func__(self.talk)[0]), 1)

    def test_one_message_costs_as_many_queries_as_two_hundred(self):
        def count():
            self.open("/my/messages")
            before = self.cr.sql_log_count
            self.assertEqual(self.open("/my/messages").status_code, 200)
            return self.cr.sql_log_count - before

        self.answer(attachments=[("a.txt", b"a")])
        self.write_as(self.owner, "Thanks", [("files", ("b.txt", b"b"))])
        one = count()
        attachments = self.env["ir.attachment"].create(
            [
                {"name": f"{n}.txt", "raw": b"x", "res_model": "nestogy.conversation", "res_id": self.talk.id}
                for n in range(200)
            ]
        )
        self.env["mail.message"].create(
            [
                {
                    "model": "nestogy.conversation",
                    "res_id": self.talk.id,
                    "body": f"Message {number}",
                    "author_id": (self.owner if number % 2 else self.agent.partner_id).id,
                    "attachment_ids": attachments[number].ids,
                    "message_type": "comment",
                    "subtype_id": self.env.ref("mail.mt_comment").id,
                }
                for number in range(200)
            ]
        )
        self.assertLessEqual(count(), one + 1)
        page = self.open("/my/messages").text
        self.assertIn("Message 199", page)
        self.assertNotIn("Message 149<", page)
        self.assertIn("Earlier messages", page)
        first = self.talk.message_ids.sorted("id")[-50].id
        self.assertIn("Message 149<", self.open(f"/my/messages?before={first}").text)

    # mail that leaves

    def test_our_message_is_mailed_with_a_link_of_the_reader_s_own(self):
        message = self.answer(attachments=[("offer.txt", b"offer")])
        self.assertEqual(self.told(message), self.owner)
        (copy,) = self.outgoing(self.mails(message))
        self.assertIn("We come on Monday", copy["body"])
        self.token_in(copy["body"])
        self.assertEqual(copy["attachments"] and copy["attachments"][0][0], "offer.txt")
        self.assertEqual(copy["subject"], f"Message from {self.env.company.name}")
        link = self.env["nestogy.portal.link"].search([("partner_id", "=", self.owner.id)], limit=1)
        self.assertEqual(link._landing_path(), "/my/messages")
        self.assertRecordValues(self.talk, [{"unread_count": 0, "last_author": "Alex Agent"}])

    def test_who_takes_part_gets_it(self):
        self.write_as(self.colleague, "Hello")
        self.assertEqual(self.told(self.answer()), self.owner | self.colleague)
        self.assertEqual(self.talk.reach_text, "Carl Colleague, Olive Owner")
        self.colleague.portal_level_id = self.levels["own"]
        self.assertEqual(self.told(self.answer()), self.owner)
        self.env["nestogy.client.mail.route"].create(
            {"client_id": self.client.id, "kind": "message", "contact_ids": self.colleague.ids}
        )
        self.colleague.portal_level_id = False
        self.assertEqual(self.told(self.answer()), self.colleague)
        self.colleague.user_ids.active = False
        self.assertFalse(self.told(self.answer()))
        self.talk.invalidate_recordset(["reach_text"])
        self.assertIn("Nobody", self.talk.reach_text)

    def test_notes_and_strangers_get_no_mail(self):
        self.answer()
        people = self.owner | self.stranger | self.client
        note = self.talk.with_user(self.agent).message_post(
            body="Careful", message_type="comment", subtype_xmlid="mail.mt_note", partner_ids=people.ids
        )
        self.assertFalse(self.told(note) & people)
        self.assertFalse(self.told(self.answer(partner_ids=self.stranger.ids)) & self.stranger)
        self.talk.message_subscribe((self.stranger | self.owner).ids)
        self.assertNotIn(self.stranger, self.talk.message_partner_ids)
        self.enter(self.owner)
        self.assertNotIn("Careful", self.open("/my/messages").text)
        self.assertFalse(self.told(self.talk.message_ids[0]) & self.stranger)

    def test_a_client_has_words_of_its_own(self):
        self.env["nestogy.client.mail.template"].create(
            {
                "client_id": self.client.id,
                "kind": "message",
                "subject": "{company} writes",
                "body": "<p>Ahoy {contact}: </p><div>{message}</div><p>{author}, <a href='{link}'>here</a></p>",
            }
        )
        (copy,) = self.outgoing(self.mails(self.answer("Monday {{ 7*7 }}")))
        self.assertIn("Ahoy Olive Owner", copy["body"])
        self.assertIn("Monday {{ 7*7 }}", copy["body"])
        self.assertEqual(copy["subject"], f"{self.env.company.name} writes")

    # mail that comes in

    def test_an_answer_by_mail_comes_back_into_the_thread(self):
        message = self.answer()
        reply = self.receive("Olive <OWNER@acme.example>", message, files=[("a.txt", b"x"), ("run.exe", b"MZ")])
        self.assertRecordValues(reply, [{"author_id": self.owner.id, "message_type": "email", "is_internal": False}])
        self.assertEqual(reply.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertEqual(self.told(reply), self.agent.partner_id)
        self.assertEqual(reply.attachment_ids.mapped("name"), ["a.txt"])
        self.assertIn("run.exe", reply.body)
        self.assertEqual(self.talk.unread_count, 1)
        self.enter(self.colleague)
        self.assertIn("By mail", self.open("/my/messages").text)

    def test_hostile_html_is_harmless(self):
        html = "<p onclick='x()'>Hi</p><script>alert(1)</script><img src=x onerror=alert(2)><iframe src='//e'></iframe>"
        reply = self.receive("owner@acme.example", self.answer(), html=html)
        self.enter(self.owner)
        page = self.open("/my/messages").text
        thread = page.split("nestogy-thread")[1].split("<form")[0]
        for text in ("alert(1)", "onclick", "onerror", "<iframe"):
            self.assertNotIn(text, reply.body)
            self.assertNotIn(text, thread)
        self.assertIn("Hi", thread)

    def test_strangers_and_forgers_only_leave_notes(self):
        message = self.answer()
        self.colleague.portal_level_id = self.levels["own"]
        for sender, headers in (
            ("nobody@else.example", {}),
            ("stranger@other.example", {}),
            ("colleague@acme.example", {}),
            ("alex@firm.example", {}),
            ("alex@firm.example", {"Authentication_Results": "mx.evil.example; dmarc=pass header.from=firm.example"}),
            ("alex@firm.example", {"Authentication_Results": f"{OURS}; dmarc=fail header.from=firm.example"}),
            ("owner@acme.example", {"Auto_Submitted": "auto-replied"}),
        ):
            reply = self.receive(sender, message, body="Send money", **headers)
            self.assertEqual(reply.subtype_id, self.env.ref("mail.mt_note"), (sender, headers))
            self.assertFalse(self.told(reply), (sender, headers))
        self.assertEqual(self.talk.unread_count, 0)
        self.enter(self.owner)
        self.assertNotIn("Send money", self.open("/my/messages").text)
        self.assertFalse(self.conversations.search([("client_id", "=", self.other_client.id)]))

    def test_a_colleague_s_proven_mail_is_our_message(self):
        reply = self.receive(
            "alex@firm.example",
            self.answer(),
            body="Proven",
            Authentication_Results=f"{OURS}; dmarc=pass header.from=firm.example",
        )
        self.assertEqual(reply.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertEqual(self.told(reply), self.owner)

    def test_an_address_of_two_clients_speaks_for_the_one_that_was_written_to(self):
        twin = self.make_contact(self.other_client, "Olive Elsewhere", "owner@acme.example")
        reply = self.receive("owner@acme.example", self.answer())
        self.assertEqual(reply.author_id, self.owner)
        self.assertNotEqual(reply.author_id, twin)

    # staff

    def test_each_role_does_its_part(self):
        viewer = self.make_user("talk_viewer", "viewer")
        billing = self.make_user("talk_billing", "billing")
        nobody = self.make_user("talk_nobody")
        self.answer()
        for user in (viewer, billing):
            talk = self.talk.with_user(user)
            self.assertTrue(talk.read(["last_text", "unread_count"]))
            for refused in (lambda talk=talk: talk.action_mark_read(), lambda talk=talk: talk.message_post(body="x")):
                with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model", RULES):
                    refused()
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.talk.with_user(nobody).read(["last_text"])
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.conversations.create({"client_id": self.owner.id})

    def test_staff_finds_it_on_the_client_and_in_the_inbox(self):
        self.write_as(self.owner, "Hello")
        client = self.client.with_user(self.agent)
        self.assertEqual(client.client_unread_messages, 1)
        action = client.action_client_messages()
        self.assertEqual(action["res_id"], self.talk.id)
        widget = client.get_client_dashboard_widget("messages")
        self.assertEqual(widget["count"], 1)
        self.assertEqual(widget["rows"][0]["cells"]["text"], "Hello")
        self.assertEqual(widget["rows"][0]["tone"], "warning")
        other = self.other_client.with_user(self.agent)
        empty = other.get_client_dashboard_widget("messages")
        self.assertFalse(empty["rows"])
        self.assertFalse(self.conversations.search([("client_id", "=", self.other_client.id)]), "looking makes nothing")
        quiet = self.conversations._get_for(self.other_client)
        quiet.message_post(body="x", author_id=self.agent.partner_id.id, **POST)
        self.assertEqual(self.conversations.search([("id", "in", (quiet | self.talk).ids)])[0], self.talk)
        with self.assertQueryCount(__system__=30):
            (self.client | self.other_client)._compute_client_unread_messages()

    def test_a_deleted_client_takes_its_conversation_along(self):
        self.answer(attachments=[("a.txt", base64.b64decode("eA=="))])
        talk, messages = self.talk, self.talk.message_ids
        (self.owner | self.colleague).user_ids.unlink()
        self.client.child_ids.unlink()
        self.client.unlink()
        self.assertFalse((talk.exists(), messages.exists())[1])
