from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged

from .common import PortalMakers


@tagged("post_install", "-at_install")
class TestPortalTimeline(PortalMakers, TransactionCase):
    """What people do in the portal stands in the timeline of their client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.viewer = cls.make_user("timeline_portal_viewer", "viewer")

    def items(self, *kinds, who=None, client=None, tz="UTC"):
        client = (client or self.client).with_user(who or self.viewer).with_context(tz=tz)
        return client.get_client_timeline(filters={"kinds": list(kinds)})["items"]

    def sign_in(self, contact, moment, event="password"):
        with freeze_time(moment):
            self.env["nestogy.portal.access.log"]._log(event, contact)

    def test_sign_ins_count_once_a_day_and_person(self):
        for contact, moment, event in (
            (self.owner, "2026-01-10 08:00:00", "password"),
            (self.owner, "2026-01-10 16:00:00", "link"),
            (self.owner, "2026-01-10 23:30:00", "link"),
            (self.owner, "2026-01-11 00:30:00", "code"),
            (self.colleague, "2026-01-10 09:00:00", "passkey"),
            (self.colleague, "2026-01-10 07:00:00", "refused"),
            (self.stranger, "2026-01-10 09:00:00", "password"),
        ):
            self.sign_in(contact, moment, event)
        self.env.flush_all()
        found = self.items("sign_in")
        self.assertEqual(
            [(item["person_id"], item["date"]) for item in found],
            [
                (self.owner.id, "2026-01-11 00:30:00"),
                (self.colleague.id, "2026-01-10 09:00:00"),
                (self.owner.id, "2026-01-10 08:00:00"),
            ],
        )
        self.assertEqual(found[0]["title"], f"{self.owner.name} signed in to the portal")
        # in New York the last two of the owner are on the evening of the 10th
        found = self.items("sign_in", tz="America/New_York")
        self.assertEqual([item["date"][:10] for item in found], ["2026-01-10", "2026-01-10"])

    def test_messages_of_the_conversation(self):
        conversation = self.env["nestogy.conversation"].create({"client_id": self.client.id})
        other = self.env["nestogy.conversation"].create({"client_id": self.stranger.commercial_partner_id.id})
        for record, author, body in (
            (conversation, self.owner, "Our <b>router</b> is broken"),
            (conversation, self.viewer.partner_id, "We are on our way"),
            (other, self.stranger, "Nothing of yours"),
        ):
            record.message_post(body=body, author_id=author.id, message_type="comment", subtype_xmlid="mail.mt_comment")
        conversation._message_log(body="Read")
        self.env.flush_all()
        self.env["nestogy.communication"].create(  # as the log keeps the mail that told of it
            {
                "client_id": self.client.id,
                "mail_message_id": conversation.message_ids[0].id,
                "kind": "email",
                "direction": "out",
                "name": "We are on our way",
                "res_model": conversation._name,
                "res_id": conversation.id,
            }
        )
        self.assertEqual(self.items("email"), [])
        found = self.items("conversation")
        self.assertEqual(
            [(item["title"], item["person_id"], item["user_id"]) for item in found],
            [
                ("Portal message to the client", False, self.viewer.id),
                (f"Portal message from {self.owner.name}", self.owner.id, False),
            ],
        )
        self.assertEqual({(item["model"], item["id"]) for item in found}, {(conversation._name, conversation.id)})
        self.assertIn("router", found[1]["text"])
        plain = self.make_user("timeline_portal_plain")
        self.assertEqual(self.items("conversation", "sign_in", who=plain), [])

    def test_visitors_of_the_portal_get_nothing(self):
        for contact in (self.owner, self.colleague, self.stranger):
            client = self.client.with_user(contact.user_ids)
            for method in ("get_client_timeline", "get_client_timeline_options", "action_client_timeline"):
                with self.subTest(contact=contact.name, method=method), self.assertRaises(AccessError):
                    getattr(client, method)()
