"""Asking the web server for pages as a client of the portal, without a network between."""

import re
import threading
import time

from werkzeug.test import Client

import odoo.http
from odoo.http import Controller, Response, route

PASSWORD = "a long benchmark password"
BARE = "/nestogy/benchmark/bare"
BARE_OPEN = "/nestogy/benchmark/open"


def bare_route(env):
    """Open two pages that do nothing, one for known visitors and one for all: the least that a page can cost."""

    class Bare(Controller):
        __module__ = "odoo.addons.nestogy_portal.controllers.benchmark"

        @route(BARE, type="http", auth="user", readonly=True)
        def bare(self):
            return Response(status=200)

        @route(BARE_OPEN, type="http", auth="public", methods=["POST"], csrf=False)
        def bare_open(self):
            return Response(status=200)

    env.registry.clear_cache("routing")
    return Bare


def portal_client(env, name):
    """:return: a client and its primary contact, who has a login; committed, for other cursors ask for the pages"""
    status = env.ref("nestogy_clients.nestogy_client_status_active")
    client = env["res.partner"].create({"name": name, "is_company": True, "client_status_id": status.id})
    email = f"pat{client.id}@bench.example"
    contact = env["res.partner"].create({"name": f"Pat of {name}", "parent_id": client.id, "email": email})
    client.primary_contact_id = contact
    env["nestogy.portal.link"]._issue(contact)  # makes the user
    contact.user_ids.password = PASSWORD
    return client, contact


class Visitor:
    """A browser."""

    def __init__(self):
        self.browser = Client(odoo.http.root, Response)
        self.place = {"base_url": "http://127.0.0.1", "environ_overrides": {"REMOTE_ADDR": "127.0.0.1"}}

    def get(self, path):
        return self._answered(self.browser.get(path, **self.place), path)

    def post(self, path, **data):
        return self._answered(self.browser.post(path, data=data, **self.place), path)

    def _answered(self, response, path):
        self.queries = threading.current_thread().query_count
        if response.status_code >= 400:
            raise RuntimeError(f"{path} says {response.status}")
        return response

    def token(self, path):
        """:return: what the form on a page proves that it was looked at with"""
        return re.search(r'name="csrf_token" value="([^"]+)"', self.get(path).get_data(as_text=True))[1]

    def sign_in(self, login):
        self.post("/web/login", csrf_token=self.token("/web/login"), login=login, password=PASSWORD)
        return self

    def milliseconds(self, path):
        begin = time.perf_counter()
        self.get(path)
        return (time.perf_counter() - begin) * 1000
