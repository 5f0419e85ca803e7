from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import BaseCase, tagged

from ..tools.postal import AreaRule, first_area, fixed_length, holds, interval, overlap, postal_code
from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestPostalCodes(BaseCase):
    def test_a_code_has_one_spelling(self):
        for text, country, code in (
            ("04101", "US", "04101"),
            ("4101", "US", "04101"),
            ("501", "US", "00501"),
            ("04101-1234", "US", "041011234"),
            ("D-10115", "DE", "10115"),
            ("LV-1010", "LV", "1010"),
            ("AD500", "AD", "AD500"),
            ("1012 ab", "NL", "1012AB"),
            ("h2x 1y4", "CA", "H2X1Y4"),
            ("sw1a 1aa", "GB", "SW01A1AA"),
            ("SW1A1AA", "GB", "SW01A1AA"),
            ("M1 1AA", "GB", "M011AA"),
            ("M11AA", "GB", "M011AA"),
            ("M11 1AA", "GB", "M111AA"),
            ("", "US", ""),
            (None, "US", ""),
        ):
            self.assertEqual(postal_code(text, country), code, text)

    def test_the_beginning_of_a_code_gets_no_zeros(self):
        self.assertEqual(postal_code("410", "US", whole=False), "410")
        self.assertEqual(postal_code("SW1", "GB", whole=False), "SW01")

    def test_ranges_and_prefixes(self):
        for low, high, country, inside, outside in (
            (
                "04101",
                "04124",
                "US",
                ["04101", "04112", "04124", "04124-9999", "4103"],
                ["04100", "04125", "14103", ""],
            ),
            ("040", "040", "US", ["04000", "04099", "4001"], ["04100", "40000"]),
            ("1000", "1999", "NL", ["1000 AA", "1999 ZZ"], ["2000 AA", "0999 ZZ"]),
            ("H2X", "H3B", "CA", ["H2X 1Y4", "H3A 0A1", "H3B 9Z9"], ["H2W 1A1", "H3C 1A1"]),
            ("SW1", "SW1", "GB", ["SW1A 1AA", "SW1W 0NY"], ["SW11 3TN", "SW10 0AA", "SW2 1AA"]),
            ("M1", "M9", "GB", ["M1 1AA", "M9 8ZZ"], ["M10 1AA", "ME1 1AA"]),
        ):
            bounds = interval(low, high, country)
            for text in inside:
                self.assertTrue(holds(bounds, postal_code(text, country)), text)
            for text in outside:
                self.assertFalse(holds(bounds, postal_code(text, country)), text)

    def test_overlaps(self):
        self.assertTrue(overlap(interval("040", "042"), interval("04101", "04101")))
        self.assertTrue(overlap(interval("041", "041"), interval("04199", "04300")))
        self.assertFalse(overlap(interval("041", "041"), interval("042", "042")))

    def test_how_narrow_an_interval_is(self):
        self.assertEqual(fixed_length(interval("04101", "04101")), 5)
        self.assertEqual(fixed_length(interval("04101", "04124")), 3)
        self.assertEqual(fixed_length(interval("1", "9")), 0)

    def test_the_narrowest_rule_wins_and_then_the_order(self):
        def rule(area, order, states=(), bounds=None, company=None):
            return AreaRule(area, company, 1, frozenset(states), bounds, order)

        rules = sorted(
            [
                rule("country", 0),
                rule("state", 1, states=[7]),
                rule("wide", 2, bounds=interval("0", "1")),
                rule("prefix", 3, bounds=interval("041", "041")),
                rule("same prefix", 4, bounds=interval("041", "041")),
                rule("company's", 5, bounds=interval("04101", "04101"), company=9),
            ],
            key=lambda each: each.rank,
        )
        for state, code, companies, area in (
            (None, "99999", {None}, "country"),
            (7, "99999", {None}, "state"),
            (7, "", {None}, "state"),
            (7, "02000", {None}, "wide"),
            (7, "04101", {None}, "prefix"),
            (7, "04101", {None, 9}, "company's"),
            (7, "04101", {None, 8}, "prefix"),
        ):
            self.assertEqual(first_area(rules, state, code, companies), area, (state, code, companies))
        self.assertIsNone(first_area([], 7, "04101", {None}))


