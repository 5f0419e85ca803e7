from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase
from odoo.addons.nestogy_portal.tests.common import PASSWORD

from .common import TicketsMakers

CANARY = "canary-4711"


class NoteMakers(TicketsMakers):
    def upload(self, name=f"{CANARY}.txt"):
        """A file as the composer uploads it."""
        return (
            self.env["ir.attachment"]
            .with_user(self.agent)
            .create({"name": name, "raw": CANARY.encode(), "res_model": "mail.compose.message", "res_id": 0})
        )

    def post(self, subtype="mail.mt_note", **kwargs):
        return self.ticket.with_user(self.agent).message_post(
            body=CANARY, message_type="comment", subtype_xmlid=subtype, **kwargs
        )


@tagged("post_install", "-at_install")
class TestNotes(NoteMakers, ClientsCase):
    """A note on a ticket never reaches its client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.ticket = cls.make_tickets(cls.owner)
        cls.ticket.message_subscribe((cls.owner | cls.colleague).ids)

    def test_no_mail_goes_out(self):
        note = self.post()
        self.assertFalse(note.notified_partner_ids.filtered("partner_share"))
        self.assertFalse(self.env["mail.mail"].search([("mail_message_id", "=", note.id)]).recipient_ids)
        # also for a follower who was given all subtypes
        self.ticket.message_follower_ids.subtype_ids = self.env["mail.message.subtype"].search(
            [("res_model", "in", (False, self.ticket._name))]
        )
        self.assertFalse(self.post().notified_partner_ids.filtered("partner_share"))

    def test_naming_somebody_outside_is_refused(self):
        before = len(self.ticket.message_ids)
        with self.assertRefused(UserError, "stays with us, and Olive Owner is no colleague"):
            self.post(partner_ids=self.owner.ids)
        with self.assertRefused(UserError, "is no colleague"):
            self.post(outgoing_email_to="x@acme.example")
        with self.assertRefused(UserError, "is no colleague"):
            self.post(subtype="mail.mt_comment", is_internal=True, partner_ids=self.owner.ids)
        self.assertEqual(len(self.ticket.message_ids), before)
        colleague = self.make_user("second", "agent", email="second@desk.example")
        self.assertIn(colleague.partner_id, self.post(partner_ids=colleague.partner_id.ids).notified_partner_ids)

    def test_editing_a_note_is_held_to_it(self):
        note = self.post()
        with self.assertRefused(UserError, "is no colleague"):
            self.ticket.with_user(self.agent)._message_update_content(note, body="x", partner_ids=self.owner.ids)
        for change in (
            {"partner_ids": [(4, self.owner.id)]},
            {"subtype_id": self.env.ref("mail.mt_comment").id},
        ):
            with self.assertRefused(UserError, "is no colleague|cannot become a message"):
                note.with_user(self.agent).write(change)
        self.assertEqual(note.subtype_id, self.env.ref("mail.mt_note"))
        self.assertFalse(note.partner_ids)

    def test_a_note_cannot_be_made_beside_the_door(self):
        with self.assertRefused(UserError, "is no colleague"):
            self.env["mail.message"].with_user(self.agent).create(
                {
                    "model": self.ticket._name,
                    "res_id": self.ticket.id,
                    "message_type": "comment",
                    "subtype_id": self.env.ref("mail.mt_note").id,
                    "body": CANARY,
                    "partner_ids": [(4, self.owner.id)],
                }
            )

    def test_later_mails_do_not_quote_it(self):
        self.post()
        answer = self.ticket.with_user(self.agent).message_post(
            body="All well", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        mails = self.env["mail.mail"].search([("mail_message_id", "=", answer.id)])
        self.assertTrue(mails)
        for mail in mails:
            self.assertNotIn(CANARY, mail.body_html or mail.body)

    def test_visitors_read_neither_note_nor_file_over_rpc(self):
        note = self.post(attachment_ids=self.upload().ids)
        file = note.attachment_ids
        self.assertEqual((file.res_model, file.res_id), (self.ticket._name, self.ticket.id))
        for user in (self.owner_user, self.colleague_user):
            with self.assertRaises(AccessError):
                note.with_user(user).read(["body"])
            with self.assertRaises(AccessError):
                file.with_user(user).read(["raw"])
            self.assertNotIn(file.id, self.env["ir.attachment"].with_user(user).search([("name", "=", file.name)]).ids)
            self.assertNotIn(note, self.ticket.with_user(user).message_ids)
        self.assertEqual(file.with_user(self.agent).raw, CANARY.encode())

    def test_the_readers_of_an_answer_are_named_before(self):
        readers = self.ticket.with_user(self.agent).get_reply_readers([])
        self.assertEqual(
            [(reader["name"], reader["email"]) for reader in readers],
            [("Carl Colleague", "colleague@acme.example"), ("Olive Owner", "owner@acme.example")],
        )
        readers = self.ticket.with_user(self.agent).get_reply_readers(self.stranger.ids)
        self.assertEqual([reader["name"] for reader in readers if not reader["is_client"]], ["Steve Stranger"])
        message = self.post("mail.mt_comment")
        self.assertEqual(
            message.notified_partner_ids.filtered("partner_share"), self.owner | self.colleague, "and they are it"
        )
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.stranger_user).get_reply_readers([])

    def test_the_full_composer_names_them_too(self):
        composer = self.env["mail.compose.message"].with_user(self.agent)
        composer = composer.with_context(
            default_model=self.ticket._name, default_res_ids=self.ticket.ids, default_composition_mode="comment"
        ).create({"body": "x"})
        self.assertIn("owner@acme.example", composer.ticket_readers)


@tagged("post_install", "-at_install")
class TestNotesOverHttp(NoteMakers, HttpCase):
    """The same with a browser's requests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.ticket = cls.make_tickets(cls.owner)

    def test_page_files_and_rpc_are_silent(self):
        note = self.post(attachment_ids=self.upload().ids)
        file = note.attachment_ids
        public = self.post("mail.mt_comment", attachment_ids=self.upload("public.txt").ids)
        self.authenticate(self.owner_user.login, PASSWORD)
        page = self.url_open(f"/my/ticket/{self.ticket.id}")
        self.assertEqual(page.status_code, 200)
        self.assertNotIn(f"{CANARY}.txt", page.text)
        for path in (f"/web/content/{file.id}", f"/web/content/{file.id}?download=1", f"/web/image/{file.id}"):
            self.assertNotIn(CANARY, self.url_open(path).text)
        shown = public.attachment_ids
        token = shown.generate_access_token()[0]
        self.assertEqual(self.url_open(f"/web/content/{shown.id}?access_token={token}").text, CANARY)
        self.assertNotIn(CANARY, self.url_open(f"/web/content/{file.id}?access_token={token}").text)
        for model, method, args in (
            ("mail.message", "search_read", [[["res_id", "=", self.ticket.id]], ["body"]]),
            ("ir.attachment", "search_read", [[["res_id", "=", self.ticket.id]], ["name", "datas"]]),
            ("mail.message", "read", [note.ids, ["body"]]),
            ("ir.attachment", "read", [file.ids, ["name", "datas"]]),
        ):
            answer = self.url_open(
                "/web/dataset/call_kw",
                json={"params": {"model": model, "method": method, "args": args, "kwargs": {}}},
            ).text
            self.assertNotIn(f"{CANARY}.txt", answer)
        thread = self.url_open(
            "/mail/thread/messages", json={"params": {"thread_model": "helpdesk.ticket", "thread_id": self.ticket.id}}
        ).text
        self.assertNotIn(f"{CANARY}.txt", thread)
        self.assertNotIn(str(note.id) + ",", thread)
