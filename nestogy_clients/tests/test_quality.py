from ast import literal_eval

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tests import tagged

from .common import ClientsCase

CLIENTS = Domain("is_client", "=", True)


@tagged("post_install", "-at_install")
class TestQuality(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["nestogy.quality.rule"].search([]).active = False
        cls.agent = cls.make_user("quality_agent", "agent")
        cls.manager = cls.make_user("quality_manager", "manager")
        cls.viewer = cls.make_user("quality_viewer", "viewer")
        cls.us = cls.env.ref("base.us")

    def _rule(self, check, weight=10, missing=None, **values):
        return self.env["nestogy.quality.rule"].create(
            {"name": check, "missing": missing or f"No {check}", "check": check, "weight": weight, **values}
        )

    def _refresh(self):
        self.env["res.partner"]._refresh_quality(CLIENTS)

    def assertGap(self, client, rule, expected):
        """Assert whether the client lacks what the rule asks, by the change at hand and by the nightly run alike."""
        self.assertEqual(rule in client.quality_gap_ids, expected)
        self._refresh()
        self.assertEqual(rule in client.quality_gap_ids, expected)

    def test_the_score_is_the_share_of_weights_that_are_met(self):
        email, primary, industry = self._rule("email", 30), self._rule("primary", 20), self._rule("industry", 10)
        client = self.make_client("Acme", email="office@acme.example")
        self.assertRecordValues(client, [{"quality_score": 50, "quality_gap_ids": (primary | industry).ids}])
        self.make_contact(client, "Ann")
        self.assertRecordValues(client, [{"quality_score": 83, "quality_gap_ids": industry.ids}])
        client.industry_id = self.env.ref("nestogy_clients.res_partner_industry_hvac")
        self.assertRecordValues(client, [{"quality_score": 100, "quality_gap_ids": []}])
        client.email = False
        self.assertRecordValues(client, [{"quality_score": 50, "quality_gap_ids": email.ids}])

    def test_the_nightly_run_comes_to_the_same(self):
        self._rule("email", 30)
        clients = self.make_client("A", email="a@a.example") | self.make_client("B")
        self.assertEqual(clients.mapped("quality_score"), [100, 0])
        industry = self._rule("industry", 10)
        self._refresh()
        self.assertEqual(clients.mapped("quality_score"), [75, 0])
        self.assertEqual(clients[0].quality_gap_ids, industry)
        industry.active = False
        self._refresh()
        self.assertEqual(clients.mapped("quality_score"), [100, 0])
        self.assertFalse(clients[0].quality_gap_ids)
        self.env["nestogy.quality.rule"].search([]).unlink()
        self._refresh()
        self.assertEqual(clients.mapped("quality_score"), [100, 100])

    def test_email(self):
        rule, client = self._rule("email"), self.make_client()
        self.assertGap(client, rule, True)
        contact = self.make_contact(client, "Ann", "ann@acme.example")
        self.assertGap(client, rule, False)
        contact.email = False
        self.assertGap(client, rule, True)

    def test_bounces_until_the_address_is_another(self):
        rule, client = self._rule("bounce"), self.make_client("Acme", email="old@acme.example")
        self.assertGap(client, rule, False)
        client.message_bounce = 1
        self.assertGap(client, rule, True)
        client.write({"name": "Acme Ltd", "email": "old@acme.example"})
        self.assertGap(client, rule, True)
        client.email = "new@acme.example"
        self.assertGap(client, rule, False)
        self.assertEqual(client.message_bounce, 0)
        contact = self.make_contact(client, "Ann", "ann@acme.example")
        contact.message_bounce = 3
        self.assertGap(client, rule, True)

    def test_phone(self):
        rule, client = self._rule("phone"), self.make_client("Acme", country_id=self.env.ref("base.de").id)
        self.assertGap(client, rule, True)
        client.phone = "030 12"
        self.assertGap(client, rule, True)
        client.phone = "030 901820"
        self.assertGap(client, rule, False)
        client.phone_number_ids.kind = "fax"
        self.assertGap(client, rule, True)
        self.make_contact(client, "Ann", phone="030 901821", country_id=client.country_id.id)
        self.assertGap(client, rule, False)

    def test_billing_address(self):
        rule = self._rule("address")
        client = self.make_client("Acme", street="1 Main", city="Portland", country_id=self.us.id, zip="04101")
        self.assertGap(client, rule, bool(self.us.state_required))
        client.state_id = self.env.ref("base.state_us_20")
        self.assertGap(client, rule, False)
        client.zip = False
        self.assertGap(client, rule, True)
        address = self.env["res.partner"].create(
            {
                **{"parent_id": client.id, "type": "invoice", "name": "Payables", "street": "PO Box 1", "zip": "04112"},
                **{"city": "Portland", "country_id": self.us.id, "state_id": client.state_id.id},
            }
        )
        self.assertGap(client, rule, False)
        address.type = "delivery"
        self.assertGap(client, rule, True)

    def test_tax_id(self):
        rule = self._rule("vat")
        client = self.make_client("Acme", country_id=self.env.ref("base.de").id)
        self.assertGap(client, rule, False)
        for vat, is_wrong in (("DE136695976", False), ("DE136695978", True), ("/", False)):
            client.with_context(no_vat_validation=True).vat = vat
            self.assertGap(client, rule, is_wrong)

    def test_activity(self):
        rule = self._rule("stale", stale_days=30)
        old = fields.Datetime.subtract(fields.Datetime.now(), days=60)
        client, invoiced, written = (self.make_client(name) for name in ("Idle", "Invoiced", "Written to"))
        clients = client | invoiced | written
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET create_date = %s WHERE id = ANY(%s)", [old, clients.ids])
        self.env.cr.execute(
            "UPDATE mail_message SET date = %s WHERE model = 'res.partner' AND res_id = ANY(%s)", [old, clients.ids]
        )
        self.env.invalidate_all()
        self._refresh()
        self.assertEqual(clients.mapped("quality_gap_ids"), rule)
        self.make_invoice(invoiced, 10.0)
        written.message_post(body="Hello", message_type="comment")
        self._refresh()
        self.assertEqual([bool(each.quality_gap_ids) for each in clients], [True, False, False])

    def test_a_rule_with_a_filter_holds_as_soon_as_the_client_changes(self):
        rule = self._rule("domain", domain="[('website', '!=', False)]", missing="No website")
        client = self.make_client()
        self.assertGap(client, rule, True)
        client.website = "https://acme.example"
        self.assertGap(client, rule, False)
        self.assertEqual(rule._place(), {"page": "", "field": "website"})

    def test_of_whom_a_rule_asks(self):
        company = self.env["res.company"].create({"name": "Second"})
        status = self.env.ref("nestogy_clients.nestogy_client_status_lead")
        for values, asked in (
            ({}, ["Firm", "Person", "Theirs", "Lead"]),
            ({"only_open": False}, ["Firm", "Person", "Theirs", "Lead", "Gone"]),
            ({"applies_to": "company"}, ["Firm", "Theirs", "Lead"]),
            ({"applies_to": "person"}, ["Person"]),
            ({"status_ids": [Command.set(status.ids)]}, ["Lead"]),
            ({"company_id": company.id}, ["Theirs"]),
        ):
            with self.subTest(values):
                self.env["nestogy.quality.rule"].search([]).unlink()
                rule = self._rule("email", **values)
                clients = self.make_client("Firm") | self.make_client("Person", is_company=False)
                clients |= self.make_client("Theirs", company_id=company.id)
                clients |= self.make_client("Lead", client_status_id=status.id)
                gone = self.make_client("Gone")
                self.set_status(gone, "inactive")
                clients |= gone
                with_gap = clients.filtered(lambda client, rule=rule: rule in client.quality_gap_ids)
                self.assertEqual(with_gap.mapped("name"), asked)
                self._refresh()
                with_gap = clients.filtered(lambda client, rule=rule: rule in client.quality_gap_ids)
                self.assertEqual(with_gap.mapped("name"), asked)

    def test_partners_that_are_no_clients_have_no_score(self):
        self._rule("email")
        supplier = self.env["res.partner"].create({"name": "Supplier"})
        self.assertRecordValues(supplier, [{"quality_score": 0, "quality_gap_ids": [], "client_quality": False}])

    def test_a_broken_rule_is_left_out(self):
        self._rule("email")
        rule = self._rule("domain", domain="[('website', '!=', False)]")
        self.env.cr.execute(
            "UPDATE nestogy_quality_rule SET domain = %s WHERE id = %s", ["[('gone_field', '=', 1)]", rule.id]
        )
        self.env.invalidate_all()
        with self.assertLogs("odoo.addons.nestogy_clients.models.client.res_partner_quality", "WARNING"):
            client = self.make_client("Acme", email="a@acme.example")
            self.assertEqual(client.quality_score, 100)

    def test_what_the_profile_shows(self):
        rule = self._rule("email", missing="No e-mail address")
        self.assertEqual(
            self.make_client().with_user(self.viewer).client_quality,
            {
                "score": 0,
                "gaps": [{"id": rule.id, "name": "No e-mail address", "page": "", "field": "email"}],
            },
        )

    def test_the_list_holds_clients_with_gaps_worst_first(self):
        self._rule("email", 30)
        self._rule("industry", 10)
        good = self.make_client(
            "Q good", email="a@a.example", industry_id=self.env["res.partner.industry"].search([], limit=1).id
        )
        some, none = self.make_client("Q some", email="b@b.example"), self.make_client("Q none")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_cleanup")
        domain = Domain(literal_eval(action["domain"])) & Domain("name", "like", "Q %")
        self.assertEqual(self.env["res.partner"].search(domain, order="quality_score, id"), none | some)
        self.assertEqual((good | some | none).mapped("quality_score"), [100, 75, 0])
        none.with_user(self.agent).email = "c@c.example"
        self.assertEqual(none.quality_score, 75)

    def test_managers_set_up_rules_and_agents_do_not(self):
        rule = self._rule("email")
        rule.with_user(self.manager).weight = 50
        with self.assertRefused(AccessError, "nestogy.quality.rule"):
            rule.with_user(self.agent).weight = 1
        self.assertEqual(rule.weight, 50)

    def test_mistakes_are_told(self):
        for values, message in (
            ({"check": "email", "weight": 0}, "1 to 100"),
            ({"check": "stale", "stale_days": 0}, "after how many days"),
            ({"check": "domain"}, "add a condition"),
            ({"check": "domain", "domain": "[('gone', '=', 1)]"}, "check its conditions"),
            ({"check": "domain", "domain": "[('user_id', '=', uid)]"}, "check its conditions"),
            ({"check": "domain", "domain": "[('quality_score', '>', 5)]"}, "cannot ask for the data quality"),
        ):
            with self.assertRefused(ValidationError, message):
                self._rule(**values)

    def test_users_without_our_roles_change_clients(self):
        self._rule("email")
        plain = self.make_user("quality_partners")
        plain.group_ids += self.env.ref("base.group_partner_manager")
        client = self.make_client()
        client.with_user(plain).email = "a@acme.example"
        self.assertEqual(client.quality_score, 100)

    def test_queries_do_not_grow_with_clients(self):
        self._rule("email")
        self._rule("industry")
        clients = self.env["res.partner"].union(*(self.make_client(f"C{number}") for number in range(20)))
        counts = []
        for each in (clients, clients[:1], clients):
            self.env.flush_all()
            each.mapped("email")
            before = self.env.cr.sql_log_count
            self.env["res.partner"]._refresh_quality(Domain("id", "in", each.ids))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
        self.assertLessEqual(counts[2], 2)

    def test_the_run_goes_on_where_it_stopped(self):
        self._rule("email")
        clients = self.make_client("A") | self.make_client("B")
        self.env.flush_all()
        self.env.cr.execute("UPDATE res_partner SET quality_score = 7 WHERE id = ANY(%s)", [clients.ids])
        self.env.invalidate_all()
        self.env["ir.config_parameter"].set_param("nestogy_clients.quality_cursor", clients[0].id)
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda self, *args, **kwargs: 1.0)
        self.env["res.partner"]._cron_refresh_quality()
        self.assertEqual(clients.mapped("quality_score"), [7, 0])
        self.env["res.partner"]._cron_refresh_quality()
        self.assertEqual(clients.mapped("quality_score"), [0, 0])


