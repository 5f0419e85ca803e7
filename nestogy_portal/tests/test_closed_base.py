"""What Odoo leaves open and we close: followers, sessions, redirects, headers, holders of a document's address."""

import re
from unittest.mock import patch
from urllib.parse import urlsplit

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .common import PASSWORD, PortalCase, RefusedCall
from .crawl import CANARY, CrawlMakers

QUIET = ("odoo.http", "odoo.addons.base.models.ir_http", "odoo.addons.nestogy_portal.models.login.ir_http_guard")


@tagged("post_install", "-at_install")
class TestFollowers(CrawlMakers, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.make_crawl_world()
        cls.documents = (cls.invoice, cls.order, cls.project, cls.task, cls.contract)

    def sees(self, who, document):
        return bool(self.env[document._name].with_user(who.user_ids).search([("id", "=", document.id)]))

    def test_following_a_foreign_document_shows_nothing_of_it(self):
        for document in self.documents:
            self.assertTrue(self.sees(self.owner, document), document)
            document.message_subscribe(self.stranger.ids)
            self.assertIn(self.stranger, document.message_partner_ids)
            self.assertFalse(self.sees(self.stranger, document), document)
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                document.with_user(self.stranger.user_ids).read(["display_name"])
            messages = self.env["mail.message"].with_user(self.stranger.user_ids)
            self.assertFalse(messages.search([("model", "=", document._name), ("res_id", "=", document.id)]))

    def test_following_and_sharing_show_no_project_to_clients(self):
        """Whether a client sees a project is said on the project alone."""
        shared = self.env["project.project"].create({"name": "Town fair", "privacy_visibility": "portal"})
        shared.message_subscribe(self.stranger.ids)
        self.assertFalse(self.sees(self.stranger, shared))
        self.project.message_subscribe(self.stranger.ids)
        self.env["project.collaborator"].create({"project_id": self.project.id, "partner_id": self.stranger.id})
        self.assertFalse(self.sees(self.stranger, self.project))


@tagged("post_install", "-at_install")
class TestSessionsEnd(PortalCase):
    """A session that has ended does not come back."""

    def signed_in(self, who=None):
        self.enter(who or self.colleague)
        self.assertSignedIn(who or self.colleague)

    def test_archived_and_taken_back(self):
        self.signed_in()
        self.colleague.user_ids.active = False
        self.assertSignedIn(None)
        self.colleague.with_context(active_test=False).user_ids.active = True
        self.assertSignedIn(None)

    def test_closed_by_the_status_and_open_again(self):
        for status in ("inactive", "fraud"):
            self.signed_in()
            self.set_status(self.client, status)
            self.assertSignedIn(None)
            self.set_status(self.client, "active")
            self.assertSignedIn(None)

    def test_moved_to_another_client_and_back(self):
        link = self.env["nestogy.portal.link"]._issue(self.colleague)
        self.signed_in()
        self.colleague.parent_id = self.other_client
        self.assertSignedIn(None)
        self.colleague.parent_id = self.client
        self.assertSignedIn(None)
        self.assertFalse(self.env["nestogy.portal.link"]._find(link.rpartition("/")[2]))

    def test_another_level_holds_for_the_session_that_is_open(self):
        self.signed_in()
        self.colleague.portal_level_id = self.env.ref("nestogy_portal.nestogy_portal_level_technical")
        self.assertEqual(self.open("/my/statement").status_code, 404)

    def test_another_password_ends_the_other_sessions(self):
        self.signed_in()
        self.colleague.user_ids.password = "another-long-secret"
        self.assertSignedIn(None)
        self.colleague.user_ids.password = PASSWORD
        self.assertSignedIn(None)


@tagged("post_install", "-at_install")
class TestPages(CrawlMakers, PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_crawl_world()

    # what comes back with a page

    def test_pages_of_clients_are_kept_and_framed_by_nobody(self):
        self.enter(self.owner)
        for path in (
            *("/my", "/my/account", "/my/addresses", "/my/invoices", "/my/quotes", "/my/projects", "/my/tasks"),
            *("/my/statement", "/my/people", "/my/security", "/payment/status", f"/my/invoices/{self.invoice.id}"),
        ):
            response = self.open(path)
            self.assertEqual(response.status_code, 200, path)
            headers = response.headers
            self.assertEqual(headers["Cache-Control"], "no-store", path)
            self.assertIn(headers["X-Frame-Options"], ("SAMEORIGIN", "DENY"), path)
            self.assertIn("frame-ancestors", headers["Content-Security-Policy"], path)
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff", path)
            self.assertEqual(headers["Referrer-Policy"], "strict-origin-when-cross-origin", path)

    def test_pages_that_refuse_and_those_with_a_secret_say_so_too(self):
        self.enter()
        for path in ("/my/link", "/my/link/unknown", "/web/reset_password"):
            self.assertEqual(self.open(path).headers["Referrer-Policy"], "no-referrer", path)
        self.enter(self.owner)
        response = self.open("/my/documents/999999999")
        self.assertEqual(response.status_code, 404)
        self.assertEqual(response.headers["Cache-Control"], "no-store")

    def test_the_session_s_cookie_stays_with_this_site(self):
        self.enter()
        self.opener.cookies.clear()
        cookies = self.open("/web/login").raw.headers.getlist("Set-Cookie")
        (cookie,) = [each for each in cookies if each.startswith("session_id=")]
        self.assertIn("SameSite=Lax", cookie)
        self.assertIn("HttpOnly", cookie)
        self.assertNotIn("Secure", cookie)
        self.assertEqual(sum(each.startswith("session_id=") for each in cookies), 1)

    # what goes in

    def test_unknown_words_in_an_address_count_for_none(self):
        self.enter(self.owner)
        for path in (
            *("/my/invoices", "/my/quotes", "/my/orders", "/my/projects", "/my/tasks", "/my/messages"),
            *("/my/contracts", "/my/statement", "/my/documents", f"/my/projects/{self.project.id}"),
        ):
            for word in ("x", "name, (select 1)", "id desc", "-1", "2026-13-45"):
                words = ("sortby", "filterby", "groupby", "search_in", "date_begin", "date_end", "page", "folder")
                query = "&".join(f"{name}={word}" for name in words)
                with self.subTest(path=path, word=word), mute_logger(*QUIET):
                    self.assertEqual(self.open(f"{path}?{query}&search=x").status_code, 200)

    def test_an_address_leads_to_our_own_pages_only(self):
        self.enter(self.owner)
        for path, name in (("/my/account", "redirect"), ("/my/address", "callback"), ("/my/confirm", "redirect")):
            for evil in ("https://evil.example/x", "//evil.example/x", "/\\evil.example", "javascript:alert(1)"):
                page = self.open(f"{path}?{name}={evil}")
                self.assertNotIn(f'href="{evil}', page.text)
                values = re.findall(r'(?:href|action|value)="([^"]*evil[^"]*)"', page.text)
                self.assertFalse([value for value in values if not urlsplit(value).path.startswith("/my")], path)
        page = self.open("/my/account?redirect=/my/invoices")
        self.assertIn('href="/my/invoices"', page.text)

    # who holds the address of a document

    def test_the_address_of_a_document_uploads_nothing(self):
        token = self.invoice._portal_ensure_token()
        before = self.env["ir.attachment"].search_count([])
        self.enter()
        with mute_logger(*QUIET):
            response = self.open(
                "/mail/attachment/upload",
                data={
                    "csrf_token": self.csrf(self.open("/web/login")),
                    "thread_model": "account.move",
                    "thread_id": self.invoice.id,
                    "token": token,
                    "is_pending": "true",
                },
                files={"ufile": ("a.txt", b"x", "text/plain")},
            )
            self.assertEqual(response.status_code, 403)
            with self.assertRaises(RefusedCall):
                self.call("/mail/message/reaction", message_id=self.message.id, content="x", action="add", token=token)
        self.assertEqual(self.env["ir.attachment"].search_count([]), before)
        self.assertFalse(self.message.reaction_ids)

    def test_the_chatter_of_another_document_stays_closed(self):
        other = self.make_invoice(self.owner, 5)
        other.message_post(body=f"{CANARY} other", subtype_xmlid="mail.mt_comment")
        token = self.invoice._portal_ensure_token()
        for who in (None, self.stranger):
            self.enter(who)
            with mute_logger(*QUIET):
                try:
                    answer = self.call(
                        "/mail/chatter_fetch", thread_model="account.move", thread_id=other.id, token=token
                    )
                except RefusedCall:
                    continue
            self.assertNotIn(CANARY, str(answer))

    # contracts

    def test_clients_make_no_invoices_of_contracts(self):
        for who in (self.owner, self.stranger):
            contracts = self.contract.with_user(who.user_ids)
            with self.assertRaises(AccessError):
                contracts.cron_recurring_create_invoice()
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                contracts.recurring_create_invoice()
        plain = self.make_user("closed_plain")
        with self.assertRaises(AccessError):
            self.contract.with_user(plain).cron_recurring_create_invoice()
        with patch.object(self.registry["contract.contract"], "_cron_recurring_create") as made:
            self.env["contract.contract"].sudo().cron_recurring_create_invoice()
            self.contract.with_user(self.make_user("closed_biller", "billing")).cron_recurring_create_invoice()
        self.assertEqual(made.call_count, 2)
