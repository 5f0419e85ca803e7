import logging
import re

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..controllers.link import DEVICE_COOKIE
from ..tools.link_tokens import new_token
from .common import PortalCase


@tagged("post_install", "-at_install")
class TestLinkPage(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls.make_invoice(cls.client, 120)
        cls.links = cls.env["nestogy.portal.link"]

    def make_path(self, contact=None, document=None):
        url = self.links._issue(contact or self.owner, document or self.invoice)
        return url[url.index("/my/link/") :]

    def press(self, path):
        """Press the button on the page of a link."""
        return self.open(path, data={"csrf_token": self.csrf(self.open(path))})

    def link_of(self, path):
        return self.links._find(path.rpartition("/")[2])

    def test_looking_at_a_link_changes_nothing(self):
        path = self.make_path()
        for method in ("GET", "HEAD", "OPTIONS", "GET"):
            self.enter()
            self.open(path, method=method, headers={"User-Agent": "Mozilla/5.0 SafeLinks"})
            self.assertSignedIn(None)
        self.assertFalse(self.link_of(path).used_at)

    def test_the_page_tells_little_and_leaks_nothing(self):
        response = self.visit(self.make_path())
        self.assertEqual(response.status_code, 200)
        self.assertIn("o•••@acme.example", response.text)
        self.assertNotIn("owner@acme.example", response.text)
        self.assertNotIn("<script", response.text)
        self.assertIn(self.env.company.name, response.text)
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertIn("noindex", response.headers["X-Robots-Tag"])
        self.assertIn("default-src 'none'", response.headers["Content-Security-Policy"])
        self.assertIn("frame-ancestors 'none'", response.headers["Content-Security-Policy"])

    def test_a_browser_in_a_language_that_is_not_installed_reads_the_page(self):
        self.owner.lang = False
        for path in ("/my/link", self.make_path(), f"/my/link/{new_token()}"):
            answers = [
                self.visit(path, headers={"Accept-Language": language}) for language in ("en-US", "tlh-KX, xx;q=0.9")
            ]
            self.assertEqual(answers[1].status_code, answers[0].status_code, path)

    def test_pressing_the_button_signs_in_and_opens_the_document(self):
        path = self.make_path()
        self.enter()
        before = self.opener.cookies["session_id"]
        response = self.press(path)
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith(f"/my/invoices/{self.invoice.id}"))
        self.assertEqual(response.headers["Referrer-Policy"], "no-referrer")
        cookie = response.headers["Set-Cookie"]
        self.assertRegex(cookie, rf"{DEVICE_COOKIE}=[\w-]{{43}}; .*HttpOnly; Path=/my/link; SameSite=Lax")
        self.assertNotEqual(self.opener.cookies["session_id"], before)
        self.assertSignedIn(self.owner)
        self.assertEqual(self.open(f"/my/invoices/{self.invoice.id}").status_code, 200)
        self.assertTrue(self.link_of(path).used_at)

    def test_the_same_browser_signs_in_again_another_one_does_not(self):
        path = self.make_path()
        self.enter()
        self.press(path)
        device = self.opener.cookies[DEVICE_COOKIE]
        self.open("/web/session/logout")
        self.assertSignedIn(None)
        self.assertEqual(self.press(path).status_code, 303)
        self.assertSignedIn(self.owner)
        self.assertEqual(self.opener.cookies[DEVICE_COOKIE], device)

        for who in (None, self.colleague, self.stranger):
            response = self.visit(path, who)
            self.assertEqual(response.status_code, 200)
            self.assertIn("another browser", response.text)
            self.assertNotIn(self.invoice.name, response.text)
            response = self.open(path, data={"csrf_token": self.csrf(response)})
            self.assertIn("another browser", response.text)
            self.assertSignedIn(who)
        self.assertEqual(self.link_of(path).use_count, 2)

    def test_two_links_in_one_browser_both_go_on_working(self):
        first, second = self.make_path(), self.make_path()
        self.enter()
        for path in (first, second, first, second):
            self.assertEqual(self.press(path).status_code, 303, path)

    def test_every_dead_link_looks_alike(self):
        expired, revoked, used_by_fraud = self.make_path(), self.make_path(), self.make_path(self.stranger)
        self.link_of(expired).expires_at = "2020-01-01"
        self.link_of(revoked)._revoke("test")
        self.set_status(self.other_client, "fraud")
        self.env.flush_all()
        good = self.make_path()
        tampered = good[:-1] + ("A" if good[-1] != "A" else "B")
        pages = {}
        for path in (
            expired,
            revoked,
            used_by_fraud,
            tampered,
            f"/my/link/{'x' * 5000}",
            "/my/link/%00%00",
            "/my/link/ä",
        ):
            response = self.visit(path)
            self.assertEqual(response.status_code, 404, path[:80])
            pages[path] = re.sub(r"nonce(=\"|-)[^\"']+|csrf_token.*", "", response.text)
            posted = self.open(path, data={"csrf_token": self.csrf(self.open(good))})
            self.assertEqual(posted.status_code, 404, path[:80])
            self.assertSignedIn(None)
        self.assertEqual(len(set(pages.values())), 1)
        self.assertFalse(self.link_of(good).used_at)

    @mute_logger("odoo.http")
    def test_a_post_needs_the_token_of_the_form(self):
        path = self.make_path()
        self.enter()
        self.assertEqual(self.open(path, data={"x": "1"}).status_code, 400)
        self.assertEqual(self.open(path, data={"csrf_token": "wrong"}).status_code, 400)
        self.assertSignedIn(None)
        self.assertEqual(self.open(path, method="PUT").status_code, 405)
        self.assertFalse(self.link_of(path).used_at)

    def test_who_else_is_signed_in_is_told(self):
        path = self.make_path()
        response = self.visit(path, self.stranger)
        self.assertIn("Steve Stranger", response.text)
        self.assertIn("will be signed out", response.text)
        self.assertSignedIn(self.stranger)
        self.assertEqual(self.open(path, data={"csrf_token": self.csrf(response)}).status_code, 303)
        self.assertSignedIn(self.owner)

    def test_a_second_factor_is_asked_for(self):
        user = self.owner.user_ids
        user.totp_secret = "A" * 32
        path = self.make_path()
        self.enter()
        response = self.press(path)
        self.assertEqual(response.status_code, 303)
        self.assertIn("/web/login/totp", response.headers["Location"])
        self.assertIn(f"invoices%2F{self.invoice.id}", response.headers["Location"])
        self.assertSignedIn(None)

    def test_sessions_end_with_the_status_and_stay_ended(self):
        self.enter()
        self.press(self.make_path())
        self.assertSignedIn(self.owner)
        self.set_status(self.client, "inactive")
        self.assertSignedIn(None)
        self.set_status(self.client, "active")
        self.assertSignedIn(None)

    def test_guesses_are_limited(self):
        self.enter()
        statuses = [self.open(f"/my/link/{new_token()}").status_code for _n in range(32)]
        self.assertEqual(statuses, [404] * 30 + [429] * 2)
        # looking at a good link is no guess, using it is
        path = self.make_path()
        page = self.open(path)
        self.assertEqual(page.status_code, 200)
        self.assertEqual(self.open(path, data={"csrf_token": self.csrf(page)}).status_code, 429)
        self.assertFalse(self.link_of(path).used_at)

    def test_a_fresh_link_goes_to_the_same_mailbox(self):
        path = self.make_path()
        self.enter()
        self.press(path)
        self.enter()
        page = self.open(path)
        mails = self.env["mail.mail"].search([])
        response = self.open(f"{path}/fresh", data={"csrf_token": self.csrf(page)})
        self.assertEqual(response.status_code, 200)
        self.assertIn("o•••@acme.example", response.text)
        mail = self.env["mail.mail"].search([]) - mails
        self.assertEqual(mail.recipient_ids, self.owner)
        (copy,) = self.outgoing(mail)
        token = self.token_in(copy["body"])
        fresh = self.links._find(token)
        self.assertRecordValues(
            fresh, [{"purpose": "request", "partner_id": self.owner.id, "document_id": self.invoice.id}]
        )
        self.assertLess((fresh.expires_at - fresh.issued_at).total_seconds(), 16 * 60)
        self.assertNotIn(token, mail.body_html)
        self.assertSignedIn(None)
        self.assertEqual(self.press(f"/my/link/{token}").status_code, 303)
        self.assertSignedIn(self.owner)

    def test_fresh_links_are_limited_and_need_a_good_link(self):
        path = self.make_path()
        self.enter()
        page = self.open(path)
        data = {"csrf_token": self.csrf(page)}
        mails = self.env["mail.mail"].search_count([])
        statuses = [self.open(f"{path}/fresh", data=data).status_code for _n in range(4)]
        self.assertEqual(statuses, [200, 200, 200, 429])
        self.assertEqual(self.open(f"/my/link/{new_token()}/fresh", data=data).status_code, 404)
        self.assertEqual(self.env["mail.mail"].search_count([]), mails + 3)
        self.assertEqual(self.open(f"{path}/fresh").status_code, 405)

    def test_links_keep_the_configured_address(self):
        self.env["ir.config_parameter"].set_param("web.base.url", "https://portal.firm.example")
        self.assertTrue(self.links._issue(self.owner).startswith("https://portal.firm.example/my/link/"))

    def test_the_impersonal_address_leads_to_the_document_after_a_login(self):
        path = f"/my/link/to/account.move/{self.invoice.id}"
        response = self.visit(path)
        self.assertIn("/web/login", response.headers["Location"])
        for who in (self.owner, self.colleague):
            response = self.visit(path, who)
            self.assertTrue(response.headers["Location"].endswith(f"/my/invoices/{self.invoice.id}"))
        foreign = (
            path,
            "/my/link/to/account.move/999999",
            "/my/link/to/res.users/1",
            "/my/link/to/no.model/1",
        )
        for other in foreign:
            response = self.visit(other, self.stranger)
            self.assertTrue(response.headers["Location"].endswith("/my"), other)

    def test_no_token_is_logged(self):
        path = self.make_path()
        token = path.rpartition("/")[2]
        self.enter()
        with self.assertLogs("odoo.http", "INFO") as log:
            self.open(path)
            self.open(path, data={"csrf_token": "wrong"})
            self.open(path, data={})
            self.press(path)
            self.open(path, method="POST")
            logging.getLogger("odoo.http").info("GET %s", path)
        lines = "\n".join(log.output)
        self.assertIn("/my/link/***", lines)
        self.assertNotIn(token, lines)
