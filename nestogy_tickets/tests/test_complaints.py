from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestComplaints(TicketsMakers, ClientsCase):
    """A complaint is seen by those who have to know, until it is settled."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.leader = cls.make_user("desk_leader", "agent")
        cls.keeper = cls.make_user("desk_keeper", "agent")
        cls.team.user_id = cls.leader
        cls.client.user_id = cls.keeper
        cls.ticket = cls.make_tickets(cls.owner)

    def apply(self, tickets, reason, user=None):
        user = user or self.agent
        action = tickets.with_user(user).action_complaint()
        wizard = self.env[action["res_model"]].with_user(user).with_context(**action["context"])
        return wizard.create({"reason": reason}).action_apply()

    def test_leader_and_account_manager_are_told_and_who_set_it_is_kept(self):
        self.apply(self.ticket, "third time this week")
        self.assertRecordValues(self.ticket, [{"is_complaint": True, "complaint_reason": "third time this week"}])
        self.assertEqual(self.ticket.activity_ids.user_id, self.leader | self.keeper)
        log = self.ticket.message_ids.filtered(lambda message: "third time" in (message.body or ""))
        self.assertEqual(log.author_id, self.agent.partner_id)
        self.assertEqual(self.client.ticket_complaint_count, 1)
        self.apply(self.ticket, "replaced the scanner")
        self.assertFalse(self.ticket.is_complaint)
        self.assertFalse(self.ticket.activity_ids)
        settled = self.ticket.message_ids.filtered(lambda message: "settled: replaced" in (message.body or ""))
        self.assertEqual(settled.author_id, self.agent.partner_id)
        self.client.invalidate_recordset(["ticket_complaint_count"])
        self.assertEqual(self.client.ticket_complaint_count, 0)

    def test_a_category_makes_complaints(self):
        self.category.is_complaint = True
        by_visitor = (
            self.env["helpdesk.ticket"]
            .with_user(self.owner_user)
            ._portal_submit("Bad service", "<p>!</p>", category=self.category)
        )
        self.assertTrue(by_visitor.sudo().is_complaint)
        self.assertEqual(by_visitor.sudo().activity_ids.user_id, self.leader | self.keeper)
        self.ticket.category_id = self.category
        self.assertTrue(self.ticket.is_complaint)

    def test_without_anybody_to_tell_a_manager_is(self):
        manager = self.make_user("desk_manager", "manager")
        self.team.user_id = False
        self.client.user_id = False
        self.ticket._set_complaint("x")
        self.assertTrue(self.ticket.activity_ids.user_id.has_group("nestogy_clients.nestogy_clients_group_manager"))
        self.assertTrue(manager)

    def test_clients_are_found_by_their_complaints(self):
        self.ticket._set_complaint("x")
        partners = self.env["res.partner"]
        both = self.client | self.other_client
        found = partners.search([("ticket_complaint_count", ">", 0), ("id", "in", both.ids)])
        self.assertEqual(found, self.client)
        without = partners.search([("ticket_complaint_count", "<=", 0), ("id", "in", both.ids)])
        self.assertEqual(without, self.other_client)
        self.assertEqual(
            self.env["helpdesk.ticket"].search(self.client.action_ticket_complaints()["domain"]), self.ticket
        )
        with self.assertRaises(AccessError):
            partners.with_user(self.owner_user).search([("ticket_complaint_count", ">", 0)])

    def test_refusals(self):
        with self.assertRefused(UserError, "Say why"):
            self.ticket._set_complaint("  ")
        with self.assertRefused(UserError, "is no complaint"):
            self.ticket._settle_complaint("x")
        with self.assertRefused(ValidationError, "at most 2000 characters"):
            self.ticket._set_complaint("x" * 2001)
        self.assertFalse(self.ticket.is_complaint)
        self.ticket._set_complaint("x")
        with self.assertRefused(UserError, "is a complaint already"):
            self.ticket._set_complaint("y")
        with self.assertRaises(AccessError):
            self.ticket.with_user(self.viewer).action_complaint()
        with self.assertRaises(AccessError):
            self.apply(self.ticket, "x", self.viewer)
