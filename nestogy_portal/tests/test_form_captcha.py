import time
import types
from unittest.mock import patch

import requests
from lxml import html

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.google_recaptcha.models import ir_http as recaptcha

from .common import PortalCase
from .fake_recaptcha import FakeRecaptcha
from .test_forms import FormMakers

TIMEOUT = 1
GOOD = {"success": True, "score": 0.9, "action": "nestogy_form"}


@tagged("post_install", "-at_install")
class TestFormCaptcha(FormMakers, PortalCase):
    """Odoo's own reCAPTCHA before a form, with a Google that answers, errs or is gone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.form = cls.make_form(has_endpoint=True, least_seconds=0, address_limit=100)
        cls.path = f"/form/{cls.form.token}"
        cls.fake = FakeRecaptcha()
        cls.addClassCleanup(cls.fake.close)
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param("recaptcha_public_key", "public")
        parameters.set_param("recaptcha_private_key", "private")
        parameters.set_param("recaptcha_min_score", "0.5")
        post = requests.post

        def ask(url, data=None, timeout=None, **kwargs):
            assert url == "https://www.recaptcha.net/recaptcha/api/siteverify", url
            begin = time.monotonic()
            answer = post(cls.fake.url, data, timeout=timeout, **kwargs)
            if time.monotonic() - begin > TIMEOUT:  # Odoo's tests wait ten seconds, whatever the caller says
                raise requests.exceptions.ReadTimeout()
            return answer

        cls.startClassPatcher(patch.object(recaptcha.requests, "post", ask))
        http = cls.registry["ir.http"]
        if not hasattr(http, "_verify_recaptcha_token"):
            # the addon of core is not installed here: its own code, put where it would stand
            verify = recaptcha.IrHttp._verify_request_recaptcha_token
            closure = (types.CellType(http),)  # the class whose super() it asks
            verify = types.FunctionType(verify.__code__, verify.__globals__, verify.__name__, None, closure)
            cls.startClassPatcher(patch.object(http, "_verify_request_recaptcha_token", verify))
            verify = recaptcha.IrHttp._verify_recaptcha_token
            cls.startClassPatcher(patch.object(http, "_verify_recaptcha_token", verify, create=True))

    def setUp(self):
        super().setUp()
        self.fake.forget()
        self.fake.answer = GOOD

    def fill_in(self, **answers):
        """Send the page of the form as nobody; gives the entry."""
        page = self.visit(self.path)
        stamp = html.fromstring(page.content).xpath("//input[@name='stamp']/@value")[0]
        data = {"stamp": stamp, "email": "a@b.example", "recaptcha_token_response": "token"} | answers
        self.assertEqual(self.open(self.path, data=data).status_code, 200)
        return self.form.entry_ids.sorted("id")[-1:]

    def test_a_person_passes_and_google_is_asked_once(self):
        self.assertEqual(self.fill_in().result, "waiting")
        (asked,) = self.fake.requests
        self.assertEqual(asked, {"secret": "private", "response": "token", "remoteip": "127.0.0.1"})
        # the page loads Google's script, and nothing else of others
        page = self.visit(self.path)
        self.assertIn("render=public", page.text)
        self.assertIn("connect-src https://www.recaptcha.net", page.headers["Content-Security-Policy"])

    @mute_logger("odoo.addons.google_recaptcha.models.ir_http")
    def test_whatever_google_says_or_does_not_say_no_entry_is_lost(self):
        held = [
            (GOOD | {"score": 0.1}, None),
            (GOOD | {"score": None}, None),
            (GOOD | {"score": "high"}, None),
            (GOOD | {"action": "login"}, None),
            ({"success": False, "error-codes": ["invalid-input-secret"]}, None),
            ({"success": False, "error-codes": ["invalid-input-response"]}, None),
            ({"success": False, "error-codes": ["timeout-or-duplicate"]}, None),
            ({"success": False, "error-codes": None}, None),
            ({"success": True}, None),
            ([], None),
            ("no", None),
            (None, None),
            (GOOD, "drop"),
            (GOOD, "500"),
            (GOOD, TIMEOUT + 0.1),
        ]
        for number, (answer, fault) in enumerate(held):
            with self.subTest(answer=answer, fault=fault):
                self.fake.answer = answer
                self.fake.faults[:] = [("POST", "", fault)] if fault else []
                entry = self.fill_in(message=str(number))
                self.assertRecordValues(entry, [{"result": "held", "reason": "captcha", "message": str(number)}])
        self.assertEqual(len(self.form.entry_ids), len(held))
        # what is held becomes a client when somebody of the firm says so
        entry.with_user(self.make_user("captcha_agent", "agent")).action_accept()
        self.assertEqual(entry.result, "created")

    @mute_logger("odoo.addons.google_recaptcha.models.ir_http")
    def test_who_sends_no_word_of_the_captcha_is_held_too(self):
        self.fake.answer = {"success": False, "error-codes": ["missing-input-response"]}
        entry = self.fill_in(recaptcha_token_response="")
        self.assertRecordValues(entry, [{"result": "held", "reason": "captcha"}])
        # and so is a program
        self.enter()
        answer = self.open(f"{self.path}/entries", data={"email": "c@d.example"})
        self.assertEqual(answer.status_code, 202)
        self.assertEqual(self.form.entry_ids.sorted("id").mapped("reason"), ["captcha"] * 2)

    def test_without_a_key_of_the_server_nobody_is_asked(self):
        self.env["ir.config_parameter"].set_param("recaptcha_private_key", False)
        self.assertEqual(self.fill_in().result, "waiting")
        self.assertFalse(self.fake.requests)
