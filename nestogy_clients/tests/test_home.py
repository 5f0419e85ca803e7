import re
from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged

from .common import ClientsCase, ClientsMakers

CARDS = {
    *("clients", "follow_ups", "receivables", "engagement", "renewals", "trials", "days", "communication"),
}


def amount(text):
    return float(re.sub(r"[^\d.-]", "", text))


class HomeCase(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.billing = cls.make_user("home_billing", "billing", "agent")
        cls.viewer = cls.make_user("home_viewer", "viewer")
        cls.today = fields.Date.context_today(cls.env.user)

    @classmethod
    def day(cls, days):
        return fields.Date.add(cls.today, days=days)

    @classmethod
    def make_past(cls, client, days):
        """Let a client have had its statuses so many days longer ago."""
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE nestogy_client_status_change SET date = date - %s WHERE client_id = %s",
            [timedelta(days=days), client.id],
        )
        cls.env.invalidate_all()

    @classmethod
    def make_contract(cls, client, end, **values):
        return cls.env["contract.contract"].create(
            {
                "name": f"Care of {client.name}",
                "partner_id": client.id,
                "contract_type": "sale",
                "service_phase": "running",
                "renewal_type": "manual",
                "date_end": end,
                **values,
            }
        )

    @classmethod
    def make_firm(cls, count=2):
        """Something on every card, ``count`` times: a client of each kind with what belongs to it."""
        cls.firm = cls.env["res.partner"]
        communications = []
        for number in range(count):
            new = cls.make_client(f"New {number}")
            old = cls.make_client(f"Old {number}")
            lost = cls.make_client(f"Lost {number}")
            for client in (old, lost):
                cls.make_past(client, 90)
            cls.set_status(lost, "inactive")
            trial = cls.make_client(f"Trial {number}")
            cls.set_status(trial, "trial")
            trial.trial_end_date = cls.day(number * 6 - 3)
            cls.make_invoice(new, 100.0 + number)
            cls.make_invoice(old, 50.0, 25.5, date=cls.day(-120), due=cls.day(-20 - 30 * number))
            cls.make_invoice(old, 10.0, move_type="out_refund")
            paid = cls.make_invoice(old, 70.0)
            cls.pay(paid, 30.0)
            for days in (0, 60, 61, -1):
                cls.make_contract(old, cls.day(days), renewal_type=("manual", "auto", "none")[days % 3])
            for days in (-1, 0, 3, 30):
                old.activity_schedule(
                    "mail.mail_activity_data_todo", cls.day(days), summary="Call", user_id=cls.billing.id
                )
            new.activity_schedule("mail.mail_activity_data_todo", cls.today, summary="His", user_id=cls.viewer.id)
            cls.make_contact(old, f"Ann {number}", birthday=date(1980, cls.today.month, min(cls.today.day, 28)))
            cls.make_contact(old, f"Ben {number}", birthday=date(1980, cls.day(40).month, min(cls.day(40).day, 28)))
            old.client_since = fields.Date.subtract(cls.day(5), years=3)
            for kind, outcome, pinned, days in (
                ("note", False, True, 40),
                ("call", "no_answer", False, 2),
                ("call", "reached", False, 1),
            ):
                communications.append(
                    {
                        "name": f"{kind} {number}",
                        "kind": kind,
                        "direction": "out" if kind == "call" else False,
                        "outcome": outcome,
                        "is_pinned": pinned,
                        "client_id": old.id,
                        "date": fields.Datetime.subtract(fields.Datetime.now(), days=days),
                    }
                )
            cls.firm |= new | old | lost | trial
        cls.env["nestogy.communication"].create(communications)
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE res_partner SET engagement_level = 'cold', engagement_trend = 'down', engagement_fell_on = %s"
            " WHERE name LIKE 'Old %%'",
            [cls.day(-3)],
        )
        cls.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestHome(HomeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_firm()

    def test_every_count_opens_its_rows(self):
        for user in (self.billing, self.viewer):
            counts = self.assertHomeOpensRows(user)
            self.assertGreater(len(counts), 15)
        counts = self.assertHomeOpensRows(self.billing)
        mine = {key: count for key, count in counts.items() if key[0] in ("follow_ups", "trials")}
        self.assertEqual(
            mine,
            {
                ("follow_ups", "Overdue"): 2,
                ("follow_ups", "Today"): 2,
                ("follow_ups", "Next 7 days"): 2,
                ("follow_ups", "Later"): 2,
                ("trials", "Over"): 1,
                ("trials", "Within 7 days"): 1,
                ("trials", "Until 30 days"): 0,
            },
        )

    def figure(self, user, card, label):
        data = self.homeCards(user)[card]
        return next(each for each in [*data["figures"], *data.get("segments", ())] if each["label"] == label)

    def rows(self, user, card, label):
        action = self.figure(user, card, label)["action"]
        return self.env[action["res_model"]].with_user(user).search(action["domain"])

    def test_movement_is_that_of_the_history(self):
        rows = {label: self.rows(self.viewer, "clients", label) for label in ("New", "Lost", "Changed")}
        ours = {label: sorted((found & self.firm).mapped("name")) for label, found in rows.items()}
        self.assertEqual(
            ours,
            {
                "New": ["New 0", "New 1", "Trial 0", "Trial 1"],
                "Lost": ["Lost 0", "Lost 1"],
                "Changed": ["Lost 0", "Lost 1", "Trial 0", "Trial 1"],
            },
        )
        lost = self.firm.filtered(lambda each: each.name == "Lost 0")
        self.set_status(lost, "active")
        self.assertNotIn(lost, self.rows(self.viewer, "clients", "Lost"), "who came back is not lost")

    def test_statuses_add_up(self):
        data = self.homeCards(self.viewer)["clients"]
        self.assertEqual(sum(int(each["value"]) for each in data["segments"]), data["count"])
        self.assertAlmostEqual(sum(each["share"] for each in data["segments"]), 1.0)
        self.assertEqual(
            data["count"], self.env["res.partner"].with_user(self.viewer).search_count([("is_client", "=", True)])
        )

    def test_amounts_are_the_sums_of_the_invoices_they_open(self):
        other = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "CHF")])
        other.active = True
        client = self.firm[0]
        self.make_invoice(client, 33.0, currency=other, date=self.day(-200), due=self.day(-100))
        self.make_invoice(self.env["res.partner"].create({"name": "No client"}), 999.0)
        data = self.homeCards(self.billing)["receivables"]
        self.assertEqual(len(data["figures"]), 5, "two currencies, one of them with credit")
        for figure in [*data["figures"], *data["segments"]]:
            moves = self.env["account.move"].with_user(self.billing).search(figure["action"]["domain"])
            self.assertEqual(len(moves.currency_id), 1 if moves else 0)
            self.assertAlmostEqual(amount(figure["value"]), sum(moves.mapped("amount_residual")), msg=figure["label"])
            self.assertNotIn("No client", moves.mapped("partner_id.name"))
        self.assertAlmostEqual(sum(each["share"] for each in data["segments"]), 1.0)
        late = [each for each in data["segments"] if each["label"].startswith("CHF")]
        self.assertEqual([each["label"] for each in late], ["CHF: Over 90 days late"])
        outstanding = next(each for each in data["figures"] if each["label"] == "CHF: Outstanding")
        self.assertEqual(amount(outstanding["value"]), 33.0)

    def test_viewers_read_amounts_and_open_no_invoices(self):
        viewed, billed = (self.homeCards(user)["receivables"] for user in (self.viewer, self.billing))
        for block in ("figures", "segments"):
            self.assertEqual(
                [(each["label"], each["value"]) for each in viewed[block]],
                [(each["label"], each["value"]) for each in billed[block]],
            )
            self.assertFalse([each for each in viewed[block] if each["action"]])
            self.assertTrue(all(each["action"] for each in billed[block]))

    def test_contracts_that_end(self):
        data = self.homeCards(self.viewer)["renewals"]
        ours = self.env["contract.contract"].search(
            [("partner_id", "in", self.firm.ids), ("date_end", "in", (self.today, self.day(60)))]
        )
        found = self.env["contract.contract"].search(data["action"]["domain"])
        self.assertEqual(found & ours, ours)
        self.assertFalse(found.filtered(lambda each: not self.today <= each.date_end <= self.day(60)))

    def test_days_that_come_back(self):
        with freeze_time("2026-12-20"):
            client = self.make_client("Since long", client_since="1999-01-03")
            people = {
                day: self.make_contact(client, f"Born {day}", birthday=day)
                for day in ("1980-12-19", "1980-12-20", "1990-12-31", "2000-01-19", "2000-01-20")
            }
            self.assertHomeOpensRows(self.viewer, ["days"])
            born = self.rows(self.viewer, "days", "Birthdays").filtered(lambda each: each.parent_id == client)
            self.assertEqual(sorted(born.mapped("name")), ["Born 1980-12-20", "Born 1990-12-31", "Born 2000-01-19"])
            self.assertIn(people["1980-12-20"], self.rows(self.viewer, "days", "Birthdays today"))
            self.assertIn(client, self.rows(self.viewer, "days", "Anniversaries"))
            rows = self.homeCards(self.viewer)["days"]["rows"]
            words = {row["cells"]["name"]: row["cells"]["state"] for row in rows}
            self.assertEqual(words["Since long"], "28 years a client")
            days = [row["day"] for row in rows]
            self.assertEqual(days, sorted(days), "the next one first, over the end of the year")

    def test_a_leap_day_comes_every_year(self):
        partners = self.env["res.partner"]
        person = self.make_contact(self.firm[0], "Leap", birthday="2000-02-29")
        for first, last, is_found in (
            (date(2027, 2, 20), date(2027, 2, 28), True),
            (date(2027, 2, 20), date(2027, 2, 27), False),
            (date(2028, 2, 20), date(2028, 2, 28), False),
            (date(2028, 2, 29), date(2028, 3, 1), True),
            (date(2027, 3, 1), date(2027, 3, 20), False),
        ):
            domain = partners._yearly_domain("birthday", first, last)
            self.assertEqual(bool(person.filtered_domain(domain)), is_found, (first, last))
            self.assertEqual(person in partners.search(domain), is_found, (first, last))
        self.assertEqual(partners._yearly_next(person.birthday, date(2027, 2, 20)), date(2027, 2, 28))
        self.assertEqual(partners._yearly_next(person.birthday, date(2027, 3, 1)), date(2028, 2, 29))

    def test_wrong_days_are_refused(self):
        client = self.firm[0]
        for value in ("1800-01-01", fields.Date.to_string(self.day(2))):
            with self.assertRefused(ValidationError, "A birthday lies between 1880 and today"):
                self.make_contact(client, "Kim", birthday=value)
            with self.assertRefused(ValidationError, "is a client lies between 1880 and today"):
                client.client_since = value

    def test_client_since_is_the_first_status_and_stays(self):
        partner = self.env["res.partner"].create({"name": "Later"})
        self.assertFalse(partner.client_since)
        partner.client_status_id = self.env.ref("nestogy_clients.nestogy_client_status_active")
        self.assertEqual(partner.client_since, self.today)
        partner.client_since = "2001-05-05"
        self.set_status(partner, "inactive")
        self.assertEqual(partner.client_since, date(2001, 5, 5))
        old = self.make_client("Old one")
        self.make_past(old, 400)
        self.env.cr.execute(
            "UPDATE res_partner SET client_since = NULL, create_date = create_date - interval '500 days' WHERE id = %s",
            [old.id],
        )
        self.env.invalidate_all()
        self.env.add_to_compute(old._fields["client_since"], old)
        self.assertEqual(old.client_since, fields.Datetime.subtract(fields.Datetime.now(), days=400).date())

    def test_pinned_notes_come_first(self):
        events = self.homeCards(self.viewer)["communication"]["events"]
        self.assertEqual(events[0]["icon"], "fa-thumb-tack")
        self.assertEqual(len(events), 5)


