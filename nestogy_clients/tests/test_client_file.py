from odoo.tests import BaseCase, tagged

from ..tools.client_file import open_client_file
from ..tools.import_columns import (
    COLUMNS,
    CONTACT_HEADER,
    find_preset,
    heading_key,
    is_technical,
    map_header,
    target_of,
)
from ..tools.import_files import ClientFileError
from ..tools.import_presets import PRESETS


def rows_of(content, custom=()):
    return list(open_client_file(content, custom).rows())


def first_of(header, *cells):
    [(_line, values)] = rows_of(("\t".join(header) + "\n" + "\t".join(cells) + "\n").encode())
    return values


@tagged("post_install", "-at_install")
class TestClientFile(BaseCase):
    def assertRefused(self, content, kind, detail=None):
        with self.assertRaises(ClientFileError) as caught:
            rows_of(content)
        self.assertEqual(caught.exception.kind, kind)
        if detail is not None:
            self.assertEqual(caught.exception.detail, detail)

    def test_rows_know_their_line_and_contacts(self):
        content = (
            "name,email,notes,contact1_name,contact1_email,contact2_name\r\n"
            'Müller & Söhne,a@example.com,"two\r\nlines",Jörg,j@example.com,"Ann ""Red"" Lee"\r\n'
            "\r\n"
            "Plain,,,,,\r\n"
        ).encode()
        self.assertEqual(
            rows_of(content),
            [
                (
                    2,
                    {
                        "name": "Müller & Söhne",
                        "email": "a@example.com",
                        "notes": "two\r\nlines",
                        "contacts": [{"name": "Jörg", "email": "j@example.com"}, {"name": 'Ann "Red" Lee'}],
                        "custom": {},
                        "extra": [],
                    },
                ),
                (5, {"name": "Plain", "contacts": [], "custom": {}, "extra": []}),
            ],
        )

    def test_cells_beyond_the_header_are_kept_apart(self):
        self.assertEqual(rows_of(b"name,city\nA,B,C\n")[0][1]["extra"], ["C"])

    def test_files_that_cannot_be_imported_say_why(self):
        self.assertRefused(b"", "empty")
        self.assertRefused(b"name,Name\nX,Y\n", "twice", "Name")

    def test_technical_columns_are_refused(self):
        for heading in (
            *("id", ".id", "create_uid", "write_date", "company_id", "user_ids/login", "user_ids", "child_ids/.id"),
            *("parent_id", "password", "signup_token", "message_follower_ids", "property_payment_term_id"),
        ):
            self.assertTrue(is_technical(heading), heading)
            self.assertRefused(f"name,{heading}\nX,y\n".encode(), "unknown", heading)
        for heading in ("Zip/Postal Code", "State/Region", "Client ID", "Tax ID", "country", "contact1_name"):
            self.assertFalse(is_technical(heading), heading)

    def test_no_column_of_ours_is_technical(self):
        for preset in PRESETS.values():
            for target in preset["columns"].values():
                self.assertTrue(target in COLUMNS or CONTACT_HEADER.match(target), target)

    def test_columns_that_are_not_ours_are_left_out(self):
        mapping = map_header(["name", "Shoe size", ""])
        self.assertEqual([column.state for column in mapping.columns], ["read", "unknown", "unknown"])

    def test_headings_are_known_in_several_languages(self):
        for heading, target in {
            "Company": "name",
            "Firmenname": "name",
            "Raison sociale": "name",
            "Straße": "street",
            "PLZ": "zip",
            "Code postal": "zip",
            "Ciudad": "city",
            "E-Mail-Adresse": "email",
            "Téléphone": "phone",
            "Rechnungs-PLZ": "billing_zip",
            "Shipping City": "delivery_city",
            "Ansprechpartner": "contact1_name",
            "Contact 2 E-mail": "contact2_email",
            "Contact 3": "contact3_name",
            "Vorname": "contact1_first_name",
            "Nothing of ours": "",
        }.items():
            self.assertEqual(target_of(heading), target, heading)
        self.assertEqual(heading_key("  ÄRGER -- größe "), "arger_grosse")
        self.assertEqual(heading_key("会社名"), "会社名")

    def test_custom_fields_go_before_words_of_ours(self):
        mapping = map_header(["name", "Region", "Tier"], ["Region", "Tier"])
        self.assertEqual([column.state for column in mapping.columns], ["read", "custom", "custom"])
        self.assertEqual(rows_of(b"name,tier\nA,Gold\n", ["Tier"])[0][1]["custom"], {"Tier": "Gold"})

    def test_the_better_of_two_columns_is_read(self):
        mapping = map_header(["Business Phone", "phone", "name"])
        self.assertEqual([column.target for column in mapping.columns], ["", "phone", "name"])
        self.assertEqual(mapping.columns[0].state, "taken")

    def test_people_without_a_company_are_clients_themselves(self):
        self.assertEqual(
            first_of(["First Name", "Last Name", "Email", "Mobile"], "Ann", "Lee", "a@example.com", "1234"),
            {
                "name": "Ann Lee",
                "is_company": "person",
                "email": "a@example.com",
                "mobile": "1234",
                "contacts": [],
                "custom": {},
                "extra": [],
            },
        )


