from datetime import timedelta
from uuid import uuid4

from odoo import fields
from odoo.tests import TransactionCase, tagged

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestMailMembers(TicketsMakers, TransactionCase):
    """Whose mails get into a ticket, and how many confirmations an address gets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.stage_new.mail_template_id = cls.env.ref("nestogy_tickets.mail_template_ticket_received")
        cls.ticket = cls.make_tickets(cls.owner)
        cls.ours = cls.answer(cls.ticket, cls.owner)

    @classmethod
    def answer(cls, ticket, *people):
        return ticket.with_user(cls.agent).message_post(
            body="Try again",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=[person.id for person in people],
        )

    def give(self, level):
        self.colleague.portal_level_id = self.env.ref(f"nestogy_portal.nestogy_portal_level_{level}")

    def replies(self, sender, message=None):
        """Tell whether a mail that answers a message gets into its ticket; else it is a ticket of its own."""
        message = message or self.ours
        text = f"Words {uuid4().hex}"
        into = self.receive(sender, subject="Re: x", body=text, References=message.message_id)
        self.assertTrue(into, "no mail is lost")
        is_member = into.id == message.res_id
        self.assertEqual(is_member, text in self.ticket.message_ids[0].body)
        return is_member

    def test_who_asked_answers_whatever_his_level(self):
        self.owner.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_own")
        self.assertTrue(self.replies("owner@acme.example"))

    def test_a_colleague_answers_as_far_as_he_sees_tickets(self):
        for level, is_member in (("standard", True), ("own", False), ("billing", False), ("reader", True)):
            with self.subTest(level=level):
                self.give(level)
                self.assertEqual(self.replies("colleague@acme.example"), is_member)

    def test_who_got_the_message_answers_it_and_nothing_else(self):
        self.give("own")
        sent = self.answer(self.ticket, self.colleague)
        self.ticket.message_unsubscribe(self.colleague.ids)
        self.assertIn(self.colleague, sent.notified_partner_ids)
        self.assertTrue(self.replies("colleague@acme.example", sent))
        self.ticket.message_unsubscribe(self.colleague.ids)
        self.assertFalse(self.replies("colleague@acme.example", self.ours))
        self.assertEqual(self.ticket.with_user(self.colleague_user).search([("id", "=", self.ticket.id)]).ids, [])

    def test_a_profile_without_tickets_keeps_colleagues_out(self):
        profile = self.env["nestogy.portal.profile"].create({"name": "No desk"})
        profile.area_ids -= self.env.ref("nestogy_tickets.nestogy_portal_area_tickets")
        self.client.portal_profile_id = profile
        self.assertFalse(self.replies("colleague@acme.example"))
        self.assertTrue(self.replies("owner@acme.example"))

    def test_strangers_and_nobody_stay_out(self):
        self.assertFalse(self.replies("stranger@other.example"))
        self.assertFalse(self.replies("who@nowhere.example"))

    def test_a_reply_to_a_merged_ticket_goes_on_with_its_people(self):
        self.give("own")
        theirs = self.make_tickets(self.colleague, name="Scanner")
        sent = self.answer(theirs, self.colleague)
        wizard = self.env["nestogy.ticket.merge"].with_user(self.agent)
        action = (theirs | self.ticket).with_user(self.agent).action_merge()
        wizard.with_context(**action["context"]).create(
            {"survivor_id": self.ticket.id, "keep_contacts": False}
        ).action_merge()
        self.assertEqual(sent.res_id, self.ticket.id)
        self.assertTrue(self.replies("colleague@acme.example", sent))

    # -- confirmations -------------------------------------------------------------

    def confirmations(self, contact):
        return self.env["mail.notification"].search_count(
            [("res_partner_id", "=", contact.id), ("mail_message_id.message_type", "=", "auto_comment")]
        )

    def test_an_address_gets_five_confirmations_an_hour(self):
        before = self.confirmations(self.owner)
        tickets = [self.receive("owner@acme.example", subject=f"Pills {number}") for number in range(8)]
        self.assertTrue(all(tickets), "each mail is a ticket")
        self.assertEqual(self.confirmations(self.owner) - before, 5)
        self.receive("colleague@acme.example")
        self.assertEqual(self.confirmations(self.colleague), 1, "others get theirs")
        sent = self.env["mail.message"].search(
            [("notified_partner_ids", "in", self.owner.ids), ("message_type", "=", "auto_comment")]
        )
        sent.date = fields.Datetime.now() - timedelta(minutes=61)
        self.receive("owner@acme.example")
        self.assertEqual(self.confirmations(self.owner) - before, 6)

    def test_what_staff_do_is_told_however_often(self):
        tickets = self.make_tickets(self.owner, 7)
        self.stage_done.mail_template_id = self.env.ref("nestogy_tickets.mail_template_ticket_closed")
        self.env.flush_all()
        self.env.cr.precommit.run()
        before = self.confirmations(self.owner)
        tickets.stage_id = self.stage_done
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertEqual(self.confirmations(self.owner) - before, 7)
