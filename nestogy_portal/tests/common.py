"""Visitors of the portal, and what they do there."""

import json
import re
from unittest.mock import patch

from lxml import html

from odoo.tests import HttpCase

from odoo.addons.nestogy_clients.tests.common import ClientsMakers

PASSWORD = "portal-secret"
LINK = re.compile(r"https?://[^\s\"'<>]*/my/link/([A-Za-z0-9_-]{43})")


class PortalMakers(ClientsMakers):
    """A client with two people, and another client with one, who must see nothing of the first."""

    @classmethod
    def make_portal_world(cls):
        cls.client = cls.make_client("Acme Dental")
        cls.owner = cls.make_contact(cls.client, "Olive Owner", "owner@acme.example")
        cls.colleague = cls.make_contact(cls.client, "Carl Colleague", "colleague@acme.example")
        cls.other_client = cls.make_client("Other Studio")
        cls.stranger = cls.make_contact(cls.other_client, "Steve Stranger", "stranger@other.example")
        for contact in (cls.owner, cls.colleague, cls.stranger):
            cls.make_portal_user(contact, password=PASSWORD)
        cls.env["ir.config_parameter"].set_param("account_payment.enable_portal_payment", "True")

    @classmethod
    def make_demo_provider(cls):
        """Odoo's provider that pays without money, ready to be used."""
        provider = cls.env["payment.provider"].search(
            [("code", "=", "demo"), ("company_id", "=", cls.env.company.id)], limit=1
        )
        provider.write({"state": "test", "is_published": True})
        provider.payment_method_ids.active = True
        return provider

    def outgoing(self, mails):
        """What leaves when mails are sent, without sending: a list of the values of each copy."""
        return [values for mail in mails for values in mail._prepare_outgoing_list()]

    def token_in(self, body):
        """The token of the one link in a mail."""
        tokens = set(LINK.findall(str(body)))
        self.assertEqual(len(tokens), 1, body)
        return tokens.pop()


class PortalCase(PortalMakers, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()

    def visit(self, path, who=None, **kwargs):
        """Open a page as somebody (a contact), or as nobody, in a browser of his own.

        :return: the response; redirects are not followed
        """
        self.enter(who)
        return self.open(path, **kwargs)

    def enter(self, who=None):
        """Take a fresh browser, signed in as a contact or as nobody."""
        user = who.sudo().user_ids[:1] if who else None
        self.authenticate(user.login if user else None, PASSWORD if user else None)

    def open(self, path, data=None, **kwargs):
        """Go on in the same browser."""
        kwargs.setdefault("allow_redirects", False)
        return self.url_open(path, data=data, **kwargs)

    def csrf(self, response):
        """The token of the form on a page."""
        return html.fromstring(response.content).xpath("//input[@name='csrf_token']/@value")[0]

    def post_form(self, page, path, **data):
        """Post to a path with the token of the form on another page, in the same browser."""
        return self.open(path, data={"csrf_token": self.csrf(self.open(page)), **data})

    def call(self, route, **params):
        """Call a JSON route; gives the result, or the error's message as a :class:`RefusedCall`."""
        answer = self.url_open(
            route,
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}),
            headers={"Content-Type": "application/json"},
        ).json()
        if "error" in answer:
            raise RefusedCall(answer["error"]["data"]["name"], answer["error"]["data"]["message"])
        return answer.get("result")

    def assertSignedIn(self, contact, message=None):
        """The browser is signed in as this contact's user (``None``: as nobody)."""
        response = self.open("/my/statement")
        if contact is None:
            self.assertEqual(response.status_code, 303, message)
            self.assertIn("/web/login", response.headers["Location"], message)
        else:
            self.assertEqual(response.status_code, 200, message)
            self.assertIn(contact.commercial_partner_id.name, response.text, message)

    def fake_stripe(self, answers):
        """Answer calls to Stripe from a dict of (method, endpoint) to a dict or an exception; records the
        calls."""
        calls = []

        def send(provider, method, endpoint, **kwargs):
            calls.append((method, endpoint))
            answer = answers[method, endpoint]
            if isinstance(answer, Exception):
                raise answer
            return answer

        patcher = patch.object(self.registry["payment.provider"], "_send_api_request", send)
        patcher.start()
        self.addCleanup(patcher.stop)
        return calls


class RefusedCall(Exception):
    """A JSON route refused; ``name`` is the exception's class, the text its message."""

    def __init__(self, name, message):
        super().__init__(message)
        self.name = name
