from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged, users

from .common import ClientsCase

HEADER = (
    "name,is_company,status,group,email,phone,industry,state,country,tags,contact1_name,contact1_email,contact2_name\n"
)


@tagged("post_install", "-at_install")
class TestImport(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_user("import_manager", "manager")
        cls.make_user("import_agent", "agent")

    def _import(self, *rows):
        return self.env["res.partner"]._import_clients_file((HEADER + "\n".join(rows)).encode(), "test.csv")

    @users("import_manager")
    def test_a_row_is_a_client_with_its_contacts(self):
        result = self._import(
            "Müller GmbH,company,Trial,General,info@mueller.example,030 901820,HVAC,,DE,"
            '"VIP test, Berlin test",Jörg,joerg@mueller.example,Ann'
        )
        self.assertEqual(result.errors, [])
        self.assertRecordValues(
            result.created,
            [
                {
                    "name": "Müller GmbH",
                    "is_company": True,
                    "is_client": True,
                    "email": "info@mueller.example",
                    "phone": "+49 30 901820",
                    "country_id": self.env.ref("base.de").id,
                    "industry_id": self.env.ref("nestogy_clients.res_partner_industry_hvac").id,
                    "client_status_id": self.env.ref("nestogy_clients.nestogy_client_status_trial").id,
                }
            ],
        )
        self.assertEqual(set(result.created.category_id.mapped("name")), {"VIP test", "Berlin test"})
        self.assertEqual(result.created.client_contact_ids.mapped("name"), ["Ann", "Jörg"])
        self.assertEqual(result.created.primary_contact_id.name, "Jörg")

    @users("import_manager")
    def test_a_bad_row_is_reported_and_the_rest_is_in(self):
        result = self._import(
            "Good one,,,,,,,,,fresh tag,,,",
            "Bad mail,,,,not-an-address,,,,,other tag,,,",
            ",,,,,,,,,,,,",
            ",company,,,,,,,,,,,",
            "Bad status,,Asleep,,,,,,,,,,",
            "Bad contact,,,,,,,,,bad tag,Ann,ann@@example,",
            "Nameless contact,,,,,,,,,,,ann@example.com,",
            "Bad state,,,,,,,Bavaria,US,,,,",
            "Too long,,,,,,,,,,,,,extra",
            "Good two,person,,,,,,Maine,United States,bad tag,,,",
        )
        self.assertEqual(result.created.mapped("name"), ["Good one", "Good two"])
        self.assertEqual(
            result.errors,
            [
                (3, "“not-an-address” is not an e-mail address."),
                (5, "The client's name is missing."),
                (6, "status “Asleep” is not known."),
                (7, "“ann@@example” is not an e-mail address."),
                (8, "A contact has no name: ann@example.com"),
                (9, "United States has no state “Bavaria”."),
                (10, "The row has more cells than the header: extra"),
            ],
        )
        self.assertFalse(self.env["res.partner"].search([("name", "in", ["Bad mail", "Bad contact", "Ann"])]))
        self.assertEqual(result.created[1].category_id.mapped("name"), ["bad tag"])

    @users("import_manager")
    def test_a_file_that_cannot_be_read_leaves_nothing(self):
        before = self.env["res.partner"].search_count([])
        with self.assertRaisesRegex(UserError, "shop.csv cannot be imported: the column “id” is not known"):
            self.env["res.partner"]._import_clients_file(b"name,id\nA,1\n", "shop.csv")
        self.assertEqual(self.env["res.partner"].search_count([]), before)

    @users("import_agent")
    def test_agents_do_not_import(self):
        with self.assertRaises(AccessError):
            self._import("A,,,,,,,,,,,,")
        with self.assertRaises(AccessError):
            self.env["nestogy.client.import"].create({})

    @users("import_manager")
    def test_the_wizard_tells_what_came_of_the_file(self):
        import base64

        wizard = self.env["nestogy.client.import"].create({"filename": "a.csv"})
        with self.assertRaisesRegex(UserError, "Choose a file first"):
            wizard.action_import()
        wizard.file = base64.b64encode((HEADER + "A,,,,,,,,,,,,\nB,,,,x,,,,,,,,\n").encode())
        wizard.action_import()
        self.assertRecordValues(wizard, [{"state": "done", "created_count": 1, "error_count": 1, "file": False}])
        self.assertRecordValues(wizard.error_ids, [{"line": 3, "message": "“x” is not an e-mail address."}])
        with self.assertRaisesRegex(UserError, "imported already"):
            wizard.action_import()
        self.assertEqual(self.env["res.partner"].search(wizard.action_open_clients()["domain"]), wizard.created_ids)
