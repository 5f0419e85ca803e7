from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.nestogy_clients.tests.common import ClientsCase

from .common import PASSWORD, PortalCase, PortalMakers

NEW = "olive@new.example"


@tagged("post_install", "-at_install")
class TestChangeRequests(PortalMakers, ClientsCase):
    """The rules, without pages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.agent = cls.make_user("agent", "agent")
        cls.viewer = cls.make_user("viewer", "viewer")

    def ask(self, kind, value, who=None, **more):
        user = (who or self.owner).user_ids
        return self.env["nestogy.change.request"].with_user(user)._portal_ask(kind, value, **more)

    def mails(self):
        return self.env["mail.mail"].search([], order="id")

    def test_staff_approves_and_only_then_it_is_written(self):
        self.client.user_id = self.agent
        request = self.ask("vat", "US 123456789", note="new one")
        self.assertRecordValues(request, [{"state": "asked", "new_text": "US 123456789", "partner_id": self.owner.id}])
        self.assertFalse(self.client.vat)
        self.assertEqual(self.client.activity_ids.user_id, self.agent)
        with self.assertRefused(AccessError, "Agents of the Clients app"):
            request.with_user(self.viewer).action_approve()
        before = self.mails()
        request.with_user(self.agent).action_approve()
        self.assertEqual(self.client.vat, "US 123456789")
        self.assertRecordValues(request, [{"state": "done", "user_id": self.agent.id}])
        self.assertFalse(self.client.activity_ids)
        mail = self.mails() - before
        self.assertEqual(mail.recipient_ids, self.owner)
        self.assertIn("we made the change", mail.body_html)
        with self.assertRefused(UserError, "Only a change that waits"):
            request.with_user(self.agent).action_approve()

    def test_a_refusal_needs_a_reason_that_the_client_reads(self):
        request = self.ask("client_name", "Acme Two")
        with self.assertRefused(UserError, "why is it refused"):
            request.with_user(self.agent).action_refuse()
        request.with_user(self.agent).answer = "Send us the register entry."
        before = self.mails()
        request.with_user(self.agent).action_refuse()
        self.assertEqual((request.state, self.client.name), ("refused", "Acme Dental"))
        self.assertIn("Send us the register entry.", (self.mails() - before).body_html)

    def test_nobody_rewrites_what_was_asked(self):
        request = self.ask("vat", "US1")
        for values in ({"new_values": {"vat": "X"}}, {"state": "done"}, {"subject_id": self.other_client.id}):
            with self.assertRefused(AccessError, "not changed"):
                request.with_user(self.agent).write(values)

    def test_the_allow_list_holds_whatever_the_row_says(self):
        request = self.ask("vat", "US1")
        request.new_values = {"vat": "US1", "credit_limit": 9e9, "client_status_id": False}
        status = self.client.client_status_id
        request.with_user(self.agent).action_approve()
        self.assertEqual((self.client.vat, self.client.client_status_id), ("US1", status))

    def test_an_address_is_written_as_a_whole(self):
        us = self.env.ref("base.us")
        value = {"street": "2 New Road", "city": "Bangor", "zip": "04401", "state": "me", "country_id": str(us.id)}
        request = self.ask("address", value)
        self.assertEqual(request.new_text, "2 New Road\nBangor ME 04401\nUnited States")
        request.with_user(self.agent).action_approve()
        self.assertRecordValues(
            self.client,
            [{"street": "2 New Road", "city": "Bangor", "zip": "04401", "country_id": us.id}],
        )
        self.assertEqual(self.client.state_id, self.env.ref("base.state_us_20"))
        billing = self.env["res.partner"].create({"name": "Bills", "parent_id": self.client.id, "type": "invoice"})
        request = self.ask("address", value | {"street": "3 New Road"})
        self.assertEqual(request.subject_id, billing, "where invoices go, if that is another address")

    def test_what_is_wrong_is_said(self):
        us = str(self.env.ref("base.us").id)
        place = {"street": "1 Road", "city": "Bangor", "state": "", "country_id": us}
        for kind, value, sentence in (
            ("client_name", " ", "Write what it should be."),
            ("client_name", "x" * 255, "at most 254"),
            ("client_name", "Acme Dental", "what we have already"),
            ("vat", "é", "letters and digits"),
            ("vat", "1" * 33, "letters and digits"),
            ("email", "no address", "Type one e-mail address"),
            ("email", "a@b.example, c@d.example", "Type one e-mail address"),
            ("address", place | {"street": ""}, "street and city"),
            ("address", place | {"country_id": "x"}, "Choose the country"),
            ("address", place | {"country_id": "999999"}, "Choose the country"),
            ("address", place | {"state": "Bavaria"}, "no state"),
            ("comment", "x", "cannot ask"),
        ):
            with self.assertRefused(UserError, sentence):
                self.ask(kind, value)
        self.assertFalse(self.env["nestogy.change.request"].search([]))

    def test_one_open_request_for_each_detail(self):
        self.ask("vat", "US1")
        with self.assertRefused(UserError, "has been asked for already"):
            self.ask("vat", "US2", self.colleague)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env["nestogy.change.request"].search([]).copy()
        self.ask("client_name", "Acme Two", self.colleague)

    def test_colleagues_are_for_those_who_manage_them(self):
        request = self.ask("colleague_phone", "+12075550199", contact_id=self.colleague.id)
        self.assertEqual(request.subject_id, self.colleague)
        for who, contact in (
            (self.colleague, self.owner),
            (self.owner, self.stranger),
            (self.owner, self.client),
            (self.owner, self.owner),
        ):
            with self.assertRefused(UserError, "cannot ask"):
                self.ask("colleague_phone", "+12075550198", who, contact_id=contact.id)
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_reader")
        with self.assertRefused(UserError, "cannot ask"):
            self.ask("vat", "US9", self.colleague)

    def test_a_new_address_of_a_colleague_ends_his_sessions(self):
        user = self.colleague.user_ids
        epoch = user.nestogy_session_epoch
        request = self.ask("colleague_email", "Carl@New.example", contact_id=self.colleague.id)
        request.with_user(self.agent).action_approve()
        self.assertEqual((self.colleague.email, user.login), ("carl@new.example", "carl@new.example"))
        self.assertEqual(user.nestogy_session_epoch, epoch + 1)

    def test_a_user_name_of_one_s_own_stays(self):
        self.colleague.user_ids.login = "carl"
        request = self.ask("colleague_email", "carl@new.example", contact_id=self.colleague.id)
        request.with_user(self.agent).action_approve()
        self.assertEqual((self.colleague.email, self.colleague.user_ids.login), ("carl@new.example", "carl"))

    def code_of(self, request):
        return request._code()

    def test_a_new_address_is_confirmed_then_the_old_one_is_told_then_staff_decides(self):
        token = self.env["nestogy.portal.link"]._issue(self.owner).rpartition("/")[2]
        self.assertTrue(self.env["nestogy.portal.link"]._find(token)._is_alive())
        before = self.mails()
        request = self.ask("email", NEW)
        self.assertEqual(request.state, "confirming")
        mail = self.mails() - before
        self.assertEqual(mail.email_to, NEW)
        code = self.code_of(request)
        self.assertIn(f"{code[:4]}-{code[4:]}", mail.body_html)
        with self.assertRefused(UserError, "Only a change that waits"):
            request.with_user(self.agent).action_approve()
        before = self.mails()
        self.assertFalse(request._portal_confirm("AAAA-AAAA"))
        self.assertEqual((request.state, self.mails() - before), ("confirming", self.env["mail.mail"]))
        self.assertTrue(request._portal_confirm(f" {code[:4].lower()}-{code[4:]}"))
        self.assertEqual((request.state, self.owner.email), ("asked", "owner@acme.example"))
        self.assertEqual((self.mails() - before).email_to, "owner@acme.example")
        request.with_user(self.agent).action_approve()
        self.assertEqual((self.owner.email, self.owner.user_ids.login), (NEW, NEW))
        self.assertFalse(
            self.env["nestogy.portal.link"]._find(token)._is_alive()
            if self.env["nestogy.portal.link"]._find(token)
            else False,
            "links to the old mailbox are dead",
        )

    def test_a_code_is_good_five_times_and_an_hour(self):
        request = self.ask("email", NEW)
        code = self.code_of(request)
        for _try in range(5):
            self.assertFalse(request._portal_confirm("WRONG"))
        self.assertFalse(request._portal_confirm(code))
        self.assertFalse(self.env["nestogy.change.request"].with_user(self.owner.user_ids)._portal_confirming())
        again = self.ask("email", "other@new.example")
        self.assertEqual((request.state, again.state), ("withdrawn", "confirming"))
        self.assertNotEqual(self.code_of(again), code)
        again.expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self.assertFalse(again._portal_confirm(self.code_of(again)))
        self.assertEqual(self.owner.email, "owner@acme.example")

    def test_a_company_can_do_without_approval(self):
        self.env.company.portal_email_automatic = True
        request = self.ask("email", NEW)
        self.assertTrue(request._portal_confirm(self.code_of(request)))
        self.assertEqual((request.state, self.owner.email, self.owner.user_ids.login), ("done", NEW, NEW))

    def test_a_login_that_somebody_has_is_left_to_staff(self):
        self.env.company.portal_email_automatic = True
        request = self.ask("email", "stranger@other.example")
        self.assertTrue(request._portal_confirm(self.code_of(request)))
        self.assertEqual((request.state, self.owner.email), ("asked", "owner@acme.example"))

    def test_staff_of_another_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.client.company_id = self.env.company
        request = self.ask("vat", "US1")
        foreigner = self.make_user("foreigner", "agent", company_id=other.id, company_ids=[(6, 0, other.ids)])
        self.assertFalse(self.env["nestogy.change.request"].with_user(foreigner).search([]))
        with self.assertRefused(AccessError, ""):
            request.with_user(foreigner).action_approve()
        with self.assertRefused(AccessError, ""):
            request.with_user(self.owner.user_ids).read(["new_text"])

    def test_the_client_s_page_counts_what_is_open(self):
        self.ask("vat", "US1")
        self.ask("client_name", "Acme Two")
        self.assertEqual(self.client.with_user(self.viewer).change_request_count, 2)
        self.assertEqual(self.other_client.with_user(self.viewer).change_request_count, 0)


@tagged("post_install", "-at_install")
class TestChangePages(PortalCase):
    def requests(self):
        self.env.invalidate_all()
        return self.env["nestogy.change.request"].search([])

    def test_the_main_road(self):
        self.enter(self.owner)
        self.assertEqual(self.open("/my/change/vat").status_code, 200)
        response = self.post_form("/my/change/vat", "/my/change/vat", value="US1", note="please")
        self.assertEqual(response.status_code, 303)
        self.assertRecordValues(self.requests(), [{"kind": "vat", "new_text": "US1", "note": "please"}])
        self.assertIn("US1", self.open("/my/profile").text)
        response = self.post_form("/my/profile", f"/my/change/{self.requests().id}/withdraw")
        self.assertEqual((response.status_code, self.requests().state), (303, "withdrawn"))

    def test_each_page_opens(self):
        self.enter(self.owner)
        for path in ("client_name", "vat", "address", f"colleague?contact={self.colleague.id}"):
            self.assertEqual(self.open(f"/my/change/{path}").status_code, 200, path)
        self.post_form("/my/confirm", "/my/confirm", password=PASSWORD)
        self.assertEqual(self.open("/my/change/email").status_code, 200)

    def test_colleagues_are_offered_and_the_client_itself_is_not(self):
        self.client.email = "office@acme.example"
        self.env["res.users"].create(
            {
                "login": "office@acme.example",
                "partner_id": self.client.id,
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
            }
        )
        self.enter(self.owner)
        page = self.open("/my/people").text
        self.assertIn("office@acme.example", page)
        self.assertIn(f"colleague?contact={self.colleague.id}", page)
        self.assertNotIn(f"colleague?contact={self.client.id}", page)

    def test_the_address_form(self):
        self.enter(self.owner)
        country = self.env.ref("base.de")
        self.post_form(
            "/my/change/address", "/my/change/address", street="Weg 1", city="Bonn", zip="53111", country_id=country.id
        )
        self.assertEqual(self.requests().new_text, "Weg 1\nBonn 53111\nGermany")
        response = self.post_form("/my/change/address", "/my/change/address", street="Weg 2", city="", country_id="x")
        self.assertEqual(response.status_code, 200)
        self.assertIn("Write street and city.", response.text)

    @mute_logger("odoo.http")
    def test_bad_paths_are_not_found(self):
        self.enter(self.owner)
        for path in (
            "/my/change/comment",
            "/my/change/colleague_email",
            "/my/change/colleague",
            "/my/change/colleague?contact=x",
            "/my/change/colleague?contact=99999999999999",
            f"/my/change/colleague?contact={self.stranger.id}",
        ):
            self.assertEqual(self.open(path).status_code, 404, path)
        response = self.post_form("/my/profile", "/my/change/comment", value="x")
        self.assertEqual(response.status_code, 404)
        response = self.post_form(
            "/my/profile", "/my/change/colleague", contact=self.colleague.id, detail="password", value="x"
        )
        self.assertEqual(response.status_code, 404)
        self.assertEqual(self.open("/my/change/vat", data={"value": "x"}).status_code, 400, "no token")
        self.assertFalse(self.requests())

    @mute_logger("odoo.http")
    def test_a_colleague_takes_nothing_of_others_back(self):
        self.enter(self.owner)
        self.post_form("/my/change/vat", "/my/change/vat", value="US1")
        for who in (self.colleague, self.stranger):
            self.enter(who)
            response = self.post_form("/my/profile", f"/my/change/{self.requests().id}/withdraw")
            self.assertEqual((response.status_code, self.requests().state), (404, "asked"))
        self.assertEqual(self.visit("/my/change/vat").status_code, 303)

    def test_a_link_alone_is_no_proof_for_a_new_address(self):
        self.enter(self.owner)
        with patch("odoo.addons.nestogy_portal.controllers.security.is_confirmed", return_value=False):
            response = self.open("/my/change/email")
            self.assertIn("/my/confirm", response.headers["Location"])
            response = self.post_form("/my/profile", "/my/change/email", value=NEW)
            self.assertIn("/my/confirm", response.headers["Location"])
        self.assertFalse(self.requests())

    def test_the_address_changes_and_the_session_goes_on(self):
        self.env.company.portal_email_automatic = True
        self.enter(self.owner)
        self.post_form("/my/confirm", "/my/confirm", password=PASSWORD)
        response = self.post_form("/my/change/email", "/my/change/email", value=NEW)
        self.assertEqual(response.status_code, 303, response.text)
        self.assertIn("Confirm your new e-mail address", self.open("/my").text)
        response = self.post_form("/my/change/email", "/my/change/email/code", code="AAAA-AAAA")
        self.assertIn("This code is not right.", response.text)
        response = self.post_form("/my/change/email", "/my/change/email/code", code=self.requests()._code())
        self.assertIn("notice=changed", response.headers["Location"])
        page = self.open("/my/profile")
        self.assertEqual(page.status_code, 200)
        self.assertIn(NEW, page.text)

    def test_too_many_are_stopped(self):
        self.enter(self.owner)
        with patch.object(self.registry["nestogy.portal.attempt"], "_exceeds", return_value=True):
            response = self.post_form("/my/change/vat", "/my/change/vat", value="US1")
        self.assertIn("go on in an hour", response.text)
        self.assertFalse(self.requests())
