from odoo import fields
from odoo.fields import Domain
from odoo.tests import TransactionCase, tagged

from .common import TicketsMakers


@tagged("post_install", "-at_install")
class TestClientsTickets(TicketsMakers, TransactionCase):
    """Tickets as a part of a client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()

    def test_a_ticket_takes_client_name_and_address_from_its_contact(self):
        ticket = self.make_tickets(self.owner)
        self.assertRecordValues(
            ticket,
            [
                {
                    "commercial_partner_id": self.client.id,
                    "partner_name": "Olive Owner",
                    "partner_email": "owner@acme.example",
                    "client_status_id": self.client.client_status_id.id,
                }
            ],
        )
        self.assertIn(self.owner, ticket.message_partner_ids)

    def test_mails_go_to_the_contact_else_to_whom_the_client_named(self):
        self.client.primary_contact_id = self.colleague
        silent = self.make_contact(self.client, "No Mail")
        self.assertEqual(self.make_tickets(self.owner)._get_mail_recipients(), self.owner)
        self.assertEqual(self.make_tickets(self.client)._get_mail_recipients(), self.colleague)
        self.assertEqual(self.make_tickets(silent)._get_mail_recipients(), self.colleague)
        self.assertFalse(self.make_tickets(self.env["res.partner"])._get_mail_recipients())

    def test_a_changed_contact_takes_the_mails_along(self):
        ticket = self.make_tickets(self.owner)
        ticket.partner_id = self.stranger
        self.assertEqual(ticket.commercial_partner_id, self.other_client)
        self.assertIn(self.stranger, ticket.message_partner_ids)
        self.assertNotIn(self.owner, ticket.message_partner_ids)
        self.assertIn(self.agent.partner_id, ticket.message_partner_ids)

    def test_counts_are_those_of_the_whole_client_and_cost_one_query(self):
        self.make_tickets(self.owner, 2)
        self.make_tickets(self.colleague, stage_id=self.stage_done.id)
        self.make_tickets(self.client)
        self.make_tickets(self.stranger)
        partners = self.client | self.owner | self.colleague | self.other_client
        figures = [
            (
                partner.helpdesk_ticket_active_count,
                partner.helpdesk_ticket_count,
                partner.helpdesk_ticket_count_string,
            )
            for partner in partners
        ]
        self.assertEqual(figures, [(3, 4, "3 / 4"), (2, 2, "2 / 2"), (0, 1, "0 / 1"), (1, 1, "1 / 1")])

        clients = self.env["res.partner"].create([{"name": f"C{n}", "is_company": True} for n in range(30)])
        for client in clients:
            self.make_tickets(client)
        for some in (clients[:1], clients):
            some.mapped("commercial_partner_id.name")
            self.env["helpdesk.ticket.stage"].search([]).mapped("closed")
            self.env.flush_all()
            some.invalidate_recordset(["helpdesk_ticket_count", "helpdesk_ticket_active_count"])
            with self.assertQueryCount(1):
                self.assertEqual(sum(some.mapped("helpdesk_ticket_count")), len(some))

    def test_without_rights_on_tickets_there_is_nothing_to_count(self):
        self.make_tickets(self.owner)
        self.assertEqual(self.client.with_user(self.owner_user).sudo(False).name, "Acme Dental")
        plain = self.make_user("plain")
        self.assertEqual(self.client.with_user(plain).helpdesk_ticket_count, 0)

    def test_the_profile_shows_open_tickets(self):
        tickets = self.make_tickets(self.owner, 7)
        tickets[0].stage_id = self.stage_done
        widget = self.client.with_user(self.viewer).get_client_dashboard_widget("tickets")
        self.assertEqual(widget["count"], 6)
        self.assertEqual([row["id"] for row in widget["rows"]], tickets[:1:-1].ids)
        names = [column["name"] for column in widget["columns"]]
        self.assertEqual(names, ["number", "name", "stage", "sla", "user", "last_update"])
        cells = widget["rows"][0]["cells"]
        self.assertEqual(sorted(cells), sorted(names))
        self.assertEqual(
            (cells["number"], cells["name"], cells["stage"], cells["user"]),
            (tickets[-1].number, "Ticket 6", self.stage_new.name, "Ada Agent"),
        )
        self.assertEqual(widget["action"]["domain"], [("commercial_partner_id", "=", self.client.id)])
        self.assertIn(
            "tickets",
            [each["key"] for each in self.client.with_user(self.viewer).get_client_dashboard()["widgets"]],
        )

    def test_the_widget_costs_the_same_for_few_and_many(self):
        def cost(client):
            self.env.invalidate_all()
            client = client.with_user(self.agent)
            client.get_client_dashboard_widget("tickets")
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            client.get_client_dashboard_widget("tickets")
            return self.env.cr.sql_log_count - start

        self.make_tickets(self.owner, 5)
        few = cost(self.client)
        self.make_tickets(self.owner, 45)
        self.assertLessEqual(cost(self.client), few + 1)  # more than fit are counted

    def test_a_new_ticket_from_the_profile_is_for_the_primary_contact(self):
        self.client.primary_contact_id = self.colleague
        action = self.client.with_user(self.agent).action_client_new_ticket()
        self.assertEqual(action["context"], {"default_partner_id": self.colleague.id})
        ticket = (
            self.env["helpdesk.ticket"]
            .with_user(self.agent)
            .with_context(**action["context"])
            .create({"name": "By phone", "description": "<p>x</p>"})
        )
        self.assertEqual(ticket.commercial_partner_id, self.client)

    def test_opening_and_closing_keep_the_dates_right(self):
        ticket = self.make_tickets(self.owner)
        ticket.stage_id = self.stage_done
        self.assertTrue(ticket.closed_date)
        ticket.stage_id = self.stage_progress
        self.assertFalse(ticket.closed_date)
        ticket.write({"stage_id": self.stage_rejected.id})
        self.assertTrue(ticket.closed_date)
        self.assertTrue(self.make_tickets(self.owner, stage_id=self.stage_done.id).closed_date)

    def test_what_the_client_sees_moves_the_last_update_and_notes_do_not(self):
        ticket = self.make_tickets(self.owner)
        old = "2020-01-01 00:00:00"
        ticket.last_update = old
        ticket.message_post(body="internal", subtype_xmlid="mail.mt_note")
        self.assertEqual(str(ticket.last_update), old)
        ticket.message_post(body="visible", subtype_xmlid="mail.mt_comment")
        self.assertGreater(str(ticket.last_update), old)
        ticket.last_update = old
        ticket.stage_id = self.stage_progress
        self.assertGreater(str(ticket.last_update), old)

    def test_the_ticket_leads_to_the_profile(self):
        ticket = self.make_tickets(self.owner).with_user(self.agent)
        action = ticket.action_open_client()
        self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", self.client.id))

    def test_indexes_that_lists_and_profiles_need(self):
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'helpdesk_ticket'")
        indexes = " ".join(row[0] for row in self.env.cr.fetchall())
        for column in ("(partner_id)", "(commercial_partner_id)", "(last_update)"):
            self.assertIn(column, indexes)

    def test_a_ticket_that_moves_is_activity_of_the_client(self):
        self.env["nestogy.quality.rule"].search([]).active = False
        rule = self.env["nestogy.quality.rule"].create(
            {"name": "Activity", "missing": "Forgotten", "check": "stale", "stale_days": 30}
        )
        tickets = self.make_tickets(self.owner) | self.make_tickets(self.stranger)
        clients = self.client | self.other_client
        old = fields.Datetime.subtract(fields.Datetime.now(), days=60)
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET create_date = %s WHERE id = ANY(%s)", [old, clients.ids])
        self.env.cr.execute("UPDATE mail_message SET date = %s", [old])
        self.env.cr.execute(
            "UPDATE helpdesk_ticket SET create_date = %s, last_update = %s WHERE id = ANY(%s)", [old, old, tickets.ids]
        )
        self.env.invalidate_all()
        tickets[0].last_update = fields.Datetime.now()
        self.env["res.partner"]._refresh_quality(Domain("id", "in", clients.ids))
        self.assertEqual([rule in client.quality_gap_ids for client in clients], [False, True])
