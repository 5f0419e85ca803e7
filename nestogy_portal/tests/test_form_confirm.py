import re
from unittest.mock import patch

from lxml import html

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.misc import hash_sign

from ..models.form.nestogy_form_entry_confirm import CONFIRM
from .common import PortalCase
from .fake_smtp import SmtpMakers
from .test_forms import FormMakers

LINK = re.compile(r"/form/confirm/[A-Za-z0-9_-]+")


@tagged("post_install", "-at_install")
class TestFormConfirm(SmtpMakers, FormMakers, PortalCase):
    """An entry counts once its sender has shown that the address is his own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_smtp()
        cls.agent = cls.make_user("confirm_agent", "agent")
        cls.form = cls.make_form(
            needs_confirmation=True,
            consent_text="You may keep this.",
            has_marketing=True,
            marketing_text="Send me news.",
            least_seconds=0,
        )
        cls.path = f"/form/{cls.form.token}"

    def setUp(self):
        super().setUp()
        self.catcher.mails.clear()
        patcher = patch.object(self.registry["nestogy.portal.attempt"], "_count", lambda *args: 1)
        patcher.start()
        self.addCleanup(patcher.stop)

    def post(self, email, **answers):
        """Send the page of the form as nobody; gives the answer and the entry."""
        page = self.visit(self.path)
        stamp = html.fromstring(page.content).xpath("//input[@name='stamp']/@value")[0]
        data = {"stamp": stamp, "name": "Ann", "email": email, "consent": "yes"} | answers
        return self.open(self.path, data=data), self.form.entry_ids.sorted("id")[-1:]

    def mailed(self, entry):
        """Let the clock work and the mails leave; gives the link that came to the sender of an entry."""
        self.work()
        mails = self.env["mail.mail"].search([("model", "=", entry._name), ("res_id", "=", entry.id)])
        mails.send()
        (message,) = (mail for recipients, mail in self.catcher.mails if recipients == [entry.email])
        self.text = message.get_body(("html",)).get_content()
        return LINK.search(self.text).group()

    def test_an_entry_waits_until_a_person_presses_the_button_behind_the_link(self):
        page, entry = self.post("new@b.example", company="Bells", message="Buy at my shop", marketing="yes")
        self.assertEqual(page.status_code, 200)
        self.assertIn("Look into your mailbox", page.text)
        self.assertRecordValues(entry, [{"result": "unconfirmed", "asked_at": False, "confirmed_at": False}])
        link = self.mailed(entry)
        self.assertNotIn("Buy at my shop", self.text)
        self.assertTrue(entry.asked_at)
        # scanners of mails open links, some of them twice
        self.enter()
        for method in ("HEAD", "GET", "GET"):
            page = self.open(link, method=method)
            self.assertEqual(page.status_code, 200)
        self.assertIn("new@b.example", page.text)
        self.assertEqual(html.fromstring(page.content).xpath("//form/@action"), [link])
        self.work()
        self.assertRecordValues(entry, [{"result": "unconfirmed", "confirmed_at": False, "client_id": False}])
        for _press in range(2):
            page = self.open(link, method="POST")
            self.assertEqual(page.status_code, 200)
            self.assertIn("We have got what you sent", page.text)
            moment = entry.confirmed_at
            self.assertTrue(moment)
            entry.confirmed_at = fields.Datetime.subtract(moment, hours=1)  # a second time would write it anew
            self.work()
        self.assertEqual(entry.confirmed_at, fields.Datetime.subtract(moment, hours=1))
        self.assertRecordValues(
            entry,
            [{"result": "created", "sent_from": "127.0.0.0/24", "confirmed_from": "127.0.0.0/24", "tries": 0}],
        )
        self.assertEqual(len(self.form.entry_ids.client_id), 1)
        self.assertIn("We have got what you sent", self.open(link).text, "a used link says that all is well")
        consents = entry.contact_id.consent_ids.sorted("purpose")
        self.assertEqual(consents.mapped("purpose"), ["data", "marketing"])
        for consent, words in zip(consents, ("You may keep this.", "Send me news."), strict=True):
            self.assertEqual(consent.text, words)
            for proof in (f"entry {entry.id}", "127.0.0.0/24", "confirmed by the link in our mail"):
                self.assertIn(proof, consent.proof)
        (part,) = (each for each in entry.contact_id._client_export_parts() if each["key"] == "forms")
        self.assertEqual(part["rows"][0]["Address confirmed"], entry.confirmed_at)

    def test_known_and_unknown_addresses_read_the_same_and_both_get_a_mail(self):
        pages, entries = zip(*(self.post(email) for email in ("owner@acme.example", "nobody@b.example")), strict=True)
        texts = {re.sub(r"nonce(=\"|-)[^\"']+|owner@acme.example|nobody@b.example", "", page.text) for page in pages}
        self.assertEqual(len(texts), 1)
        for entry in entries:
            self.assertTrue(self.mailed(entry))
        self.assertFalse(self.form.entry_ids.client_id)

    def test_somebody_known_who_confirms_agrees_to_marketing(self):
        _page, entry = self.post("owner@acme.example", marketing="yes")
        self.open(self.mailed(entry), method="POST")
        self.work()
        self.assertRecordValues(entry, [{"result": "added", "contact_id": self.owner.id}])
        self.assertTrue(self.owner.marketing_opt_in)

    def test_what_is_accepted_without_being_confirmed_is_no_word_for_marketing(self):
        def refuse(*args):
            raise UserError(self.env._("Suspicious"))

        with patch.object(self.registry["ir.http"], "_verify_request_recaptcha_token", refuse):
            _page, entry = self.post("new@b.example", marketing="yes")
        self.work()
        self.assertRecordValues(entry, [{"result": "held", "reason": "captcha", "asked_at": False}])
        entry.with_user(self.agent).action_accept()
        self.assertEqual(entry.result, "created")
        consent = entry.contact_id.consent_ids
        self.assertEqual(consent.purpose, "data")
        self.assertIn("the e-mail address was not confirmed", consent.proof)

    def test_many_links_are_held_once_they_are_confirmed(self):
        _page, entry = self.post("new@b.example", message="www.a www.b www.c")
        self.assertRecordValues(entry, [{"result": "unconfirmed", "reason": "links"}])
        self.open(self.mailed(entry), method="POST")
        self.assertRecordValues(entry, [{"result": "held", "reason": "links"}])

    def test_a_link_that_is_forged_or_late_confirms_nothing(self):
        _page, entry = self.post("new@b.example")
        _page, other = self.post("other@b.example")
        link = self.mailed(entry)
        stale = hash_sign(
            self.env, CONFIRM, [entry.id, entry.email], expiration=fields.Datetime.now().replace(year=2020)
        )
        forged = [
            link[:-1] + ("A" if link[-1] != "A" else "B"),
            f"/form/confirm/{stale}",
            f"/form/confirm/{hash_sign(self.env, 'nestogy_form', [entry.id, entry.email])}",
            f"/form/confirm/{hash_sign(self.env, CONFIRM, [other.id, entry.email])}",
            f"/form/confirm/{hash_sign(self.env, CONFIRM, [10**9, entry.email])}",
            "/form/confirm/x",
            f"/form/confirm/{'x' * 3000}",
        ]
        self.enter()
        pages = set()
        for path in forged:
            for method in ("GET", "POST"):
                page = self.open(path, method=method)
                self.assertEqual(page.status_code, 404, path)
                pages.add(re.sub(r"nonce(=\"|-)[^\"']+", "", page.text))
        self.assertEqual(len(pages), 1)
        self.assertIn("This link is not good any more", pages.pop())
        self.assertEqual((entry | other).mapped("result"), ["unconfirmed"] * 2)
        # what nobody confirms is deleted when its time is over, and its link is dead
        self.env["nestogy.form.entry"]._gc_unconfirmed()
        self.assertTrue(entry.exists())
        entry.confirm_until = fields.Datetime.subtract(fields.Datetime.now(), seconds=1)
        self.env["nestogy.form.entry"]._gc_unconfirmed()
        self.assertEqual((entry | other).exists(), other)
        self.assertEqual(self.open(link, method="POST").status_code, 404)

    def test_spam_asks_for_no_mail_and_too_many_asks_are_refused(self):
        page, entry = self.post("new@b.example", homepage="x")
        self.assertIn("Look into your mailbox", page.text)
        self.work()
        self.assertRecordValues(entry, [{"result": "spam", "asked_at": False}])
        with patch.object(self.registry["nestogy.portal.attempt"], "_exceeds_asks", lambda *args: True):
            page, _entry = self.post("victim@b.example")
        self.assertEqual(page.status_code, 429)
        self.assertNotIn("victim@b.example", self.form.entry_ids.mapped("email"))

    def test_the_page_afterwards_comes_after_the_link(self):
        self.form.redirect_url = "https://www.acme.example/thanks"
        page, entry = self.post("new@b.example")
        self.assertEqual(page.status_code, 200)
        page = self.open(self.mailed(entry), method="POST")
        self.assertEqual((page.status_code, page.headers["Location"]), (303, self.form.redirect_url))