@tagged("post_install", "-at_install")
class TestHomeRights(HomeCase):
    def test_roles_have_the_cards_of_what_they_may_read(self):
        self.make_firm(1)
        for user in (self.viewer, self.billing, self.make_user("home_admin", "admin")):
            self.assertLessEqual(CARDS, self.homeCards(user).keys())

    def test_who_has_no_role_has_no_dashboard(self):
        contact = self.make_contact(self.make_client("Acme"), "Ann", "ann@acme.example")
        for user in (self.make_user("home_plain"), self.make_portal_user(contact)):
            partners = self.env["res.partner"].with_user(user)
            for call in (
                partners.get_client_home,
                lambda partners=partners: partners.get_client_home_widget("clients"),
            ):
                with self.assertRefused(AccessError, "for those who have a role in Clients"):
                    call()

    def test_teams_see_their_own(self):
        agent = self.make_user("home_agent", "agent", "billing")
        north, south = self.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        south.member_ids = agent
        self.make_firm(1)
        self.firm.client_team_id = north
        mine = self.make_client("Mine", client_team_id=south.id)
        self.make_invoice(mine, 12.0, date=self.day(-60), due=self.day(-45))
        self.env.company.client_own_team_only = True
        hidden = self.firm
        self.env.flush_all()
        counts = self.assertHomeOpensRows(agent)
        visible = self.env["res.partner"].with_user(agent).search([("is_client", "=", True)])
        self.assertIn(mine, visible)
        self.assertFalse(visible & hidden)
        self.assertEqual(counts["clients", "Open"], len(visible.filtered("client_status_id.is_open")))
        for user in (agent, self.make_user("home_team_viewer", "viewer")):
            text = str(self.homeCards(user))
            for name in hidden.mapped("name"):
                self.assertNotIn(f"'{name}'", text)
        rows = self.env["account.move"].with_user(agent)
        for figure in self.homeCards(agent)["receivables"]["figures"]:
            found = rows.search(figure["action"]["domain"])
            self.assertFalse(found.commercial_partner_id & hidden)
            self.assertAlmostEqual(amount(figure["value"]), sum(found.mapped("amount_residual")))

    def test_other_companies_count_when_they_are_switched_on(self):
        company = self.env["res.company"].create({"name": "Second"})
        user = self.make_user(
            "home_two",
            "agent",
            company_id=self.env.company.id,
            company_ids=[Command.set([self.env.company.id, company.id])],
        )
        partners = self.env["res.partner"].with_user(user)
        both = partners.with_context(allowed_company_ids=[self.env.company.id, company.id])
        one = partners.with_context(allowed_company_ids=[self.env.company.id])

        def count(partners):
            return {card["key"]: card["data"] for card in partners.get_client_home()["widgets"]}["clients"]["count"]

        self.make_client("Shared")
        before = count(one)
        self.make_client("Of the second", company_id=company.id)
        self.assertEqual(count(one), before)
        self.assertEqual(count(both), before + 1)

    def test_a_card_that_is_not_there_is_refused(self):
        with self.assertRefused(UserError, "This card is not there any more"):
            self.env["res.partner"].with_user(self.viewer).get_client_home_widget("nothing")

    def test_what_is_hidden_is_not_computed_and_the_profile_keeps_its_own_order(self):
        self.make_firm(1)
        partners = self.env["res.partner"].with_user(self.viewer)
        layouts = self.env["nestogy.dashboard.layout"].with_user(self.viewer)
        keys = [each["key"] for each in partners.get_client_home()["widgets"]]
        layouts.save_layout(
            [{"key": key, "is_open": True, "is_hidden": key == "receivables"} for key in reversed(keys)], "home"
        )
        with patch.object(type(partners), "_client_home_receivables_data", side_effect=AssertionError):
            widgets = partners.get_client_home()["widgets"]
        self.assertEqual([each["key"] for each in widgets], keys[::-1])
        self.assertFalse(layouts._current(), "the profile is arranged for itself")
        layouts.save_layout([{"key": "money", "is_open": False, "is_hidden": False}])
        self.assertEqual(len(layouts.search([])), 2)
        with self.assertRefused(ValidationError, "on the profile and on the dashboard only"):
            layouts.save_layout([], "moon")
        layouts.reset_layout("home")
        self.assertEqual([each["key"] for each in partners.get_client_home()["widgets"]], keys)
        self.assertTrue(layouts._current())

    def test_queries_do_not_grow_with_clients(self):
        self.make_firm(1)
        self.assertHomeCost(self.billing, lambda: self.make_firm(6), most=25)

    def test_nobody_there_yet(self):
        self.env.cr.execute("UPDATE res_partner SET is_client = FALSE")
        self.env.invalidate_all()
        steps = {}
        for role in ("viewer", "agent", "manager", "admin"):
            home = self.env["res.partner"].with_user(self.make_user(f"home_first_{role}", role)).get_client_home()
            self.assertEqual(home["widgets"], [])
            steps[role] = [step["label"] for step in home["steps"]]
        self.assertEqual(steps["viewer"], [])
        self.assertEqual(steps["agent"], ["Create the first client"])
        self.assertEqual(steps["manager"][-2:], ["Create the first client", "Import your clients"])
        system = self.env.ref("base.user_admin")
        home = self.env["res.partner"].with_user(system).get_client_home()
        self.assertEqual(home["steps"][0]["label"], "Check the settings")
        for step in home["steps"]:
            self.assertTrue(self.env.ref(step["action"]))


@tagged("post_install", "-at_install")
class TestHomeTour(ClientsMakers, HttpCase):
    def test_a_number_opens_its_rows_and_back(self):
        agent = self.make_user("home_tour", "agent", "billing")
        today = fields.Date.today()
        client = self.make_client("Home Tour Client")
        self.make_invoice(
            client, 120.0, date=fields.Date.subtract(today, days=60), due=fields.Date.subtract(today, days=30)
        )
        client.activity_schedule(
            "mail.mail_activity_data_todo", fields.Date.subtract(today, days=1), summary="Ring back", user_id=agent.id
        )
        self.start_tour("/odoo/client-dashboard", "nestogy_clients_home", login=agent.login, timeout=180)
        layout = self.env["nestogy.dashboard.layout"].search([("user_id", "=", agent.id)])
        self.assertEqual(layout.place, "home")
        self.assertEqual([each["key"] for each in layout.layout if each["is_hidden"]], ["days"])
