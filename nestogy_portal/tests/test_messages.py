from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import PortalCase, PortalMakers, RefusedCall


@tagged("post_install", "-at_install")
class TestMessages(PortalMakers, TransactionCase):
    """What visitors read of the messages about their own documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.user = cls.owner.user_ids
        cls.invoice = cls.make_invoice(cls.client, 80)
        cls.order = cls.env["sale.order"].create({"partner_id": cls.owner.id, "state": "sent"})

    def test_internal_messages_stay_inside_whatever_their_type_and_record(self):
        for document in (self.invoice, self.order, self.client, self.owner):
            self.assertTrue(document.with_user(self.user).has_access("read"))
            for kind in ("comment", "notification", "email", "auto_comment"):
                with self.subTest(document=document, kind=kind):
                    note = document.message_post(
                        body="canary", message_type=kind, subtype_xmlid="mail.mt_note"
                    ).with_user(self.user)
                    self.assertFalse(note.search([("id", "=", note.id)]))
                    with self.assertRaises(AccessError), mute_logger("odoo.models", "odoo.orm.models"):
                        note.read(["body"])
            log = document._message_log(body="canary").with_user(self.user)
            self.assertFalse(log.has_access("read"))
            flagged = document.message_post(
                body="canary", message_type="email", subtype_xmlid="mail.mt_comment", is_internal=True
            )
            self.assertFalse(flagged.with_user(self.user).has_access("read"))

    def test_visitors_read_what_is_for_them(self):
        public = self.invoice.message_post(body="Thank you", subtype_xmlid="mail.mt_comment")
        own = self.invoice._message_log(body="I did", author_id=self.owner.id)
        notice = self.invoice.message_notify(partner_ids=self.owner.ids, body="For you", subject="For you")
        note = self.invoice._message_log(body="canary")
        messages = (public | own | notice | note).with_user(self.user)
        self.assertEqual(messages._filtered_access("read").ids, (public | own | notice).ids)
        colleague = messages.with_user(self.colleague.user_ids)
        self.assertEqual(colleague._filtered_access("read").ids, public.ids)

    def test_staff_read_notes(self):
        note = self.invoice._message_log(body="canary")
        biller = self.make_user("message_biller", "billing")
        self.assertIn("canary", note.with_user(biller).body)


@tagged("post_install", "-at_install")
class TestWriting(PortalCase):
    """Who writes messages about a client's documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls.make_invoice(cls.owner, 80)
        cls.token = cls.invoice._portal_ensure_token()

    def write_message(self, document, **access):
        return self.call(
            "/mail/message/post",
            thread_model=document._name,
            thread_id=document.id,
            post_data={"body": "Hello", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"},
            **access,
        )

    def edit_message(self, message, **access):
        return self.call(
            "/mail/message/update_content",
            message_id=message.id,
            update_data={"body": "Changed", "attachment_ids": []},
            **access,
        )

    @mute_logger("odoo.http")
    def test_the_address_of_a_document_lets_nobody_speak_for_the_client(self):
        self.enter(self.owner)
        self.write_message(self.invoice)
        message = self.invoice.message_ids[0]
        self.assertEqual(message.author_id, self.owner)
        before = self.invoice.message_ids
        self.enter(None)
        for access in ({"token": self.token}, {}):
            with self.assertRaises(RefusedCall):
                self.write_message(self.invoice, **access)
            with self.assertRaises(RefusedCall):
                self.edit_message(message, **access)
        self.env.invalidate_all()
        self.assertEqual(self.invoice.message_ids, before)
        self.assertIn("Hello", message.body)

    def test_people_of_the_client_edit_their_own_messages(self):
        self.enter(self.owner)
        self.write_message(self.invoice)
        message = self.invoice.message_ids[0]
        self.edit_message(message)
        self.env.invalidate_all()
        self.assertIn("Changed", message.body)

    def test_customers_who_are_no_clients_write_as_odoo_lets_them(self):
        plain = self.env["res.partner"].create({"name": "No client", "email": "plain@else.example"})
        invoice = self.make_invoice(plain, 10)
        self.enter(None)
        self.write_message(invoice, token=invoice._portal_ensure_token())
        self.assertEqual(invoice.message_ids[0].author_id, plain)
