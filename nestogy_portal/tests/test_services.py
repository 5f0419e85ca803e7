import base64
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.service.maintenance_equipment import CLIENT_FIELDS
from .common import PortalCase

RULES = "odoo.addons.base.models.ir_rule"
QUIET = (RULES, "odoo.models", "odoo.addons.base.models.ir_model")
NBSP = "\N{NO-BREAK SPACE}"


class ServicesCase(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels = {
            key: cls.env.ref(f"nestogy_portal.nestogy_portal_level_{key}")
            for key in ("own", "reader", "billing", "technical")
        }
        cls.today = fields.Date.today()
        cls.product = cls.env["product.product"].create({"name": "Care", "type": "service", "taxes_id": False})

    @classmethod
    def make_contract(cls, partner, name, price=100.0, days=40, **values):
        line = {
            "product_id": cls.product.id,
            "name": "Care #START# – #END#",
            "price_unit": price,
            "date_start": cls.today - timedelta(days=10),
            "recurring_next_date": cls.today + timedelta(days=20),
            "date_end": days and cls.today + timedelta(days=days),
        }
        return cls.env["contract.contract"].create(
            {"name": name, "partner_id": partner.id, "contract_line_ids": [Command.create(line)]} | values
        )

    def seen(self, contact, records):
        return records.with_user(contact.user_ids).search([("id", "in", records.ids)]).sudo()


@tagged("post_install", "-at_install")
class TestPortalContracts(ServicesCase):
    """Contracts as a client's people see them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls.make_contract(
            cls.client, "Managed care", code="AGR-7", renewal_type="auto", note="Margin is 40 %", notice_days=15
        )
        cls.own = cls.make_contract(cls.colleague, "Own phone", price=9.0, days=False)
        cls.draft = cls.make_contract(cls.client, "Secret offer", service_phase="draft")
        cls.bought = cls.make_contract(cls.client, "What we buy", contract_type="purchase")
        cls.foreign = cls.make_contract(cls.other_client, "Studio lease")
        cls.all = cls.contract | cls.own | cls.draft | cls.bought | cls.foreign

    def test_each_sees_what_was_agreed_with_the_own_client(self):
        for contact, contracts in (
            (self.owner, self.contract | self.own),
            (self.colleague, self.contract | self.own),
            (self.stranger, self.foreign),
        ):
            self.assertEqual(self.seen(contact, self.all), contracts)
            self.assertEqual(self.seen(contact, self.all.contract_line_ids), contracts.contract_line_ids)
            self.assertEqual(self.seen(contact, self.all.modification_ids), contracts.modification_ids)

    def test_followers_read_no_more(self):
        for contract in (self.draft, self.bought, self.foreign):
            contract.message_subscribe((self.owner | self.client).ids)
            self.assertFalse(self.seen(self.owner, contract), contract.name)
            self.assertFalse(self.seen(self.owner, contract.contract_line_ids), contract.name)
            self.assertFalse(self.seen(self.owner, contract.modification_ids), contract.name)
            with self.assertRaises(AccessError), mute_logger(*QUIET):
                contract.with_user(self.owner.user_ids).read(["name"])

    def test_levels_narrow(self):
        self.colleague.portal_level_id = self.levels["own"]
        self.assertEqual(self.seen(self.colleague, self.all), self.own)
        self.colleague.portal_level_id = self.levels["technical"]
        self.assertFalse(self.seen(self.colleague, self.all))
        self.enter(self.colleague)
        for path in ("/my/contracts", f"/my/contracts/{self.own.id}"):
            self.assertEqual(self.open(path).status_code, 404, path)
        self.assertNotIn('href="/my/contracts"', self.open("/my").text)
        self.colleague.portal_level_id = self.levels["billing"]
        self.assertEqual(self.open("/my/contracts").status_code, 200)
        self.assertIn('href="/my/contracts"', self.open("/my").text)

    def test_what_is_inside_stays_inside(self):
        as_owner = self.contract.with_user(self.owner.user_ids)
        for name in (
            *("note", "service_state", "service_phase", "cancel_reason", "pause_ids", "price_change_ids"),
            *("renewal_type", "notice_date", "document_ids", "equipment_ids", "tag_ids", "invoice_generation_error"),
        ):
            with self.subTest(name), self.assertRaises(AccessError), mute_logger(*QUIET):
                as_owner.read([name])
        for model in ("nestogy.contract.pause", "nestogy.contract.price.change", "nestogy.contract.cancel"):
            with self.assertRaises(AccessError), mute_logger(*QUIET):
                self.env[model].with_user(self.owner.user_ids).search([])
        for method in (
            *("action_renew", "action_service_pause", "action_service_resume", "action_service_cancel"),
            *("action_change_prices", "recurring_create_invoice", "action_service_start"),
        ):
            with self.subTest(method), self.assertRaises(AccessError), mute_logger(*QUIET):
                getattr(as_owner.with_env(as_owner.env), method)()
                self.env.flush_all()
        with self.assertRaises(AccessError):
            as_owner.cron_recurring_create_invoice()

    def test_list_and_page(self):
        line = self.contract.contract_line_ids
        self.env["nestogy.contract.price.change"].create(
            {"line_id": line.id, "date": self.today + timedelta(days=60), "percent": 4, "kind": "percent"}
        )
        self.enter(self.owner)
        page = self.open("/my/contracts")
        for words in ("Managed care", "AGR-7", "Own phone", f"${NBSP}100.00", "a month", "Renews soon"):
            self.assertIn(words, page.text)
        for words in ("Secret offer", "What we buy", "Studio lease"):
            self.assertNotIn(words, page.text)
        self.assertNotIn("Own phone", self.open("/my/contracts?search=agr-7").text)
        response = self.open(f"/my/contracts/{self.contract.id}")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        for words in ("Notice until", "Renews on", "+4 %", "by itself, for", "Ask about this contract", "before tax"):
            self.assertIn(words, response.text)
        self.assertEqual(response.text.count("<h1"), 1)
        for words in ("Margin is 40", "#START#"):
            self.assertNotIn(words, response.text)

    def test_a_cancelled_contract_says_when_it_ends(self):
        end = self.today + timedelta(days=30)
        self.contract._cancel_service(end, "They pay late")
        text = self.visit(f"/my/contracts/{self.contract.id}", self.owner).text
        self.assertIn("Until", text)
        self.assertNotIn("Renews on", text)
        self.assertNotIn("They pay late", text)

    def test_money_is_in_the_client_s_format(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.client.preferred_currency_id = euro
        self.env["res.lang"]._activate_lang("de_DE")
        self.owner.lang = "de_DE"
        self.contract.contract_line_ids.price_unit = 1234.5
        self.assertIn(f"1.234,50{NBSP}€", self.visit(f"/de/my/contracts/{self.contract.id}", self.owner).text)

    def test_pages_are_open_to_the_client_alone(self):
        path = f"/my/contracts/{self.contract.id}"
        for who, status in ((self.owner, 200), (self.colleague, 200), (self.stranger, 404)):
            self.assertEqual(self.visit(path, who).status_code, status, who.name)
        for contract in (self.draft, self.bought):
            self.assertEqual(self.visit(f"/my/contracts/{contract.id}", self.owner).status_code, 404)
        self.assertIn("/web/login", self.visit("/my/contracts").headers["Location"])
        for each in (path, f"{path}?access_token={self.contract._portal_ensure_token()}"):
            response = self.visit(each)
            self.assertEqual(response.status_code, 303)
            self.assertIn("/web/login", response.headers["Location"])

    def test_shared_documents_stand_on_the_page(self):
        documents = self.env["nestogy.client.document"]
        data = base64.b64encode(b"Signed").decode()
        files = [{"name": f"{name}.txt", "data": data} for name in ("Signed", "Calculation")]
        shared, internal = (
            documents.browse(outcome["document_id"]) for outcome in documents.upload_files(self.client.id, files)
        )
        (shared | internal).contract_id = self.contract
        shared.is_shared = True
        text = self.visit(f"/my/contracts/{self.contract.id}", self.owner).text
        self.assertIn(f'href="/my/documents/{shared.id}"', text)
        self.assertNotIn("Calculation", text)
        self.assertNotIn(
            f'href="/my/documents/{shared.id}"', self.visit(f"/my/contracts/{self.own.id}", self.owner).text
        )

    # asking

    def ask(self, contract, text):
        return self.post_form("/my/profile", f"/my/contracts/{contract.id}/ask", text=text)

    def conversation(self):
        return self.env["nestogy.conversation"].search([("client_id", "=", self.client.id)])

    def test_a_question_goes_into_the_conversation(self):
        self.enter(self.owner)
        response = self.ask(self.contract, "May we add <b>two</b> people?")
        self.assertEqual(response.status_code, 303)
        message = self.conversation().message_ids.filtered(lambda each: each.message_type == "comment")
        self.assertEqual(message.author_id, self.owner)
        self.assertIn("About the contract Managed care (AGR-7):", message.body)
        self.assertIn("&lt;b&gt;two&lt;/b&gt;", message.body)

    def test_questions_that_may_not_be_asked_leave_nothing(self):
        for who, contract, level, text, status in (
            (self.owner, self.contract, None, "  ", 422),
            (self.owner, self.contract, None, "x" * 100_000, 422),
            (self.owner, self.foreign, None, "Hello", 404),
            (self.owner, self.draft, None, "Hello", 404),
            (self.stranger, self.contract, None, "Hello", 404),
            (self.colleague, self.contract, "reader", "Hello", 404),
            (self.colleague, self.contract, "technical", "Hello", 404),
            (self.colleague, self.own, "own", "Hello", 404),
        ):
            if level:
                who.portal_level_id = self.levels[level]
            self.enter(who)
            with self.subTest(who=who.name, level=level, text=text[:5]):
                self.assertEqual(self.ask(contract, text).status_code, status)
                self.assertFalse(self.conversation().message_ids.filtered(lambda each: each.message_type == "comment"))
        self.colleague.portal_level_id = self.levels["reader"]
        text = self.visit(f"/my/contracts/{self.contract.id}", self.colleague).text
        self.assertNotIn("Ask about this contract", text)

    def test_lists_cost_the_same_for_one_and_for_many(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["contract.contract"].with_user(self.owner.user_ids).search([])._portal_rows()
            return self.env.cr.sql_log_count - before

        queries()
        few = queries()
        for number in range(6):
            self.make_contract(self.client, f"More {number}")
        self.assertLessEqual(queries(), few + 1)


@tagged("post_install", "-at_install")
class TestPortalAssets(ServicesCase):
    """Assets as a client's people see them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = cls.make_contract(cls.client, "Managed care")
        cls.site = cls.make_contact(cls.client, "Plant", type="delivery", street="1 Main Street", city="Dover")
        assets = cls.env["maintenance.equipment"]
        cls.asset = assets.create(
            {
                "name": "File server",
                "model": "T360",
                "serial_no": "SN-4711",
                "client_id": cls.client.id,
                "site_id": cls.site.id,
                "contract_id": cls.contract.id,
                "warranty_date": cls.today + timedelta(days=5),
                "cost": 4321,
                "note": "They broke it twice",
            }
        )
        cls.own = assets.create({"name": "Laptop", "client_id": cls.client.id, "contact_id": cls.colleague.id})
        cls.foreign = assets.create({"name": "Plotter", "client_id": cls.other_client.id})
        cls.internal = assets.create({"name": "Coffee machine"})
        cls.all = cls.asset | cls.own | cls.foreign | cls.internal

    def test_each_sees_those_of_the_own_client(self):
        self.all.message_subscribe((self.owner | self.stranger).ids)
        self.assertEqual(self.seen(self.owner, self.all), self.asset | self.own)
        self.assertEqual(self.seen(self.stranger, self.all), self.foreign)
        self.assertIn("/web/login", self.visit("/my/assets").headers["Location"])

    def test_nobody_from_outside_changes_one(self):
        for contact in (self.owner, self.stranger):
            asset = self.asset.with_user(contact.user_ids)
            for call in (lambda a=asset: a.write({"name": "X"}), lambda a=asset: a.unlink()):
                with self.assertRaises(AccessError), mute_logger(*QUIET):
                    call()
        self.assertEqual(self.asset.name, "File server")

    def test_over_rpc_one_reads_what_the_page_shows(self):
        asset = self.asset.with_user(self.owner.user_ids)
        self.assertEqual(asset.read(["serial_no", "model"])[0]["serial_no"], "SN-4711")
        self.assertEqual(set(asset.fields_get()), CLIENT_FIELDS)
        for name in ("cost", "note", "technician_user_id", "partner_id", "message_ids", "contract_id", "site_id"):
            with self.subTest(name), self.assertRaises(AccessError), mute_logger(*QUIET):
                asset.read([name])
            with self.subTest(name), self.assertRaises(AccessError), mute_logger(*QUIET):
                asset.search([(name, "!=", False)])

    def test_levels_narrow(self):
        self.colleague.portal_level_id = self.levels["own"]
        self.assertEqual(self.seen(self.colleague, self.all), self.own)
        self.colleague.portal_level_id = self.levels["billing"]
        self.assertFalse(self.seen(self.colleague, self.all))
        self.enter(self.colleague)
        self.assertEqual(self.open("/my/assets").status_code, 404)
        self.assertEqual(self.open(f"/my/assets/{self.own.id}").status_code, 404)
        self.assertNotIn('href="/my/assets"', self.open("/my").text)
        self.colleague.portal_level_id = self.levels["technical"]
        text = self.open(f"/my/assets/{self.asset.id}").text
        self.assertIn("File server", text)
        self.assertNotIn("Managed care", text, "contracts are none of theirs")

    def test_list_and_page(self):
        self.enter(self.owner)
        page = self.open("/my/assets")
        for words in ("File server", "SN-4711", "T360", "Plant", "Managed care", "Laptop", "Warranty until"):
            self.assertIn(words, page.text)
        for words in ("Plotter", "Coffee machine"):
            self.assertNotIn(words, page.text)
        self.assertNotIn("Laptop", self.open("/my/assets?search=4711").text)
        response = self.open(f"/my/assets/{self.asset.id}")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        for words in ("1 Main Street", "SN-4711", f'href="/my/contracts/{self.contract.id}"', "Ends soon"):
            self.assertIn(words, response.text)
        for words in ("4321", "broke it"):
            self.assertNotIn(words, response.text)
        self.assertEqual(response.text.count("<h1"), 1)

    def test_pages_are_open_to_the_client_alone(self):
        path = f"/my/assets/{self.asset.id}"
        for who, status in ((self.owner, 200), (self.colleague, 200), (self.stranger, 404)):
            self.assertEqual(self.visit(path, who).status_code, status, who.name)
        self.assertIn("/web/login", self.visit(path).headers["Location"])
        self.enter(self.owner)
        for number in (self.internal.id, self.foreign.id, 999_999_999, 10**30):
            self.assertEqual(self.open(f"/my/assets/{number}").status_code, 404)

    def test_the_code_on_the_device_leads_to_the_page(self):
        self.enter(self.owner)
        response = self.url_open(f"/asset/{self.asset.id}", allow_redirects=False)
        self.assertTrue(response.headers["Location"].endswith(f"/my/assets/{self.asset.id}"))
        self.assertEqual(self.open(f"/asset/labels/{self.asset.id}").status_code, 404)
