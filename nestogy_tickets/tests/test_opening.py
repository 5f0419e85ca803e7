from odoo.tests import TransactionCase, tagged

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestOpening(TicketsMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.numbers = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_sequence")

    def open(self, count, **values):
        tickets = (
            self.env["helpdesk.ticket"]
            .with_user(self.agent)
            .with_context(tracking_disable=True)
            .create(
                [
                    {"name": f"T {number}", "description": "<p>x</p>", "partner_id": self.owner.id, **values}
                    for number in range(count)
                ]
            )
        )
        self.env.flush_all()
        return tickets

    def test_many_cost_no_more_queries_than_two(self):
        def count(tickets):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.open(tickets)
            return self.env.cr.sql_log_count - before

        count(2)
        self.assertLessEqual(count(30), count(2) + 2)

    def test_numbers_follow_each_other(self):
        first = self.open(1)
        tickets = self.open(3)
        last = self.open(1)
        numbers = [int(ticket.number.removeprefix(self.numbers.prefix or "")) for ticket in first | tickets | last]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 5)))
        self.assertEqual(len(first.number), len(tickets[0].number))

    def test_a_number_that_is_given_stays(self):
        tickets = self.env["helpdesk.ticket"].create(
            [
                {"name": "Old", "description": "<p>x</p>", "number": "LEGACY-1"},
                {"name": "New", "description": "<p>x</p>", "number": "/"},
            ]
        )
        self.assertEqual(tickets[0].number, "LEGACY-1")
        self.assertNotIn(tickets[1].number, ("/", "LEGACY-1", False))

    def test_a_sequence_without_gaps_is_left_alone(self):
        self.numbers.implementation = "no_gap"
        before = self.numbers.number_next
        self.open(3)
        self.assertEqual(self.numbers.number_next, before + 3)

    def test_stage_and_rating_of_the_first_day(self):
        own = self.env["helpdesk.ticket.stage"].create(
            {"name": "Triage", "sequence": -1, "team_ids": [(6, 0, self.team.ids)]}
        )
        self.assertEqual(self.open(2, team_id=self.team.id).stage_id, own)
        tickets = self.open(2, user_id=False)
        self.assertEqual(tickets.stage_id, self.stage_new)
        self.assertEqual(set(tickets.mapped("positive_rate_percentage")), {-1})
        rating = self.env["rating.rating"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("helpdesk.ticket"),
                "res_id": tickets[0].id,
                "rating": 5,
                "consumed": True,
            }
        )
        self.assertEqual(tickets.mapped("positive_rate_percentage"), [100, -1])
        rating.rating = 1
        self.assertEqual(tickets[0].positive_rate_percentage, 0)
