from datetime import datetime

from freezegun import freeze_time

from odoo.tests import TransactionCase, tagged

from .common import TicketsMakers

MONDAY = datetime(2026, 3, 2)


@tagged("post_install", "-at_install")
class TestSla(TicketsMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_desk()
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Nine to five",
                "tz": "UTC",
                "attendance_ids": [
                    (5, 0, 0),
                    *(
                        (0, 0, {"name": f"{day}", "dayofweek": f"{day}", "hour_from": 9, "hour_to": 17})
                        for day in range(5)
                    ),
                ],
            }
        )
        cls.policy = cls.env["nestogy.sla.policy"].create(
            {
                "name": "Standard",
                "calendar_id": cls.calendar.id,
                "line_ids": [
                    (0, 0, {"kind": kind, "priority": priority, "response_hours": hours, "resolution_hours": 4 * hours})
                    for kind in ("request", "job")
                    for priority, hours in (("0", 8), ("1", 4), ("2", 2), ("3", 1))
                ],
            }
        )
        cls.env.company.client_sla_policy_id = cls.policy
        cls.stage_awaiting = cls.env.ref("helpdesk_mgmt.helpdesk_ticket_stage_awaiting")

    def at(self, text):
        """Freeze at an hour of the week of Monday, as "Mon 09:30"."""
        day, hour = text.split()
        number = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].index(day)
        return freeze_time(f"2026-03-{2 + number:02} {hour}")

    def open_ticket(self, when="Mon 09:00", **values):
        with self.at(when):
            return self.make_tickets(self.owner, **values)

    def clocks(self, record):
        return {clock.target: clock for clock in record.sla_clock_ids}

    def assertConsistent(self, records):
        """What is stored is what the ledger says, to the second."""
        for clock in records.sla_clock_ids:
            lines = clock.interval_ids
            self.assertEqual(clock.consumed_seconds, sum(lines.mapped("worked_seconds")))
            for line, following in zip(lines, lines[1:], strict=False):
                self.assertEqual(line.ended_at, following.started_at)

    def test_a_ticket_starts_both_clocks(self):
        ticket = self.open_ticket()
        self.assertEqual(ticket.sla_policy_id, self.policy)
        self.assertEqual(ticket.sla_response_deadline, datetime(2026, 3, 2, 13))
        self.assertEqual(ticket.sla_resolution_deadline, datetime(2026, 3, 3, 17))
        self.assertEqual(ticket.sla_deadline, ticket.sla_response_deadline)
        self.assertEqual(len(ticket.sla_clock_ids.interval_ids), 2)

    def test_answer_and_closing_in_time(self):
        ticket = self.open_ticket()
        with self.at("Mon 12:00"):
            ticket.with_user(self.agent).message_post(
                body="On it", message_type="comment", subtype_xmlid="mail.mt_comment"
            )
        clocks = self.clocks(ticket)
        self.assertEqual(clocks["response"].state, "met")
        self.assertEqual(clocks["response"].consumed_seconds, 3 * 3600)
        self.assertEqual(ticket.sla_first_response_at, datetime(2026, 3, 2, 12))
        self.assertEqual(ticket.sla_deadline, ticket.sla_resolution_deadline)
        with self.at("Tue 10:00"):
            ticket.stage_id = self.stage_done
        self.assertEqual(clocks["resolution"].state, "met")
        self.assertEqual(clocks["resolution"].consumed_seconds, 9 * 3600)
        self.assertEqual(ticket.sla_resolved_at, datetime(2026, 3, 3, 10))
        self.assertFalse(ticket.sla_deadline)
        self.assertConsistent(ticket)

    def test_late_is_missed(self):
        ticket = self.open_ticket()
        with self.at("Wed 10:00"):
            ticket.stage_id = self.stage_done
        self.assertEqual(set(ticket.sla_clock_ids.mapped("state")), {"missed"})
        self.assertEqual(self.clocks(ticket)["resolution"].breached_at, datetime(2026, 3, 3, 17))
        self.assertConsistent(ticket)
