from odoo.tests import tagged

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestDashboard(TicketsMakers, ClientsCase):
    """The card of tickets on the dashboard over all clients."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()

    def make_queue(self, contact):
        tickets = self.make_tickets(contact, 6)
        self.set_sla(tickets[0] | tickets[5], sla_deadline=-1, sla_risk_at=-2)
        self.set_sla(tickets[1] | tickets[2], sla_deadline=5, sla_risk_at=-1)
        tickets[3].user_id = False
        tickets[5].stage_id = self.stage_done
        return tickets

    def counts(self, user):
        return {label: count for (_key, label), count in self.assertHomeOpensRows(user, ["tickets"]).items()}

    def test_each_count_opens_its_tickets(self):
        before = self.counts(self.agent)
        tickets = self.make_queue(self.owner)
        self.make_queue(self.stranger)
        nobody = self.env["res.partner"].create({"name": "No client"})
        self.make_tickets(nobody, user_id=False)
        for user in (self.agent, self.viewer):
            after = self.counts(user)
            self.assertEqual(
                {label: count - before.get(label, 0) for label, count in after.items()},
                {"Open": 10, "SLA breached": 2, "SLA at risk": 4, "Unassigned": 2},
            )
        rows = {row["id"]: row["tone"] for row in self.homeCards(self.agent)["tickets"]["rows"]}
        if tickets[0].id in rows:
            self.assertEqual(rows[tickets[0].id], "danger")
        self.assertNotIn(tickets[4].id, rows, "nothing is wrong with it")
        self.assertNotIn(tickets[5].id, rows, "it is closed")

    def test_other_teams_count_their_own(self):
        self.make_queue(self.owner)
        self.make_queue(self.stranger)
        north, south = self.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        south.member_ids = self.viewer
        self.client.client_team_id, self.other_client.client_team_id = north, south
        self.env.company.client_own_team_only = True
        self.env.flush_all()
        self.counts(self.viewer)
        action = self.homeCards(self.viewer)["tickets"]["action"]
        found = self.env["helpdesk.ticket"].with_user(self.viewer).search(action["domain"]).commercial_partner_id
        self.assertIn(self.other_client, found)
        self.assertNotIn(self.client, found)

    def test_queries_do_not_grow_with_tickets(self):
        self.make_queue(self.owner)
        self.assertHomeCost(self.agent, lambda: [self.make_queue(self.stranger) for _each in range(4)], most=30)
