from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, tagged

from .common import PortalMakers


@tagged("post_install", "-at_install")
class TestPortalAccess(PortalMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.agent = cls.make_user("access_agent", "agent")
        cls.viewer = cls.make_user("access_viewer", "viewer")
        cls.newcomer = cls.make_contact(cls.client, "Nora New", "nora@acme.example")

    def state(self, contact):
        contact.invalidate_recordset()
        return contact.with_user(self.viewer).portal_state

    def test_states(self):
        self.assertEqual(self.state(self.make_contact(self.client, "No mail")), "no_email")
        self.assertEqual(self.state(self.newcomer), "none")
        self.assertEqual(self.state(self.owner), "invited")
        self.env["res.users.log"].with_user(self.owner.user_ids).sudo().create({})
        self.assertEqual(self.state(self.owner), "active")
        self.assertTrue(self.owner.portal_last_login)
        self.colleague.user_ids.active = False
        self.assertEqual(self.state(self.colleague), "blocked")
        self.assertTrue(self.colleague.portal_may_restore)
        self.set_status(self.client, "fraud")
        self.assertEqual(self.state(self.owner), "blocked")
        self.assertFalse(self.owner.portal_may_restore)

    def test_an_agent_invites_a_contact(self):
        mails = self.env["mail.mail"].search([])
        action = self.newcomer.with_user(self.agent).action_portal_invite()
        self.assertIn("nora@acme.example", action["params"]["message"])
        user = self.newcomer.user_ids
        self.assertRecordValues(user, [{"login": "nora@acme.example", "share": True, "active": True}])
        self.assertEqual(self.state(self.newcomer), "invited")
        mail = self.env["mail.mail"].search([]) - mails
        self.assertEqual(len(mail), 1)
        self.assertIn("nora@acme.example", mail.email_to or ",".join(mail.recipient_ids.mapped("email")))
        self.newcomer.with_user(self.agent).action_portal_invite()
        self.assertEqual(len(self.env["mail.mail"].search([]) - mails), 2)
        self.assertEqual(self.newcomer.user_ids, user)

    def test_access_is_taken_away_and_given_back(self):
        link = self.env["nestogy.portal.link"]._issue(self.owner)
        token = link.rpartition("/")[2]
        self.owner.with_user(self.agent).action_portal_revoke()
        self.assertFalse(self.owner.with_context(active_test=False).user_ids.active)
        self.assertEqual(self.state(self.owner), "blocked")
        self.assertFalse(self.env["nestogy.portal.link"]._find(token))
        epoch = self.owner.with_context(active_test=False).user_ids.nestogy_session_epoch
        self.assertEqual(epoch, 1)
        self.owner.with_user(self.agent).action_portal_invite()
        self.assertTrue(self.owner.user_ids.active)
        self.assertFalse(self.env["nestogy.portal.link"]._find(token))

    def test_who_cannot_be_invited(self):
        nobody = self.make_contact(self.client, "No mail")
        with self.assertRaisesRegex(UserError, "no valid e-mail"):
            nobody.with_user(self.agent).action_portal_invite()
        with self.assertRaisesRegex(UserError, "works here"):
            contact = self.viewer.partner_id
            contact.email = "viewer@firm.example"
            contact.with_user(self.agent).action_portal_invite()
        self.set_status(self.client, "inactive")
        with self.assertRaisesRegex(UserError, "does not allow signing in"):
            self.newcomer.with_user(self.agent).action_portal_invite()
        self.assertFalse((nobody | self.newcomer).user_ids)

    def test_viewers_and_portal_users_manage_nobody(self):
        for user in (self.viewer, self.owner.user_ids, self.make_user("access_nobody")):
            with self.assertRaises(AccessError):
                self.newcomer.with_user(user).action_portal_invite()
            with self.assertRaises(AccessError):
                self.colleague.with_user(user).action_portal_revoke()
        self.assertFalse(self.newcomer.user_ids)
        self.assertTrue(self.colleague.user_ids.active)

    def test_the_profile_lists_people_and_links(self):
        invoice = self.make_invoice(self.client, 10)
        self.env["nestogy.portal.link"]._issue(self.owner, invoice)
        self.env["nestogy.portal.link"]._issue(self.stranger)
        client = self.client.with_user(self.viewer)
        self.assertEqual(client.portal_contact_ids, self.owner | self.colleague | self.newcomer)
        self.assertEqual(client.portal_link_ids.mapped("document_name"), [invoice.display_name])
        form = Form(client, view="nestogy_clients.res_partner_view_form_client")
        self.assertEqual(len(form.portal_contact_ids), 3)
        person = self.make_client("Sole Trader", is_company=False)
        self.assertEqual(person.portal_contact_ids, person)

    def test_the_overview_has_a_card(self):
        card = self.client.with_user(self.viewer).get_client_dashboard_widget("portal")
        self.assertEqual([row["cells"]["name"] for row in card["rows"]], ["Carl Colleague", "Olive Owner"])
        self.assertEqual(card["count"], 2)
