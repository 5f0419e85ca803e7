"""The sample files that come with the project are imported as the README says."""

from pathlib import Path

from odoo.tests import TransactionCase, tagged

from odoo.addons.nestogy_clients.tools.client_file import open_client_file

DATA = Path(__file__).parents[1] / "data"
SAMPLE = DATA / "sample_clients.csv"


def rows_of(path):
    """The rows of a file, with line ends as a spreadsheet keeps them."""
    file = open_client_file(path.read_bytes())
    return [
        {name: value.replace("\r\n", "\n") if isinstance(value, str) else value for name, value in values.items()}
        for _line, values in file.rows()
    ]


@tagged("post_install", "-at_install")
class TestSampleClients(TransactionCase):
    def test_one_bad_row_is_reported_and_the_rest_is_in(self):
        result = self.env["res.partner"]._import_clients_file(SAMPLE.read_bytes(), SAMPLE.name)
        self.assertEqual(len(result.created), 49)
        self.assertEqual(result.errors, [(45, "“office(at)broken-mail” is not an e-mail address.")])
        self.assertEqual(set(result.created.mapped("client_contact_count")), {2})
        by_name = {client.name: client for client in result.created}
        self.assertNotIn("Broken Mail Ltd", by_name)
        self.assertEqual(by_name["Müller & Söhne Haustechnik GmbH"].phone, "+49 30 901820")
        self.assertEqual(by_name["Harbor Light Church"].phone, "+1 207-555-0161 ext. 4")
        self.assertEqual(by_name["Café Zoë"].city, "Paris")
        self.assertIn("twelve desks", by_name["Seabright Realty"].comment)
        self.assertEqual(by_name['The "Blue Door" Gallery'].primary_contact_id.name, "Iris Blau")
        self.assertEqual(
            by_name["Anchor Bay Storage"].client_status_id,
            self.env.ref("nestogy_clients.nestogy_client_status_fraud"),
        )

    def test_the_spreadsheets_hold_the_same_clients(self):
        rows = rows_of(SAMPLE)
        self.assertEqual(len(rows), 50)
        for ending in ("xls", "xlsx"):
            self.assertEqual(rows_of(SAMPLE.with_suffix(f".{ending}")), rows, ending)

    def test_the_address_book_brings_companies_with_their_people(self):
        result = self.env["res.partner"]._import_clients_file(SAMPLE.with_suffix(".vcf").read_bytes())
        self.assertEqual(result.errors, [])
        self.assertEqual(len(result.created), 12)
        self.assertEqual(set(result.created.mapped("client_contact_count")), {2})
        mueller = result.created.filtered(lambda client: client.name == "Müller & Söhne Haustechnik GmbH")
        self.assertFalse(result.created.client_contact_ids.filtered("use_own_address"))
        self.assertEqual((mueller.primary_contact_id.name, mueller.city), ("Jörg Müller", "Berlin"))