@tagged("post_install", "-at_install")
class TestImportPresets(BaseCase):
    """Headings as the makers of the systems document them."""

    def assertPreset(self, key, header, cells, expected):
        self.assertEqual(find_preset(header), key)
        values = first_of(header, *cells)
        self.assertEqual({name: value for name, value in values.items() if value}, expected)

    def test_hubspot(self):
        self.assertPreset(
            "hubspot_companies",
            ["Record ID", "Company name", "Company owner", "Phone Number", "City", "Country/Region", "Postal Code"],
            ["9", "ACME", "Jo Doe", "207 555", "Portland", "United States", "04101"],
            {
                **{"name": "ACME", "manager": "Jo Doe", "phone": "207 555", "city": "Portland"},
                **{"country": "United States", "zip": "04101"},
            },
        )
        self.assertPreset(
            "hubspot_contacts",
            ["Record ID", "First Name", "Last Name", "Email", "Phone Number", "Lead Status", "Associated Company"],
            ["9", "Ann", "Lee", "a@example.com", "1", "Open", "ACME"],
            {
                "name": "ACME",
                "contacts": [{"first_name": "Ann", "last_name": "Lee", "email": "a@example.com", "phone": "1"}],
            },
        )

    def test_salesforce(self):
        self.assertPreset(
            "salesforce_accounts",
            [
                *("Account Name", "Account Owner", "Billing Street", "Billing City", "Billing State/Province"),
                *("Billing Zip/Postal Code", "Billing Country", "Shipping City", "Phone", "Website"),
            ],
            ["ACME", "Jo", "1 Main St", "Portland", "ME", "04101", "US", "Bangor", "207", "acme.example"],
            {
                **{"name": "ACME", "manager": "Jo", "street": "1 Main St", "city": "Portland", "state": "ME"},
                **{"zip": "04101", "country": "US", "delivery_city": "Bangor", "phone": "207"},
                "website": "acme.example",
            },
        )
        self.assertPreset(
            "salesforce_contacts",
            [
                *("Salutation", "First Name", "Last Name", "Title", "Account Name", "Mailing Street", "Mailing City"),
                *("Mailing State/Province", "Mailing Zip/Postal Code", "Mobile", "Email"),
            ],
            ["Ms.", "Ann", "Lee", "CFO", "ACME", "1 Main St", "Portland", "ME", "04101", "55", "a@example.com"],
            {
                **{"name": "ACME", "street": "1 Main St", "city": "Portland", "state": "ME", "zip": "04101"},
                "contacts": [
                    {
                        **{"name_title": "Ms.", "first_name": "Ann", "last_name": "Lee", "function": "CFO"},
                        **{"mobile": "55", "email": "a@example.com"},
                    }
                ],
            },
        )

    def test_dynamics(self):
        self.assertPreset(
            "dynamics_accounts",
            [
                *("(Do Not Modify) Account", "(Do Not Modify) Row Checksum", "(Do Not Modify) Modified On"),
                *("Account Name", "Main Phone", "Address 1: City", "Primary Contact", "Email (Primary Contact)"),
            ],
            ["x-1", "abc=", "2026-01-01", "ACME", "207", "Portland", "Ann Lee", "a@example.com"],
            {
                **{"name": "ACME", "phone": "207", "city": "Portland"},
                "contacts": [{"name": "Ann Lee", "email": "a@example.com"}],
            },
        )

    def test_zoho(self):
        self.assertPreset(
            "zoho_accounts",
            [
                *("Record Id", "Account Owner.id", "Account Owner", "Account Name", "Phone", "Billing Street"),
                *("Billing Code", "Shipping Code", "Tag"),
            ],
            ["zcrm_1", "zcrm_2", "Jo", "ACME", "207", "1 Main St", "04101", "04102", "VIP;Old"],
            {
                **{"name": "ACME", "manager": "Jo", "phone": "207", "street": "1 Main St", "zip": "04101"},
                **{"delivery_zip": "04102", "tags": "VIP, Old"},
            },
        )

    def test_whmcs(self):
        header = [
            *("id", "firstname", "lastname", "companyname", "email", "address1", "city", "state", "postcode"),
            *("country", "phonenumber", "password", "status"),
        ]
        cells = ["7", "Ann", "Lee", "ACME", "a@example.com", "1 Main St", "Portland", "ME", "04101", "US", "207"]
        expected = {
            **{"name": "ACME", "email": "a@example.com", "street": "1 Main St", "city": "Portland", "state": "ME"},
            **{"zip": "04101", "country": "US", "phone": "207", "status": "Inactive"},
            "contacts": [{"first_name": "Ann", "last_name": "Lee"}],
        }
        self.assertPreset("whmcs", header, [*cells, "digest", "Closed"], expected)
        person = first_of(header, *(cells[:3] + [""] + cells[4:]), "digest", "Active")
        self.assertEqual((person["name"], person["is_company"], person["contacts"]), ("Ann Lee", "person", []))

    def test_blesta(self):
        self.assertPreset(
            "blesta",
            [
                *("username", "first_name", "last_name", "email", "address", "city", "state_code", "postal_code"),
                *("country_code", "phone", "company"),
            ],
            [
                "u1",
                "John",
                "Miller",
                "j@example.com",
                "123 Elm St.",
                "Orange",
                "CA",
                "92806",
                "US",
                "714",
                "Miller Corp",
            ],
            {
                **{"name": "Miller Corp", "email": "j@example.com", "street": "123 Elm St.", "city": "Orange"},
                **{"state": "CA", "zip": "92806", "country": "US", "phone": "714"},
                "contacts": [{"first_name": "John", "last_name": "Miller"}],
            },
        )

    def test_outlook(self):
        self.assertPreset(
            "outlook",
            [
                *("Title", "First Name", "Middle Name", "Last Name", "Company", "Job Title", "Business Street"),
                *("Business Postal Code", "Home Postal Code", "Business Fax", "Business Phone", "Mobile Phone"),
                *("E-mail Address", "E-mail 2 Address", "Categories", "Web Page"),
            ],
            [
                "Dr.",
                "Ann",
                "",
                "Lee",
                "ACME",
                "CFO",
                "1 Main St",
                "04101",
                "9",
                "1",
                "2",
                "3",
                "a@x.example",
                "",
                "A;B",
                "w",
            ],
            {
                **{"name": "ACME", "street": "1 Main St", "zip": "04101", "fax": "1", "tags": "A, B", "website": "w"},
                "contacts": [
                    {
                        **{"name_title": "Dr.", "first_name": "Ann", "last_name": "Lee", "function": "CFO"},
                        **{"phone": "2", "mobile": "3", "email": "a@x.example"},
                    }
                ],
            },
        )

    def test_google(self):
        self.assertPreset(
            "google",
            [
                *("First Name", "Last Name", "Organization Name", "Organization Title", "Labels"),
                *("E-mail 1 - Label", "E-mail 1 - Value", "Phone 1 - Value", "Address 1 - Street"),
            ],
            [
                "Ann",
                "Lee",
                "",
                "",
                "VIP ::: * myContacts",
                "* Work",
                "a@x.example ::: b@x.example",
                "1 ::: 2",
                "1 Main St",
            ],
            {
                **{"name": "Ann Lee", "is_company": "person", "email": "a@x.example", "phone": "1", "tags": "VIP"},
                "street": "1 Main St",
            },
        )

    def test_quickbooks(self):
        self.assertPreset(
            "quickbooks",
            ["Customer full name", "Phone numbers", "Email", "Full name", "Company name", "Bill address"],
            ["Ann Lee", "Phone: (207) 555-0101 Mobile: 207 555", "a@example.com", "Ann Lee", "ACME", "1 Main St"],
            {
                **{"name": "ACME", "phone": "(207) 555-0101", "mobile": "207 555", "email": "a@example.com"},
                **{"street": "1 Main St", "contacts": [{"name": "Ann Lee"}]},
            },
        )
