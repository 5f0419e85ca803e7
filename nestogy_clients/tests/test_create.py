from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged, users

from .common import ClientsCase


@tagged("post_install", "-at_install")
class TestCreate(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.make_user("create_agent", "agent")
        cls.viewer = cls.make_user("create_viewer", "viewer")

    def form(self, **context):
        return Form(self.env["nestogy.client.create"].with_context(**context))

    def created(self, form):
        """Press the button; the new client."""
        action = form.save().action_create()
        self.assertEqual((action["type"], action["res_model"]), ("ir.actions.act_window", "res.partner"))
        self.assertEqual(action["views"][0][0], self.env.ref("nestogy_clients.res_partner_view_form_client").id)
        return self.env["res.partner"].browse(action["res_id"])

    @users("create_agent")
    def test_a_name_is_enough(self):
        form = self.form()
        form.name = "  Only   a Name "
        client = self.created(form)
        self.assertRecordValues(
            client,
            [
                {
                    "name": "Only a Name",
                    "is_client": True,
                    "is_company": True,
                    "client_status_id": self.env.ref("nestogy_clients.nestogy_client_status_active").id,
                    "client_group_id": self.env.company._get_default_client_group().id,
                    "child_ids": [],
                    "phone_number_ids": [],
                    "lang": self.env.lang,
                    "marketing_opt_in": False,
                }
            ],
        )
        self.assertTrue(client.client_number)
        # nothing is written that is inherited
        self.assertEqual(client._client_setting("currency")[1], "company")
        self.assertEqual(client._client_setting("payment_term")[1], "company")

    @users("create_agent")
    def test_a_person_has_first_and_last_name_and_title(self):
        form = self.form()
        form.company_type = "person"
        form.name_title = "Dr"
        form.first_name = "Ada"
        form.last_name = "Lovelace"
        form.email = "ada@lovelace.example"
        client = self.created(form)
        self.assertRecordValues(
            client,
            [
                {
                    "name": "Ada Lovelace",
                    "name_title": "Dr",
                    "first_name": "Ada",
                    "last_name": "Lovelace",
                    "is_company": False,
                    "is_client": True,
                    "email": "ada@lovelace.example",
                }
            ],
        )

    @users("create_agent")
    def test_all_sections(self):
        group = self.env["nestogy.client.group"].sudo().create({"name": "Managed"})
        tag = self.env["res.partner.category"].create({"name": "VIP"})
        industry = self.env["res.partner.industry"].search([], limit=1)
        form = self.form()
        form.name = "Acme Dental"
        form.email = "office@acme.example"
        form.phone = "(207) 555-0117"
        form.website = "acme.example"
        form.street, form.city, form.zip = "12 Commercial Street", "Portland", "04101"
        form.state_id = self.env.ref("base.state_us_20")
        self.assertEqual(form.country_id, self.env.ref("base.us"))  # the state says so
        form.contact_title = "Ms"
        form.contact_first_name = "Dana"
        form.contact_last_name = "Whitfield"
        form.contact_function = "Practice Manager"
        form.contact_email = "dana@acme.example"
        form.contact_phone = "(207) 555-0118"
        with form.phone_number_ids.new() as line:
            line.kind = "fax"
            line.number = "(207) 555-0120"
        with form.phone_number_ids.new() as line:
            line.kind = "mobile"
            line.number = "(207) 555-0121"
            line.extension = "12"
        form.vat = "01-0558213"
        form.tax_exempt = True
        form.tax_exempt_reason = "Nonprofit"
        form.client_group_id = group
        form.has_billing_address = True
        form.billing_name = "Accounts payable"
        form.billing_street = "PO Box 4410"
        form.billing_country_id = self.env.ref("base.us")
        form.industry_id = industry
        form.company_size = "mid"
        form.category_id.add(tag)
        form.user_id = self.agent
        form.tz = "America/New_York"
        form.marketing_opt_in = True
        form.marketing_proof = "On the order form"
        client = self.created(form)
        self.assertRecordValues(
            client,
            [
                {
                    "email": "office@acme.example",
                    "phone": "+1 207-555-0117",
                    "website": "http://acme.example",
                    "street": "12 Commercial Street",
                    "state_id": self.env.ref("base.state_us_20").id,
                    "country_id": self.env.ref("base.us").id,
                    "fax": "+1 207-555-0120",
                    "vat": "01-0558213",
                    "tax_exempt": True,
                    "tax_exempt_reason": "Nonprofit",
                    "client_group_id": group.id,
                    "industry_id": industry.id,
                    "company_size": "mid",
                    "category_id": tag.ids,
                    "user_id": self.agent.id,
                    "tz": "America/New_York",
                    "marketing_opt_in": True,
                }
            ],
        )
        self.assertRecordValues(
            client.phone_number_ids.sorted("sequence"),
            [
                {"kind": "phone", "number": "+1 207-555-0117", "extension": False},
                {"kind": "fax", "number": "+1 207-555-0120", "extension": False},
                {"kind": "mobile", "number": "+1 207-555-0121", "extension": "12"},
            ],
        )
        contact = client.primary_contact_id
        self.assertRecordValues(
            contact,
            [
                {
                    "name": "Dana Whitfield",
                    "name_title": "Ms",
                    "first_name": "Dana",
                    "last_name": "Whitfield",
                    "function": "Practice Manager",
                    "email": "dana@acme.example",
                    "phone": "+1 207-555-0118",
                    "is_company": False,
                    "is_client": False,
                }
            ],
        )
        billing = client.child_ids - contact
        self.assertRecordValues(
            billing, [{"type": "invoice", "name": "Accounts payable", "street": "PO Box 4410", "is_client": False}]
        )
        self.assertEqual(client.address_get(["invoice"])["invoice"], billing.id)
        self.assertRecordValues(
            client.consent_ids,
            [{"decision": "given", "how": "staff", "proof": "On the order form", "user_id": self.agent.id}],
        )
        self.assertEqual(client.consent_ids.text, self.env.company._marketing_consent_text())

    @users("create_agent")
    def test_what_is_missing_is_said_and_nothing_is_made(self):
        count = self.env["res.partner"].search_count([])
        for values, error, message in (
            ({"name": " "}, UserError, "Write the name of the client"),
            ({"is_company": False, "name": "Hidden"}, UserError, "Write the name of the client"),
            ({"name": "A", "contact_email": "x@a.example"}, UserError, "Write the name of the first contact"),
            ({"name": "A", "marketing_opt_in": True}, UserError, "Say how the client agreed"),
            ({"name": "A", "tax_exempt": True}, ValidationError, "Say why A is exempt"),
            (
                {"name": "A", "phone_number_ids": [(0, 0, {"number": "207 call"})]},
                ValidationError,
                "is no phone number",
            ),
        ):
            with self.subTest(values=values), self.assertRefused(error, message):
                self.env["nestogy.client.create"].create(values).action_create()
        self.assertEqual(self.env["res.partner"].search_count([]), count)

    @users("create_agent")
    def test_a_person_has_no_first_contact_beside_himself(self):
        wizard = self.env["nestogy.client.create"].create(
            {"is_company": False, "last_name": "Solo", "contact_last_name": "Left over"}
        )
        client = self.env["res.partner"].browse(wizard.action_create()["res_id"])
        self.assertFalse(client.child_ids)

    @users("create_agent")
    def test_a_lead_and_a_trial(self):
        trial = self.env.ref("nestogy_clients.nestogy_client_status_trial")
        wizard = self.env["nestogy.client.create"].create(
            {"name": "Try", "client_status_id": trial.id, "trial_end_date": "2099-01-31"}
        )
        client = self.env["res.partner"].browse(wizard.action_create()["res_id"])
        self.assertRecordValues(client, [{"client_status_id": trial.id, "client_is_trial": True}])
        self.assertEqual(str(client.trial_end_date), "2099-01-31")
        # statuses that need a reason are not offered
        domain = self.env["nestogy.client.create"]._fields["client_status_id"].domain
        offered = self.env["nestogy.client.status"].search(domain)
        self.assertNotIn(self.env.ref("nestogy_clients.nestogy_client_status_fraud"), offered)

    @users("create_agent")
    def test_the_defaults_of_an_action_hold(self):
        group = self.env["nestogy.client.group"].sudo().create({"name": "Managed"})
        action = group.action_open_clients()
        form = self.form(**action["context"])
        form.name = "Of the group"
        form.contact_last_name = "Ann"
        client = self.created(form)
        self.assertEqual(client.client_group_id, group)
        self.assertRecordValues(client.child_ids, [{"name": "Ann", "is_company": False, "is_client": False}])

    @users("create_viewer")
    def test_viewers_make_no_clients(self):
        with self.assertRaises(AccessError):
            self.env["nestogy.client.create"].create({"name": "No"})
