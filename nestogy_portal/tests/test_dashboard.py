from odoo import fields
from odoo.tests import tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import PortalMakers


@tagged("post_install", "-at_install")
class TestDashboard(PortalMakers, ClientsCase):
    """What waits at the portal, on the dashboard over all clients."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        (cls.owner | cls.colleague | cls.stranger).user_ids.nestogy_invited_at = False
        cls.agent = cls.make_user("waiting_agent", "agent")
        cls.viewer = cls.make_user("waiting_viewer", "viewer")

    def counts(self, user):
        return {label: count for (_key, label), count in self.assertHomeOpensRows(user, ["portal"]).items()}

    def ask(self, model, *args):
        return self.env[model].with_user(self.owner.user_ids)._portal_ask(*args)

    def make_waiting(self):
        conversation = self.env["nestogy.conversation"]._get_for(self.client)
        conversation.message_post(
            body="Are you there?",
            author_id=self.owner.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        self.ask("nestogy.change.request", "client_name", "Acme Two")
        self.ask("nestogy.privacy.request", "erasure").sudo().due_on = fields.Date.today()
        self.colleague.user_ids.nestogy_invited_at = "2020-01-01"
        self.stranger.user_ids.nestogy_invited_at = fields.Datetime.now()
        return conversation

    def test_each_count_opens_what_waits(self):
        before = self.counts(self.agent)
        conversation = self.make_waiting()
        self.env.flush_all()
        for user in (self.agent, self.viewer):
            after = self.counts(user)
            found = {label: count - before.get(label, 0) for label, count in after.items()}
            self.assertEqual(
                found,
                {
                    "Messages to read": 1,
                    "Changes asked for": 1,
                    "Form entries to decide": 0,
                    "Privacy requests": 1,
                    "Due within 7 days": 1,
                    "Invitations open": 2,
                    "Expired": 1,
                },
            )
        rows = self.homeCards(self.agent)["portal"]["rows"]
        self.assertIn(conversation.id, [row["id"] for row in rows])
        conversation.with_user(self.agent).action_mark_read()
        self.assertEqual(self.counts(self.agent)["Messages to read"], before.get("Messages to read", 0))

    def test_teams_keep_what_waits_to_themselves(self):
        self.make_waiting()
        self.client.client_team_id = self.env["crm.team"].create({"name": "North"})
        self.env.company.client_own_team_only = True
        self.env.flush_all()
        self.counts(self.viewer)
        self.assertNotIn("Acme Dental", str(self.homeCards(self.viewer)["portal"]))
        self.assertNotIn("Are you there?", str(self.homeCards(self.viewer)["portal"]))
