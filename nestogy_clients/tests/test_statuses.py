from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Date
from odoo.tests import freeze_time, tagged, users

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestStatuses(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.make_user("status_agent", "agent", "billing")
        cls.manager = cls.make_user("status_manager", "manager")
        cls.viewer = cls.make_user("status_viewer", "viewer")
        cls.lead, cls.trial, cls.active, cls.inactive, cls.fraud = (
            cls.env.ref(f"nestogy_clients.nestogy_client_status_{name}")
            for name in ("lead", "trial", "active", "inactive", "fraud")
        )
        cls.client = cls.make_client("Acme", user_id=cls.agent.id)

    def _set(self, clients, status, **values):
        wizard = self.env["nestogy.client.status.set"].create(
            {"client_ids": [Command.set(clients.ids)], "status_id": status.id, **values}
        )
        wizard.action_apply()
        return wizard

    @users("status_agent")
    def test_a_change_is_kept_with_who_and_why(self):
        with freeze_time("2126-03-04 05:06:07"):
            self._set(self.client, self.inactive, reason=" Moved away ")
        self.assertEqual(self.client.client_status_id, self.inactive)
        self.client.invalidate_recordset()
        self.assertRecordValues(
            self.client.client_status_change_ids[0],
            [
                {
                    "old_status_id": self.active.id,
                    "new_status_id": self.inactive.id,
                    "user_id": self.agent.id,
                    "reason": "Moved away",
                }
            ],
        )
        self.assertEqual(len(self.client.client_status_change_ids), 2)  # with the first one, of its creation

    def test_fraud_and_inactive_need_a_reason_by_every_way(self):
        for status in (self.inactive, self.fraud):
            with self.assertRefused(UserError, "Say why"):
                self._set(self.client, status, reason="  ")
            with self.assertRefused(UserError, f"Say why a client becomes {status.name}"):
                self.client.client_status_id = status
            self.assertEqual(self.client.client_status_id, self.active)
        with self.assertRefused(UserError, "at most 2000 characters"):
            self._set(self.client, self.fraud, reason="x" * 2001)
        self.assertEqual(len(self.client.client_status_change_ids), 1)

    def test_many_clients_change_in_one_go(self):
        clients = self.client | self.make_client("Two") | self.make_client("Three")
        self._set(clients, self.fraud, reason="Chargebacks")
        self.assertEqual(clients.client_status_id, self.fraud)
        self.assertEqual(len(clients.client_status_change_ids.filtered(lambda each: each.reason == "Chargebacks")), 3)

    @users("status_manager")
    def test_the_history_cannot_be_edited(self):
        change = self.client.client_status_change_ids.with_env(self.env)
        for deed in (lambda: change.write({"reason": "x"}), change.unlink, lambda: change.create({})):
            with self.assertRaises(UserError):
                deed()
        with self.assertRefused(UserError, "cannot be changed"):
            change.sudo().reason = "x"
        with self.assertRefused(UserError, "cannot be deleted"):
            change.sudo().unlink()

    @users("status_viewer")
    def test_viewers_see_the_history_and_change_nothing(self):
        self.assertTrue(self.client.with_env(self.env).client_status_change_ids.new_status_id)
        with self.assertRaises(AccessError):
            self._set(self.client, self.trial)

    def test_a_trial_reminds_before_and_on_its_end(self):
        with freeze_time("2026-03-01"):
            self._set(self.client, self.trial, trial_end_date="2026-03-20")
            activities = self.client.activity_ids
            self.assertEqual(sorted(activities.mapped("date_deadline")), [date(2026, 3, 17), date(2026, 3, 20)])
            self.assertEqual(activities.user_id, self.agent)
            self.client.trial_end_date = "2026-03-02"
            self.assertEqual(self.client.activity_ids.mapped("date_deadline"), [date(2026, 3, 2)])
            with self.assertRefused(UserError, "in the past"):
                self._set(self.client, self.trial, trial_end_date="2026-02-01")
            self.client.client_status_id = self.active
            self.assertFalse(self.client.activity_ids)

    def test_fraud_stops_orders_and_invoices(self):
        order = self.env["sale.order"].create({"partner_id": self.client.id})
        draft = self.make_invoice(self.client, 1.0, post=False)
        self._set(self.client, self.fraud, reason="Chargeback")
        message = "Acme: no new orders or invoices in the status Fraud"
        for deed in (
            draft.action_post,
            order.action_confirm,
            lambda: self.make_invoice(self.client, 1.0, post=False),
            lambda: self.make_invoice(self.make_contact(self.client), 1.0, post=False),
            lambda: self.env["sale.order"].create({"partner_id": self.client.id}),
        ):
            with self.assertRefused(UserError, message):
                deed()
        self.assertEqual((draft.state, order.state), ("draft", "draft"))
        self.make_invoice(self.client, 1.0, move_type="out_refund")
        self._set(self.client, self.inactive, reason="Settled")
        draft.action_post()

    def test_recurring_invoices_pause_and_resume(self):
        product = self.env["product.product"].create({"name": "Care", "type": "service"})
        contract = self.env["contract.contract"].create(
            {
                "name": "Care",
                "partner_id": self.client.id,
                "contract_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "name": "Care",
                            "quantity": 1,
                            "price_unit": 10.0,
                            "recurring_interval": 1,
                            "recurring_rule_type": "monthly",
                            "date_start": Date.today(),
                            "recurring_next_date": Date.today(),
                        }
                    )
                ],
            }
        )
        contracts = self.env["contract.contract"]
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda self, *args, **kwargs: 1.0)
        self._set(self.client, self.inactive, reason="Season is over")
        contracts._cron_recurring_create()
        self.assertFalse(contract._get_related_invoices())
        self._set(self.client, self.active)
        contracts._cron_recurring_create()
        self.assertEqual(len(contract._get_related_invoices()), 1)

    def test_the_wizard_says_what_follows(self):
        wizard = self.env["nestogy.client.status.set"].create(
            {"client_ids": [Command.set(self.client.ids)], "status_id": self.fraud.id}
        )
        self.assertEqual(
            wizard.consequence,
            "nobody of these clients can enter the portal; open sessions end at once; recurring invoices pause; "
            "new orders and invoices are refused",
        )
        contact = self.make_contact(self.client)
        with self.assertRefused(UserError, "at least one client"):
            self._set(contact, self.trial)