@tagged("post_install", "-at_install")
class TestServiceAreas(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["nestogy.service.area"].search([]).active = False
        cls.agent = cls.make_user("area_agent", "agent")
        cls.manager = cls.make_user("area_manager", "manager")
        cls.partner_manager = cls.make_user("area_partners")
        cls.partner_manager.group_ids += cls.env.ref("base.group_partner_manager")
        cls.us = cls.env.ref("base.us")
        cls.maine = cls.env.ref("base.state_us_20")
        cls.ohio = cls.env.ref("base.state_us_32")
        cls.city = cls._area("City", zip_from="04101", zip_to="04124")
        cls.state = cls._area("State", state_ids=[Command.set(cls.maine.ids)])

    @classmethod
    def _area(cls, name, company=None, **line):
        return cls.env["nestogy.service.area"].create(
            {
                "name": name,
                "company_id": company and company.id,
                "line_ids": [Command.create({"country_id": cls.us.id} | line)],
            }
        )

    def _client(self, zip_code=False, state=None, **values):
        return self.make_client(
            values.pop("name", "Acme"),
            country_id=values.pop("country_id", self.us.id),
            state_id=state.id if state else False,
            zip=zip_code,
            **values,
        )

    def test_a_client_is_in_the_area_of_its_address(self):
        client = self._client("4103", self.maine)
        self.assertEqual(client.service_area_id, self.city)
        client.zip = "04401"
        self.assertEqual(client.service_area_id, self.state)
        client.state_id = self.ohio
        self.assertFalse(client.service_area_id)
        self.assertFalse(self._client("04103", country_id=self.env.ref("base.de").id).service_area_id)

    def test_only_clients_have_an_area(self):
        supplier = self.env["res.partner"].create({"name": "Supplier", "country_id": self.us.id, "zip": "04101"})
        self.assertFalse(supplier.service_area_id)
        supplier.client_status_id = self.env.ref("nestogy_clients.nestogy_client_status_active")
        self.assertEqual(supplier.service_area_id, self.city)

    def test_what_is_chosen_by_hand_stays_until_it_is_cleared(self):
        client = self._client("04103", self.maine)
        client.with_user(self.agent).service_area_id = self.state
        self.assertTrue(client.service_area_by_hand)
        client.zip = "04104"
        self.city.line_ids.zip_to = "04130"
        self.assertEqual(client.service_area_id, self.state)
        client.with_user(self.agent).service_area_id = False
        self.assertRecordValues(client, [{"service_area_id": self.city.id, "service_area_by_hand": False}])
        client.service_area_id = self.city
        self.assertFalse(client.service_area_by_hand, "the area of the address is no choice")

    def test_a_change_of_areas_sorts_all_clients_in_one_go(self):
        clients = self.env["res.partner"].union(
            *(self._client(f"{4090 + number:05}", self.maine, name=f"C{number}") for number in range(30))
        )
        self.assertEqual(clients.filtered(lambda client: client.service_area_id == self.city), clients[11:])
        self.env.flush_all()
        self.city.line_ids.zip_from = "04095"
        self.assertEqual(clients.filtered(lambda client: client.service_area_id == self.city), clients[5:])
        before = self.env.cr.sql_log_count
        self.env["nestogy.service.area"]._refresh_clients()
        many = self.env.cr.sql_log_count - before
        clients[1:].action_archive()
        self.env.cr.execute("UPDATE res_partner SET is_client = FALSE WHERE id = ANY(%s)", [clients[1:].ids])
        self.env.invalidate_all()
        self.env["nestogy.service.area"]._refresh_clients()
        before = self.env.cr.sql_log_count
        self.env["nestogy.service.area"]._refresh_clients()
        self.assertLessEqual(many, self.env.cr.sql_log_count - before + 1)
        self.city.active = False
        self.assertEqual(clients[0].service_area_id, self.state)
        self.state.unlink()
        self.assertFalse(clients[0].service_area_id)

    def test_the_order_decides_between_equals_and_is_told(self):
        other = self._area("Other", zip_prefixes="041")
        other.sequence = 20
        client = self._client("04103", self.maine)
        self.assertEqual(client.service_area_id, self.city)
        self.assertIn("“City” too go there", other.overlap_warning)
        self.assertIn("“Other” too come here", self.city.overlap_warning)
        self.assertFalse(self.state.overlap_warning, "that a city is in a state needs no word")
        other.sequence = 1
        self.assertEqual(client.service_area_id, other)

    def test_areas_of_a_company_take_its_own_clients(self):
        company = self.env["res.company"].create({"name": "Second"})
        own = self._area("Own", company=company, zip_prefixes="04101")
        shared, theirs = self._client("04101"), self._client("04101", company_id=company.id)
        self.assertEqual((shared.service_area_id, theirs.service_area_id), (self.city, own))
        own.company_id = False
        self.assertEqual((shared.service_area_id, theirs.service_area_id), (own, own))
        own.company_id = company
        self.assertEqual((shared.service_area_id, theirs.service_area_id), (self.city, own))
        self.assertNotIn(own, self.env["nestogy.service.area"].with_user(self.agent).search([]))

    def test_users_without_our_roles_make_partners_and_clients_move(self):
        partner = self.env["res.partner"].with_user(self.partner_manager).create({"name": "Plain", "zip": "04101"})
        self.assertFalse(partner.service_area_id)
        client = self._client("04103")
        client.with_user(self.partner_manager).write({"zip": "99999"})
        self.assertFalse(client.service_area_id)

    def test_managers_set_up_areas_and_agents_do_not(self):
        values = {"name": "New", "line_ids": [Command.create({"country_id": self.us.id, "zip_prefixes": "99"})]}
        self.env["nestogy.service.area"].with_user(self.manager).create(values)
        with self.assertRefused(AccessError, "nestogy.service.area"):
            self.env["nestogy.service.area"].with_user(self.agent).create(values)
        with self.assertRefused(AccessError, "nestogy.service.area"):
            self.city.line_ids.with_user(self.agent).zip_to = "04999"

    def test_mistakes_are_told(self):
        for values, message in (
            ({"zip_from": "04101"}, "a first and a last code"),
            ({"zip_from": "04199", "zip_to": "04101"}, "the lower code comes first"),
            ({"zip_from": "1", "zip_to": "2", "zip_prefixes": "3"}, "either a range"),
            ({"zip_prefixes": "04*"}, "is no postal code"),
            ({"zip_prefixes": ",".join(map(str, range(10000, 10501)))}, "at most 500"),
            ({"state_ids": [Command.set(self.env.ref("base.state_ca_on").ids)]}, "is not in United States"),
        ):
            with self.assertRefused(ValidationError, message):
                self._area("Wrong", **values)
