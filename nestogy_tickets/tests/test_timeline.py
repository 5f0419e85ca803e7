from freezegun import freeze_time

from odoo.tests import TransactionCase, tagged

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestTicketsTimeline(TicketsMakers, TransactionCase):
    """Tickets, jobs and ratings stand in the timeline of their client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()

    def items(self, *kinds, who=None):
        client = self.client.with_user(who or self.agent).with_context(tz="UTC")
        return client.get_client_timeline(filters={"kinds": list(kinds)})["items"]

    def test_tickets_are_opened_and_closed(self):
        ticket = self.make_tickets(self.owner, name="Printer on fire")
        self.make_tickets(self.stranger, name="Nothing of yours")
        self.env.flush_all()
        (item,) = self.items("ticket")
        self.assertEqual((item["title"], item["id"]), (f"Ticket {ticket.number}: Printer on fire", ticket.id))
        self.assertEqual((item["person_id"], item["user_id"]), (self.owner.id, self.agent.id))
        ticket.stage_id = self.stage_done
        self.env.flush_all()
        self.assertEqual({each["source"] for each in self.items("ticket")}, {"ticket", "ticket_closed"})
        ticket.stage_id = self.stage_progress
        self.env.flush_all()
        self.assertEqual([each["what"] for each in self.items("ticket")], [self.stage_progress.name])
        plain = self.make_user("timeline_desk_plain")
        self.assertEqual(self.items("ticket", who=plain), [])

    def test_jobs_are_logged_and_done(self):
        project = self.env["project.project"].create({"name": "Jobs", "privacy_visibility": "employees"})
        hidden = self.env["project.project"].create({"name": "Hidden", "privacy_visibility": "followers"})
        job, _secret = self.env["project.task"].create(
            [
                {"name": "New cable", "project_id": project.id, "partner_id": self.owner.id},
                {"name": "Secret", "project_id": hidden.id, "partner_id": self.owner.id},
            ]
        )
        self.env.flush_all()
        (item,) = self.items("job")
        self.assertTrue(item["title"].startswith("Job: ") and item["title"].endswith("New cable"), item["title"])
        job.state = "1_done"
        self.env.flush_all()
        self.assertEqual({each["source"] for each in self.items("job")}, {"job", "job_closed"})

    @freeze_time("2026-01-10 10:00:00")
    def test_ratings(self):
        ticket = self.make_tickets(self.owner)
        values = {"partner_id": self.owner.id, "client_id": self.client.id, "company_id": self.env.company.id}
        requests = self.env["nestogy.satisfaction.request"]
        requests.create(
            {
                **values,
                "ticket_id": ticket.id,
                "state": "answered",
                "grade": 2,
                "comment": "Slow",
                "answered_at": "2026-01-10 09:00:00",
            }
        )
        requests.create({**values, "ticket_id": self.make_tickets(self.owner).id, "state": "waiting"})
        self.env.flush_all()
        (item,) = self.items("rating")
        self.assertEqual(
            (item["title"], item["text"], item["tone"]), (f"Rated ticket {ticket.number}: 2 of 5", "Slow", "danger")
        )
