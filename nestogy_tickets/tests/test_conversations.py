from markupsafe import Markup

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, tagged
from odoo.tools import mute_logger

from .common import TicketsMakers

POST = {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}


@tagged("post_install", "-at_install")
class TestConversations(TicketsMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.talk = cls.env["nestogy.conversation"]._get_for(cls.client)

    def test_a_message_becomes_a_ticket(self):
        agent = self.make_user("talk_ticket_agent", "agent")
        talk = self.talk.with_user(agent)
        talk.message_post(body="How are you?", **POST)
        with self.assertRaises(UserError):
            talk.action_make_ticket()
        self.talk.message_post(body=Markup("<p>The printer smokes</p>"), author_id=self.owner.id, **POST)
        talk.message_post(body="Oh", **POST)
        action = talk.action_make_ticket()
        ticket = Form(self.env["helpdesk.ticket"].with_user(agent).with_context(**action["context"])).save()
        self.assertRecordValues(
            ticket,
            [{"partner_id": self.owner.id, "name": "The printer smokes", "commercial_partner_id": self.client.id}],
        )
        self.assertIn("The printer smokes", ticket.description)

    def test_viewers_make_none(self):
        self.talk.message_post(body="Help", author_id=self.owner.id, **POST)
        viewer = self.make_user("talk_ticket_viewer", "viewer")
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.talk.with_user(viewer).action_make_ticket()
