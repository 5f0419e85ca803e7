from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged

from .test_invite import InviteMakers


@tagged("post_install", "-at_install")
class TestBulkInvite(InviteMakers, TransactionCase):
    """Inviting the people of many clients at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.make_invite_world()
        cls.silent = cls.make_client("Silent", email=False)
        cls.fresh = cls.make_client("Fresh", email="info@fresh.example")
        cls.eve = cls.make_contact(cls.fresh, "Eve", "eve@fresh.example")

    def invite(self, user=None):
        asks = self.env["nestogy.client.bulk.ask"].with_user(user or self.agent)
        ask = asks.create({"deed": "portal_invite", "domain": [("id", "in", (self.silent | self.fresh).ids)]})
        self.assertEqual(ask.refused_count, 1)
        self.assertIn("e-mail address", ask.refused_text)
        return self.env["nestogy.client.bulk"].with_user(user or self.agent).browse(ask.action_start()["res_id"])

    def test_the_primary_contact_is_invited_and_who_cannot_be_is_listed(self):
        with patch.object(type(self.env["mail.mail"]), "send") as send:
            bulk = self.invite()
        send.assert_not_called()
        self.assertEqual((bulk.state, bulk.done_count, bulk.refused_count), ("done", 1, 1))
        self.assertEqual(bulk.refused_line_ids.client_id, self.silent)
        user = self.eve.sudo().user_ids
        self.assertEqual(user.login, "eve@fresh.example")
        self.assertTrue(user.share)
        self.assertFalse(self.fresh.sudo().user_ids)
        self.assertFalse(bulk.may_undo)
        [mail] = self.env["mail.mail"].search([("model", "=", "res.users"), ("res_id", "=", user.id)])
        self.assertEqual(mail.state, "outgoing", "it leaves by the queue, once all is kept")
        mail.write({"state": "exception", "failure_reason": "The server is asleep"})
        mail._postprocess_sent_message([], [], failure_type="mail_smtp")
        row = self.env["nestogy.portal.access.log"].search([("partner_id", "=", self.eve.id)], limit=1)
        self.assertEqual((row.event, row.detail), ("unsent", "The server is asleep"))

    def test_a_viewer_invites_nobody(self):
        with self.assertRefused(AccessError, ""):
            self.invite(self.viewer)
        self.assertFalse(self.eve.sudo().user_ids)

    def test_giving_access_is_not_offered_to_whoever_would_be_refused(self):
        action = self.env.ref("portal.partner_wizard_action_create_and_open")
        viewer = self.make_user("portal-bulk-viewer", "viewer")
        for user, is_offered in ((viewer, False), (self.agent, True)):
            offered = self.env["ir.actions.actions"].with_user(user).get_bindings("res.partner")["action"]
            self.assertEqual(action.id in [each["id"] for each in offered], is_offered)
