from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from ..tools.periods import period_key
from .common import PortalMakers


@tagged("post_install", "-at_install")
class TestStatementSchedule(PortalMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.env.company.email = "office@firm.example"
        cls.make_invoice(cls.client, 100, date="2026-01-05", due="2026-01-10")
        cls.make_invoice(cls.other_client, 50, date="2026-01-05", due="2026-01-10")

    def run_cron(self, day):
        """Let the cron work on a day; gives who was mailed a statement."""
        before = self.env["mail.message"].search([("model", "=", "res.partner")])
        with freeze_time(f"{day} 03:00:00"), self.enter_registry_test_mode():
            self.env.ref("nestogy_portal.ir_cron_statements").method_direct_trigger()
        new = self.env["mail.message"].search([("model", "=", "res.partner"), ("partner_ids", "!=", False)]) - before
        return new.partner_ids

    def test_days_and_their_periods(self):
        for period, day, key in (
            ("weekly", date(2026, 11, 22), "w2026-47"),
            ("weekly", date(2027, 1, 3), "w2026-53"),
            ("weekly", date(2027, 1, 4), "w2027-01"),
            ("monthly", date(2026, 2, 28), "m2026-02"),
            ("quarterly", date(2026, 3, 31), "q2026-1"),
            ("quarterly", date(2026, 4, 1), "q2026-2"),
            ("quarterly", date(2026, 12, 31), "q2026-4"),
        ):
            self.assertEqual(period_key(period, day), key)
        with self.assertRaises(ValueError):
            period_key("daily", date(2026, 1, 1))

    def test_each_period_brings_one_statement(self):
        self.env.company.statement_schedule = "monthly"
        self.assertFalse(self.run_cron("2026-03-15"), "the first one comes with the next period")
        self.assertEqual(self.run_cron("2026-04-01"), self.owner | self.stranger)
        self.assertFalse(self.run_cron("2026-04-02"))
        self.assertIn("sent to Olive Owner", self.client.statement_result)
        self.assertEqual(self.run_cron("2026-05-20"), self.owner | self.stranger, "late is better than never")

    def test_the_schedule_is_inherited_and_never_is_an_answer(self):
        group = self.client.client_group_id
        self.env.company.statement_schedule = "monthly"
        group.statement_schedule = "weekly"
        self.other_client.set_client_setting("statement_schedule", False)
        self.run_cron("2026-03-16")
        self.assertEqual(self.run_cron("2026-03-23"), self.owner)
        self.assertFalse(self.other_client.statement_period)

    def test_who_owes_nothing_is_left_alone_and_it_says_why(self):
        self.env.company.statement_schedule = "weekly"
        self.run_cron("2026-03-16")
        invoice = self.env["account.move"].search([("partner_id", "=", self.client.id)])
        self.pay(invoice)
        self.assertEqual(self.run_cron("2026-03-23"), self.stranger)
        self.assertIn("nothing is outstanding", self.client.statement_result)
        self.stranger.email = False
        self.run_cron("2026-03-30")
        self.assertIn("nobody has an e-mail address", self.other_client.statement_result)

    def test_one_bad_client_does_not_stop_the_others(self):
        self.env.company.statement_schedule = "weekly"
        self.run_cron("2026-03-16")
        partners = type(self.client)
        mail = partners._mail_statement

        def fail(client):
            if client == self.client:
                raise ValueError("broken")
            return mail(client)

        with patch.object(partners, "_mail_statement", fail):
            with mute_logger("odoo.addons.nestogy_clients.models.settings.ir_cron"):
                self.assertEqual(self.run_cron("2026-03-23"), self.stranger)
        self.assertEqual(self.client.statement_result, "broken")

    def test_another_schedule_begins_anew(self):
        self.env.company.statement_schedule = "weekly"
        self.run_cron("2026-03-16")
        self.env.company.statement_schedule = "quarterly"
        self.assertFalse(self.run_cron("2026-03-23"))
        self.assertEqual(self.run_cron("2026-04-06"), self.owner | self.stranger)
