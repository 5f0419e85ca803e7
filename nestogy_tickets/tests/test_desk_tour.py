from odoo.tests import HttpCase, tagged

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestDeskTour(TicketsMakers, HttpCase):
    """An agent's way in a browser: out of the queue, with the card in view, a duplicate merged."""

    def test_an_agent_takes_a_ticket_and_merges_a_duplicate(self):
        self.make_desk()
        self.agent.password = "desk-agent-password"
        stays = self.make_tickets(self.owner, name="Radio on the bridge is silent", user_id=False)
        goes = self.make_tickets(self.colleague, name="The radio on the bridge is silent", user_id=False)
        action = self.env.ref("nestogy_tickets.helpdesk_ticket_action_client")
        self.start_tour(f"/odoo/action-{action.id}", "nestogy_ticket_desk", login="desk_agent")
        self.assertRecordValues(
            stays | goes,
            [{"merged_into_id": False, "user_id": self.agent.id}, {"merged_into_id": stays.id, "user_id": False}],
        )
