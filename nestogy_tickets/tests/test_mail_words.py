from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestMailWords(TicketsMakers, TransactionCase):
    """Answers of ours in the words that hold for the client, and to the people whom it named."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.client.email = "office@acme.example"
        cls.ticket = cls.make_tickets(cls.owner, name="Printer {{ 7*7 }} <b>")
        cls.words = cls.env["nestogy.client.mail.template"]
        cls.words.search([("company_id", "!=", False)]).unlink()  # of demo data
        cls.values = {
            "client_id": cls.client.id,
            "kind": "ticket_reply",
            "subject": "Acme desk: {title} [{number}]",
            "body": "<p>Ahoy {contact} {{ 7*7 }}</p><div>{message}</div><p>{author}</p>",
        }

    def answer(self, ticket=None, body="We fixed it.", **kwargs):
        """Post as the agent; the mails that were made, by their readers."""
        before = self.env["mail.mail"].search([])
        (ticket or self.ticket).with_user(self.agent).with_context(mail_notify_force_send=False).message_post(
            body=body, message_type="comment", subtype_xmlid="mail.mt_comment", **kwargs
        )
        mails = self.env["mail.mail"].search([]) - before
        return {reader: mail for mail in mails for reader in mail.recipient_ids}

    def test_without_words_an_answer_is_mailed_as_it_was_written(self):
        mail = self.answer(partner_ids=self.owner.ids)[self.owner]
        self.assertIn("We fixed it.", mail.body_html)
        self.assertNotIn("Ahoy", mail.body_html)

    def test_an_answer_stands_within_the_client_s_words(self):
        self.words.create(self.values)
        self.ticket.message_subscribe(self.viewer.partner_id.ids)
        mails = self.answer(partner_ids=self.owner.ids)
        mail = mails[self.owner]
        self.assertEqual(mail.subject, f"Acme desk: Printer {{{{ 7*7 }}}} <b> [{self.ticket.number}]")
        for text in ("Ahoy Olive Owner {{ 7*7 }}", "We fixed it.", "Ada Agent"):
            self.assertIn(text, mail.body_html)
        self.assertIn(f"/my/link/to/helpdesk.ticket/{self.ticket.id}", mail.body_html)
        inside = mails[self.viewer.partner_id]
        self.assertNotIn("Ahoy", inside.body_html, "colleagues read the answer alone")
        self.assertEqual(self.ticket.message_ids[:1].body, "<p>We fixed it.</p>", "the thread keeps what was written")

    def test_the_company_s_words_hold_for_its_clients(self):
        self.words.create(self.values | {"client_id": False, "company_id": self.env.company.id})
        mail = self.answer(self.make_tickets(self.stranger), partner_ids=self.stranger.ids)[self.stranger]
        self.assertIn("Ahoy Steve Stranger", mail.body_html)

    def test_what_a_client_writes_is_not_put_into_our_words(self):
        self.words.create(self.values)
        self.ticket.message_subscribe(self.colleague.ids)
        before = self.env["mail.mail"].search([])
        self.ticket.with_user(self.owner_user).sudo().with_context(mail_notify_force_send=False).message_post(
            body="Still broken", message_type="comment", subtype_xmlid="mail.mt_comment", author_id=self.owner.id
        )
        mails = self.env["mail.mail"].search([]) - before
        self.assertIn("Still broken", "".join(mails.mapped("body_html")))
        self.assertNotIn("Ahoy", "".join(mails.mapped("body_html")))

    def test_context_from_outside_puts_no_words_around_an_answer(self):
        mail = self.answer(
            self.ticket.with_context(client_mail_reply_words=["Evil", "<p>Evil</p>"]), partner_ids=self.owner.ids
        )[self.owner]
        self.assertNotIn("Evil", (mail.subject or "") + mail.body_html)

    def test_the_answer_itself_must_be_in_the_words(self):
        with self.assertRaisesRegex(ValidationError, r"The body needs \{message\}"):
            self.words.create(self.values | {"body": "<p>Hello</p>"})

    def test_answers_go_to_who_gets_opened_tickets_unless_told_otherwise(self):
        routes = self.env["nestogy.client.mail.route"]
        ticket = self.make_tickets(self.client)
        self.assertEqual(ticket._get_mail_recipients("ticket_reply"), self.owner)
        routes.create({"client_id": self.client.id, "kind": "ticket", "contact_ids": self.colleague.ids})
        self.assertEqual(ticket._get_mail_recipients("ticket"), self.colleague)
        self.assertEqual(ticket._get_mail_recipients("ticket_reply"), self.colleague)
        routes.create({"client_id": self.client.id, "kind": "ticket_reply", "contact_ids": self.owner.ids})
        self.assertEqual(ticket._get_mail_recipients("ticket_reply"), self.owner)
        self.assertEqual(ticket._get_mail_recipients("ticket"), self.colleague)

    def test_for_one_mail_other_people(self):
        self.words.create(self.values)
        mails = self.answer(partner_ids=self.colleague.ids)
        self.assertIn("We fixed it.", mails[self.colleague].body_html)

    def test_a_preview_shows_the_last_answer(self):
        self.answer(body="Last words")
        preview = self.words.with_user(self.agent).get_preview(self.values)
        self.assertEqual((preview["error"], preview["document_id"]), ("", self.ticket.id))
        self.assertIn("Last words", preview["body"])
        self.assertIn("Ada Agent", preview["body"])
