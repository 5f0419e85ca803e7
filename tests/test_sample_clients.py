"""The sample file that comes with the project is imported as the README says."""

from pathlib import Path

from odoo.tests import TransactionCase, tagged

SAMPLE = Path(__file__).parents[1] / "data" / "sample_clients.csv"


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
