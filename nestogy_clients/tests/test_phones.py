import phonenumbers

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import BaseCase, tagged, users

from ..tools.phones import PhoneError, parse_phone, search_digits
from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestPhoneSpellings(BaseCase):
    def test_spellings_of_one_number_are_one(self):
        expected = {
            "number": "+49 30 901820",
            "national": "030 901820",
            "extension": "",
            "digits": "4930901820",
            "is_valid": True,
        }
        for text in ("030 901820", "+49 30 901820", "0049 30/90 18 20", "+49 (0)30 901820", "(030) 90-18-20"):
            self.assertEqual(parse_phone(text, "DE"), expected, text)

    def test_a_valid_number_is_the_same_in_its_own_spelling(self):
        """Whoever has parsed a valid number needs not parse what came of it: ``_import_phones`` relies on it."""
        types, formats, seen = phonenumbers.PhoneNumberType, phonenumbers.PhoneNumberFormat, 0
        for region in sorted(phonenumbers.SUPPORTED_REGIONS):
            for kind in (types.FIXED_LINE, types.MOBILE, types.TOLL_FREE):
                number = phonenumbers.example_number_for_type(region, kind)
                if not number:
                    continue
                for spelling in (formats.NATIONAL, formats.E164):
                    parsed = parse_phone(phonenumbers.format_number(number, spelling), region)
                    if parsed["is_valid"]:
                        seen += 1
                        for country in (region, "US", None):
                            self.assertEqual(parse_phone(parsed["number"], country), parsed, (region, country))
        self.assertGreater(seen, 1000)

    def test_extensions_are_taken_out(self):
        for text in ("207-555-0161 ext. 4", "207.555.0161 x4", "(207) 555 0161 #4", "+1 207 555 0161 extension 4"):
            parsed = parse_phone(text, "US")
            self.assertEqual((parsed["number"], parsed["extension"]), ("+1 207-555-0161", "4"), text)

    def test_a_number_that_cannot_be_is_kept_and_marked(self):
        self.assertEqual(
            parse_phone("1", "DE") | {"digits": ""},
            {"number": "1", "national": "1", "extension": "", "digits": "", "is_valid": False},
        )
        self.assertFalse(parse_phone("911 555 0100 1234", "US")["is_valid"])
        self.assertEqual(parse_phone("030 901820")["number"], "030 901820")

    def test_what_is_no_number_is_refused(self):
        for text, kind in (
            ("", "empty"),
            (None, "empty"),
            ("--", "empty"),
            ("1" * 41, "long"),
            ("call 123", "letters"),
        ):
            with self.assertRaises(PhoneError) as caught:
                parse_phone(text, "US")
            self.assertEqual(caught.exception.kind, kind, text)

    def test_digits_to_search_by(self):
        for text, digits in (
            ("030 901820", "30901820"),
            ("0049 (0)30 901820", "4930901820"),
            ("555-0161 ext. 4", "5550161"),
            ("18 2", "182"),
            ("18", ""),
            ("Acme", ""),
            (None, ""),
        ):
            self.assertEqual(search_digits(text), digits, text)


