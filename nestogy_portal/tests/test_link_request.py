import re
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..controllers.link import REQUEST_COOKIE
from ..tools.link_tokens import typed_code
from .common import LINK, PortalCase


@tagged("post_install", "-at_install")
class TestLinkRequest(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.requests = cls.env["nestogy.portal.link.request"]

    def ask(self, address, redirect="", enter=True):
        if enter:
            self.enter()
        return self.post_form("/my/link", "/my/link", address=address, redirect=redirect)

    def answer(self):
        """Let the cron work, and give the mails it made."""
        before = self.env["mail.mail"].search([])
        with self.enter_registry_test_mode():
            self.env.ref("nestogy_portal.ir_cron_portal_link_request").method_direct_trigger()
        return self.env["mail.mail"].search([]) - before

    def code_in(self, mail):
        return re.search(r"\b([2-9A-Z]{4}-[2-9A-Z]{4})\b", str(mail.body_html))[1]

    def type_code(self, code, **data):
        token = self.csrf(self.open("/my/link"))
        return self.open("/my/link/code", data={"csrf_token": token, "code": code, **data})

    def test_the_answer_is_the_same_for_everybody(self):
        self.set_status(self.other_client, "fraud")
        pages = []
        for address in ("owner@acme.example", "nobody@nowhere.example", "stranger@other.example"):
            response = self.ask(address)
            self.assertEqual(response.status_code, 200)
            pages.append(re.sub(r"[0-9a-f]{40}o\d+|nonce[-=]\S+", "", response.text.replace(address, "")))
        self.assertEqual(pages[0], pages[1])
        self.assertEqual(pages[0], pages[2])
        mails = self.answer()
        self.assertEqual(mails.recipient_ids, self.owner)
        self.assertEqual(self.requests.search_count([("is_answered", "=", False)]), 0)

    def test_the_link_of_the_mail_leads_to_the_page_that_was_wanted(self):
        self.ask(" Owner@ACME.example ", redirect="/my/statement?show=all")
        mail = self.answer()
        body = self.outgoing(mail)[0]["body"]
        path = "/my/link/" + self.token_in(body)
        self.enter()
        response = self.post_form(path, path)
        self.assertTrue(response.headers["Location"].endswith("/my/statement?show=all"))
        self.assertSignedIn(self.owner)
        link = self.env["nestogy.portal.link"].search([("partner_id", "=", self.owner.id)])
        self.assertRecordValues(link, [{"purpose": "request", "path": "/my/statement?show=all", "use_count": 1}])

    def test_nobody_is_led_to_another_site(self):
        for redirect in ("https://evil.example/my", "//evil.example", "/my/../web", "/web", "/my/link/x", "/my\\@evil"):
            self.ask("owner@acme.example", redirect=redirect)
            path = self.requests.search([], order="id desc", limit=1).path
            self.assertFalse(path, redirect)
            self.env["nestogy.portal.attempt"].search([]).unlink()

    def test_the_code_signs_in_the_browser_that_asked_and_once(self):
        self.ask("owner@acme.example")
        browser = self.opener.cookies[REQUEST_COOKIE]
        code = self.code_in(self.answer())
        self.assertIn("not the code", self.type_code("AAAA-AAAA").text)
        self.assertSignedIn(None)
        response = self.type_code(code.lower().replace("-", " "))
        self.assertEqual(response.status_code, 303)
        self.assertSignedIn(self.owner)
        row = self.env["nestogy.portal.access.log"].search([("partner_id", "=", self.owner.id)])
        self.assertEqual(row.event, "code")

        self.enter()
        self.opener.cookies.set(REQUEST_COOKIE, browser, path="/my/link")
        self.assertIn("not the code", self.type_code(code).text)
        self.assertSignedIn(None)

    def test_a_code_is_worth_nothing_in_another_browser(self):
        self.ask("owner@acme.example")
        code = self.code_in(self.answer())
        self.enter()
        self.assertIn("not the code", self.type_code(code).text)
        self.ask("colleague@acme.example", enter=False)
        self.answer()
        self.assertIn("not the code", self.type_code(code).text)
        self.assertSignedIn(None)

    def test_five_wrong_codes_are_enough(self):
        self.ask("owner@acme.example")
        code = self.code_in(self.answer())
        for _n in range(5):
            self.type_code("AAAAAAAA")
        self.assertIn("not the code", self.type_code(code).text)
        self.assertSignedIn(None)

    def test_a_code_lasts_some_minutes(self):
        self.ask("owner@acme.example")
        code = self.code_in(self.answer())
        browser = self.opener.cookies[REQUEST_COOKIE]
        self.assertEqual(self.requests._check_code(browser, code), self.owner.user_ids)
        with freeze_time(fields.Datetime.now() + timedelta(minutes=16)):
            self.assertFalse(self.requests._check_code(browser, code))

    def test_one_address_for_two_clients_gets_one_mail_with_two_doors(self):
        twin = self.make_contact(self.other_client, "Twin", "owner@acme.example")
        self.make_portal_user(twin, login="twin")
        self.ask("owner@acme.example")
        mail = self.answer()
        self.assertEqual(len(mail), 1)
        body = self.outgoing(mail)[0]["body"]
        self.assertIn("Open the portal of Other Studio", body)
        tokens = LINK.findall(body)
        found = [self.env["nestogy.portal.link"]._find(token).partner_id for token in tokens]
        self.assertEqual(found, [self.owner, twin])
        response = self.type_code(self.code_in(mail))
        self.assertIn("Acme Dental", response.text)
        self.assertIn("Other Studio", response.text)
        self.assertSignedIn(None)
        foreign = self.type_code(self.code_in(mail), user=str(self.stranger.user_ids.id))
        self.assertIn("Whose portal", foreign.text)
        self.assertEqual(self.type_code(self.code_in(mail), user=str(twin.user_ids.id)).status_code, 303)
        self.assertSignedIn(twin)

    def test_a_newer_request_ends_the_links_of_older_ones(self):
        self.ask("owner@acme.example")
        first = self.token_in(self.outgoing(self.answer())[0]["body"])
        self.ask("owner@acme.example")
        second = self.token_in(self.outgoing(self.answer())[0]["body"])
        links = self.env["nestogy.portal.link"]
        self.assertFalse(links._find(first))
        self.assertTrue(links._find(second))

    def test_requests_are_limited(self):
        statuses = [self.ask("owner@acme.example").status_code for _n in range(4)]
        self.assertEqual(statuses, [200, 200, 200, 429])
        statuses = [self.ask(f"x{n}@acme.example").status_code for n in range(7)]
        self.assertEqual(statuses[-1], 429)
        self.assertEqual(self.requests.search_count([]), 9)

    @mute_logger("odoo.addons.nestogy_portal.controllers.link")
    def test_there_is_an_end_for_all_together(self):
        attempts = self.env["nestogy.portal.attempt"]
        with freeze_time("2026-01-01 10:00:00"):
            for _n in range(300):
                self.assertFalse(attempts._exceeds("ask all", "everybody", 300, 3600))
            self.assertTrue(attempts._exceeds("ask all", "everybody", 300, 3600))

    def test_odd_requests_are_refused_politely(self):
        self.enter()
        token = self.csrf(self.open("/my/link"))
        for address in ("", "nobody", "x" * 300 + "@x.example"):
            response = self.open("/my/link", data={"csrf_token": token, "address": address})
            self.assertEqual(response.status_code, 200)
            self.assertIn("whole e-mail address", response.text)
        self.assertFalse(self.requests.search_count([]))
        for code in ("", "ä" * 8, "x" * 500, "\x00"):
            self.assertEqual(self.open("/my/link/code", data={"csrf_token": token, "code": code}).status_code, 200)
        with mute_logger("odoo.http"):
            self.assertEqual(self.open("/my/link", data={"address": "owner@acme.example"}).status_code, 400)

    def test_the_form_is_offered_at_the_login_and_leads_signed_in_people_on(self):
        self.assertIn("/my/link?redirect=", self.visit("/web/login?redirect=/my/statement").text)
        response = self.visit("/my/link?redirect=/my/statement", self.owner)
        self.assertTrue(response.headers["Location"].endswith("/my/statement"))

    def test_a_new_password_is_asked_for_without_telling_who_exists(self):
        texts = []
        for login in ("owner@acme.example", "nobody@nowhere.example"):
            self.enter()
            response = self.post_form("/web/reset_password", "/web/reset_password", login=login)
            self.assertEqual(response.status_code, 200)
            self.assertIn("If we know this address", response.text)
            texts.append(response.text)
        self.assertFalse(self.owner.signup_type)
        self.answer()  # the mail has left and is gone
        self.assertEqual(self.owner.signup_type, "reset")
        response = self.visit("/web/reset_password?signup_email=owner@acme.example")
        self.assertEqual(response.status_code, 200)

    def test_one_bad_request_does_not_stop_the_others(self):
        bad = self.requests.browse(self.requests.create({"address": "x", "expires_at": "2099-01-01"}).id)
        self.ask("owner@acme.example")
        answer = type(self.requests)._answer

        def fail(request):
            if request == bad:
                raise ValueError("broken")
            return answer(request)

        self.patch(type(self.requests), "_answer", fail)
        with mute_logger("odoo.addons.nestogy_portal.models.login.nestogy_portal_link_request"):
            mails = self.answer()
        self.assertEqual(mails.recipient_ids, self.owner)
        self.assertTrue(bad.is_answered)

    def test_codes_are_unlike_and_hold_no_doubtful_character(self):
        codes = {typed_code("secret", str(n)) for n in range(2000)}
        self.assertEqual(len(codes), 2000)
        self.assertFalse(set("".join(codes)) & set("01OIlLU"))
        self.assertEqual({len(code) for code in codes}, {8})
        self.assertNotEqual(typed_code("a", "1"), typed_code("b", "1"))
