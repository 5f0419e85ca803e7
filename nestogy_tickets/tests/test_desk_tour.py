from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_portal.tests.common import PASSWORD

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestDeskTour(TicketsMakers, HttpCase):
    """An agent's way in a browser: out of the queue, with the card in view, a duplicate merged."""

    def test_an_agent_takes_a_ticket_and_merges_a_duplicate(self):
        self.make_desk()
        self.agent.password = "desk-agent-password"
        stays = self.make_tickets(self.owner, name="Radio on the bridge is silent", user_id=False)
        goes = self.make_tickets(self.colleague, name="Bridge radio is silent", user_id=False)
        action = self.env.ref("nestogy_tickets.helpdesk_ticket_action_client")
        self.start_tour(f"/odoo/action-{action.id}", "nestogy_ticket_desk", login="desk_agent")
        self.assertRecordValues(
            stays | goes,
            [{"merged_into_id": False, "user_id": self.agent.id}, {"merged_into_id": stays.id, "user_id": False}],
        )


@tagged("post_install", "-at_install")
class TestDeskPortal(TicketsMakers, HttpCase):
    """What a client writes on the page of a ticket that is merged or closed long ago."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()

    def write_on(self, ticket, body):
        self.authenticate(self.owner_user.login, PASSWORD)
        return self.make_jsonrpc_request(
            "/mail/message/post",
            {
                "thread_model": "helpdesk.ticket",
                "thread_id": ticket.id,
                "post_data": {"body": body, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"},
            },
        )

    def test_an_answer_on_the_page_of_a_merged_ticket_is_passed_on(self):
        stays, goes = self.make_tickets(self.owner, 2)
        goes._merge_into(stays)
        self.write_on(goes, "One more thing")
        message = stays.message_ids[0]
        self.assertIn("One more thing", message.body)
        self.assertEqual(message.author_id, self.owner)
        self.assertEqual(stays.last_message_by, "client")

    def test_a_late_answer_on_the_page_opens_a_new_ticket(self):
        ticket = self.make_tickets(self.owner, stage_id=self.stage_done.id)
        ticket.closed_date = fields.Datetime.now() - timedelta(days=100)
        self.write_on(ticket, "Broken again")
        new = ticket.offshoot_ids
        self.assertEqual(len(new), 1)
        self.assertIn("Broken again", new.message_ids.filtered(lambda each: each.author_id == self.owner)[:1].body)
        self.assertIn("Broken again", new.description)
        self.assertRecordValues(new, [{"partner_id": self.owner.id, "commercial_partner_id": self.client.id}])
        self.assertEqual(self.url_open(new.access_url, allow_redirects=False).status_code, 200)
        other = self.make_tickets(self.stranger, stage_id=self.stage_done.id)
        other.closed_date = ticket.closed_date
        with self.assertRaises(JsonRpcException), mute_logger("odoo.http"):
            self.write_on(other, "Not mine")
        self.assertFalse(other.offshoot_ids)
