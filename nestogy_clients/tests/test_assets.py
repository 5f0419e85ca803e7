from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Date
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, mute_logger

from .common import ClientsCase, ClientsMakers


class AssetMakers(ClientsMakers):
    @classmethod
    def make_asset(cls, client, name="Server", **values):
        return cls.env["maintenance.equipment"].create({"name": name, "client_id": client.id, **values})


@tagged("post_install", "-at_install")
class TestAssets(AssetMakers, ClientsCase):
    """Devices that are looked after for clients."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.make_user("asset_manager", "manager")
        cls.client = cls.make_client("Acme", user_id=cls.manager.id)
        cls.other = cls.make_client("Other")
        cls.contact = cls.make_contact(cls.client, "Ann")
        cls.site = cls.make_contact(cls.client, "Plant", type="delivery")
        cls.contract, cls.other_contract = cls.env["contract.contract"].create(
            [{"name": "Care", "partner_id": cls.client.id}, {"name": "Other care", "partner_id": cls.other.id}]
        )
        cls.asset = cls.make_asset(
            cls.client,
            serial_no="SN-778899X",
            site_id=cls.site.id,
            contact_id=cls.contact.id,
            contract_id=cls.contract.id,
        )

    def test_site_user_and_contract_are_of_its_client(self):
        foreign = self.make_contact(self.other, "Otto")
        for name, record in (("site_id", foreign), ("contact_id", foreign), ("contract_id", self.other_contract)):
            with self.assertRefused(ValidationError, "have to be of its client; choose those of Acme"):
                self.asset[name] = record
        with self.assertRefused(ValidationError, "have to be of its client"):
            self.asset.client_id = self.other
        with self.assertRefused(ValidationError, "is not a client"):
            self.asset.client_id = self.contact
        with self.assertRefused(ValidationError, "at most 100 characters"):
            self.asset.serial_no = "9" * 101
        self.assertRecordValues(self.asset, [{"client_id": self.client.id, "contract_id": self.contract.id}])

    def test_viewers_see_and_agents_write_assets_of_clients(self):
        viewer, agent = self.make_user("asset_viewer", "viewer"), self.make_user("asset_agent", "agent")
        plain = self.make_user("asset_plain")
        internal = self.env["maintenance.equipment"].create({"name": "Our own coffee machine"})
        both = self.asset | internal
        self.assertEqual(both.with_user(viewer).search([("id", "in", both.ids)]), self.asset)
        self.assertFalse(both.with_user(plain).search([("id", "in", both.ids)]))
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            self.asset.with_user(viewer).write({"model": "X"})
        made = self.make_asset(self.client, "New")
        made.with_user(agent).write({"model": "X"})
        self.env["maintenance.equipment"].with_user(agent).create({"name": "By agent", "client_id": self.client.id})
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_model"):
            made.with_user(agent).unlink()
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            internal.with_user(agent).write({"name": "Mine"})
        made.with_user(self.manager).unlink()
        self.assertFalse(made.exists())

    def test_teams_keep_assets_apart(self):
        teams = self.env["crm.team"].create([{"name": "North"}, {"name": "South"}])
        self.client.client_team_id = teams[0]
        users = [self.make_user(f"asset_team_{n}", "agent") for n in range(2)]
        for team, user in zip(teams, users, strict=True):
            self.env["crm.team.member"].create({"crm_team_id": team.id, "user_id": user.id})
        self.env.company.client_own_team_only = True
        self.assertEqual(self.asset.with_user(users[0]).search([("id", "=", self.asset.id)]), self.asset)
        self.assertFalse(self.asset.with_user(users[1]).search([("id", "=", self.asset.id)]))

    def test_companies_keep_assets_apart(self):
        second = self.env["res.company"].create({"name": "Second"})
        elsewhere = self.make_asset(self.make_client("There", company_id=second.id), company_id=False)
        viewer = self.make_user("asset_company", "viewer")
        self.assertFalse(elsewhere.with_user(viewer).search([("id", "=", elsewhere.id)]))

    def test_a_warranty_that_ends_is_told_once(self):
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda self, *args, **kwargs: 1.0)
        self.env.company.asset_warranty_days = 20
        assets = self.env["maintenance.equipment"]
        with freeze_time("2026-03-01"):
            self.asset.warranty_date = "2026-03-21"
            later, over, nobodys = (
                self.make_asset(self.client, "Later", warranty_date="2026-03-22"),
                self.make_asset(self.client, "Over", warranty_date="2026-02-28"),
                assets.create({"name": "Ours", "warranty_date": "2026-03-02"}),
            )
            states = (self.asset | later | over).mapped("warranty_state")
            self.assertEqual(states, ["soon", "valid", "over"])
            for state, record in (("soon", self.asset), ("valid", later), ("over", over)):
                found = assets.search([("warranty_state", "=", state), ("client_id", "=", self.client.id)])
                self.assertEqual(found, record, state)
            assets._cron_warranty()
            assets._cron_warranty()
        self.assertRecordValues(
            self.asset.activity_ids,
            [
                {
                    "user_id": self.manager.id,
                    "date_deadline": Date.to_date("2026-03-21"),
                    "summary": "The warranty of Server/SN-778899X ends on 03/21/2026",
                }
            ],
        )
        self.assertFalse((later | over | nobodys).activity_ids)
        with freeze_time("2026-03-02"):
            assets._cron_warranty()
            self.assertTrue(later.activity_ids)
            self.assertEqual(len(self.asset.activity_ids), 1)
            self.asset.warranty_date = "2026-03-10"
            assets._cron_warranty()
        self.assertEqual(self.asset.activity_ids.date_deadline, Date.to_date("2026-03-10"))

    def test_clients_are_found_by_serial_number(self):
        partners = self.env["res.partner"].with_user(self.manager)
        for text in ("SN-778899X", "sn-7788", "899x"):
            self.assertEqual(partners.search([("client_search", "ilike", text)]), self.client, text)
        self.assertNotIn(self.client, partners.search([("client_search", "ilike", "SN_778899X")]))

    def test_serial_numbers_are_searched_by_index(self):
        query = self.env["maintenance.equipment"].sudo()._search([("serial_no", "ilike", "7788")])
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        plan = str(self.env.execute_query(SQL("EXPLAIN %s", query.select())))
        self.assertIn("maintenance_equipment__serial_no_index", plan)

    def test_the_card_counts_and_shows_what_ends_first(self):
        self.make_asset(self.client, "Laptop", warranty_date=Date.today() + timedelta(days=5))
        card = self.client.with_user(self.manager).get_client_dashboard_widget("assets")
        self.assertEqual([row["cells"]["name"] for row in card["rows"]], ["Laptop", "Server"])
        self.assertEqual(card["rows"][0]["tone"], "warning")
        self.assertEqual((self.client.client_equipment_count, self.contract.equipment_count), (2, 1))


@tagged("post_install", "-at_install")
class TestAssetCodes(AssetMakers, HttpCase):
    """The code on a device leads to it, and the label holds it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.client = cls.make_client("Acme")
        cls.asset = cls.make_asset(cls.client, "Sérver Łódź", serial_no="SN-1")
        cls.internal = cls.env["maintenance.equipment"].create({"name": "Ours"})
        cls.make_user("asset_scan", "viewer", password="asset-scan-secret")

    def open(self, path):
        return self.url_open(path, allow_redirects=False)

    def test_the_code_leads_to_the_asset_after_signing_in(self):
        self.assertEqual(self.asset._label_url(), f"{self.asset.get_base_url()}/asset/{self.asset.id}")
        self.assertIn("/web/login", self.open(f"/asset/{self.asset.id}").headers["Location"])
        self.authenticate("asset_scan", "asset-scan-secret")
        self.assertTrue(
            self.open(f"/asset/{self.asset.id}").headers["Location"].endswith(f"/odoo/assets/{self.asset.id}")
        )

    def test_labels_hold_what_one_may_see(self):
        self.authenticate("asset_scan", "asset-scan-secret")
        response = self.open(f"/asset/labels/{self.asset.id},{self.internal.id},{self.asset.id},x")
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertEqual(response.content[:5], b"%PDF-")
        self.assertEqual(response.content.count(b"/Type /Page\n"), 1, "one page: the other is not his to see")
        for ids in (str(self.internal.id), "0", "x", ",".join(["1"] * 501)):
            self.assertEqual(self.open(f"/asset/labels/{ids}").status_code, 404, ids[:20])
