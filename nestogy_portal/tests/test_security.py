import re
import time
from unittest.mock import patch

import odoo.http
from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..controllers.link import DEVICE_COOKIE
from ..models.access.res_users import STEP_UP
from .common import PASSWORD, PortalCase, RefusedCall

LOG_LOGGER = "odoo.addons.nestogy_clients.models.settings.ir_cron"


@tagged("post_install", "-at_install")
class TestSecurity(PortalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls.make_invoice(cls.client, 120)
        cls.other_invoice = cls.make_invoice(cls.client, 80)
        cls.links = cls.env["nestogy.portal.link"]
        cls.log = cls.env["nestogy.portal.access.log"]

    def make_path(self, contact=None, document=None):
        url = self.links._issue(contact or self.owner, document or self.invoice)
        return url[url.index("/my/link/") :]

    def press(self, path, action=""):
        return self.post_form(path, path + action)

    def change_session(self, **values):
        store = odoo.http.root.session_store
        session = store.get(self.opener.cookies["session_id"])
        session.update(values)
        store.save(session)

    # sessions of links

    def test_a_session_by_link_is_short(self):
        now = int(time.time())
        for values, stays in (
            ({"nestogy_seen": now - 2 * 3600 + 60}, True),
            ({"nestogy_seen": now - 2 * 3600 - 60}, False),
            ({"nestogy_since": now - 12 * 3600 + 60}, True),
            ({"nestogy_since": now - 12 * 3600 - 60}, False),
        ):
            self.enter()
            self.press(self.make_path())
            self.assertSignedIn(self.owner)
            self.change_session(**values)
            response = self.open("/my/statement")
            self.assertEqual(response.status_code == 200, stays, values)
            if not stays:
                self.assertIn("redirect=%2Fmy%2Fstatement", response.headers["Location"])

    def test_a_session_by_password_is_not(self):
        self.enter(self.owner)
        self.change_session(nestogy_since=1, nestogy_seen=1)
        self.assertSignedIn(self.owner)

    def test_a_click_keeps_the_session_awake(self):
        self.enter()
        self.press(self.make_path())
        now = int(time.time())
        self.change_session(nestogy_seen=now - 3600)
        self.open("/my/statement")
        session = odoo.http.root.session_store.get(self.opener.cookies["session_id"])
        self.assertGreaterEqual(session["nestogy_seen"], now)

    # one document without signing in

    def test_a_second_browser_sees_the_one_document(self):
        path = self.make_path()
        self.enter()
        self.press(path)
        self.enter()
        page = self.open(path)
        self.assertIn("Open only this document", page.text)
        self.assertNotIn(self.invoice.name, page.text)
        response = self.press(path, "/document")
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith(f"/my/invoices/{self.invoice.id}"))
        self.assertEqual(self.open(f"/my/invoices/{self.invoice.id}").status_code, 200)
        for closed in (f"/my/invoices/{self.other_invoice.id}", "/my/statement", "/my", "/my/invoices"):
            response = self.open(closed)
            self.assertEqual(response.status_code, 303, closed)
            self.assertNotIn(self.other_invoice.name, response.text)
        self.assertEqual(self.log.search([("event", "=", "document")]).partner_id, self.owner)

        self.links.search([("partner_id", "=", self.owner.id)])._revoke("test")
        self.assertEqual(self.open(f"/my/invoices/{self.invoice.id}").status_code, 303)

    def test_the_firm_may_forbid_it(self):
        path = self.make_path()
        self.enter()
        self.press(path)
        self.enter()
        self.press(path, "/document")
        self.env.company.portal_document_by_link = False
        self.assertEqual(self.open(f"/my/invoices/{self.invoice.id}").status_code, 303)
        self.assertNotIn("Open only this document", self.open(path).text)
        token = self.csrf(self.open(path))
        self.assertEqual(self.open(f"{path}/document", data={"csrf_token": token}).status_code, 404)

    def test_it_ends_with_the_client_s_status(self):
        path = self.make_path()
        self.enter()
        self.press(path, "/document")
        self.assertEqual(self.open(f"/my/invoices/{self.invoice.id}").status_code, 200)
        self.set_status(self.client, "fraud")
        self.assertEqual(self.open(f"/my/invoices/{self.invoice.id}").status_code, 303)

    def test_a_session_cannot_name_a_link_of_its_own(self):
        link = self.links.search([], limit=1) or self.links._find(self.make_path().rpartition("/")[2])
        opens = self.links._opens_document
        self.assertTrue(opens(link.id, "account.move", link.document_id))
        self.assertFalse(opens(link.id, "account.move", self.other_invoice.id))
        self.assertFalse(opens(link.id, "sale.order", link.document_id))
        for odd in (None, "1", True and [1], 10**9):
            self.assertFalse(opens(odd, "account.move", link.document_id))

    def test_a_ticket_like_document_needs_signing_in(self):
        estimate = self.env["sale.order"].create({"partner_id": self.client.id})
        link = self.links._find(self.make_path(document=estimate).rpartition("/")[2])
        self.assertTrue(link._is_open_document())
        link.document_model, link.document_id = "res.partner", self.client.id
        self.assertFalse(link._is_open_document())

    # new browsers

    def test_a_new_browser_is_told(self):
        self.enter()
        self.press(self.make_path())
        device = self.opener.cookies[DEVICE_COOKIE]
        mails = self.env["mail.mail"].search([])
        self.open("/web/session/logout")
        self.press(self.make_path())  # the same browser, another link
        self.assertEqual(self.opener.cookies[DEVICE_COOKIE], device)
        self.assertFalse(self.env["mail.mail"].search([]) - mails)
        self.enter()
        self.press(self.make_path())
        mail = self.mails_told()
        self.assertFalse(self.mails_told())  # one mail, however often the clock strikes
        self.assertEqual(mail.recipient_ids, self.owner)
        self.assertIn("/my/security", mail.body_html)
        self.assertEqual(self.log.search([("event", "=", "link")]).mapped("is_new_device"), [True, False, False])

    def make_news(self, count):
        self.links._issue(self.owner)
        link = self.links.search([("partner_id", "=", self.owner.id)], limit=1)
        rows = [self.log._log("link", self.owner, link=link, is_new_device=True) for _number in range(count)]
        return self.log.browse([row.id for row in rows])

    def mails_told(self):
        before = self.env["mail.mail"].search([])
        with patch.object(self.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 1000):
            self.log._cron_tell_of_new_devices()
        return self.env["mail.mail"].search([]) - before

    def test_one_sign_in_that_cannot_be_told_stops_no_other_and_is_tried_again(self):
        rows = self.make_news(2)
        tell = type(rows)._tell_of_new_device

        def fail_first(row):
            if row == rows[0]:
                raise ValueError("no template")
            return tell(row)

        with patch.object(type(rows), "_tell_of_new_device", fail_first), mute_logger(LOG_LOGGER):
            self.assertEqual(len(self.mails_told()), 1)
        self.assertEqual([bool(row.told_at) for row in rows], [False, True])
        self.assertEqual(len(self.mails_told()), 1)
        self.assertFalse(self.mails_told())

    def test_an_old_sign_in_is_no_news(self):
        self.make_news(1).at = fields.Datetime.subtract(fields.Datetime.now(), days=3)
        self.assertFalse(self.mails_told())

    # the own page

    def test_people_see_their_own_sign_ins_and_nobody_else_s(self):
        self.log._log("link", self.colleague, detail="of the colleague")
        self.log._log("staff_link", self.owner, detail="secret of staff")
        self.enter(self.colleague)
        self.enter()
        self.press(self.make_path())
        page = self.open("/my/security").text
        self.assertEqual(page.count("Signed in by link"), 1)
        self.assertNotIn("secret of staff", page)

    def test_signing_out_everywhere_else_keeps_this_session(self):
        path = self.make_path()
        self.enter(self.owner)
        other = self.opener
        self.enter()
        self.press(path)
        self.assertEqual(self.post_form("/my/security", "/my/security/sign-out").status_code, 303)
        self.assertSignedIn(self.owner)
        self.opener = other
        self.assertSignedIn(None)
        self.assertFalse(self.links._find(path.rpartition("/")[2]))
        with mute_logger("odoo.http"):
            self.assertEqual(self.visit("/my/security/sign-out", self.owner).status_code, 405)

    def test_whoever_has_no_password_is_offered_one(self):
        nina = self.make_contact(self.client, "Nina New", "nina@acme.example")
        path = self.make_path(nina)
        self.enter()
        self.press(path)
        page = self.open("/my/security").text
        self.assertIn("Set a password", page)
        self.assertNotIn('id="current"', page)
        self.assertEqual(self.post_form("/my/security", "/my/security/set-password").status_code, 303)
        request = self.env["nestogy.portal.link.request"].search([])
        self.assertRecordValues(request, [{"purpose": "password", "address": "nina@acme.example"}])
        self.enter(self.owner)
        self.assertNotIn("Set a password", self.open("/my/security").text)

    # confirming

    def test_saved_payment_methods_ask_who_it_is(self):
        self.enter()
        self.press(self.make_path())
        response = self.open("/my/payment_method")
        self.assertEqual(response.status_code, 303)
        self.assertIn("/my/confirm?redirect=%2Fmy%2Fpayment_method", response.headers["Location"])
        with self.assertRaises(RefusedCall) as refused, mute_logger("odoo.http"):
            self.call("/payment/archive_token", token_id=1)
        self.assertIn("confirm first", str(refused.exception))
        confirm = "/my/confirm?redirect=/my/payment_method"
        wrong = self.post_form(confirm, "/my/confirm", redirect="/my/payment_method", password="wrong")
        self.assertIn("password is not right", wrong.text)
        self.assertEqual(self.open("/my/payment_method").status_code, 303)
        right = self.post_form(confirm, "/my/confirm", redirect="/my/payment_method", password=PASSWORD)
        self.assertTrue(right.headers["Location"].endswith("/my/payment_method"))
        self.assertEqual(self.open("/my/payment_method").status_code, 200)
        self.assertTrue(self.log.search([("event", "=", "confirmed")]))
        self.change_session(**{STEP_UP: time.time() - 601})
        self.assertEqual(self.open("/my/payment_method").status_code, 303)

    def test_a_mailed_code_confirms_too_and_only_oneself(self):
        self.enter()
        self.press(self.make_path())
        self.post_form("/my/confirm", "/my/confirm/code")
        page = self.open("/my/confirm?sent=1")
        self.assertIn("o•••@acme.example", page.text)
        request = self.env["nestogy.portal.link.request"].search([])
        self.assertEqual(request.purpose, "confirm")
        code = request._code()
        self.assertIn("code is not right", self.post_form("/my/confirm", "/my/confirm", code="AAAA-AAAA").text)
        self.assertEqual(self.post_form("/my/confirm", "/my/confirm", code=code).status_code, 303)
        self.assertEqual(self.open("/my/payment_method").status_code, 200)
        # and it opens no door
        self.assertFalse(self.env["nestogy.portal.link.request"]._check_code(None, code))

    def test_a_fresh_password_is_proof_enough(self):
        self.enter()
        token = self.csrf(self.open("/web/login"))
        login = self.owner.user_ids.login
        self.open("/web/login", data={"csrf_token": token, "login": login, "password": PASSWORD, "redirect": "/my"})
        self.assertEqual(self.open("/my/payment_method").status_code, 200)
        self.assertEqual(self.log.search([("event", "=", "password")]).partner_id, self.owner)

    def test_nobody_and_strangers_are_sent_to_the_login(self):
        for path in ("/my/confirm", "/my/security", "/my/payment_method"):
            response = self.visit(path)
            self.assertEqual(response.status_code, 303)
            self.assertIn("/web/login", response.headers["Location"])

    def test_staff_gives_a_link_once_and_it_is_logged(self):
        agent = self.make_user("sec_agent", "agent")
        action = self.owner.with_user(agent).action_portal_staff_link()
        url = action["context"]["default_url"]
        link = self.links._find(url.rpartition("/")[2])
        self.assertRecordValues(link, [{"purpose": "staff", "partner_id": self.owner.id, "issued_by_id": agent.id}])
        self.assertLess((link.expires_at - link.issued_at).total_seconds(), 86401)
        self.assertEqual(self.log.search([("event", "=", "staff_link")]).detail, agent.name)
        self.assertFalse(re.search("url", str(self.env["nestogy.portal.staff.link"]._fields["url"].store)))
        epoch = self.owner.user_ids.nestogy_session_epoch
        self.owner.with_user(agent).action_portal_sign_out()
        self.assertEqual(self.owner.user_ids.nestogy_session_epoch, epoch + 1)
        self.assertFalse(self.links._find(url.rpartition("/")[2]))
