from pathlib import Path

from odoo.tests import BaseCase, tagged

from ..tools.client_file import open_client_file
from ..tools.import_columns import map_header
from ..tools.import_presets import PRESETS

EXPORTS = Path(__file__).parent / "exports"
FIRM = "Harbor Freight Test"
STREET = "12 Harbor Road"
ANN = {"name": FIRM, "person": "Ann Lee", "email": "ann@harbor.example", "phone": "2075550141", "street": STREET}
OFFICE = {"name": FIRM, "person": "", "email": "office@harbor.example", "phone": "2075550140", "street": STREET}
# file to the system that it is known as, and what is read
EXPECTED = {
    "hubspot_companies.csv": ("hubspot_companies", OFFICE | {"email": ""}),
    "hubspot_contacts.csv": ("hubspot_contacts", ANN),
    "salesforce_accounts.csv": ("salesforce_accounts", OFFICE | {"email": ""}),
    "salesforce_contacts.csv": ("salesforce_contacts", ANN),
    "salesforce_contacts_api.csv": ("salesforce_contacts", ANN),
    "dynamics_accounts.csv": ("dynamics_accounts", OFFICE | {"person": "Ann Lee"}),
    "dynamics_contacts.csv": ("dynamics_contacts", ANN),
    "zoho_accounts.csv": ("zoho_accounts", OFFICE | {"email": ""}),
    "zoho_accounts_long.csv": ("zoho_accounts", OFFICE | {"email": ""}),
    "zoho_contacts.csv": ("zoho_contacts", ANN),
    "whmcs.csv": ("whmcs", ANN),
    "blesta.csv": ("blesta", ANN),
    "outlook.csv": ("outlook", ANN),
    "google.csv": ("google", ANN),
    "google_old.csv": ("google", ANN),
    "quickbooks_online.csv": ("quickbooks", OFFICE),
    "quickbooks_report.csv": (
        "quickbooks",
        ANN | {"name": "Ann Lee", "person": "", "street": "12 Harbor Road Portland ME 04101"},
    ),
    "quickbooks_sample.csv": ("quickbooks", OFFICE | {"person": "Ann Lee"}),
    "quickbooks_desktop.csv": ("quickbooks", OFFICE | {"person": "Ann Lee"}),
}


def digits(number):
    return "".join(char for char in number or "" if char.isdigit())[-10:]


@tagged("post_install", "-at_install")
class TestImportExports(BaseCase):
    """A small export of each system, with the headings as it writes them."""

    def test_the_export_of_each_system_is_known_and_read(self):
        for filename, (preset, expected) in EXPECTED.items():
            with self.subTest(filename):
                file = open_client_file((EXPORTS / filename).read_bytes())
                self.assertEqual(file.mapping.preset, preset)
                [(_line, values)] = file.rows()
                person = values["contacts"][0] if values["contacts"] else {}
                read = {
                    "name": values["name"],
                    "person": person.get("name") or f"{person.get('first_name', '')} {person.get('last_name', '')}",
                    "email": values.get("email") or person.get("email", ""),
                    "phone": digits(values.get("phone") or person.get("phone")),
                    "street": values["street"],
                }
                self.assertEqual({key: value.strip() for key, value in read.items()}, expected)
                if "Portland" not in values["street"]:
                    place = [values.get(name) for name in ("city", "zip")]
                    self.assertIn(place, (["Portland", "04101"], [None, None]))
                    self.assertTrue(values.get("city") or "Portland, ME 04101" in values["street2"])

    def test_there_is_an_export_for_each_preset(self):
        self.assertEqual({preset for preset, _expected in EXPECTED.values()}, set(PRESETS))
        self.assertEqual(set(EXPECTED), {path.name for path in EXPORTS.iterdir()})

    def test_words_that_mean_something_else_there_are_left_out(self):
        # a kind of customer is not "company or person", and would refuse each row
        for filename in ("hubspot_companies.csv", "salesforce_accounts.csv"):
            file = open_client_file((EXPORTS / filename).read_bytes())
            self.assertEqual([c.target for c in file.mapping.columns if c.heading == "Type"], [""])
        self.assertEqual(map_header(["name", "type"]).columns[1].target, "is_company")

    def test_countries_are_known_as_address_books_write_them(self):
        [(_line, values)] = open_client_file((EXPORTS / "outlook.csv").read_bytes()).rows()
        self.assertEqual(values["country"], "US")
