from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location

from lxml import html

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import file_path, mute_logger

from .common import PASSWORD, PortalCase, RefusedCall


@tagged("post_install", "-at_install")
class TestLevels(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.levels = {
            key: cls.env.ref(f"nestogy_portal.nestogy_portal_level_{key}")
            for key in ("owner", "standard", "billing", "technical", "reader", "own")
        }
        cls.client.primary_contact_id = cls.owner
        cls.invoice = cls.make_invoice(cls.client, 120)
        cls.own_invoice = cls.make_invoice(cls.colleague, 30)
        cls.estimate = cls.env["sale.order"].create({"partner_id": cls.client.id, "state": "sent"})

    def seen(self, contact, model):
        return self.env[model].with_user(contact.user_ids).search([("partner_id", "child_of", self.client.id)])

    def confirm(self):
        self.post_form("/my/confirm", "/my/confirm", password=PASSWORD)

    def test_the_primary_contact_owns_and_others_have_the_standard(self):
        for contact, level, reason in ((self.owner, "owner", "primary"), (self.colleague, "standard", "profile")):
            self.assertEqual(contact._get_portal_level(), (self.levels[level], reason))
            self.assertEqual(self.seen(contact, "account.move"), self.invoice | self.own_invoice)
            self.assertEqual(self.seen(contact, "sale.order"), self.estimate)

    def test_a_level_narrows_lists_pages_and_rpc_at_once(self):
        user = self.colleague.user_ids
        self.enter(self.colleague)
        self.assertEqual(self.open(f"/my/invoices/{self.invoice.id}").status_code, 200)
        self.colleague.portal_level_id = self.levels["technical"]
        self.assertFalse(self.seen(self.colleague, "account.move"))
        self.assertFalse(self.env["account.move.line"].with_user(user).search_count([]))
        with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
            self.invoice.with_user(user).read(["name"])
        for path in ("/my/statement", "/my/invoices", "/my/payment_method"):
            self.assertEqual(self.open(path).status_code, 404, path)
        self.assertEqual(self.open(f"/my/invoices/{self.invoice.id}").status_code, 303)
        home = self.open("/my").text
        self.assertNotIn("/my/statement", home)
        self.assertEqual(self.seen(self.owner, "account.move"), self.invoice | self.own_invoice)

        self.colleague.portal_level_id = self.levels["own"]
        self.assertEqual(self.seen(self.colleague, "account.move"), self.own_invoice)
        page = self.open("/my/statement").text
        self.assertIn(self.own_invoice.name, page)
        self.assertNotIn(self.invoice.name, page)
        self.assertIn("30.00", page)
        self.assertNotIn("150.00", page)

    def test_a_profile_closes_an_area_for_everybody(self):
        profile = self.env["nestogy.portal.profile"].create({"name": "No money"})
        profile.area_ids -= self.env.ref("nestogy_portal.nestogy_portal_area_money")
        self.client.client_group_id.portal_profile_id = profile
        self.assertFalse(self.seen(self.owner, "account.move"))
        self.assertEqual(self.seen(self.owner, "sale.order"), self.estimate)
        self.assertEqual(self.visit("/my/statement", self.owner).status_code, 404)
        scope, sentences = self.owner._explain_portal_access("money")
        self.assertEqual(scope, "none")
        self.assertIn("No money", sentences[-1])
        self.client.portal_profile_id = self.env.ref("nestogy_portal.nestogy_portal_profile_standard")
        self.assertEqual(self.seen(self.owner, "account.move"), self.invoice | self.own_invoice)

    def test_who_only_reads_changes_nothing(self):
        self.colleague.portal_level_id = self.levels["reader"]
        self.estimate.require_signature = True
        self.assertEqual(self.seen(self.colleague, "sale.order"), self.estimate)
        self.enter(self.colleague)
        self.assertEqual(self.open("/my/statement").status_code, 200)
        page = self.open(f"/my/orders/{self.estimate.id}")
        self.assertEqual(page.status_code, 200)
        self.assertNotIn('data-bs-target="#modalaccept"', page.text)
        with self.assertRaises(RefusedCall), mute_logger("odoo.http"):
            self.call(f"/my/orders/{self.estimate.id}/accept", name="Carl", signature="iVBORw0KGgo=")
        self.assertEqual(self.estimate.state, "sent")
        with self.assertRaises(RefusedCall), mute_logger("odoo.http"):
            self.call(f"/invoice/transaction/{self.invoice.id}", amount=120.0)
        with self.assertRaises(RefusedCall) as refused, mute_logger("odoo.http"):
            self.call(
                "/mail/message/post",
                thread_model="account.move",
                thread_id=self.invoice.id,
                post_data={"body": "hello", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"},
            )
        self.assertIn("not write", str(refused.exception))

    def test_levels_are_compared_area_by_area(self):
        levels = self.levels
        self.assertTrue(levels["standard"]._is_within(levels["owner"]))
        self.assertFalse(levels["owner"]._is_within(levels["standard"]))
        self.assertFalse(levels["billing"]._is_within(levels["technical"]))
        self.assertTrue(levels["own"]._is_within(levels["standard"]))
        self.assertTrue(levels["reader"]._is_within(levels["owner"]))
        self.assertFalse(levels["standard"]._is_within(levels["reader"]))

    def test_a_level_in_use_stays(self):
        self.colleague.portal_level_id = self.levels["technical"]
        with self.assertRaises(UserError):
            self.levels["technical"].unlink()
        with self.assertRaises(ValidationError):
            self.levels["technical"].right_ids.filtered(lambda right: right.area_id.key == "people").scope = "own"

    def test_people_of_firms_that_are_no_clients_keep_odoo_s_rules(self):
        firm = self.env["res.partner"].create({"name": "No client", "is_company": True})
        person = self.make_contact(firm, "Pat", "pat@noclient.example")
        self.make_portal_user(person, password=PASSWORD)
        invoice = self.make_invoice(firm, 10)
        self.assertEqual(self.env["account.move"].with_user(person.user_ids).search([]), invoice)

    # colleagues

    def test_an_owner_manages_colleagues(self):
        self.enter(self.owner)
        response = self.post_form("/my/people", "/my/people/invite", name="Nina", email="nina@acme.example")
        self.assertIn("/my/confirm", response.headers["Location"])
        self.confirm()
        response = self.post_form(
            "/my/people", "/my/people/invite", name="Nina", email="nina@acme.example", level=self.levels["technical"].id
        )
        self.assertTrue(response.headers["Location"].endswith("notice=invited"))
        nina = self.client.child_ids.filtered(lambda each: each.name == "Nina")
        self.assertRecordValues(nina, [{"portal_level_id": self.levels["technical"].id, "portal_state": "invited"}])
        self.assertIn("Olive Owner invited Nina", self.client.message_ids[0].body)
        self.post_form("/my/people", f"/my/people/{self.colleague.id}/level", level=self.levels["billing"].id)
        self.assertEqual(self.colleague.portal_level_id, self.levels["billing"])
        self.post_form("/my/people", f"/my/people/{self.colleague.id}/block")
        self.assertEqual(self.colleague.portal_state, "blocked")
        self.post_form("/my/people", f"/my/people/{self.colleague.id}/restore")
        self.assertIn(self.colleague.portal_state, ("invited", "active"))

    def test_nobody_gives_more_than_he_has_or_to_whom_he_is_not_above(self):
        manager = self.env["nestogy.portal.level"].create({"name": "Office manager"})
        manager.right_ids = [Command.clear()] + [
            Command.create(
                {"area_id": self.env.ref(f"nestogy_portal.nestogy_portal_area_{key}").id, "scope": "company"}
            )
            for key in ("people", "projects")
        ]
        third = self.make_contact(self.client, "Third", "third@acme.example")
        third.portal_level_id = manager
        self.colleague.portal_level_id = manager
        self.enter(self.colleague)
        self.confirm()
        page = self.open("/my/people").text
        self.assertNotIn(">Owner</option>", page)
        for contact, level in (
            (self.owner, manager),
            (self.stranger, manager),
            (self.colleague, self.levels["owner"]),
            (third, self.levels["owner"]),
            (third, self.levels["billing"]),
        ):
            before = contact.portal_level_id
            response = self.post_form("/my/people", f"/my/people/{contact.id}/level", level=level.id)
            self.assertEqual(response.status_code, 200, contact.name)
            self.assertIn("alert-danger", response.text)
            self.assertEqual(contact.portal_level_id, before)
        for contact in (self.owner, self.stranger, self.client):
            self.post_form("/my/people", f"/my/people/{contact.id}/block")
        self.assertEqual(self.owner.portal_state, "invited")
        self.assertEqual(self.stranger.portal_state, "invited")
        self.post_form("/my/people", "/my/people/invite", name="X", email="owner@acme.example", level=manager.id)
        self.assertFalse(self.owner.portal_level_id)

    def test_the_page_of_colleagues_is_for_who_manages_them(self):
        for who, status in ((None, 303), (self.owner, 200), (self.colleague, 404)):
            self.assertEqual(self.visit("/my/people", who).status_code, status)
        for path in ("invite", f"{self.owner.id}/level", f"{self.owner.id}/block", f"{self.owner.id}/restore"):
            self.enter(self.colleague)
            token = self.csrf(self.open("/my/security"))
            self.assertEqual(self.open(f"/my/people/{path}", data={"csrf_token": token}).status_code, 404)
        self.enter(self.owner)
        self.confirm()
        for data in (
            {"name": "", "email": "x@x.example"},
            {"name": "x" * 200, "email": "x@x.example"},
            {"name": "X", "email": "none"},
            {"name": "X", "email": "x@x.example", "level": "abc"},
            {"name": "X", "email": "x@x.example", "level": "99999999999999"},
        ):
            response = self.post_form("/my/people", "/my/people/invite", **data)
            self.assertEqual(response.status_code, 200)
            self.assertIn("alert-danger", response.text)
        page = html.fromstring(self.open("/my/people").content)
        self.assertEqual(
            page.xpath("//select[@id='person_level']/option[@selected]/@value"),
            [str(self.owner._get_portal_profile()[0].level_id.id)],
            "the usual level is chosen already, not the highest",
        )

    # why

    def test_staff_learns_why(self):
        viewer = self.make_user("level_viewer", "viewer", "billing")
        self.colleague.portal_level_id = self.levels["technical"]
        why = self.env["nestogy.portal.access.why"].with_user(viewer)
        answer = why.create({"partner_id": self.colleague.id, "move_id": self.invoice.id}).answer
        self.assertIn("Technical", answer)
        self.assertIn("chosen for this contact", answer)
        self.assertIn("does not see", answer)
        answer = why.create({"partner_id": self.owner.id, "move_id": self.invoice.id}).answer
        self.assertIn("as the primary contact", answer)
        self.assertIn("So Olive Owner sees", answer)

    # preview

    def test_staff_sees_what_the_contact_sees_and_changes_nothing(self):
        agent = self.make_user("level_agent", "agent")
        agent.password = PASSWORD
        self.colleague.portal_level_id = self.levels["billing"]
        self.authenticate("level_agent", PASSWORD)
        page = f"/my/preview/{self.colleague.id}"
        self.assertEqual(self.open(page).status_code, 200)
        self.assertEqual(self.post_form(page, page).status_code, 303)
        log = self.env["nestogy.portal.access.log"].search([("event", "=", "previewed")])
        self.assertRecordValues(log, [{"partner_id": self.colleague.id, "detail": agent.name}])
        statement = self.open("/my/statement")
        self.assertIn("Acme Dental", statement.text)
        self.assertIn("Preview as", statement.text)
        messages = self.estimate.message_ids
        self.assertEqual(self.open(f"/my/orders/{self.estimate.id}").status_code, 200)
        self.assertEqual(self.estimate.message_ids, messages)
        self.assertEqual(self.open("/my/people").status_code, 404)
        token = self.csrf(statement)
        with mute_logger("odoo.http"):
            for path in ("/my/security/sign-out", "/my/invoices/download", "/my/people/invite"):
                self.assertEqual(self.open(path, data={"csrf_token": token}).status_code, 403)
        self.assertFalse(self.colleague.user_ids.nestogy_session_epoch)
        self.assertEqual(self.open("/my/preview/end", data={"csrf_token": token}).status_code, 303)
        self.assertNotIn("Preview as", self.open("/my").text)

    def test_only_agents_preview_and_only_clients_people(self):
        viewer = self.make_user("level_viewer2", "viewer")
        viewer.password = PASSWORD
        page = f"/my/preview/{self.colleague.id}"
        for login in ("level_viewer2", self.owner.user_ids.login):
            self.authenticate(login, PASSWORD)
            self.assertEqual(self.open(page).status_code, 404)
            token = self.csrf(self.open("/my/security"))
            self.assertEqual(self.open(page, data={"csrf_token": token}).status_code, 404)
            self.assertNotIn("Preview as", self.open("/my").text)
        self.assertEqual(self.visit(page).status_code, 303)
        self.set_status(self.client, "fraud")
        agent = self.make_user("level_agent2", "agent")
        agent.password = PASSWORD
        self.authenticate("level_agent2", PASSWORD)
        self.assertEqual(self.open(page).status_code, 404)
        self.assertEqual(self.open(f"/my/preview/{agent.partner_id.id}").status_code, 404)

    def test_portals_that_are_older_than_assets_offer_them_after_the_update(self):
        assets = self.env.ref("nestogy_portal.nestogy_portal_area_assets")
        old, told = self.env["nestogy.portal.profile"].create([{"name": "Old"}, {"name": "Without assets"}])
        (old | told).area_ids -= assets
        script = file_path("nestogy_portal/migrations/19.0.1.1.0/post-areas.py")
        spec = spec_from_file_location("post_areas", script)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE nestogy_portal_profile SET create_date = %s WHERE id = %s",
            [assets.create_date - timedelta(days=1), old.id],
        )
        self.env.invalidate_all()
        module.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertIn(assets, old.area_ids)
        self.assertNotIn(assets, told.area_ids, "it was made without, knowingly")
        self.assertIn("assets", self.env["nestogy.portal.profile"]._catalogue()["profiles"][old.id][0])
