from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import tagged, users

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestSearch(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("search_viewer", "viewer")
        us = cls.env.ref("base.us")
        cls.dental = cls.make_client(
            "Zephyrwater Dental Group",
            client_number="ZW-0042",
            email="office@zephyrwater.example",
            vat="ZX 12-345-6789",
            country_id=us.id,
        )
        cls.dana = cls.make_contact(cls.dental, "Danuta Xanthopoulou", "danuta@people.example", phone="+1 207 555 0177")
        cls.plumber = cls.make_client("Łucja Kowalewska Plumbing", country_id=us.id)
        cls.env["nestogy.phone.number"].create(
            [
                {"partner_id": cls.plumber.id, "number": "(207) 555-0174"},
                {"partner_id": cls.plumber.id, "number": "+1 212 555 0178 ext. 3", "kind": "mobile"},
            ]
        )

    def _found(self, text, *domain):
        return self.env["res.partner"].search([("client_search", "ilike", text), *domain])

    @users("search_viewer")
    def test_a_client_is_found_by_whatever_one_knows(self):
        for text in (
            "zephyrwater",
            "Zephyrwater Dental",
            "dental ZEPHYR",  # in any order
            "ZW-0042",
            "0042 zephyr",
            "office@zephyrwater.example",
            "ZX 12-345-6789",
            "ZX123456789",
            "12 345 6789",
            "Xanthopoulou",
            "zephyrwater danuta",  # the client and one of its people
            "danuta@people",
            "207 555 0177",
            "+1 (207) 555-0177",
            "5550177",
        ):
            self.assertEqual(self._found(text), self.dental, text)
        for text in ("lucja", "ŁUCJA", "207.555.0174", "5550178"):
            self.assertEqual(self._found(text), self.plumber, text)

    @users("search_viewer")
    def test_spelling_mistakes_are_forgiven_when_nothing_is_spelled_so(self):
        for text in ("Zephirwater", "zepyrwater", "Zefyrwater Dentl", "Danuta Xantopoulou", "danuta@peopel.example"):
            self.assertEqual(self._found(text), self.dental, text)
        self.assertEqual(self._found("Kowalevska"), self.plumber)
        exact = self.make_client("Zephirwater Ltd").with_env(self.env)
        self.assertEqual(self._found("Zephirwater"), exact)

    @users("search_viewer")
    def test_numbers_are_never_guessed(self):
        for text in ("ZW-0043", "zephyrwater 4711", "ZX 12-345-6780", "207 555 9999", "qqxxyyzz"):
            self.assertFalse(self._found(text), text)

    def test_signs_of_patterns_are_only_signs(self):
        self.assertFalse(self._found("zw%42"))
        self.assertFalse(self._found("zw_0042"))
        odd = self.make_client("Hundred 100%_Pure \\ Sons")
        for text in ("100%_pure", "\\ sons"):
            self.assertEqual(self._found(text), odd, text)
        self.assertFalse(self._found("'; DROP TABLE res_partner --"))
        self.assertIn(self.dental, self._found("  "))  # nothing asked for leaves nothing out

    def test_short_words_are_beginnings(self):
        self.assertIn(self.dental, self._found("ze"))
        self.assertNotIn(self.dental, self._found("ep"))

    def test_former_contacts_and_suppliers_lead_nowhere(self):
        self.dana.active = False
        self.assertFalse(self._found("Xanthopoulou"))
        self.assertEqual(self._found("zephyrwater", ("active", "=", True)), self.dental)
        self.env["res.partner"].create({"name": "Zephyrwater Supplies"})
        self.assertEqual(self._found("zephyrwater supplies dental"), self.env["res.partner"])

    def test_archived_clients_are_found_where_archived_ones_are_listed(self):
        self.dental.active = False
        self.assertFalse(self._found("ZW-0042"))
        self.assertEqual(self._found("ZW-0042", ("active", "=", False)), self.dental)

    def test_a_contact_of_a_branch_leads_to_the_client(self):
        branch = self.env["res.partner"].create(
            {"name": "North Branch", "parent_id": self.dental.id, "is_company": True, "type": "other"}
        )
        self.make_contact(branch, "Quentinus Brancher")
        self.assertEqual(self._found("Quentinus"), self.dental)

    def test_clients_of_other_companies_stay_hidden(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.make_client("Zephyrwater Abroad", company_id=company.id)
        partners = self.env["res.partner"].with_user(self.env.ref("base.user_admin"))
        admin = partners.with_context(allowed_company_ids=self.env.company.ids)
        self.assertEqual(admin.search([("client_search", "ilike", "zephyrwater")]), self.dental.with_env(admin.env))

    def test_what_is_not_yet_written_is_found(self):
        self.dental.name = "Renamedo"
        self.assertEqual(self._found("renamedo xanthopoulou"), self.dental)

    def test_without_the_extension_only_exact_words_find(self):
        with patch.object(self.registry, "has_trigram", False):
            self.assertEqual(self._found("dental zephyr"), self.dental)
            self.assertEqual(self._found("lucja"), self.plumber)
            self.assertFalse(self._found("Zephirwater"))

    def test_without_unaccent_accents_must_be_typed(self):
        with patch.object(self.registry, "has_unaccent", False), patch.object(self.registry, "unaccent", lambda x: x):
            self.assertEqual(self._found("łucja"), self.plumber)
            self.assertEqual(self._found("zephyr"), self.dental)

    def test_negations_and_lists(self):
        partners = self.env["res.partner"]
        both = self.dental | self.plumber
        self.assertEqual(partners.search([("client_search", "in", ["zephyrwater", "kowalewska"])]), both)
        rest = partners.search([("client_search", "not ilike", "zephyrwater"), ("id", "in", both.ids)])
        self.assertEqual(rest, self.plumber)

    def test_addons_add_ways_to_be_found(self):
        def hook(partners, text):
            return [Domain("ref", "=", "hidden")] if text == "magic word" else []

        other = self.make_client("Other", ref="hidden")
        with patch.object(self.registry["res.partner"], "_client_search_domains", hook):
            self.assertEqual(self._found("Magic Word"), other)
            self.assertEqual(self._found("zephyrwater"), self.dental)

    @users("search_viewer")
    def test_contacts_are_found_themselves(self):
        contacts = self.env["res.partner"].search([("contact_search", "ilike", "danuta"), ("type", "=", "contact")])
        self.assertEqual(contacts, self.dana)
        for text in ("zephyrwater danuta", "5550177", "Xantopoulou"):
            found = self.env["res.partner"].search([("contact_search", "ilike", text), ("parent_id", "!=", False)])
            self.assertEqual(found, self.dana, text)

    @users("search_viewer")
    def test_pickers_suggest_what_is_spelled_alike(self):
        partners = self.env["res.partner"]
        only_clients = [("is_client", "=", True)]
        self.assertEqual(partners.name_search("Zephirwater", only_clients), [(self.dental.id, self.dental.name)])
        self.assertEqual(partners.name_search("group zephyr", only_clients), [(self.dental.id, self.dental.name)])
        self.assertFalse(partners.name_search("Zephirwater", only_clients, operator="="))
        self.assertFalse(partners.name_search("Zephirwater", [("id", "=", self.plumber.id)]))

    def test_portal_users_cannot_probe(self):
        user = self.make_portal_user(self.dana)
        partners = self.env["res.partner"].with_user(user)
        for name in ("client_search", "contact_search"):
            with self.assertRaises(AccessError):
                partners.search([(name, "ilike", "zephyr")])
            with self.assertRaises(AccessError):
                partners.search_count([("parent_id." + name, "ilike", "zephyr")])
        self.assertFalse(partners.name_search("Zephirwater"))
        self.assertTrue(partners.name_search("Zephyrwater"))

    def test_the_indexes_are_there(self):
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'res_partner_client_search_idx'")
        (definition,) = self.env.cr.fetchone()
        self.assertIn("gin_trgm_ops", definition)
        self.assertIn("complete_name", definition)

    def test_a_search_asks_as_often_for_few_as_for_many(self):
        def count(text):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._found(text)
            return self.env.cr.sql_log_count - before

        texts = ("zephyrwater", "zepyrwater", "qqxxyyzz")
        few = [count(text) for text in texts * 2][len(texts) :]  # the first round fills what the server keeps
        for number in range(20):
            self.make_contact(self.make_client(f"Zephyrwater {number}"), "Danuta")
        self.assertEqual([count(text) for text in texts], few)
        self.assertLessEqual(max(few), 7)

    def test_the_primary_contacts_are_listed(self):
        omar = self.make_contact(self.dental, "Omar")
        domain = [("parent_id", "=", self.dental.id), ("type", "=", "contact")]
        partners = self.env["res.partner"]
        self.assertEqual(partners.search([*domain, ("is_primary_contact", "=", True)]), self.dana)
        self.assertEqual(partners.search([*domain, ("is_primary_contact", "=", False)]), omar)
