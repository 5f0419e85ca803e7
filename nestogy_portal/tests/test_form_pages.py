import json
import re
from unittest.mock import patch

from lxml import html

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..controllers.form import MOST_BYTES
from ..tools.link_tokens import new_token
from .common import PortalCase
from .test_forms import FormMakers

SITE = "https://www.acme.example"
QUIET = ("odoo.http", "odoo.addons.base.models.ir_http")


@tagged("post_install", "-at_install")
class TestFormPages(FormMakers, PortalCase):
    """A form as strangers meet it: its page, its frame and the door for programs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.form = cls.make_form(allowed_origins=SITE, has_endpoint=True, least_seconds=0)
        cls.path = f"/form/{cls.form.token}"

    def stamp_in(self, response):
        return html.fromstring(response.content).xpath("//input[@name='stamp']/@value")[0]

    def fill_in(self, path=None, **answers):
        """Open the page of the form as nobody, and send it."""
        path = path or self.path
        page = self.visit(path)
        return self.open(path, data={"stamp": self.stamp_in(page), "name": "Ann", "email": "a@b.example"} | answers)

    def post_json(self, data, **headers):
        headers = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self.enter()
        return self.open(
            f"{self.path}/entries", data=data if isinstance(data, bytes) else json.dumps(data), headers=headers
        )

    @staticmethod
    def plain(response):
        return re.sub(r"nonce(=\"|-)[^\"']+", "", response.text)

    def test_known_and_unknown_people_read_the_same(self):
        pages = [
            self.fill_in(email=email, message="Hello")
            for email in ("owner@acme.example", "nobody@nowhere.example", "stranger@other.example")
        ]
        self.assertEqual({page.status_code for page in pages}, {200})
        self.assertEqual(len({self.plain(page) for page in pages}), 1)
        self.assertIn("We have got what you sent", pages[0].text)
        # nothing is done yet, so that nothing can be told from the time either
        self.assertEqual(self.form.entry_ids.mapped("result"), ["waiting"] * 3)
        self.assertFalse(self.form.entry_ids.client_id)
        self.work()
        self.assertEqual(self.form.entry_ids.sorted("id").mapped("result"), ["added", "created", "added"])

    def test_the_page_needs_no_cookie_and_lets_only_the_named_sites_frame_it(self):
        page = self.visit(self.path)
        self.assertEqual(page.status_code, 200)
        self.assertNotIn("Set-Cookie", page.headers)
        self.assertNotIn("X-Frame-Options", page.headers)
        policy = page.headers["Content-Security-Policy"]
        self.assertIn(f"frame-ancestors 'self' {SITE}", policy)
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        tree = html.fromstring(page.content)
        self.assertEqual(tree.xpath("//label/@for"), tree.xpath("//label/following-sibling::*[1]/@id"))
        self.assertTrue(tree.xpath("//div[@class='trap'][@aria-hidden='true']//input[@tabindex='-1']"))
        # in a frame the site that shows it is noted, if it is one of the list
        for referrer, origin in ((f"{SITE}/contact?x=1", SITE), ("https://evil.example/", False)):
            self.enter()
            framed = self.open(f"{self.path}?embed=1", headers={"Referer": referrer})
            data = {"stamp": self.stamp_in(framed), "email": "a@b.example", "message": referrer}
            self.assertEqual(self.open(f"{self.path}?embed=1", data=data).status_code, 200)
            self.assertEqual(self.form.entry_ids.sorted("id")[-1].origin or False, origin)

    def test_the_page_is_in_the_first_language_that_is_installed(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.form.with_context(lang="fr_FR").title = "Écrivez-nous"
        for languages, title in (
            ("tlh-KX, fr;q=0.9, en;q=0.5", "Écrivez-nous"),
            ("fr-CA", "Écrivez-nous"),
            ("en-GB", "Contact us"),
            ("xx", "Contact us"),
        ):
            page = self.visit(self.path, headers={"Accept-Language": languages})
            self.assertEqual(html.fromstring(page.content).xpath("//h1")[0].text, title, languages)
        self.form.lang = "fr_FR"
        self.assertIn("Écrivez-nous", self.visit(self.path).text)

    def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(self):
        page = self.fill_in(email="ann", message="<b>Hello</b>")
        self.assertEqual(page.status_code, 422)
        tree = html.fromstring(page.content)
        self.assertEqual(tree.xpath("//input[@name='email']/@aria-invalid"), ["true"])
        described = tree.xpath("//input[@name='email']/@aria-describedby")[0]
        self.assertIn("Type one e-mail address", tree.xpath(f"//*[@id='{described}']")[0].text_content())
        self.assertEqual(tree.xpath("//textarea[@name='message']")[0].text, "<b>Hello</b>")
        self.assertFalse(self.form.entry_ids)

    def test_a_page_of_somebody_else_is_shown_ours_before_it_counts(self):
        self.enter()
        page = self.open(self.path, data={"name": "Ann", "email": "a@b.example"})
        self.assertEqual(page.status_code, 422)
        self.assertIn("Please send it once more", page.text)
        self.assertFalse(self.form.entry_ids)
        data = {"stamp": self.stamp_in(page), "name": "Ann", "email": "a@b.example"}
        self.assertEqual(self.open(self.path, data=data).status_code, 200)
        self.assertEqual(len(self.form.entry_ids), 1)

    def test_every_dead_form_looks_alike(self):
        gone = self.make_form()
        gone.active = False
        pages = set()
        for token in (gone.token, new_token(), "x" * 3000, "%00"):
            for data in (None, {"email": "a@b.example"}):
                self.enter()
                page = self.open(f"/form/{token}", data=data)
                self.assertEqual(page.status_code, 404, token[:50])
                pages.add(self.plain(page))
            self.assertEqual(self.open(f"/form/{token}/embed.js").status_code, 404)
            self.assertEqual(self.open(f"/form/{token}/entries", data={"email": "a@b.example"}).status_code, 404)
        self.assertEqual(len(pages), 1)

    def test_too_many_are_told_to_wait_and_lose_nothing(self):
        self.form.address_limit = 1
        self.assertEqual(self.fill_in(message="One").status_code, 200)
        page = self.fill_in(message="Two")
        self.assertEqual(page.status_code, 429)
        self.assertEqual(html.fromstring(page.content).xpath("//textarea[@name='message']")[0].text, "Two")
        self.assertEqual(self.post_json({"email": "a@b.example"}).headers["Retry-After"], "3600")

    def test_visitors_are_led_on(self):
        self.form.redirect_url = "https://www.acme.example/thanks?a=1"
        page = self.fill_in()
        self.assertEqual((page.status_code, page.headers["Location"]), (303, self.form.redirect_url))
        self.assertIn(
            "form-action 'self' https://www.acme.example;", self.visit(self.path).headers["Content-Security-Policy"]
        )
        # out of a frame the page around it goes there, not the frame
        page = self.fill_in(path=f"{self.path}?embed=1")
        self.assertEqual(page.status_code, 200)
        self.assertEqual(html.fromstring(page.content).xpath("//a[@data-next]/@target"), ["_top"])

    def test_what_the_captcha_refuses_is_looked_at_by_staff(self):
        def refuse(model, action):
            self.assertEqual(action, "nestogy_form")
            raise UserError(self.env._("Suspicious"))

        with patch.object(self.registry["ir.http"], "_verify_request_recaptcha_token", refuse):
            self.assertEqual(self.fill_in().status_code, 200)
        self.assertRecordValues(self.form.entry_ids, [{"result": "held", "reason": "captcha"}])

    def test_staff_who_is_signed_in_sends_as_anybody(self):
        page = self.visit(self.path, self.owner)
        self.open(self.path, data={"stamp": self.stamp_in(page), "email": "new@b.example"})
        self.work()
        self.assertRecordValues(self.form.entry_ids, [{"result": "created"}])

    def test_the_script_for_websites_can_be_loaded_from_anywhere(self):
        response = self.visit(f"{self.path}/embed.js")
        self.assertEqual(response.status_code, 200)
        self.assertIn("text/javascript", response.headers["Content-Type"])
        self.assertEqual(response.headers["Cross-Origin-Resource-Policy"], "cross-origin")
        self.form.title = 'Say "hello" <now>'
        self.assertIn('data-title="Say &#34;hello&#34; &lt;now&gt;"', self.form.embed_code)

    # ------------------------------------------------------------------
    # Programs
    # ------------------------------------------------------------------

    def test_a_program_sends_once_however_often_it_repeats(self):
        entry = {"name": "Ann", "email": "a@b.example", "message": "Hello"}
        answers = [self.post_json(entry, Idempotency_Key="order-7", Origin=SITE) for _number in range(2)]
        for answer in answers:
            self.assertEqual(answer.status_code, 202, answer.text)
            self.assertEqual(answer.headers["Access-Control-Allow-Origin"], SITE)
            self.assertTrue(answer.json()["ok"])
        self.assertRecordValues(self.form.entry_ids, [{"origin": SITE, "sender": "Ann", "result": "waiting"}])
        other = self.post_json(entry | {"message": "Bye"}, Idempotency_Key="order-7")
        self.assertEqual(other.status_code, 422)
        self.assertIn("Another entry was sent with this Idempotency-Key", other.json()["error"])
        self.assertEqual(len(self.form.entry_ids), 1)

    def test_other_websites_may_not_send(self):
        for origin in ("https://evil.example", "null", f"{SITE}.evil.example"):
            answer = self.post_json({"email": "a@b.example"}, Origin=origin)
            self.assertEqual(answer.status_code, 403)
            self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
        self.enter()
        for origin, status in ((SITE, 204), ("https://evil.example", 403)):
            answer = self.open(f"{self.path}/entries", method="OPTIONS", headers={"Origin": origin})
            self.assertEqual(answer.status_code, status)
            self.assertEqual(answer.headers.get("Access-Control-Allow-Origin"), origin if status == 204 else None)
        self.assertFalse(self.form.entry_ids)
        self.form.has_endpoint = False
        self.assertEqual(self.post_json({"email": "a@b.example"}, Origin=SITE).status_code, 404)

    @mute_logger(*QUIET)
    def test_each_fault_of_a_program_is_named(self):
        self.form.consent_text = "You may keep this."
        for data, status, key, sentence in (
            ({"email": "x", "consent": True}, 422, "email", "Type one e-mail address"),
            ({"email": "a@b.example"}, 422, "consent", "Agreeing is required: You may keep this."),
            ({"email": "a@b.example", "consent": True, "emial": "y"}, 422, "emial", "no field of this name"),
            ({"email": {"a": 1}, "consent": True}, 422, "email", "Send a text"),
            ([], 400, None, "Send one object"),
            (b"{", 400, None, "This is no JSON"),
            (b"\xff", 400, None, "This is no JSON"),
        ):
            with self.subTest(data=data):
                answer = self.post_json(data)
                self.assertEqual(answer.status_code, status)
                said = answer.json()
                self.assertIn(sentence, said["errors"][key] if key else said["error"])
        self.assertEqual(self.post_json({"message": "m" * MOST_BYTES}).status_code, 413)
        self.assertFalse(self.form.entry_ids)
        # a plain form of a program is understood as well
        self.enter()
        data = {"email": "a@b.example", "consent": "yes"}
        self.assertEqual(self.open(f"{self.path}/entries", data=data).status_code, 202)