@tagged("post_install", "-at_install")
class TestPhones(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("phone_agent", "agent")
        cls.make_user("phone_viewer", "viewer")
        cls.germany = cls.env.ref("base.de")
        cls.client = cls.make_client("Acme", country_id=cls.germany.id)

    def _add(self, partner, number, **values):
        return self.env["nestogy.phone.number"].create({"partner_id": partner.id, "number": number, **values})

    @users("phone_agent")
    def test_the_first_number_is_the_phone(self):
        client = self.client.with_env(self.env)
        self._add(client, "030 111111", kind="fax", sequence=1)
        self.assertFalse(client.phone)
        self.assertEqual(client.fax, "+49 30 111111")
        second = self._add(client, "030 901820 ext. 7", sequence=5)
        third = self._add(client, "0151 23456789", kind="mobile", sequence=9)
        self.assertEqual(client.phone, "+49 30 901820 ext. 7")
        second.sequence = 20
        self.assertEqual(client.phone, "+49 1512 3456789")
        third.unlink()
        self.assertEqual(client.phone, "+49 30 901820 ext. 7")
        second.kind = "fax"
        self.assertFalse(client.phone)

    def test_odoos_phone_is_the_first_number(self):
        self.client.phone = "(030) 90 18 20"
        self.assertEqual(self.client.phone, "+49 30 901820")
        self.assertRecordValues(self.client.phone_number_ids, [{"number": "+49 30 901820", "kind": "phone"}])
        self._add(self.client, "030 222222", sequence=50)
        self.client.phone = "030 333333"
        self.assertEqual(self.client.phone_number_ids.mapped("number"), ["+49 30 333333", "+49 30 222222"])
        self.client.phone = False
        self.assertEqual(self.client.phone, "+49 30 222222")
        self.assertEqual(len(self.client.phone_number_ids), 1)

    def test_contacts_have_numbers_and_other_partners_pay_nothing(self):
        contact = self.make_contact(self.client, "Ann", phone="030 444444")
        self.assertEqual(contact.phone_number_ids.number, "+49 30 444444")
        supplier = self.env["res.partner"].create({"name": "Supplier", "phone": "030 555555"})
        self.assertEqual(supplier.phone, "030 555555")
        self.assertFalse(supplier.phone_number_ids)
        supplier.client_status_id = self.env.ref("nestogy_clients.nestogy_client_status_active")
        self.assertEqual(len(supplier.phone_number_ids), 1)

    def test_what_odoo_takes_for_a_phone_is_not_lost(self):
        self.client.phone = "ask the porter"
        self.assertEqual(self.client.phone, "ask the porter")
        self.assertFalse(self.client.phone_number_ids)

    def test_numbers_are_found_by_any_spelling_and_their_end(self):
        contact = self.make_contact(self.client, "Ann")
        self._add(contact, "030 901820", sequence=1)
        self._add(self.client, "0221 888777")
        partners = self.env["res.partner"]
        for text in ("030 901820", "+49 30 90 18 20", "0049(0)30901820", "901820", "1820"):
            found = partners.search([("any_phone", "ilike", text), ("is_client", "=", True)])
            self.assertEqual(found, self.client, text)
        self.assertEqual(partners.search([("any_phone", "ilike", "888777")]), self.client)
        self.assertFalse(partners.search([("any_phone", "ilike", "Acme")]))

    def test_mistakes_are_told(self):
        for number, message in (
            ("porter", "Write a phone number"),
            ("call 030 901820", "is no phone number"),
            ("0" * 60, "at most 40 characters"),
        ):
            with self.assertRefused(ValidationError, message):
                self._add(self.client, number)
        with self.assertRefused(ValidationError, "one to eight digits"):
            self._add(self.client, "030 901820", extension="12a")
        self.assertFalse(self.client.phone_number_ids)

    def test_odd_and_shared_numbers_are_marked(self):
        odd = self._add(self.client, "030 12")
        self.assertIn("No such number", odd.warning)
        one = self._add(self.client, "030 901820")
        other = self._add(self.make_client("Other", country_id=self.germany.id), "+49 30 901820")
        self.assertEqual((one | other).mapped("warning"), ["Also the number of Other.", "Also the number of Acme."])
        same = self._add(self.make_contact(self.client, "Ann"), "0221 888777")
        self._add(self.client, "0221 888777")
        self.assertFalse(same.warning)

    @users("phone_viewer")
    def test_viewers_do_not_change_numbers(self):
        with self.assertRaises(AccessError):
            self._add(self.client, "030 901820")

    def test_numbers_are_entered_on_the_profile(self):
        self.client.write(
            {
                "phone_number_ids": [
                    Command.create({"number": "030 901820", "location": "work"}),
                    Command.create({"number": "030 901821", "kind": "fax"}),
                ]
            }
        )
        self.assertEqual((self.client.phone, self.client.fax), ("+49 30 901820", "+49 30 901821"))
