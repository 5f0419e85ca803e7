import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PASSWORD, PortalCase, RefusedCall


@tagged("post_install", "-at_install")
class TestOwnDetails(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        place = {
            "street": "1 Road",
            "city": "Portland",
            "zip": "04101",
            "country_id": cls.env.ref("base.us").id,
        }
        place["state_id"] = cls.env.ref("base.state_us_20").id
        (cls.client | cls.owner | cls.colleague).write(place | {"phone": "+12075550100"})
        cls.client.vat = "US123456789"
        cls.address = cls.env["res.partner"].create(
            {
                "name": "Billing",
                "parent_id": cls.client.id,
                "type": "invoice",
                "email": "pay@acme.example",
                **place,
            }
        )
        cls.fields = ("name", "email", "vat", "street", "phone", "parent_id", "active")

    def submit(self, partner, **changes):
        data = {
            "partner_id": partner.id,
            "name": partner.name,
            "email": partner.email or "",
            "phone": partner.phone or "",
            "street": partner.street,
            "city": partner.city,
            "zipcode": partner.zip,
            "country_id": partner.country_id.id,
            "state_id": partner.state_id.id,
            "required_fields": "name,email",
            **changes,
        }
        return self.post_form("/my/account", "/my/address/submit", **data)

    def refuses(self, partner, **changes):
        before = partner.read(self.fields)
        parent = partner.commercial_partner_id.read(self.fields)
        response = self.submit(partner, **changes)
        if response.status_code == 200:
            self.assertNotIn("redirectUrl", json.loads(response.text), changes)
        else:
            self.assertEqual(response.status_code, 403)
        self.env.invalidate_all()
        self.assertEqual(partner.read(self.fields), before)
        self.assertEqual(partner.commercial_partner_id.read(self.fields), parent)
        return response

    def test_a_contact_edits_himself(self):
        self.enter(self.owner)
        response = self.submit(self.owner, name="Olive Renamed", phone="+12075550177")
        self.assertIn("redirectUrl", json.loads(response.text), response.text)
        self.env.invalidate_all()
        self.assertEqual((self.owner.name, self.owner.phone), ("Olive Renamed", "+1 207-555-0177"))

    @mute_logger("odoo.http")
    def test_a_contact_edits_nobody_else(self):
        self.enter(self.owner)
        for partner in (self.colleague, self.client, self.address, self.stranger):
            partner.street = partner.street or "1 Road"
            self.assertEqual(self.refuses(partner, email="evil@else.example", name="Evil").status_code, 403)
            self.assertEqual(self.open(f"/my/address?partner_id={partner.id}").status_code, 403)
        for partner in (self.colleague, self.address, self.stranger):
            with self.assertRaises(RefusedCall):
                self.call("/my/address/archive", partner_id=partner.id)
            self.env.invalidate_all()
            self.assertTrue(partner.active)

    def test_the_address_for_signing_in_is_not_changed_here(self):
        self.enter(self.owner)
        response = self.refuses(self.owner, email="mine@else.example")
        self.assertIn("ask us to change it", response.text)

    def test_the_company_is_not_renamed(self):
        self.enter(self.owner)
        self.submit(self.owner, company_name="Evil Corp", vat="US000")
        self.env.invalidate_all()
        self.assertEqual((self.client.name, self.client.vat), ("Acme Dental", "US123456789"))

    def test_the_company_s_own_user_neither(self):
        self.client.email = "office@acme.example"
        self.make_portal_user(self.client, password=PASSWORD)
        self.enter(self.client)
        response = self.refuses(self.client, name="Evil Corp")
        self.assertIn("ask us", response.text)
        self.submit(self.client, vat="US000")
        self.env.invalidate_all()
        self.assertEqual(self.client.vat, "US123456789")

    @mute_logger("odoo.http")
    def test_rpc_is_no_way_round(self):
        self.enter(self.owner)
        user = self.owner.user_ids

        def write(model, record, values):
            return self.call("/web/dataset/call_kw", model=model, method="write", args=[record.ids, values], kwargs={})

        for model, record, values in (
            ("res.users", user, {"email": "mine@else.example"}),
            ("res.users", user, {"login": "mine@else.example"}),
            ("res.users", user, {"nestogy_session_epoch": 5}),
            ("res.partner", self.owner, {"email": "mine@else.example"}),
            ("res.partner", self.owner, {"parent_id": False}),
            ("res.partner", self.colleague, {"email": "mine@else.example"}),
            ("res.partner", self.client, {"name": "Evil"}),
        ):
            with self.assertRaises(RefusedCall, msg=(model, values)):
                write(model, record, values)
        self.env.invalidate_all()
        self.assertEqual(self.owner.email, "owner@acme.example")
        self.assertEqual(user.login, "owner@acme.example")
        self.assertEqual(self.colleague.email, "colleague@acme.example")
        write("res.users", user, {"tz": "Europe/Berlin"})
        self.env.invalidate_all()
        self.assertEqual(user.tz, "Europe/Berlin")
        write("res.users", user, {"name": "Olive Branch"})  # people do change their names
        self.client.email = "office@acme.example"
        office = self.make_portal_user(self.client, password=PASSWORD)
        self.enter(self.client)
        with self.assertRaises(RefusedCall):
            write("res.users", office, {"name": "Evil Corp"})
        self.env.invalidate_all()
        self.assertEqual((self.owner.name, self.client.name), ("Olive Branch", "Acme Dental"))

    def test_odoo_s_own_pages_work(self):
        self.enter(self.owner)
        invoice = self.make_invoice(self.client, 10)
        for path in (
            "/my",
            "/my/account",
            "/my/addresses",
            f"/my/address?partner_id={self.owner.id}",
            "/my/address",
            "/my/security",
            "/my/invoices",
            f"/my/invoices/{invoice.id}",
            f"/my/invoices/{invoice.id}?report_type=html",
            "/my/orders",
            "/my/quotes",
        ):
            self.assertEqual(self.open(path).status_code, 200, path)