@tagged("post_install", "-at_install")
class TestQualityReminder(ClientsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["nestogy.quality.rule"].search([]).active = False
        cls.env["nestogy.quality.rule"].create({"name": "E-mail", "missing": "No e-mail address", "check": "email"})
        cls.env["res.company"].search([]).quality_reminder = "off"
        cls.company = cls.env["res.company"].create({"name": "Second", "quality_reminder": "weekly"})
        values = {"company_id": cls.company.id, "company_ids": [Command.set(cls.company.ids)]}
        cls.busy = cls.make_user("reminded_busy", "agent", email="busy@firm.example", **values)
        cls.tidy = cls.make_user("reminded_tidy", "agent", email="tidy@firm.example", **values)
        cls.make_client("Untidy <b>", user_id=cls.busy.id)
        cls.make_client("Tidy", user_id=cls.tidy.id, email="a@a.example")

    def _run(self):
        """:return: the mails of one run of the clock"""
        last = self.env["mail.message"].search([], order="id desc", limit=1).id
        self.patch(type(self.env["ir.cron"]), "_commit_progress", lambda self, *args, **kwargs: 1.0)
        self.env["res.users"]._cron_remind_quality()
        return self.env["mail.message"].search([("id", ">", last), ("message_type", "=", "user_notification")])

    @freeze_time("2031-03-05")  # a Wednesday
    def test_managers_with_cleanup_are_told_once_a_week(self):
        message = self._run()
        self.assertEqual(message.partner_ids, self.busy.partner_id)
        self.assertEqual(message.subject, "Clients that need cleanup: 1")
        self.assertIn("No e-mail address", message.body)
        self.assertIn("Untidy &lt;b&gt;", message.body)
        self.assertIn("/odoo/my-client-cleanup", message.body)
        self.assertFalse(self._run())
        with freeze_time("2031-03-09"):
            self.assertFalse(self._run(), "Sunday is still that week")
        with freeze_time("2031-03-10"):
            self.assertEqual(len(self._run()), 1)

    @freeze_time("2031-03-05")
    def test_once_a_month_or_never(self):
        self.company.quality_reminder = "monthly"
        self.assertEqual(len(self._run()), 1)
        with freeze_time("2031-03-31"):
            self.assertFalse(self._run())
        with freeze_time("2031-04-01"):
            self.assertEqual(len(self._run()), 1)
        self.company.quality_reminder = "off"
        with freeze_time("2031-05-01"):
            self.assertFalse(self._run())
