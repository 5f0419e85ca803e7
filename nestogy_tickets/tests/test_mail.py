from markupsafe import Markup

from odoo.tests import TransactionCase, tagged

from .common import ALIAS_DOMAIN, TicketsMakers

OURS = f"mx.{ALIAS_DOMAIN}"


@tagged("post_install", "-at_install")
class TestMail(TicketsMakers, TransactionCase):
    """Mail into tickets and out of them, up to the queue."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        received = cls.env.ref("nestogy_tickets.mail_template_ticket_received")
        cls.stage_new.mail_template_id = received

    def mails(self, ticket):
        """Mails that were made for a ticket, in the queue or sent."""
        return self.env["mail.mail"].search([("model", "=", "helpdesk.ticket"), ("res_id", "=", ticket.id)])

    def addressees(self, message):
        return message.notification_ids.filtered(lambda each: each.notification_type == "email").res_partner_id

    # -- in ----------------------------------------------------------------

    def test_a_mail_of_a_contact_opens_a_ticket_of_the_client(self):
        ticket = self.receive('"Olive Owner" <owner@acme.example>', subject="Printer   on fire", body="Smoke!")
        self.assertRecordValues(
            ticket,
            [
                {
                    "name": "Printer on fire",
                    "partner_id": self.owner.id,
                    "commercial_partner_id": self.client.id,
                    "partner_email": "owner@acme.example",
                    "partner_name": "Olive Owner",
                    "team_id": self.team.id,
                    "user_id": False,
                    "stage_id": self.stage_new.id,
                    "channel_id": self.env.ref("helpdesk_mgmt.helpdesk_ticket_channel_email").id,
                }
            ],
        )
        self.assertIn("Smoke!", ticket.description)

    def test_the_contact_gets_a_confirmation_that_repeats_nothing(self):
        ticket = self.receive("owner@acme.example", subject="Buy pills", body="at http://evil.example")
        mail = self.mails(ticket)
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.owner)
        self.assertEqual(mail.subject, f"We have your request {ticket.number}")
        self.assertIn(ticket.number, mail.body_html)
        self.assertNotIn("pills", mail.subject + mail.body_html)
        self.assertNotIn("evil.example", mail.body_html)
        self.assertIn(f"/my/link/to/helpdesk.ticket/{ticket.id}", mail.body_html)
        self.assertNotIn("access_token", mail.body_html)

    def test_the_confirmation_uses_the_clients_own_words(self):
        self.env["nestogy.client.mail.template"].create(
            {
                "client_id": self.client.id,
                "kind": "ticket",
                "subject": "Got it: {number}",
                "body": "<p>Ahoy {contact} of {client}, {{ 'ab'*3 }}</p>",
            }
        )
        mail = self.mails(self.receive("owner@acme.example"))
        self.assertIn("Got it: HT", mail.subject)
        self.assertIn("Ahoy Olive Owner of Acme Dental", mail.body_html)
        self.assertNotIn("ababab", mail.body_html)
        self.assertEqual(mail.recipient_ids, self.owner)

    def test_machines_and_unknown_people_get_no_confirmation(self):
        self.env.company.ticket_mail_machines = "ticket"
        for headers in (
            {"Auto_Submitted": "auto-replied"},
            {"Precedence": "bulk"},
            {"List_Id": "<x.example>"},
            {"X_Auto_Response_Suppress": "All"},
            {"Return_Path": "<>"},
        ):
            with self.subTest(headers=headers):
                ticket = self.receive("owner@acme.example", **headers)
                self.assertTrue(ticket, "the mail is kept")
                self.assertFalse(self.mails(ticket))
        ticket = self.receive("Who Ever <who@nowhere.example>")
        self.assertRecordValues(
            ticket,
            [{"partner_id": False, "partner_email": "who@nowhere.example", "partner_name": "Who Ever"}],
        )
        self.assertFalse(self.mails(ticket))

    def test_a_loop_ends(self):
        for _turn in range(25):
            self.receive("owner@acme.example")
        tickets = self.env["helpdesk.ticket"].search([("partner_email", "=", "owner@acme.example")])
        self.assertEqual(len(tickets), 20)

    def test_a_quoted_sign_in_link_is_kept_nowhere(self):
        url = self.env["nestogy.portal.link"]._issue(self.owner)
        ticket = self.receive(self.owner.email, body=f"Hello\n\n> {url}\n")
        token = url.rpartition("/")[2]
        self.assertIn("Hello", ticket.description)
        self.assertNotIn(token, ticket.description)
        self.assertNotIn(token, "".join(ticket.message_ids.mapped("body")))

    def test_the_same_mail_twice_is_one_ticket(self):
        source = self.make_mail("owner@acme.example")
        process = self.env["mail.thread"].message_process
        self.assertTrue(process(None, source))
        self.assertFalse(process(None, source))

    def test_odd_mails_become_tickets(self):
        for odd in (
            {"subject": "x" * 20_000},
            {"subject": ""},
            {"body": ""},
            {"body": "a\0b"},
            {"subject": "ünï 名 👩‍💻"},
            {"body": "<script>alert(1)</script>" * 1000},
        ):
            with self.subTest(odd=str(odd)[:40]):
                ticket = self.receive("colleague@acme.example", **odd)
                self.assertTrue(ticket.name)
                self.assertLessEqual(len(ticket.name), 200)
                self.assertTrue(ticket.description)
                self.assertNotIn("<script", ticket.description)

    def test_an_answer_lands_in_the_thread(self):
        ticket = self.make_tickets(self.owner)
        ours = ticket.with_user(self.agent).message_post(
            body="Try again", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        into = self.receive("owner@acme.example", subject="Re: x", body="Works now", References=ours.message_id)
        self.assertEqual(into, ticket)
        answer = ticket.message_ids[0]
        self.assertRecordValues(
            answer,
            [
                {
                    "message_type": "email",
                    "author_id": self.owner.id,
                    "subtype_id": self.env.ref("mail.mt_comment").id,
                    "is_internal": False,
                }
            ],
        )
        self.assertIn("Works now", answer.body)
        self.assertIn(answer, ticket.with_user(self.colleague_user).sudo(False).website_message_ids)

    def test_a_stranger_who_knows_a_message_id_gets_a_ticket_of_his_own(self):
        ticket = self.make_tickets(self.owner)
        ours = ticket.message_post(body="Try again", subtype_xmlid="mail.mt_comment")
        count = len(ticket.message_ids)
        for sender, client in (("stranger@other.example", self.other_client), ("who@nowhere.example", False)):
            into = self.receive(sender, References=ours.message_id, In_Reply_To=ours.message_id)
            self.assertNotEqual(into, ticket)
            self.assertEqual(into.team_id, self.team)
            self.assertEqual(into.commercial_partner_id.id, client and client.id)
        self.assertEqual(len(ticket.message_ids), count)

    def test_a_colleague_in_copy_follows_and_a_stranger_does_not(self):
        ticket = self.receive("owner@acme.example", Cc="colleague@acme.example, stranger@other.example")
        self.assertIn(self.colleague, ticket.message_partner_ids)
        self.assertNotIn(self.stranger, ticket.message_partner_ids)

    def test_an_unproven_colleague_is_not_published(self):
        ticket = self.make_tickets(self.owner)
        ours = ticket.message_post(body="Hello", subtype_xmlid="mail.mt_comment")
        note = self.env.ref("mail.mt_note")
        for headers in (
            {},
            {"Authentication_Results": f"{OURS}; dmarc=pass"},  # nobody told us that this is our server
            {"Authentication_Results": "evil.example; dmarc=pass"},
        ):
            self.receive("Ada Agent <agent@desk.example>", References=ours.message_id, **headers)
            message = ticket.message_ids[0]
            self.assertEqual(message.subtype_id, note)
            self.assertIn("unproven", message.body)
            self.assertFalse(self.addressees(message))
            self.assertFalse(self.env["mail.message"].with_user(self.owner_user).search([("id", "=", message.id)]))

    def test_a_proven_colleague_answers_by_mail(self):
        self.env["ir.config_parameter"].set_param("nestogy_tickets.authserv_id", OURS)
        ticket = self.make_tickets(self.owner)
        ours = ticket.message_post(body="Hello", subtype_xmlid="mail.mt_comment")
        self.receive("agent@desk.example", References=ours.message_id, Authentication_Results=f"{OURS}; dmarc=pass")
        message = ticket.message_ids[0]
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_comment"))
        self.assertIn(self.owner, self.addressees(message))
        self.receive("agent@desk.example", References=ours.message_id, Authentication_Results=f"{OURS}; dmarc=fail")
        self.assertEqual(ticket.message_ids[0].subtype_id, self.env.ref("mail.mt_note"))

    def test_an_automatic_answer_is_shown_to_staff_and_sent_to_no_client(self):
        ticket = self.make_tickets(self.owner)
        ticket.message_subscribe(self.colleague.ids)
        ours = ticket.message_post(body="Hello", subtype_xmlid="mail.mt_comment")
        self.receive("owner@acme.example", References=ours.message_id, Auto_Submitted="auto-replied", body="On leave")
        message = ticket.message_ids[0]
        self.assertIn("On leave", message.body)
        self.assertNotIn(self.colleague, message.notification_ids.res_partner_id)
        self.assertIn(self.agent.partner_id, message.notification_ids.res_partner_id)

    # -- out ---------------------------------------------------------------

    def test_an_answer_of_staff_goes_to_the_contact_with_our_link_and_the_teams_address(self):
        ticket = self.make_tickets(self.owner)
        message = ticket.with_user(self.agent).message_post(
            body=Markup("<p>Try <b>again</b></p>"), message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        self.assertEqual(self.addressees(message), self.owner)
        mail = self.mails(ticket).filtered(lambda each: each.mail_message_id == message)
        self.assertIn(f"support@{ALIAS_DOMAIN}", mail.reply_to)
        self.assertIn(f"/my/link/to/helpdesk.ticket/{ticket.id}", mail.body_html)
        for secret in ("access_token", "auth_signup_token", "&amp;hash=", "pid="):
            self.assertNotIn(secret, mail.body_html)

    def test_a_note_goes_to_no_client(self):
        ticket = self.make_tickets(self.owner)
        message = ticket.with_user(self.agent).message_post(body="secret", subtype_xmlid="mail.mt_note")
        self.assertNotIn(self.owner, message.notification_ids.res_partner_id)

    def test_an_answer_to_an_unknown_sender_makes_him_the_contact(self):
        ticket = self.receive("Who Ever <who@nowhere.example>")
        partner = self.env["res.partner"].create({"name": "Who Ever", "email": "who@nowhere.example"})
        message = ticket.with_user(self.agent).message_post(
            body="Hello", subtype_xmlid="mail.mt_comment", partner_ids=partner.ids
        )
        self.assertEqual(ticket.partner_id, partner)
        mail = self.mails(ticket).filtered(lambda each: each.mail_message_id == message)
        self.assertEqual(mail.recipient_ids, partner)
        for secret in ("access_token", "auth_signup_token", "pid="):
            self.assertNotIn(secret, mail.body_html)

    def test_closing_tells_the_contact(self):
        self.stage_done.mail_template_id = self.env.ref("nestogy_tickets.mail_template_ticket_closed")
        ticket = self.make_tickets(self.owner)
        self.env.flush_all()
        self.env.cr.precommit.run()
        before = self.mails(ticket)
        ticket.stage_id = self.stage_done
        self.env.flush_all()
        self.env.cr.precommit.run()
        mail = self.mails(ticket) - before
        self.assertEqual(mail.subject, f"Your request {ticket.number} is closed")
        self.assertEqual(mail.recipient_ids, self.owner)
