from datetime import datetime, time, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL

from .common import ClientsCase

NOW = datetime(2027, 3, 10, 12, 0)
WEIGHTS = {
    "call_in": 10,
    "call_out": 8,
    "call_missed": 1,
    "email_in": 5,
    "email_out": 1,
    "meeting": 15,
    "text_in": 4,
    "text_out": 1,
}
ORDER = ["dormant", "cold", "warm", "hot"]


def oracle(touches, today, half_life=30, most=20, weights=None):
    """The score of (kind, days ago) pairs, by brute force."""
    weights = weights or WEIGHTS
    number = {}
    for touch in touches:
        number[touch] = number.get(touch, 0) + 1
    points = sum(
        min(count * weights[kind], most) * 0.5 ** (ago / half_life)
        for (kind, ago), count in number.items()
        if 0 <= ago <= 10 * half_life
    )
    return round(min(100.0, points), 1)


def level_of(score, hot=60, warm=20, cold=5):
    return "hot" if score >= hot else "warm" if score >= warm else "cold" if score >= cold else "dormant"


@tagged("post_install", "-at_install")
class TestEngagement(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(NOW))
        cls.partners = cls.env["res.partner"]
        cls.env["res.company"].search([]).write(
            {
                "engagement_half_life": 30,
                "engagement_hot": 60,
                "engagement_warm": 20,
                "engagement_cold": 5,
                "engagement_day_points": 20,
            }
        )
        for key, weight in WEIGHTS.items():
            cls.env.ref(f"nestogy_clients.nestogy_engagement_kind_{key}").write({"weight": weight, "active": True})
        cls.viewer = cls.make_user("engagement_viewer", "viewer")
        cls.agent = cls.make_user("engagement_agent", "agent")
        cls.manager = cls.make_user("engagement_manager", "manager")
        cls.client = cls.make_known("Acme")

    @classmethod
    def make_known(cls, *names, **values):
        """Clients that have been there for a year."""
        clients = cls.env["res.partner"]
        for name in names:
            clients |= cls.make_client(name, **values)
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE res_partner SET create_date = %s WHERE id = ANY(%s)", [NOW - timedelta(days=365), clients.ids]
        )
        return clients

    def log(self, client, *kinds, days=0, **values):
        """Log communications some days ago, by the keys of what counts."""
        rows = []
        for key in kinds:
            kind, _, side = key.partition("_")
            row = {
                "name": key,
                "kind": kind,
                "direction": side if side in ("in", "out") else "out" if side == "missed" else False,
                "outcome": "no_answer" if side == "missed" else False,
                "date": datetime.combine(NOW.date() - timedelta(days=days), time(9)),
                "client_id": client.id,
            }
            rows.append(row | values)
        return self.env["nestogy.communication"].create(rows)

    def refresh(self, clients=None):
        self.partners._refresh_engagement(clients and clients.ids)

    def run_cron(self):
        with patch.object(self.registry["ir.cron"], "_commit_progress", lambda *a, **k: 1.0):
            self.partners._cron_refresh_engagement()

    def note(self):
        """What happens when a transaction is committed."""
        self.env.flush_all()
        self.env.cr.precommit.run()

    def history(self, client):
        rows = self.env["nestogy.engagement.record"].search([("client_id", "=", client.id)], order="date")
        return [(fields.Date.to_string(row.date), row.level) for row in rows]

    # ------------------------------------------------------------------
    # The formula
    # ------------------------------------------------------------------

    def test_the_formula_against_brute_force(self):
        others = self.make_known("Beta", "Gamma")
        touch = st.tuples(st.sampled_from(list(WEIGHTS)), st.integers(0, 330))
        one = st.lists(touch, max_size=25)

        @settings(
            max_examples=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.generate),
        )
        @given(st.tuples(one, one, one), st.integers(5, 90), st.integers(1, 60))
        def check(lists, half_life, most):
            with self.env.cr.savepoint() as savepoint:
                self.env.company.write({"engagement_half_life": half_life, "engagement_day_points": most})
                clients = self.client | others
                for client, touches in zip(clients, lists, strict=True):
                    for key, ago in touches:
                        self.log(client, key, days=ago)
                self.refresh(clients)
                for client, touches in zip(clients, lists, strict=True):
                    wanted = oracle(touches, NOW.date(), half_life, most)
                    self.assertAlmostEqual(client.engagement_score, wanted, delta=0.1001)
                    self.assertEqual(client.engagement_level, level_of(client.engagement_score))
                savepoint.rollback()
            self.env.invalidate_all()

        check()

    def test_points_fade(self):
        self.log(self.client, "meeting")
        self.refresh()
        self.assertRecordValues(self.client, [{"engagement_score": 15.0, "engagement_level": "cold"}])
        for days, score, level in ((30, 7.5, "cold"), (60, 3.8, "dormant"), (90, 1.9, "dormant")):
            with freeze_time(NOW + timedelta(days=days)):
                self.refresh()
                self.assertRecordValues(self.client, [{"engagement_score": score, "engagement_level": level}])

    def test_a_storm_of_mails_does_not_make_hot(self):
        self.log(self.client, *["email_in"] * 200)
        self.refresh()
        self.assertRecordValues(self.client, [{"engagement_score": 20.0, "engagement_level": "warm"}])
        self.log(self.client, *["email_in"] * 3, days=1)  # the next day counts again
        self.refresh()
        self.assertAlmostEqual(self.client.engagement_score, 20 + 15 * 0.5 ** (1 / 30), delta=0.1)

    def test_a_score_is_at_most_a_hundred_and_its_fall_is_told_from_all_points(self):
        for days in range(12):
            self.log(self.client, "meeting", "call_in", "email_in", days=days)
        self.refresh()
        points = sum(30 * 0.5 ** (days / 30) for days in range(12))
        self.assertEqual(self.client.engagement_score, 100.0)
        self.assertAlmostEqual(self.client.engagement_data["points"], points, delta=0.01)
        falls = self.client.client_engagement["falls"]
        self.assertEqual([fall["level"] for fall in falls], ["warm", "cold", "dormant"])
        for fall in falls:
            day = datetime.strptime(fall["date"], "%m/%d/%Y")
            with freeze_time(day - timedelta(days=1)):
                self.refresh()
                self.assertEqual(self.client.engagement_level, fall["from"])
            with freeze_time(day):
                self.refresh()
                self.assertEqual(self.client.engagement_level, fall["level"])

    def test_thresholds_are_the_companys(self):
        self.log(self.client, "meeting", "call_in")
        self.refresh()
        self.assertEqual(self.client.engagement_level, "warm")
        self.env.company.engagement_hot = 25
        self.refresh()
        self.assertEqual(self.client.engagement_level, "hot")
        self.env.company.write({"engagement_hot": 90, "engagement_warm": 80, "engagement_cold": 70})
        self.refresh()
        self.assertEqual(self.client.engagement_level, "dormant")

    def test_clients_of_a_company_are_judged_by_its_settings(self):
        other = self.env["res.company"].create({"name": "Strict", "engagement_day_points": 5, "engagement_cold": 4})
        theirs = self.make_known("Theirs", company_id=other.id)
        for client in self.client | theirs:
            self.log(client, "meeting")
        self.refresh()
        self.assertRecordValues(
            self.client | theirs,
            [
                {"engagement_score": 15.0, "engagement_level": "cold"},
                {"engagement_score": 5.0, "engagement_level": "cold"},
            ],
        )

    def test_what_does_not_count(self):
        self.log(self.client, "call_in", is_private=True)
        self.log(self.client, "email_out", is_bounced=True)
        self.log(self.client, "note")
        self.log(self.client, "meeting", days=-3)  # is still to come
        self.env.ref("nestogy_clients.nestogy_engagement_kind_text_in").active = False
        self.log(self.client, "text_in")
        self.env.ref("nestogy_clients.nestogy_engagement_kind_text_out").weight = 0
        self.log(self.client, "text_out")
        self.refresh()
        self.assertRecordValues(
            self.client,
            [{"engagement_score": 0.0, "engagement_level": "dormant", "engagement_touched_at": False}],
        )

    def test_payments_estimates_and_contracts_count(self):
        first, second = self.make_invoice(self.client, 100.0), self.make_invoice(self.client, 200.0)
        self.pay(first | second)
        product = self.env["product.product"].create({"name": "Work", "type": "service", "taxes_id": False})
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": self.client.id,
                    "order_line": [Command.create({"product_id": product.id, "price_unit": 50.0})],
                }
            ]
            * 2
        )
        orders[0].action_confirm()
        orders[1]._reject_estimates("Too dear")
        self.env["contract.contract"].create({"name": "Care", "partner_id": self.client.id})
        self.env.flush_all()
        # what the database dates by its own clock
        self.env.cr.execute(
            "UPDATE contract_contract SET create_date = %s WHERE partner_id = %s", [NOW, self.client.id]
        )
        touches = SQL(" UNION ALL ").join(self.partners._client_touches(NOW.date() - timedelta(days=300)))
        rows = self.env.execute_query_dict(
            SQL("SELECT * FROM (%s) touch WHERE client_id = %s", touches, self.client.id)
        )
        self.assertEqual(
            sorted((row["kind"], row["date"].date()) for row in rows),
            [
                ("contract", NOW.date()),
                ("estimate_accepted", NOW.date()),
                ("estimate_rejected", NOW.date()),
                ("payment", NOW.date()),
                ("payment", NOW.date()),
            ],
        )
        orders[1].action_draft()
        self.assertFalse(orders[1].client_rejected_at)

    def test_contacts_have_a_level_of_their_own(self):
        ann, bob = self.make_contact(self.client, "Ann"), self.make_contact(self.client, "Bob")
        self.log(self.client, "meeting", "call_in", contact_id=ann.id)
        self.log(self.client, "meeting")
        self.refresh()
        self.assertRecordValues(
            self.client | ann | bob,
            [
                {"engagement_score": 30.0, "engagement_level": "warm"},
                {"engagement_score": 25.0, "engagement_level": "warm"},
                {"engagement_score": 0.0, "engagement_level": False},
            ],
        )
        self.assertEqual(ann.engagement_touched_at, datetime(2027, 3, 10, 9))
        self.assertFalse(self.history(ann))

    # ------------------------------------------------------------------
    # New ones, trend, history
    # ------------------------------------------------------------------

    def test_of_a_new_client_nothing_is_known(self):
        fresh = self.make_client("Fresh")
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET create_date = %s WHERE id = %s", [NOW, fresh.id])
        self.refresh()
        self.assertFalse(fresh.engagement_level)
        self.assertIn("No data yet", fresh.engagement_reason)
        self.assertFalse(self.history(fresh))
        self.assertEqual(self.client.engagement_level, "dormant")
        with freeze_time(NOW + timedelta(days=31)):
            self.refresh()
        self.assertEqual(fresh.engagement_level, "dormant")

    def test_a_new_client_with_a_past_is_known(self):
        fresh = self.make_client("Imported")
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET create_date = %s WHERE id = %s", [NOW, fresh.id])
        self.log(fresh, "email_out")
        self.refresh()
        self.assertRecordValues(fresh, [{"engagement_level": False, "engagement_score": 1.0}])
        self.log(fresh, "meeting", days=200)
        self.refresh()
        self.assertRecordValues(fresh, [{"engagement_level": "dormant", "engagement_score": 1.1}])

    def test_who_is_no_client_any_more_has_no_level(self):
        self.log(self.client, "meeting")
        self.refresh()
        self.client.client_status_id = False
        self.refresh()
        self.assertRecordValues(
            self.client,
            [{"engagement_level": False, "engagement_score": 0.0, "engagement_touched_at": False}],
        )

    def test_the_trend_compares_with_thirty_days_ago(self):
        self.log(self.client, "meeting")
        self.refresh()
        self.assertEqual(self.client.engagement_trend, "up")
        with freeze_time(NOW + timedelta(days=10)):
            self.refresh()
            self.assertEqual(self.client.engagement_trend, "up")
        with freeze_time(NOW + timedelta(days=31)):
            self.refresh()
            self.assertEqual(self.client.engagement_trend, "down")
        with freeze_time(NOW + timedelta(days=120)):
            self.refresh()
            self.assertEqual(self.client.engagement_trend, "flat")

    def test_cooling_down_is_found_until_it_rises_again(self):
        cooling = [("engagement_fell_on", ">=", "today -30d"), ("id", "=", self.client.id)]
        self.log(self.client, "meeting", "call_in")
        self.refresh()
        self.assertFalse(self.partners.search(cooling))
        with freeze_time(NOW + timedelta(days=30)):
            self.refresh()
            self.assertRecordValues(
                self.client,
                [{"engagement_level": "cold", "engagement_fell_on": fields.Date.to_date("2027-04-09")}],
            )
            self.assertEqual(self.partners.search(cooling), self.client)
            self.log(self.client, "meeting", days=-30)
            self.refresh()
            self.assertEqual(self.client.engagement_level, "warm")
            self.assertFalse(self.partners.search(cooling))

    def test_history_is_kept_when_it_changes_and_weekly(self):
        self.log(self.client, "meeting", "call_in")
        for days in range(18):
            with freeze_time(NOW + timedelta(days=days)):
                self.refresh()
                self.refresh()  # twice a day is one line
        self.assertEqual(
            self.history(self.client),
            [("2027-03-10", "warm"), ("2027-03-17", "warm"), ("2027-03-20", "cold"), ("2027-03-27", "cold")],
        )

    def test_history_is_worked_out_for_the_time_before(self):
        self.env["nestogy.engagement.record"].sudo().search([]).unlink()
        self.log(self.client, "meeting", "call_in", days=40)
        self.run_cron()
        known = dict(self.history(self.client))
        self.assertEqual(known["2027-01-27"], "dormant")
        self.assertEqual(known["2027-02-03"], "warm")
        self.assertEqual(known["2027-03-03"], "cold")
        self.assertEqual(known["2027-03-10"], self.client.engagement_level)

    def test_old_history_goes(self):
        old = self.env["nestogy.engagement.record"].create(
            [{"client_id": self.client.id, "date": "2025-03-01", "score": 1.0, "level": "dormant"}]
        )
        self.run_cron()
        self.assertFalse(old.exists())
        self.assertTrue(self.history(self.client))

    # ------------------------------------------------------------------
    # Why
    # ------------------------------------------------------------------

    def test_the_reason_names_the_three_strongest(self):
        self.log(self.client, "meeting", "call_in", "email_out", "email_in", days=2)
        self.log(self.client, "email_in")
        self.refresh()
        reason = self.client.with_user(self.viewer).engagement_reason
        self.assertEqual(
            reason,
            "Warm because of Meeting ×1, last 03/08/2027 (14.3 points); "
            "E-mail from the client ×2, last 03/10/2027 (9.8 points); "
            "Call from the client ×1, last 03/08/2027 (9.5 points). "
            "Without a new contact: Cold 04/03/2027, Dormant 06/03/2027.",
        )

    def test_a_silent_client_says_so(self):
        self.refresh()
        self.assertEqual(self.client.engagement_reason, "Dormant: nothing that counts has happened lately.")

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    def override(self, user, level="hot", until="2027-03-20", reason="They told us so"):
        form = Form(self.env["nestogy.engagement.set"].with_user(user).with_context(default_client_ids=self.client.ids))
        form.level, form.until, form.reason = level, until, reason
        return form.save().action_apply()

    def test_an_agent_sets_a_level_until_a_day(self):
        self.log(self.client, "call_in")
        self.refresh()
        self.override(self.agent)
        self.assertRecordValues(
            self.client,
            [
                {
                    "engagement_level": "hot",
                    "engagement_computed": "cold",
                    "engagement_override_by_id": self.agent.id,
                    "engagement_override_reason": "They told us so",
                }
            ],
        )
        self.assertIn("Hot until 03/20/2027, set by engagement_agent", self.client.engagement_reason)
        self.assertIn("They told us so", self.client.message_ids[0].body)
        self.assertEqual(self.history(self.client)[-1], ("2027-03-10", "hot"))
        with freeze_time(NOW + timedelta(days=10)):  # its last day
            self.run_cron()
            self.assertEqual(self.client.engagement_level, "hot")
        with freeze_time(NOW + timedelta(days=11)):
            self.run_cron()
            self.assertRecordValues(
                self.client,
                [{"engagement_level": "cold", "engagement_override": False, "engagement_override_by_id": False}],
            )
            self.assertIn("has ended", self.client.message_ids[0].body)

    def test_an_agent_lets_the_points_decide_again(self):
        self.refresh()
        self.override(self.agent)
        self.client.with_user(self.agent).action_engagement_compute()
        self.assertRecordValues(self.client, [{"engagement_level": "dormant", "engagement_override_until": False}])

    def test_a_level_is_not_set_without_reason_or_end(self):
        values = {
            "engagement_override": "hot",
            "engagement_override_until": "2027-03-20",
            "engagement_override_reason": "Said so",
        }
        client = self.client.with_user(self.agent)
        for wrong, message in (
            ({"engagement_override_reason": " "}, "Say why"),
            ({"engagement_override_reason": "x" * 201}, "at most 200 characters"),
            ({"engagement_override_until": False}, "last day"),
            ({"engagement_override_until": "2027-03-09"}, "from today on"),
            ({"engagement_override_until": "2029-01-01"}, "a year at most"),
        ):
            with self.subTest(wrong), self.assertRefused(ValidationError, message):
                client.write(values | wrong)
        self.assertFalse(self.client.engagement_override)

    def test_a_viewer_sees_and_sets_nothing(self):
        self.log(self.client, "call_in")
        self.refresh()
        client = self.client.with_user(self.viewer)
        self.assertEqual(client.engagement_level, "cold")
        self.assertFalse(client.client_engagement["may_override"])
        with self.assertRefused(AccessError, "not allowed|Client Agents"):
            client.action_engagement_compute()
        with self.assertRefused(AccessError, "not allowed"):
            self.override(self.viewer)
        keeper = self.make_user("engagement_keeper")
        keeper.group_ids |= self.env.ref("base.group_partner_manager")
        with self.assertRefused(AccessError, "Client Agents and above"):
            self.client.with_user(keeper).with_context(nestogy_engagement_ends=True).write(
                {
                    "engagement_override": "hot",
                    "engagement_override_until": "2027-03-20",
                    "engagement_override_reason": "x",
                }
            )
        self.assertFalse(self.client.engagement_override)

    def test_only_the_clock_writes_scores(self):
        self.log(self.client, "call_in")
        self.refresh()
        forged = {"engagement_level": "hot", "engagement_score": 99.0, "engagement_data": {"day": "x"}}
        self.client.with_user(self.agent).write({"comment": "Called", **forged})
        self.assertEqual((self.client.engagement_level, self.client.engagement_score), ("cold", 10.0))
        self.assertIn("Called", self.client.comment)
        self.assertTrue(self.client.engagement_reason)
        status = self.client.client_status_id.id
        made = self.partners.with_user(self.agent).create({"name": "New", "client_status_id": status, **forged})
        self.assertFalse(made.engagement_level or made.engagement_score or made.engagement_data)
        with self.assertRefused(UserError, "Save the client first"):
            self.partners.with_user(self.agent).create({"name": "Newer", "engagement_override": "hot"})

    def test_merged_clients_have_one_line_a_day(self):
        twin = self.make_known("Acme Inc.")
        self.log(self.client, "call_in")
        self.log(twin, "meeting")
        self.refresh()
        self.partners._backfill_engagement([1])
        records = self.env["nestogy.engagement.record"]
        mine = records.search([("client_id", "=", self.client.id)])
        self.assertEqual(mine.mapped("date"), records.search([("client_id", "=", twin.id)]).mapped("date"))
        self.env["base.partner.merge.automatic.wizard"]._merge([self.client.id, twin.id], self.client)
        self.env.invalidate_all()
        self.assertFalse(twin.active)
        self.assertEqual(records.search([("client_id", "=", self.client.id)]), mine)
        self.refresh()
        self.assertEqual(self.client.engagement_score, 25.0)

    def test_managers_weigh(self):
        kind = self.env.ref("nestogy_clients.nestogy_engagement_kind_meeting")
        with self.assertRefused(AccessError, "not allowed"):
            kind.with_user(self.agent).weight = 1
        kind.with_user(self.manager).weight = 7
        self.log(self.client, "meeting")
        self.refresh()
        self.assertEqual(self.client.engagement_score, 7.0)
        with self.assertRefused(ValidationError, "0 to 100"):
            kind.with_user(self.manager).weight = 101
        with self.assertRefused(AccessError, "not allowed"):
            kind.with_user(self.manager).unlink()

    def test_settings_have_limits(self):
        for values, message in (
            ({"engagement_half_life": 0}, "1 to 365 days"),
            ({"engagement_day_points": 0}, "1 to 1000"),
            ({"engagement_warm": 60}, "below Warm, Warm below Hot"),
            ({"engagement_hot": 101}, "at 100 at most"),
        ):
            with self.subTest(values), self.assertRefused(ValidationError, message):
                self.env.company.write(values)

    def test_a_portal_user_reads_nothing(self):
        contact = self.make_contact(self.client, "Dana", "dana@acme.example")
        user = self.make_portal_user(contact)
        self.override(self.agent)
        mine = self.client.with_user(user)
        names = [name for name in self.partners._fields if "engagement" in name]
        self.assertGreater(len(names), 8)
        for name in names:
            with self.subTest(name), self.assertRefused(AccessError, ""):
                mine.read([name])
            with self.subTest(name), self.assertRefused(AccessError, ""):
                mine.search([(name, "!=", False)])
        for model in ("nestogy.engagement.record", "nestogy.engagement.kind", "nestogy.engagement.change"):
            with self.subTest(model), self.assertRefused(AccessError, ""):
                self.env[model].with_user(user).search([])

    def test_history_is_held_to_company_and_team(self):
        other = self.env["res.company"].create({"name": "Other"})
        theirs = self.make_known("Theirs", company_id=other.id)
        self.refresh()
        records = self.env["nestogy.engagement.record"].with_user(self.viewer)
        self.assertTrue(records.search([("client_id", "=", self.client.id)]))
        self.assertFalse(records.search([("client_id", "=", theirs.id)]))
        self.assertTrue(self.history(theirs))
        groups = records.formatted_read_group(
            [("client_id", "=", self.client.id)], ["date:month", "user_id", "client_group_id"], ["score:avg"]
        )
        self.assertEqual(len(groups), 1)

    # ------------------------------------------------------------------
    # The clock and the number of queries
    # ------------------------------------------------------------------

    def test_one_statement_for_one_and_for_all(self):
        others = self.make_known(*(f"C{number}" for number in range(20)))
        for client in self.client | others:
            self.log(client, "meeting", "call_in")
        self.note()
        self.refresh()
        counts = []
        for clients in (self.client, self.client | others, None):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.refresh(clients)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(len(set(counts)), 1, counts)
        self.assertLessEqual(counts[0], 3)  # the companies' settings, and the statement
        self.assertEqual(set((self.client | others).mapped("engagement_score")), {25.0})

    def test_a_batch_of_touches_is_noted_once(self):
        others = self.make_known(*(f"C{number}" for number in range(20)))
        changes = self.env["nestogy.engagement.change"].sudo()
        self.log(self.client, "meeting")
        self.note()
        changes.search([]).unlink()
        counts = []
        for clients in (self.client, self.client | others):
            for client in clients:
                self.log(client, "meeting")
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env.cr.precommit.run()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(changes.search([]).client_id, clients)
            changes.search([]).unlink()
        self.assertEqual(counts[0], counts[1])

    def test_the_clock_computes_those_with_whom_something_happened(self):
        self.run_cron()
        idle = self.make_known("Idle")
        self.log(self.client, "meeting", "call_in")
        self.note()
        with patch.object(type(self.partners), "_refresh_engagement", autospec=True) as refreshed:
            self.run_cron()
            self.assertEqual(refreshed.call_args.args[1], self.client.ids)
        self.log(self.client, "text_in")
        self.note()
        self.run_cron()
        self.assertEqual(self.client.engagement_score, 29.0)
        self.assertFalse(idle.engagement_level)  # its turn comes tonight
        self.assertFalse(self.env["nestogy.engagement.change"].sudo().search([]))
        with freeze_time(NOW + timedelta(days=1)):
            self.run_cron()
        self.assertEqual(idle.engagement_level, "dormant")

    def test_what_was_taken_back_is_not_noted(self):
        changes = self.env["nestogy.engagement.change"].sudo()
        self.note()
        changes.search([]).unlink()
        with self.env.cr.savepoint() as savepoint:
            gone = self.make_client("Gone")
            self.log(gone, "meeting")
            savepoint.rollback()
        self.env.invalidate_all()
        self.note()
        self.assertFalse(changes.search([]))

    def test_deleted_and_moved_touches_count_no_more(self):
        other = self.make_known("Beta")
        row = self.log(self.client, "meeting")
        self.note()
        self.run_cron()
        row.client_id = other
        self.note()
        self.run_cron()
        self.assertEqual([self.client.engagement_score, other.engagement_score], [0.0, 15.0])
        row.unlink()
        self.note()
        self.run_cron()
        self.assertEqual(other.engagement_score, 0.0)

    def test_changed_settings_compute_all_anew(self):
        self.log(self.client, "meeting")
        self.run_cron()
        self.env.company.engagement_day_points = 10
        self.run_cron()
        self.assertEqual(self.client.engagement_score, 10.0)

    def test_nobody_has_edited_the_partner(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT write_date, write_uid FROM res_partner WHERE id = %s", [self.client.id])
        before = self.env.cr.fetchall()
        messages = len(self.client.message_ids)
        self.log(self.client, "meeting")
        self.run_cron()
        self.env.flush_all()
        self.env.cr.execute("SELECT write_date, write_uid FROM res_partner WHERE id = %s", [self.client.id])
        self.assertEqual(self.env.cr.fetchall(), before)
        self.assertEqual(len(self.client.message_ids), messages)

    def test_a_list_costs_the_same_for_one_and_for_many(self):
        others = self.make_known(*(f"C{number}" for number in range(10)))
        for client in self.client | others:
            self.log(client, "meeting", "call_in")
        self.refresh()
        (self.client | others).with_user(self.viewer).read(["engagement_reason", "client_engagement"])  # warm
        counts = []
        for clients in (self.client, self.client | others):
            for names in (["engagement_level", "engagement_reason"], ["client_engagement"]):
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                clients.with_user(self.viewer).read(names)
                counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[:2], counts[2:])

    def test_a_persons_export_says_how_it_was_judged(self):
        ann = self.make_contact(self.client, "Ann")
        self.log(self.client, "meeting", contact_id=ann.id)
        self.refresh()
        parts = {part["key"]: part["rows"] for part in ann.sudo()._client_export_parts()}
        self.assertEqual([(row["Engagement"], row["Score"]) for row in parts["engagement"]], [("Cold", 15.0)])
