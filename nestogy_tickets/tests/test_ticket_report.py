from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged

from .common import TicketsMakers

NOW = datetime(2031, 3, 12, 12, 0)


@tagged("post_install", "-at_install")
class TestTicketReport(TicketsMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.report = cls.env["nestogy.ticket.report"]
        cls.flow = cls.env["nestogy.ticket.flow"]
        cls.open = cls.make_tickets(cls.owner, priority="2")
        cls.quick = cls.make_tickets(cls.owner, stage_id=cls.stage_done.id)
        cls.slow = cls.make_tickets(cls.stranger, stage_id=cls.stage_done.id, user_id=False)
        cls.tickets = cls.open | cls.quick | cls.slow
        now = fields.Datetime.now()
        cls.date(cls.open, created=now - timedelta(days=8))
        cls.date(cls.quick, created=NOW, answered=NOW + timedelta(minutes=30), closed=NOW + timedelta(hours=3))
        cls.date(cls.slow, created=NOW, answered=NOW + timedelta(hours=4), closed=NOW + timedelta(days=2))

    @classmethod
    def date(cls, ticket, created, answered=None, closed=None):
        """Write when a ticket was opened, answered and closed, as if the time had passed."""
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE helpdesk_ticket SET create_date = %s, sla_first_response_at = %s, closed_date = %s WHERE id = %s",
            [created, answered, closed, ticket.id],
        )
        cls.env.invalidate_all()

    def row(self, ticket):
        return self.report.browse(ticket.id)

    def test_hours_and_bands(self):
        quick, slow, still = self.row(self.quick), self.row(self.slow), self.row(self.open)
        self.assertEqual((quick.response_hours, quick.resolution_hours), (0.5, 3.0))
        self.assertEqual((quick.response_band, quick.resolution_band, quick.age_band), ("000h", "001h", False))
        self.assertEqual((slow.response_hours, slow.resolution_hours), (4.0, 48.0))
        self.assertEqual((slow.response_band, slow.resolution_band), ("001h", "024h"))  # an end belongs to its band
        self.assertAlmostEqual(still.age_hours, 8 * 24, delta=0.1)
        self.assertEqual((still.state, still.age_band, still.response_band), ("open", "168h", False))

    def test_averages_leave_out_what_has_no_time(self):
        rows = self.report._read_group(
            [("ticket_id", "in", self.tickets.ids)],
            ["state"],
            ["response_hours:avg", "resolution_hours:avg", "__count"],
        )
        self.assertEqual(rows, [("closed", 2.25, 25.5, 2), ("open", 0.0, 0.0, 1)])

    def test_a_ticket_of_no_client_and_an_archived_one(self):
        nobodys = self.make_tickets(self.env["res.partner"], partner_email="who@nowhere.example")
        self.assertTrue(self.row(nobodys).exists())
        nobodys.active = False
        self.env.flush_all()
        self.assertFalse(self.report.search([("ticket_id", "=", nobodys.id)]))
        self.assertFalse(self.flow.search([("ticket_id", "=", nobodys.id)]))

    def test_the_group_of_the_client(self):
        group = self.env["nestogy.client.group"].create({"name": "Gold"})
        self.client.client_group_id = group
        self.env.flush_all()
        self.assertEqual(self.row(self.open).client_group_id, group)
        self.assertEqual(self.row(self.slow).client_group_id, self.other_client.client_group_id)

    def test_the_backlog_is_what_came_less_what_went(self):
        domain = [("ticket_id", "in", self.tickets.ids)]
        [(opened, closed, change)] = self.flow._read_group(domain, [], ["opened:sum", "closed:sum", "change:sum"])
        self.assertEqual((opened, closed, change), (3, 2, 1))
        by_day = self.flow._read_group(
            [*domain, ("ticket_id", "!=", self.open.id)], ["at:day"], ["change:sum"], order="at:day"
        )
        self.assertEqual(
            [(day.date().isoformat(), change) for day, change in by_day], [("2031-03-12", 1), ("2031-03-14", -1)]
        )

    def test_reports_obey_companies_and_teams(self):
        viewer = self.viewer
        mine = self.report.with_user(viewer)
        domain = [("ticket_id", "in", self.tickets.ids)]
        self.assertEqual(mine.search_count(domain), 3)
        team = self.env["crm.team"].create({"name": "Elsewhere"})
        self.other_client.client_team_id = team
        self.env.company.client_own_team_only = True
        self.env.registry.clear_cache()
        self.assertEqual(mine.search(domain).ticket_id, self.open | self.quick)
        self.assertEqual(self.flow.with_user(viewer).search(domain).ticket_id, self.open | self.quick)
        self.assertEqual(
            self.tickets.with_user(viewer).search([("id", "in", self.tickets.ids)]), self.open | self.quick
        )
        self.env.company.client_own_team_only = False
        self.tickets.company_id = self.other_company()
        self.env.flush_all()
        self.env.registry.clear_cache()
        self.assertFalse(mine.search(domain))
        self.assertFalse(self.flow.with_user(viewer).search(domain))

    def test_clients_read_no_reports(self):
        for model in (self.report, self.flow):
            with self.assertRaises(AccessError):
                model.with_user(self.owner_user).search_count([])

    def test_a_row_opens_its_ticket(self):
        action = self.row(self.open).with_user(self.viewer).action_open()
        self.assertEqual((action["res_model"], action["res_id"]), ("helpdesk.ticket", self.open.id))
