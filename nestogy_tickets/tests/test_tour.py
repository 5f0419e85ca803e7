from odoo.tests import HttpCase, tagged

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestTour(TicketsMakers, HttpCase):
    """The main road in a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()

    def test_a_contact_opens_a_ticket(self):
        self.start_tour("/my", "nestogy_tickets_main_road", login=self.owner_user.login)
        ticket = self.env["helpdesk.ticket"].search([("name", "=", "The scanner is offline")])
        self.assertRecordValues(
            ticket,
            [
                {
                    "partner_id": self.owner.id,
                    "category_id": self.category.id,
                    "commercial_partner_id": self.client.id,
                }
            ],
        )
        self.assertIn("since this morning", ticket.description)
        self.assertEqual(ticket.message_ids.filtered(lambda each: each.message_type == "comment").author_id, self.owner)
