from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, tagged

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestTicketLog(TicketsMakers, TransactionCase):
    """Calls about a ticket, and follow-ups on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.ticket = cls.make_tickets(cls.owner)

    def test_a_call_about_a_ticket_is_logged_with_its_client(self):
        params = self.ticket.with_user(self.agent).action_log_call()["params"]
        self.assertEqual(
            (params["client"]["id"], params["contactId"], params["kind"]), (self.client.id, self.owner.id, "call")
        )
        about = params["about"]
        self.assertEqual((about["model"], about["id"]), ("helpdesk.ticket", self.ticket.id))
        values = {
            "kind": "call",
            "direction": "in",
            "contact_id": params["contactId"],
            "res_model": about["model"],
            "res_id": about["id"],
        }
        row = self.env["nestogy.communication"].browse(
            self.client.with_user(self.agent).log_communication({**values, "notes": "It works again"})
        )
        self.assertRecordValues(row, [{"about": self.ticket.display_name, "name": "Call with Olive Owner"}])
        with self.assertRaisesRegex(ValidationError, "What this is about is not of"):
            self.other_client.with_user(self.agent).log_communication({**values, "contact_id": False})

    def test_who_may_not_log_or_has_no_client_is_told_so(self):
        for user in (self.viewer, self.owner_user):
            with self.assertRaises(AccessError):
                self.ticket.with_user(user).action_log_call()
        with self.assertRaisesRegex(UserError, "has no client yet; choose its contact first"):
            self.make_tickets(self.env["res.partner"]).action_log_call()

    def test_a_call_that_was_planned_on_a_ticket_is_a_call_about_it(self):
        activity = self.ticket.activity_schedule("mail.mail_activity_data_call", user_id=self.agent.id)
        self.assertEqual(activity.client_id, self.client)
        found = self.env["mail.activity"].search([("client_id", "in", self.client.ids)])
        self.assertIn(activity, found)
        activity.with_user(self.agent).action_feedback(feedback="Done by phone")
        row = self.env["nestogy.communication"].search([("client_id", "=", self.client.id), ("kind", "=", "call")])
        self.assertRecordValues(
            row, [{"res_model": "helpdesk.ticket", "res_id": self.ticket.id, "preview": "Done by phone"}]
        )

    def test_what_was_said_about_a_merged_ticket_goes_along(self):
        survivor = self.make_tickets(self.owner)
        row = self.env["nestogy.communication"].create(
            {"name": "x", "client_id": self.client.id, "res_model": "helpdesk.ticket", "res_id": self.ticket.id}
        )
        self.ticket._merge_into(survivor)
        self.assertRecordValues(row, [{"res_model": "helpdesk.ticket", "res_id": survivor.id}])
