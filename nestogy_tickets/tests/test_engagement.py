from odoo import fields
from odoo.tests import TransactionCase, tagged

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestTicketsEngagement(TicketsMakers, TransactionCase):
    """Tickets and answers count for the engagement of clients, once the clock has run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        for key, weight in (("ticket", 8), ("rating", 6)):
            cls.env.ref(f"nestogy_tickets.nestogy_engagement_kind_{key}").write({"weight": weight, "active": True})
        cls.env.company.write({"engagement_day_points": 20})

    def test_a_ticket_and_its_rating_count(self):
        changes = self.env["nestogy.engagement.change"].sudo()
        self.env.cr.flush()
        changes.search([]).unlink()
        ticket = self.env["helpdesk.ticket"].create(
            {"name": "Printer", "description": "It jams", "partner_id": self.owner.id, "team_id": self.team.id}
        )
        self.env.cr.flush()
        self.assertIn(self.client, changes.search([]).client_id)
        request = self.env["nestogy.satisfaction.request"].create(
            {
                "ticket_id": ticket.id,
                "partner_id": self.owner.id,
                "client_id": self.client.id,
                "company_id": self.env.company.id,
                "state": "sent",
            }
        )
        changes.search([]).unlink()
        request.write({"answered_at": fields.Datetime.now(), "grade": 5, "state": "answered"})
        self.env.cr.flush()
        self.assertIn(self.client, changes.search([]).client_id)
        self.env["res.partner"]._refresh_engagement(self.client.ids)
        names = {reason["name"]: reason["points"] for reason in self.client.client_engagement["reasons"]}
        self.assertEqual((names["Ticket opened"], names["Ticket rated"]), (8.0, 6.0))
        self.assertGreaterEqual(self.owner.engagement_score, 14.0)
        self.assertEqual(self.colleague.engagement_score, 0.0)

    def test_a_ticket_that_moves_to_another_client_concerns_both(self):
        ticket = self.env["helpdesk.ticket"].create(
            {"name": "Printer", "description": "It jams", "partner_id": self.owner.id, "team_id": self.team.id}
        )
        self.env.cr.flush()
        changes = self.env["nestogy.engagement.change"].sudo()
        changes.search([]).unlink()
        ticket.partner_id = self.stranger
        self.env.cr.flush()
        self.assertLessEqual(self.client | self.other_client, changes.search([]).client_id)
