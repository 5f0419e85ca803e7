from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Date
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import ClientsCase

RUN = "odoo.addons.nestogy_clients.models.contract.contract_contract_run"
OCA = "odoo.addons.contract.models.contract"


class ContractsCase(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client("Acme", user_id=cls.env.ref("base.user_admin").id)
        cls.contact = cls.make_contact(cls.client, "Ann", "ann@acme.example")
        cls.billing = cls.make_user("contract_billing", "billing", email="billing@firm.example")
        cls.product = cls.env["product.product"].create({"name": "Care", "type": "service", "taxes_id": False})
        cls.inactive = cls.env.ref("nestogy_clients.nestogy_client_status_inactive")
        cls.active = cls.env.ref("nestogy_clients.nestogy_client_status_active")
        cls.contracts = cls.env["contract.contract"]
        cls.classPatch(type(cls.env["ir.cron"]), "_commit_progress", lambda self, *args, **kwargs: 1.0)

    @classmethod
    def make_contract(cls, start="2026-01-01", end=False, price=100.0, client=None, rule="monthly", **values):
        line = {
            "product_id": cls.product.id,
            "name": "Care #START# – #END#",
            "quantity": 1,
            "price_unit": price,
            "recurring_rule_type": rule,
            "date_start": start,
            "date_end": end,
            "recurring_next_date": start,
            **values.pop("line", {}),
        }
        return cls.contracts.create(
            {
                "name": "Managed care",
                "partner_id": (client or cls.client).id,
                "user_id": cls.billing.id,
                "date_start": start,
                "recurring_rule_type": rule,
                "recurring_invoicing_type": line.get("recurring_invoicing_type", "pre-paid"),
                "contract_line_ids": [Command.create(line)],
                **values,
            }
        )

    def run_invoices(self, day):
        with freeze_time(day):
            self.contracts._cron_recurring_create()

    def run_night(self, day):
        with freeze_time(day):
            self.contracts._cron_contracts()

    def periods(self, contract):
        """First words of the invoiced periods and their amounts, in order."""
        lines = self.env["account.move.line"].search(
            [("contract_line_id", "in", contract.contract_line_ids.ids)], order="id"
        )
        return [(line.name.split(" ")[1], line.price_unit) for line in lines]

    def state(self, contract, day):
        with freeze_time(day):
            contract.invalidate_recordset(["service_state"])
            return contract.service_state


@tagged("post_install", "-at_install")
class TestContractStates(ContractsCase):
    """Where a service stands."""

    def test_the_state_follows_decisions_and_dates(self):
        contract = self.make_contract(
            end="2026-12-31", service_phase="draft", renewal_type="manual", notice_days=30, renewal_reminder_days=30
        )
        self.assertEqual(self.state(contract, "2026-06-01"), "draft")
        with freeze_time("2026-06-01"):
            contract.with_user(self.billing).action_service_start()
        self.assertEqual(self.state(contract, "2026-06-01"), "active")
        self.assertRecordValues(
            contract, [{"notice_date": Date.to_date("2026-12-01"), "renewal_reminder_date": Date.to_date("2026-11-01")}]
        )
        self.assertEqual(self.state(contract, "2026-10-31"), "active")
        self.assertEqual(self.state(contract, "2026-11-01"), "to_renew")
        self.assertEqual(self.state(contract, "2026-12-31"), "to_renew")
        self.assertEqual(self.state(contract, "2027-01-01"), "ended")
        with freeze_time("2026-06-01"):
            contract.invalidate_recordset(["service_state"])  # the clock went back
            contract.action_service_pause()
        self.assertEqual(self.state(contract, "2026-06-02"), "paused")

    def test_each_contract_has_one_state_and_is_found_by_it(self):
        days = {"draft": [], "active": [], "to_renew": [], "paused": [], "ended": [], "cancelled": []}
        made = self.contracts
        with freeze_time("2026-06-15"):
            for phase in ("draft", "running", "cancelled"):
                for end in (False, "2026-06-14", "2026-06-15", "2026-07-01", "2028-01-01"):
                    for renewal in ("none", "manual", "auto"):
                        for is_paused in (False, True):
                            contract = self.make_contract(end=end, service_phase=phase, renewal_type=renewal)
                            if is_paused:
                                contract._pause("contract")
                            made |= contract
            for contract in made:
                days[contract.service_state].append(contract.id)
            self.assertTrue(all(days.values()))
            for state, ids in days.items():
                found = self.contracts.search([("service_state", "=", state), ("id", "in", made.ids)])
                self.assertEqual(sorted(found.ids), sorted(ids), state)
            self.assertEqual(
                len(self.contracts.search([("service_state", "in", ["ended", "cancelled"]), ("id", "in", made.ids)])),
                len(days["ended"]) + len(days["cancelled"]),
            )

    def test_a_draft_is_not_invoiced(self):
        contract = self.make_contract(service_phase="draft")
        self.run_invoices("2026-01-01")
        self.assertFalse(self.periods(contract))
        with self.assertRefused(UserError, "is a draft; start it first"):
            contract.recurring_create_invoice()
        empty = self.contracts.create({"name": "Empty", "partner_id": self.client.id, "service_phase": "draft"})
        with self.assertRefused(UserError, "has no services"):
            empty.action_service_start()

    def test_the_end_of_the_contract_is_that_of_its_lines(self):
        contract = self.make_contract()
        contract.date_end = "2026-02-15"
        self.assertEqual(contract.contract_line_ids.date_end, Date.to_date("2026-02-15"))
        self.run_invoices("2026-06-01")
        self.assertEqual(self.periods(contract), [("01/01/2026", 100.0), ("02/01/2026", 100.0)])
        self.assertFalse(contract.recurring_next_date, "nothing is to come")
        with self.assertRefused(UserError, "is invoiced up to 02/15/2026"):
            contract.date_end = "2026-01-31"

    def test_the_last_period_is_invoiced_after_the_end(self):
        contract = self.make_contract(
            end="2026-02-28", line={"recurring_invoicing_type": "post-paid", "recurring_next_date": "2026-02-01"}
        )
        self.run_invoices("2026-02-27")
        self.assertEqual(len(self.periods(contract)), 1)
        self.run_invoices("2026-03-01")
        self.assertEqual(self.periods(contract), [("01/01/2026", 100.0), ("02/01/2026", 100.0)])
        self.run_invoices("2026-05-01")
        self.assertEqual(len(self.periods(contract)), 2)

    def test_cancelling_ends_it_and_keeps_the_reason(self):
        contract = self.make_contract(end="2026-12-31", renewal_type="auto")
        with freeze_time("2026-03-10"):
            wizard = self.env["nestogy.contract.cancel"].with_user(self.billing).create({"contract_id": contract.id})
            self.assertEqual(wizard.date_end, Date.to_date("2026-12-31"))
            self.assertEqual(wizard.notice_text, "Notice can be given until 12/01/2026.")
            wizard.write({"date_end": "2026-04-30", "reason": "Moves away"})
            wizard.action_apply()
        self.assertRecordValues(
            contract,
            [
                {
                    "service_phase": "cancelled",
                    "renewal_type": "none",
                    "date_end": Date.to_date("2026-04-30"),
                    "cancel_reason": "Moves away",
                    "cancelled_on": Date.to_date("2026-03-10"),
                }
            ],
        )
        self.assertEqual(self.state(contract, "2026-04-30"), "active")
        self.assertEqual(self.state(contract, "2026-05-01"), "cancelled")
        self.run_invoices("2026-08-01")
        self.assertEqual([day for day, _price in self.periods(contract)][-1], "04/01/2026")
        with self.assertRefused(UserError, "cancelled before"):
            contract._cancel_service(Date.to_date("2026-05-01"), "")

    def test_a_cancelled_draft_is_never_invoiced(self):
        contract = self.make_contract(service_phase="draft")
        with freeze_time("2026-03-10"):
            contract._cancel_service(Date.today(), "Changed their minds")
        self.assertEqual(self.state(contract, "2026-03-10"), "cancelled")
        self.run_invoices("2026-08-01")
        self.assertFalse(self.periods(contract))

    def test_viewers_look_and_billing_decides(self):
        contract = self.make_contract(end="2026-12-31")
        viewer = self.make_user("contract_viewer", "viewer")
        seen = contract.with_user(viewer)
        self.env.invalidate_all()
        views = self.contracts.with_user(viewer).get_views(
            [(self.env.ref("contract.contract_contract_customer_form_view").id, "form")]
        )
        names = views["models"]["contract.contract"]["fields"]
        seen.read([name for name in names if name in seen._fields])
        self.assertEqual(seen.price_text, "$\N{NO-BREAK SPACE}100.00 a month")
        for call in (
            lambda: seen.action_service_pause(),
            lambda: seen.action_renew(),
            lambda: seen.action_service_cancel(),
            lambda: seen.action_change_prices(),
            lambda: seen.recurring_create_invoice(),
            lambda: seen.cron_recurring_create_invoice(),
            lambda: seen.write({"service_phase": "draft"}),
            lambda: seen.modification_ids.check_modification_ids_need_sent(),
        ):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
                call()
        self.assertRecordValues(contract, [{"service_phase": "running", "date_end": Date.to_date("2026-12-31")}])
        contract.with_user(self.billing).action_renew()
        self.assertEqual(contract.date_end, Date.to_date("2027-12-31"))

    def test_whoever_only_signs_in_makes_no_invoices(self):
        contract = self.make_contract()
        visitor = new_test_user(self.env, "contract_portal", groups="base.group_portal")
        clerk = new_test_user(self.env, "contract_clerk", groups="base.group_user")
        for user in (visitor, clerk):
            with self.assertRaisesRegex(AccessError, "Only those who write invoices"):
                self.contracts.with_user(user).cron_recurring_create_invoice("2030-01-01")
        contract.message_subscribe(visitor.partner_id.ids)
        for name in ("recurring_create_invoice", "action_contract_send", "action_clear_invoice_generation_error"):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
                getattr(contract.with_user(visitor), name)()
        self.assertFalse(self.periods(contract))
        with freeze_time("2026-01-01"):
            self.contracts.with_user(self.billing).cron_recurring_create_invoice()
        self.assertEqual(len(self.periods(contract)), 1)

    def test_teams_keep_contracts_apart(self):
        teams = self.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        self.client.client_team_id = teams[0]
        contract = self.make_contract()
        contract._pause("contract")
        member, other = (self.make_user(f"contract_team_{n}", "billing") for n in range(2))
        for team, user in zip(teams, (member, other), strict=True):
            self.env["crm.team.member"].create({"crm_team_id": team.id, "user_id": user.id})
        self.env.company.client_own_team_only = True
        for records in (contract, contract.contract_line_ids, contract.pause_ids):
            self.assertEqual(records.with_user(member).search([("id", "in", records.ids)]), records)
            self.assertFalse(records.with_user(other).search([("id", "in", records.ids)]), records._name)

    def test_documents_belong_to_a_contract_of_the_same_client(self):
        contract = self.make_contract()
        other = self.make_contract(client=self.make_client("Other"))
        documents = self.env["nestogy.client.document"]
        document = documents.create({"name": "Signed", "client_id": self.client.id, "contract_id": contract.id})
        self.assertEqual((contract.document_count, other.document_count), (1, 0))
        with self.assertRefused(ValidationError, "is no contract of Acme"):
            document.contract_id = other
        self.assertEqual(document.contract_id, contract)


@tagged("post_install", "-at_install")
class TestContractPauses(ContractsCase):
    """What becomes of the time in which nothing is invoiced."""

    def pause_client(self, first, back):
        with freeze_time(first):
            self.client._set_client_status(self.inactive, "Season is over")
        with freeze_time(back):
            self.client._set_client_status(self.active)

    def test_whole_paused_periods_are_not_invoiced(self):
        contract = self.make_contract()
        self.run_invoices("2026-01-10")
        self.pause_client("2026-01-20", "2026-04-10")
        self.assertRecordValues(
            contract.pause_ids,
            [
                {
                    "date_from": Date.to_date("2026-01-20"),
                    "date_to": Date.to_date("2026-04-09"),
                    "origin": "client",
                }
            ],
        )
        self.run_invoices("2026-04-10")
        self.assertEqual([day for day, _price in self.periods(contract)], ["01/01/2026", "04/01/2026"])
        self.assertEqual(contract.recurring_next_date, Date.to_date("2026-05-01"))
        self.assertIn(
            "Not invoiced, because it was paused: 02/01/2026 – 03/31/2026", str(contract.message_ids.mapped("body"))
        )

    def test_the_paused_time_is_invoiced_where_that_was_chosen(self):
        contract = self.make_contract(paused_time="invoice")
        self.run_invoices("2026-01-10")
        self.pause_client("2026-01-20", "2026-04-10")
        self.run_invoices("2026-04-10")
        months = [day for day, _price in self.periods(contract)]
        self.assertEqual(months, ["01/01/2026", "02/01/2026", "03/01/2026", "04/01/2026"])

    def test_the_company_says_what_new_contracts_do(self):
        self.assertEqual(self.make_contract().paused_time, "skip")
        self.env.company.contract_paused_time = "invoice"
        self.assertEqual(self.make_contract().paused_time, "invoice")

    def test_nothing_is_invoiced_during_a_pause(self):
        contract = self.make_contract()
        with freeze_time("2026-01-01"):
            contract.action_service_pause()
        self.run_invoices("2026-03-01")
        self.assertFalse(self.periods(contract))
        with self.assertRefused(UserError, "is paused"):
            contract.recurring_create_invoice()
        with freeze_time("2026-03-01"):
            contract.action_service_resume()
        self.run_invoices("2026-03-01")
        self.assertEqual(self.periods(contract), [("03/01/2026", 100.0)])

    def test_a_pause_of_less_than_a_day_leaves_no_trace(self):
        contract = self.make_contract()
        self.pause_client("2026-01-20", "2026-01-20")
        self.assertFalse(contract.pause_ids)

    def test_two_pauses_that_touch_are_one(self):
        contract = self.make_contract()
        self.run_invoices("2026-01-10")
        self.pause_client("2026-02-01", "2026-02-15")
        self.pause_client("2026-02-15", "2026-03-01")
        self.run_invoices("2026-03-01")
        self.assertEqual([day for day, _price in self.periods(contract)], ["01/01/2026", "03/01/2026"])

    def test_a_client_s_return_does_not_end_a_pause_by_hand(self):
        contract = self.make_contract()
        with freeze_time("2026-01-05"):
            contract.action_service_pause()
        self.pause_client("2026-01-20", "2026-04-10")
        self.assertEqual(len(contract.pause_ids), 1)
        self.assertEqual(self.state(contract, "2026-04-10"), "paused")

    def test_a_contract_does_not_go_on_before_its_client(self):
        contract = self.make_contract()
        with freeze_time("2026-01-05"):
            self.client._set_client_status(self.inactive, "Season is over")
        with self.assertRefused(UserError, "change the status of the client first"):
            contract.action_service_resume()

    def test_a_status_that_ceases_to_be_invoiced_pauses_too(self):
        contract = self.make_contract()
        status = self.env["nestogy.client.status"].create({"name": "Visiting", "is_invoiced": True})
        self.client.client_status_id = status
        self.assertFalse(contract.pause_ids)
        with freeze_time("2026-02-01"):
            status.is_invoiced = False
            self.assertEqual(contract.pause_ids.origin, "client")
            late = self.make_contract()
            self.assertTrue(late.pause_ids, "a new contract of a paused client")
        with freeze_time("2026-03-01"):
            status.is_invoiced = True
        self.assertEqual(contract.pause_ids.date_to, Date.to_date("2026-02-28"))

    def test_the_night_finds_what_was_written_past_it(self):
        contract = self.make_contract()
        self.env.cr.execute(
            "UPDATE res_partner SET client_status_id = %s WHERE id = %s", [self.inactive.id, self.client.id]
        )
        self.env.invalidate_all()
        self.run_night("2026-02-01")
        self.assertEqual(self.state(contract, "2026-02-01"), "paused")

    def test_agents_pause_contracts_by_the_status_alone(self):
        contract = self.make_contract()
        agent = self.make_user("contract_agent", "agent")
        self.client.with_user(agent)._set_client_status(self.inactive, "Season is over")
        self.assertEqual(contract.pause_ids.user_id, agent)
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            contract.with_user(agent).action_service_pause()


@tagged("post_install", "-at_install")
class TestContractRenewals(ContractsCase):
    """What happens at the end."""

    def test_renewing_extends_the_contract_and_the_lines_that_end_with_it(self):
        contract = self.make_contract(end="2026-12-31", renewal_type="manual")
        once = contract.contract_line_ids.copy({"contract_id": contract.id})
        once.date_end = "2026-03-31"
        with freeze_time("2026-12-15"):
            contract.with_user(self.billing).action_renew()
        self.assertEqual(contract.date_end, Date.to_date("2027-12-31"))
        self.assertEqual(once.date_end, Date.to_date("2026-03-31"))
        self.assertIn("renewed until 12/31/2027", contract.modification_ids.sorted("id")[-1:].description)
        self.assertEqual(contract.modification_ids.sorted("id")[-1:].date, Date.to_date("2027-01-01"))

    def test_by_itself_after_the_last_day_of_notice_once(self):
        contract = self.make_contract(start="2025-01-01", end="2025-12-31", renewal_type="auto", notice_days=30)
        self.run_night("2025-12-01")
        self.assertEqual(contract.date_end, Date.to_date("2025-12-31"), "notice can be given until the evening")
        self.run_night("2025-12-02")
        self.assertEqual(contract.date_end, Date.to_date("2026-12-31"))
        self.run_night("2025-12-02")
        self.run_night("2025-12-03")
        self.assertEqual(contract.date_end, Date.to_date("2026-12-31"))
        self.run_invoices("2026-01-01")
        self.assertEqual(self.periods(contract)[-1], ("01/01/2026", 100.0))

    def test_after_a_long_time_the_term_is_that_of_today(self):
        contract = self.make_contract(start="2020-01-01", end="2020-12-31", renewal_type="auto", renewal_months=6)
        self.run_night("2023-04-05")
        self.assertEqual(contract.date_end, Date.to_date("2023-06-30"))

    def test_what_ends_or_is_cancelled_does_not_renew(self):
        ends = self.make_contract(end="2026-03-31")
        by_hand = self.make_contract(end="2026-03-31", renewal_type="manual")
        cancelled = self.make_contract(end="2026-03-31", renewal_type="auto")
        with freeze_time("2026-02-01"):
            cancelled._cancel_service(Date.to_date("2026-03-31"), "")
        self.run_night("2026-04-05")
        for contract in (ends, by_hand, cancelled):
            self.assertEqual(contract.date_end, Date.to_date("2026-03-31"))
        with self.assertRefused(UserError, "cannot be renewed"):
            cancelled.action_renew()

    def test_the_responsible_is_reminded_once_a_term_and_the_client_if_wished(self):
        contract = self.make_contract(end="2026-12-31", renewal_type="manual", renewal_mail=True)
        self.run_night("2026-10-31")
        self.assertFalse(contract.activity_ids)
        before = self.env["mail.mail"].search([])
        self.run_night("2026-11-01")
        self.run_night("2026-11-02")
        self.assertRecordValues(
            contract.activity_ids,
            [
                {
                    "summary": "Ends on 12/31/2026: renew it, or let it end",
                    "user_id": self.billing.id,
                    "date_deadline": Date.to_date("2026-12-01"),
                }
            ],
        )
        mails = self.env["mail.mail"].search([]) - before
        mails = mails.filtered(lambda mail: mail.recipient_ids.filtered("partner_share"))  # his activity is mailed too
        self.assertEqual(mails.recipient_ids, self.contact)
        self.assertIn("Managed care ends on 12/31/2026", mails.subject)
        for words in (
            "100.00 a month",
            "12/01/2026",
            "ends on that day unless we renew it together",
        ):
            self.assertIn(words, mails.body_html)
        with freeze_time("2026-12-10"):
            contract.action_renew()
        self.assertFalse(contract.activity_ids)
        self.assertFalse(contract.renewal_reminded)
        self.run_night("2027-11-01")
        self.assertEqual(len(contract.activity_ids), 1)

    def test_nobody_is_mailed_unless_wished(self):
        self.make_contract(end="2026-12-31", renewal_type="auto")
        before = self.env["mail.mail"].search([])
        self.run_night("2026-11-01")
        self.run_night("2026-12-02")
        self.assertFalse((self.env["mail.mail"].search([]) - before).recipient_ids.filtered("partner_share"))

    def test_one_that_fails_does_not_stop_the_others(self):
        bad, good = (self.make_contract(end="2026-01-31", renewal_type="auto") for _number in range(2))
        renew = type(self.contracts)._renew

        def fail(contract):
            if contract == bad:
                raise UserError(self.env._("No ink"))
            return renew(contract)

        with (
            patch.object(type(self.contracts), "_renew", fail),
            mute_logger("odoo.addons.nestogy_clients.models.contract.contract_contract_renewal"),
        ):
            self.run_night("2026-01-31")
        self.assertEqual(bad.date_end, Date.to_date("2026-01-31"))
        self.assertIn("No ink", str(bad.message_ids[:1].body))
        self.assertEqual(good.date_end, Date.to_date("2027-01-31"))
        self.run_night("2026-02-01")
        self.assertEqual(bad.date_end, Date.to_date("2027-01-31"))

    def test_terms_and_days_have_limits(self):
        contract = self.make_contract(end="2026-12-31")
        for values, words in (
            ({"renewal_months": 0}, "1 to 240 months"),
            ({"notice_days": -1}, "0 to 1095 days"),
            ({"renewal_reminder_days": 2000}, "0 to 1095 days"),
        ):
            with self.assertRefused(ValidationError, words):
                contract.write(values)


@tagged("post_install", "-at_install")
class TestContractPrices(ContractsCase):
    """Prices that change from a day on."""

    def change(self, contract, day, today="2026-01-15", **values):
        with freeze_time(today):
            wizard = self.env["nestogy.contract.price.set"].with_user(self.billing)
            wizard.create({"contract_id": contract.id, "date": day, **values}).action_apply()
        return contract.price_change_ids

    def test_the_next_invoices_have_it_and_past_ones_never_change(self):
        contract = self.make_contract()
        self.run_invoices("2026-01-10")
        self.change(contract, "2026-03-01", percent=10, reason="Yearly")
        self.run_invoices("2026-02-10")
        self.assertEqual(contract.contract_line_ids.price_unit, 100.0)
        self.run_invoices("2026-03-10")
        self.assertEqual(self.periods(contract), [("01/01/2026", 100.0), ("02/01/2026", 100.0), ("03/01/2026", 110.0)])
        self.assertRecordValues(
            contract.price_change_ids,
            [{"old_price": 100.0, "price": 110.0, "applied_on": Date.to_date("2026-03-10"), "reason": "Yearly"}],
        )
        self.assertIn(
            "Price from 03/01/2026: Care #START# – #END# +10 %", contract.modification_ids.mapped("description")
        )

    def test_a_late_run_gives_each_period_its_price(self):
        contract = self.make_contract()
        self.change(contract, "2026-03-01", percent=10)
        self.change(contract, "2026-02-01", kind="price", price=200)
        self.run_invoices("2026-04-10")
        self.assertEqual([price for _day, price in self.periods(contract)], [100.0, 200.0, 220.0, 220.0])

    def test_a_change_in_the_middle_of_a_period_waits_for_the_next(self):
        contract = self.make_contract(
            line={"recurring_invoicing_type": "post-paid", "recurring_next_date": "2026-02-01"}
        )
        self.change(contract, "2026-01-16", kind="price", price=50)
        self.run_night("2026-01-20")
        self.assertEqual(contract.contract_line_ids.price_unit, 100.0, "January is still to be invoiced")
        self.run_invoices("2026-03-01")
        self.assertEqual(self.periods(contract), [("01/01/2026", 100.0), ("02/01/2026", 50.0)])

    def test_the_night_gives_what_is_due(self):
        contract = self.make_contract(rule="yearly")
        self.run_invoices("2026-01-10")
        self.change(contract, "2026-06-01", percent=-50)
        self.run_night("2026-05-31")
        self.assertEqual(contract.contract_line_ids.price_unit, 100.0)
        self.run_night("2026-06-01")
        self.run_night("2026-06-02")
        self.assertEqual(contract.contract_line_ids.price_unit, 50.0)
        self.assertEqual(contract.price_text, "$\N{NO-BREAK SPACE}50.00 a year")

    def test_what_is_in_force_stays_in_the_history(self):
        contract = self.make_contract()
        changes = self.change(contract, "2026-01-01", percent=5)
        self.assertTrue(changes.applied_on)
        with self.assertRefused(UserError, "its history stays"):
            changes.with_user(self.billing).unlink()
        with self.assertRefused(UserError, "its history stays"):
            changes.with_user(self.billing).write({"date": "2027-01-01"})
        planned = self.change(contract, "2027-01-01", percent=5) - changes
        planned.with_user(self.billing).unlink()
        self.assertEqual(contract.price_change_ids, changes)

    def test_senseless_changes_are_refused(self):
        contract = self.make_contract()
        contract.contract_line_ids.copy({"contract_id": contract.id})
        for values, words in (
            ({"percent": 0}, "that is not 0"),
            ({"percent": -101}, "between -100 and 1000"),
            ({"kind": "price", "price": 5}, "Choose the service"),
            ({"kind": "price", "price": -1, "line_id": contract.contract_line_ids[0].id}, "not negative"),
        ):
            with self.assertRefused(UserError, words):
                self.change(contract, "2026-03-01", **values)
        contract.contract_line_ids.automatic_price = True
        with self.assertRefused(UserError, "the pricelist says what they cost"):
            self.change(contract, "2026-03-01", percent=5)
        self.assertFalse(contract.price_change_ids)

    def test_the_client_is_told_if_wished(self):
        contract = self.make_contract()
        contract.message_subscribe(
            self.contact.ids, self.env.ref("contract.mail_message_subtype_contract_modification").ids
        )
        before = self.env["mail.mail"].search([])
        self.change(contract, "2026-03-01", percent=5)
        self.assertFalse(self.env["mail.mail"].search([]) - before)
        self.change(contract, "2026-04-01", percent=5, tell_client=True)
        self.assertIn(self.contact, (self.env["mail.mail"].search([]) - before).recipient_ids)


@tagged("post_install", "-at_install")
class TestContractRun(ContractsCase):
    """Recurring invoices: one failure stops nobody, and nothing is made twice."""

    def test_twice_makes_no_second_invoice(self):
        contract = self.make_contract()
        for _time in range(3):
            self.run_invoices("2026-01-01")
        self.assertEqual(self.periods(contract), [("01/01/2026", 100.0)])

    def test_a_late_run_makes_an_invoice_for_each_period(self):
        contract = self.make_contract()
        self.run_invoices("2026-03-15")
        self.assertEqual([day for day, _price in self.periods(contract)], ["01/01/2026", "02/01/2026", "03/01/2026"])
        self.assertEqual(len(contract._get_related_invoices()), 3)
        self.assertEqual(contract.invoice_count, 3)

    def test_one_failing_contract_does_not_stop_the_others(self):
        first, bad, last = (self.make_contract(name=name) for name in ("First", "Bad", "Last"))
        prepare = type(self.contracts)._prepare_invoice

        def fail(contract, *args, **kwargs):
            if contract == bad:
                raise ValidationError(self.env._("No journal today"))
            return prepare(contract, *args, **kwargs)

        with patch.object(type(self.contracts), "_prepare_invoice", fail), mute_logger(OCA):
            self.run_invoices("2026-01-01")
            self.run_invoices("2026-01-02")
        self.assertEqual((len(self.periods(first)), len(self.periods(bad)), len(self.periods(last))), (1, 0, 1))
        self.assertIn("No journal today", bad.invoice_generation_error)
        self.assertEqual(len(bad.activity_ids), 1, "not one a night")
        self.assertEqual(bad.activity_ids.user_id, self.billing)
        self.assertFalse(first.invoice_generation_error or last.invoice_generation_error)
        self.assertIn(bad, self.contracts.search([("invoice_generation_error", "!=", False)]))
        self.run_invoices("2026-01-03")
        self.assertEqual(self.periods(bad), [("01/01/2026", 100.0)])
        self.assertFalse(bad.invoice_generation_error)
        self.assertFalse(bad.activity_ids)

    def test_a_failure_in_the_second_period_keeps_the_first(self):
        contract = self.make_contract()
        prepare, calls = type(self.contracts)._prepare_invoice, []

        def fail(record, *args, **kwargs):
            calls.append(record)
            if len(calls) == 2:
                raise UserError(self.env._("Out of numbers"))
            return prepare(record, *args, **kwargs)

        with patch.object(type(self.contracts), "_prepare_invoice", fail), mute_logger(OCA):
            self.run_invoices("2026-02-01")
        self.assertEqual(self.periods(contract), [("01/01/2026", 100.0)])
        self.assertEqual(contract.contract_line_ids.last_date_invoiced, Date.to_date("2026-01-31"))
        self.run_invoices("2026-02-01")
        self.assertEqual(len(self.periods(contract)), 2)

    def test_what_another_worker_holds_is_left_to_him(self):
        held, free = self.make_contract(), self.make_contract()
        lock = type(self.contracts).try_lock_for_update

        def try_lock(records, **kwargs):
            return lock(records - held if records._name == held._name else records, **kwargs)

        with patch.object(type(self.contracts), "try_lock_for_update", try_lock):
            self.run_invoices("2026-01-01")
        self.assertEqual((len(self.periods(held)), len(self.periods(free))), (0, 1))
        self.run_invoices("2026-01-01")
        self.assertEqual((len(self.periods(held)), len(self.periods(free))), (1, 1))

    def test_whoever_dies_between_two_contracts_leaves_whole_ones(self):
        contracts = [self.make_contract() for _number in range(3)]
        commits = []

        def commit(cron, processed=0, **kwargs):
            if processed:
                commits.append(processed)
                if len(commits) == 2:
                    raise KeyboardInterrupt
            return 1.0

        with patch.object(type(self.env["ir.cron"]), "_commit_progress", commit):
            # what was committed before stays: no assertRaises here, which takes it back
            with suppress(KeyboardInterrupt):
                self.run_invoices("2026-01-01")
                self.fail("it was not killed")
        self.assertEqual([len(self.periods(contract)) for contract in contracts], [1, 1, 0])
        self.run_invoices("2026-01-01")
        self.assertEqual([len(self.periods(contract)) for contract in contracts], [1, 1, 1])

    def test_each_contract_is_committed_by_itself(self):
        for _number in range(3):
            self.make_contract()
        made = []

        def commit(cron, processed=0, **kwargs):
            made.append(self.env["account.move"].search_count([("invoice_origin", "=", "Managed care")]))
            return 1.0

        with patch.object(type(self.env["ir.cron"]), "_commit_progress", commit):
            self.run_invoices("2026-01-01")
        self.assertEqual(made, [0, 1, 2, 3])

    def test_invoices_are_in_the_client_s_currency(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.client.preferred_currency_id = euro
        contract = self.make_contract()
        self.run_invoices("2026-01-01")
        self.assertEqual(contract._get_related_invoices().currency_id, euro)
        self.assertEqual(contract.price_text, "100.00\N{NO-BREAK SPACE}€ a month")


@tagged("post_install", "-at_install")
class TestContractsOnTheProfile(ContractsCase):
    def test_the_card_shows_what_is_not_over(self):
        self.make_contract(end="2026-01-31")
        shown = self.make_contract(end=Date.today() + relativedelta(years=1))
        shown.message_subscribe(self.contact.ids)
        card = self.client.get_client_dashboard_widget("contracts")
        self.assertEqual([row["id"] for row in card["rows"]], shown.ids)
        self.assertEqual(card["rows"][0]["cells"]["state"], "Active")
        self.assertEqual(self.client.client_contract_count, 1)

    def test_lists_cost_the_same_for_one_and_for_many(self):
        def queries(contracts):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            contracts.read(["service_state", "price_text", "document_count", "invoice_count", "commercial_partner_id"])
            return self.env.cr.sql_log_count - before

        one = self.make_contract()
        many = self.contracts.concat(*(self.make_contract(client=self.make_client(f"C{n}")) for n in range(8)))
        queries(one)
        self.assertLessEqual(queries(many), queries(one) + 2)

    def test_renewals_stand_by_date(self):
        late, soon = (self.make_contract(end=Date.today() + timedelta(days=d), renewal_type="auto") for d in (90, 20))
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.contract_contract_action_renewals")
        found = self.contracts.search(
            [("id", "in", (late | soon).ids), ("renewal_type", "!=", "none")],
            order=self.env.ref("nestogy_clients.contract_contract_view_list_renewals")
            ._get_combined_arch()
            .get("default_order"),
        )
        self.assertEqual(found.ids, [soon.id, late.id])
        self.assertEqual(action["res_model"], "contract.contract")
