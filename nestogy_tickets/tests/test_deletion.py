from odoo import fields
from odoo.tests import tagged

from odoo.addons.nestogy_clients.tests.common import DeletionCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestDeletionOfTickets(TicketsMakers, DeletionCase):
    """What the portal and the tickets add to an erasure."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        client = cls.client
        cls.make_desk()
        cls.client = client  # whom the desk's makers replaced
        cls.make_portal_user(cls.person)
        cls.ticket = cls.make_tickets(cls.person, name="Zyxwellian printer", description="<p>Quillan</p>")
        cls.strange = cls.make_tickets(cls.stranger, email_cc="quillan@zyxwellian.example")
        cls.unknown = cls.env["helpdesk.ticket"].create(
            {
                "name": "From nobody",
                "description": "Hi",
                "partner_name": "Quillan",
                "partner_email": "quillan@zyxwellian.example",
                "team_id": cls.team.id,
            }
        )

    def fill(self):
        person, client = self.person, self.client
        self.ticket.with_user(self.agent).message_post(body="Dear Quillan", message_type="comment")
        self.env["account.analytic.line"].create(
            {
                "name": "Zyxwellian",
                "ticket_id": self.ticket.id,
                "project_id": self.env["project.project"].create({"name": "Work", "allow_timesheets": True}).id,
                "employee_id": self.env["hr.employee"].create({"name": "Worker"}).id,
                "unit_amount": 1,
            }
        )
        self.env["nestogy.portal.access.log"]._log("password", person, detail="Quillan")
        self.env["nestogy.conversation"]._get_for(client).message_post(
            body="Quillan here", author_id=person.id, message_type="comment"
        )
        self.env["nestogy.change.request"].create(
            {
                "kind": "client_name",
                "partner_id": person.id,
                "client_id": client.id,
                "subject_id": client.id,
                "old_text": "Zyxwellian",
                "new_text": "Zyxwellian 2",
                "new_values": {"name": "Zyxwellian 2"},
            }
        )
        self.env["nestogy.privacy.request"].create(
            {"kind": "erasure", "partner_id": person.id, "client_id": client.id, "note": "Quillan asks"}
        )
        self.env["nestogy.mail.inbox"].create(
            {
                "sender": "Quillan <quillan@zyxwellian.example>",
                "sender_address": "quillan@zyxwellian.example",
                "subject": "Zyxwellian",
                "source": b"UXVpbGxhbg==",
                "state": "quarantined",
                "kind": "unknown",
                "reason": "Nobody knows quillan@zyxwellian.example",
            }
        )
        self.answer_questions()
        self.env["nestogy.ticket.reply"].create(
            {"name": "For Quillan Zyxperson", "body": "<p>Dear Quillan Zyxperson, Zyxwellian Dental</p>"}
        )
        self.env["mail.canned.response"].create({"source": "qz", "substitution": "Dear Quillan Zyxperson"})
        self.env["discuss.channel"].with_user(self.agent)._get_or_create_chat(person.ids)
        self.env["discuss.channel"].create({"name": "About Quillan Zyxperson"})
        # somebody else's mail went to them, too
        self.receive("stranger@other.example", subject="Hello", Cc="quillan@zyxwellian.example")
        self.ticket.with_user(self.agent).announce_presence("writing")
        self.env["nestogy.client.domain"].create({"name": "zyxwellian.example", "client_id": client.id})
        self.env.cr.flush()  # mails are logged at the end of a transaction

    def answer_questions(self):
        """The person answers about a ticket and in a survey, and somebody asks back."""
        self.client.satisfaction = "always"
        self.client.primary_contact_id = self.person
        closed = self.make_tickets(self.person, name="Zyxwellian closed")
        closed.stage_id = self.stage_done
        campaign = self.env["nestogy.nps.campaign"].create(
            {"name": "Spring", "domain": repr([("id", "=", self.client.id)]), "question": "Would you recommend us?"}
        )
        campaign.with_user(self.manager).action_start()
        answers = (closed.satisfaction_ids, campaign.answer_ids)
        for asked, grade in zip(answers, (1, 2), strict=True):
            self.assertEqual(asked.partner_id, self.person)
            asked.write({"state": "sent", "sent_at": fields.Datetime.now()})
            asked._record_answer(grade, "Quillan Zyxperson is not happy with Zyxwellian")
            asked.follow_up_note = "Called Quillan"
        self.assertTrue(closed.satisfaction_ids.rating_id)
        self.assertTrue(campaign.answer_ids.activity_id)

    def test_nothing_is_left_of_a_client(self):
        self.fill()
        deletion = self.ask()
        goes = {line.key: line.planned for line in deletion.gone_line_ids}
        self.assertEqual((goes["tickets"], goes["ticket_time"], goes["users"], goes["received"]), (3, 1, 1, 1))
        self.assertEqual((goes["sign_ins"], goes["conversations"], goes["requests"]), (1, 1, 1))
        self.assertEqual((goes["satisfaction"], goes["nps"]), (1, 1))
        self.erase()
        self.assertNowhere("zyxwellian", "zyxperson", "quillan", "5550187", "555 0187")
        self.assertFalse((self.ticket | self.unknown).exists())
        self.assertTrue(self.strange.exists(), "a ticket of another client")
        self.assertFalse(self.strange.email_cc)
        self.assertFalse((self.client | self.person).exists())

    def test_the_tickets_of_the_client_stay_without_the_person(self):
        self.ticket.name = "Printer"
        said = self.ticket.message_post(body="Quillan again", author_id=self.person.id, message_type="comment")
        self.env.cr.flush()
        self.erase(self.person)
        self.assertFalse(self.person.exists())
        self.assertEqual((self.ticket | self.unknown).partner_id, self.client)
        self.assertEqual((self.ticket.partner_email, self.ticket.partner_name), (False, False))
        self.assertNotIn("Quillan", f"{self.ticket.description} {said.body}")
        self.assertNowhere("quillan", "zyxperson")
