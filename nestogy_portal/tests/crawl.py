"""Visit every route as everybody, with good, foreign, missing and senseless values.

The parts that the tests of all addons share; nothing here is a test.
"""

import base64
import inspect
import json
import re
import threading
import time
from types import SimpleNamespace
from urllib.parse import quote, urlsplit

from werkzeug.urls import url_encode

from odoo import Command, fields, http
from odoo.tests.common import HOST

from ..models.access.res_users import STEP_UP
from ..models.login.ir_http_guard import CLIENT_PATHS, PUBLIC_PATHS
from .common import PASSWORD, PortalMakers

CANARY = "Canary7391"
VISITORS = ("owner", "colleague", "stranger", "fraud", "nobody")
PATH_PART = re.compile(r"<(?:(\w+)(?:\(.*?\))?:)?(\w+)>")
MISSING = 2147480000
PATH_NUMBERS = (MISSING, 10**12)
WORDS = (
    "x'\"><i>",
    "99999999999999999999999",
    "-1",
    "0",
    "a\0b",
    "a" * 10_000,
    "٣",
    "1.5",
    "2026-13-45",
)
JSON_VALUES = ("x", 10**30, -1, 1.5, True, None, [], [[1]], {}, {"a": [1]}, "a\0b", "a" * 10_000, "٣")
PATH_WORDS = ("x", "a" * 2000, "%")
ADDRESS_WORDS = (
    *("page", "sortby", "filterby", "groupby", "search", "search_in", "date_begin", "date_end"),
    *("access_token", "redirect", "callback"),
)
# no pages of clients: the chat of the staff, pictures of icons, what asks other sites, the backend's own address
IGNORED = (
    *("/discuss/", "/chat/", "/meet/", "/mail/rtc/", "/mail/font_to_img", "/web_editor/", "/mail/message/translate"),
    *("/odoo", "/scoped_app"),
)
# pages where Odoo writes down that they were looked at, when their address has a token
NOTED = ("/my/orders/<int:order_id>",)
EXPECTED_ERRORS = ("odoo.exceptions.", "werkzeug.exceptions.", "odoo.http.SessionExpiredException")
# what pages and the store of Odoo keep to themselves: no fact about a client
UNWATCHED_COLUMNS = ("access_token", "write_date", "write_uid", "password")
WATCHED = (
    "res_partner",
    "res_users",
    "res_company",
    "account_move",
    "account_move_line",
    "sale_order",
    "sale_order_line",
    "project_project",
    "project_task",
    "account_analytic_line",
    "contract_contract",
    "maintenance_equipment",
    "nestogy_client_document",
    "nestogy_form_entry",
    "mail_message",
    "mail_followers",
    "mail_mail",
    "ir_attachment",
    "payment_transaction",
    "payment_token",
    "rating_rating",
    "product_document",
    "digest_digest_res_users_rel",
    "res_users_apikeys",
    "helpdesk_ticket",
    "helpdesk_ticket_stage",
)


def shortened(word):
    """Many long words are too long for an address, which a web server refuses on its own."""
    return word[:2000] if isinstance(word, str) else word


class Answer:
    """What a route said: ``kind`` is ``page``, ``away`` (a redirect), ``refused`` or ``broken``."""

    def __init__(self, response, is_json):
        self.response, self.text = response, response.text
        self.error = ""
        status = response.status_code
        if status >= 500:
            self.kind = "broken"
        elif status >= 400:
            self.kind = "refused"
        elif status >= 300:
            self.kind = "away"
        else:
            self.kind = "page"
            if is_json:
                answer = response.json()
                if "error" in answer:
                    self.error = answer["error"]["data"]["name"]
                    self.kind = "refused" if self.error.startswith(EXPECTED_ERRORS) else "broken"
                    if self.kind == "broken":
                        self.text = answer["error"]["data"]["debug"][-1500:]

    def __str__(self):
        return f"{self.response.status_code} {self.error}"


class Route:
    """A rule of the routing map, and what its endpoint takes."""

    def __init__(self, rule):
        self.rule = rule.rule
        self.endpoint = rule.endpoint
        self.kind = rule.endpoint.routing["type"]
        self.is_json = self.kind == "jsonrpc"
        methods = rule.methods or {"GET"}  # such as take all methods do the same with each
        self.methods = ["POST"] if self.is_json else [each for each in ("GET", "POST") if each in methods]
        self.parts = [(converter or "string", name) for converter, name in PATH_PART.findall(self.rule)]
        function = rule.endpoint.func
        self.addons, self.parameters = set(), set()
        for cls in type(function.__self__).mro():
            if function.__name__ not in cls.__dict__ or not cls.__module__.startswith("odoo.addons."):
                continue
            self.addons.add(cls.__module__.split(".")[2])
            for name, parameter in inspect.signature(cls.__dict__[function.__name__]).parameters.items():
                if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY) and name != "self":
                    self.parameters.add(name)
        self.parameters -= {name for _converter, name in self.parts}

    def path(self, values):
        def fill(match):
            converter, name = match.group(1) or "string", match.group(2)
            return quote(str(values.get(name, 1 if converter in ("int", "model") else "x")))

        return PATH_PART.sub(fill, self.rule)


class CrawlMakers(PortalMakers):
    """The world that is visited: a client with one record of each kind, and people inside and outside."""

    @classmethod
    def make_crawl_world(cls):
        cls.colleague.portal_level_id = cls.env.ref("nestogy_portal.nestogy_portal_level_own")
        cls.bad_client = cls.make_client("Bad Faith")
        cls.fraud = cls.make_contact(cls.bad_client, "Fay Fraud", "fay@bad.example")
        cls.make_portal_user(cls.fraud, password=PASSWORD)
        cls.client.primary_contact_id = cls.owner
        cls.provider = cls.make_demo_provider()
        company = cls.env.company
        cls.invoice = cls.make_invoice(cls.owner, 120)
        cls.invoice.write({"ref": CANARY, "narration": CANARY})
        product = cls.env["product.product"].create({"name": f"{CANARY} visit", "list_price": 50})
        cls.order = cls.env["sale.order"].create(
            {
                "partner_id": cls.owner.id,
                "client_order_ref": CANARY,
                "require_signature": True,
                "require_payment": True,
                "order_line": [Command.create({"product_id": product.id, "name": CANARY})],
            }
        )
        cls.order.action_quotation_sent()
        cls.project = cls.env["project.project"].create(
            {
                "name": f"{CANARY} project",
                "partner_id": cls.client.id,
                "privacy_visibility": "portal",
                "portal_show": True,
                "allow_timesheets": True,
            }
        )
        cls.project.message_subscribe(cls.owner.ids)
        cls.task = cls.env["project.task"].create(
            {"name": f"{CANARY} task", "project_id": cls.project.id, "partner_id": cls.owner.id}
        )
        cls.task.message_subscribe(cls.owner.ids)
        cls.contract = cls.env["contract.contract"].create(
            {
                "name": f"{CANARY} contract",
                "partner_id": cls.owner.id,
                "line_recurrence": False,
                "contract_line_ids": [Command.create({"product_id": product.id, "name": CANARY, "quantity": 1})],
            }
        )
        cls.asset = cls.env["maintenance.equipment"].create(
            {"name": f"{CANARY} asset", "client_id": cls.client.id, "contact_id": cls.owner.id}
        )
        cls.message = cls.invoice.message_post(body=f"<p>{CANARY} said</p>", subtype_xmlid="mail.mt_comment")
        cls.note = cls.invoice.message_post(body=f"<p>{CANARY} note</p>", subtype_xmlid="mail.mt_note")
        cls.attachment = cls.env["ir.attachment"].create(
            {"name": f"{CANARY}.txt", "raw": CANARY.encode(), "res_model": "account.move", "res_id": cls.invoice.id}
        )
        documents = cls.env["nestogy.client.document"]
        content = base64.b64encode(CANARY.encode()).decode()
        (outcome,) = documents.upload_files(cls.owner.id, [{"name": f"{CANARY}.txt", "data": content}])
        cls.document = documents.browse(outcome["document_id"])
        cls.document.is_shared = True
        cls.archive = cls.env["nestogy.portal.archive"].create(
            {
                "user_id": cls.owner.user_ids.id,
                "client_id": cls.owner.commercial_partner_id.id,
                "state": "ready",
                "fingerprint": CANARY,
                "document_count": 1,
                "expires_at": fields.Datetime.add(fields.Datetime.now(), days=1),
                "line_ids": [
                    Command.create({"move_id": cls.invoice.id, "state": "printed", "attachment_id": cls.attachment.id})
                ],
            }
        )
        cls.token = cls.env["payment.token"].create(
            {
                "provider_id": cls.provider.id,
                "payment_method_id": cls.provider.payment_method_ids[:1].id,
                "payment_details": "1234",
                "partner_id": cls.owner.id,
                "provider_ref": CANARY,
            }
        )
        cls.form = cls.env["nestogy.form"].create({"name": f"{CANARY} form", "has_endpoint": True})
        cls.entry = cls.env["nestogy.form.entry"].create(
            {
                "form_id": cls.form.id,
                "result": "held",
                "email": "canary@acme.example",
                "confirm_until": fields.Datetime.add(fields.Datetime.now(), days=1),
                "confirmed_at": fields.Datetime.now(),
            }
        )
        cls.values = {
            "form_token": cls.form.token,
            "entry_token": cls.entry._confirm_url().rpartition("/")[2],
            "invoice_id": cls.invoice.id,
            "order_id": cls.order.id,
            "line_id": cls.order.order_line.id,
            "project_id": cls.project.id,
            "task_id": cls.task.id,
            "contract_contract_id": cls.contract.id,
            "contract_id": cls.contract.id,
            "asset_id": cls.asset.id,
            "ids": str(cls.asset.id),
            "document_id": cls.document.id,
            "archive_id": cls.archive.id,
            "contact_id": cls.colleague.id,
            "partner_id": cls.owner.id,
            "address_id": cls.owner.id,
            "attachment_id": cls.attachment.id,
            "file_ids": str(cls.attachment.id),
            "zip_name": "files.zip",
            "message_id": cls.message.id,
            "res_id": cls.invoice.id,
            "res_model": "account.move",
            "thread_id": cls.invoice.id,
            "thread_model": "account.move",
            "model": "account.move",
            "id": cls.invoice.id,
            "token_id": cls.token.id,
            "journal_id": cls.invoice.journal_id.id,
            "company_id": company.id,
            "currency_id": company.currency_id.id,
            "country": company.country_id.id or 1,
            "provider_id": cls.provider.id,
            "payment_method_id": cls.provider.payment_method_ids[:1].id,
            "number": 1,
            "amount": 10.0,
            "counters": ["invoice_count", "quotation_count", "task_count"],
            "post_data": {"body": CANARY, "message_type": "comment", "subtype_xmlid": "mail.mt_comment"},
            "update_data": {"body": "changed", "attachment_ids": []},
            "content": "+",
            "action": "add",
            "partner_ids": [cls.stranger.id],
            "is_internal": True,
            "follower_id": cls.invoice.message_follower_ids[:1].id,
            "emails": ["someone@else.example"],
            "fetch_params": {},
        }

    # ------------------------------------------------------------------

    def begin_sessions(self):
        """Sign everybody in, once; the contact of a client whose status closes the door was inside before that."""
        self.browsers = {}
        for visitor in VISITORS:
            self.enter(getattr(self, visitor, None))
            self.browsers[visitor] = (self.opener, self.session)
            self.session[STEP_UP] = time.time()  # so that it is never the question who one is that refuses
            self.session = None  # or the next sign-in deletes it
        self.set_status(self.bad_client, "fraud")
        self.env.flush_all()

    def become(self, visitor):
        self.opener, self.session = self.browsers[visitor]
        http.root.session_store.save(self.session)  # whatever the last page did to it
        self.opener.cookies.clear()
        self.opener.cookies.set("session_id", self.session.sid, domain=HOST)

    def csrf_of(self, visitor):
        """A token that is right for the visitor's session, so that it is not the form that refuses."""
        return http.Request.csrf_token(SimpleNamespace(env=self.env, session=self.browsers[visitor][1]))

    def routes(self, addons):
        """The routes that these addons define or change, without those that are no pages of clients."""
        threading.current_thread().dbname = self.env.cr.dbname  # where Odoo looks for it
        for rule in self.env["ir.http"].routing_map().iter_rules():
            if inspect.ismethod(getattr(rule.endpoint, "func", None)) and not rule.rule.startswith(IGNORED):
                route = Route(rule)
                if addons & route.addons and route.kind in ("http", "jsonrpc"):
                    yield route

    def good_values(self, route, method):
        if method == "GET" and not route.is_json:
            return {}
        return {name: self.values[name] for name in route.parameters if name in self.values}

    def check_table(self, table, addons):
        """Visit each route as everybody, and compare with the table.

        A new route needs a line: whoever writes it says who may what.
        """
        lines = [line for line in table.read_text().splitlines() if line and not line.startswith("#")]
        expected = {line[line.index(" ") + 1 :]: line[: line.index(" ")] for line in lines}
        seen, wrong = set(), []
        for route in self.routes(addons):
            for method in route.methods:
                key = f"{method} {route.rule}"
                seen.add(key)
                if key not in expected:
                    wrong.append(f"{key}: a new route needs a line in {table.name} of the tests")
                    continue
                said, changing = "", False
                for visitor in VISITORS:
                    answer = self.ask(route, method, visitor, parameters=self.good_values(route, method))
                    said += answer.kind[0]
                    changing |= bool(self.changed)
                    if visitor != "owner" and CANARY in answer.text:
                        wrong.append(f"{key}: {visitor} reads what is not his")
                    if self.changed and (method == "GET" or visitor in ("fraud", "nobody")):
                        wrong.append(f"{key}: {visitor} changed {self.changed}")
                    if answer.kind == "broken":
                        wrong.append(f"{key}: {visitor} broke it, {answer}: {answer.text[-300:]}")
                    if answer.kind in ("page", "away"):
                        wrong += [f"{key}: {visitor} gets {bare}" for bare in self.find_bare_headers(answer.response)]
                if said + "*" * changing != expected[key]:
                    wrong.append(f"{key}: {said}{'*' * changing}, and the table says {expected[key]}")
        wrong += [f"{key}: there is no such route any more" for key in sorted(set(expected) - seen)]
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def find_bare_headers(self, response):
        """What is missing of the headers that protect a page of clients, whichever addon answers."""
        path = urlsplit(response.url).path
        if not any(path == each or path.startswith(f"{each}/") for each in CLIENT_PATHS):
            return []
        headers = response.headers
        wanted = {
            "X-Content-Type-Options": ("nosniff",),
            "Referrer-Policy": ("no-referrer", "strict-origin-when-cross-origin"),
            "X-Frame-Options": ("SAMEORIGIN", "DENY"),
        }
        if not path.startswith(PUBLIC_PATHS):
            wanted["Cache-Control"] = ("no-store",)
        bare = [f"{name}: {headers.get(name)}" for name, values in wanted.items() if headers.get(name) not in values]
        if not headers.get("Content-Security-Policy"):
            bare.append("no Content-Security-Policy")
        return bare

    def check_nonsense(self, addons):
        """No route breaks on values that nobody reckoned with: of the main contact, who gets furthest."""
        wrong = []
        for number, route in enumerate(self.routes(addons)):
            method = route.methods[0]
            words = JSON_VALUES if route.is_json else WORDS
            names = sorted(route.parameters | (set() if route.is_json else set(ADDRESS_WORDS)))
            good = self.good_values(route, method)
            # every third word on all at once, others on the next route; and each by itself with one of them
            trials = [({}, dict.fromkeys(names, shortened(word))) for word in words[number % 3 :: 3]]
            trials += [
                ({}, good | {name: words[(number + turn) % len(words)]})
                for turn, name in enumerate(sorted(route.parameters))
            ]
            trials += [
                ({name: value}, good)
                for converter, name in route.parts
                for value in (PATH_NUMBERS if converter in ("int", "model") else PATH_WORDS)
            ]
            for path_values, parameters in trials:
                answer = self.ask(route, method, "owner", path_values, parameters)
                if answer.kind == "broken":
                    shown = {name: str(value)[:20] for name, value in {**path_values, **parameters}.items()}
                    wrong.append(f"{method} {route.rule} {shown}: {answer} {answer.text[-200:]}")
                elif self.changed and method == "GET" and route.rule not in NOTED:
                    wrong.append(f"{method} {route.rule} {parameters}: changed {self.changed}")
                place = answer.response.headers.get("Location", "")
                if answer.kind == "away" and urlsplit(place).netloc not in ("", urlsplit(self.base_url()).netloc):
                    wrong.append(f"{method} {route.rule}: leads to {place}")
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def ask(self, route, method, visitor, path_values=None, parameters=None):
        """Call a route and take back whatever it wrote."""
        self.become(visitor)
        path = route.path(self.values | (path_values or {}))
        parameters = parameters or {}
        before = self.count_writes()
        self.env.cr.execute("SAVEPOINT crawl")
        try:
            if route.is_json:
                body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": parameters}
                headers = {"Content-Type": "application/json"}
                response = self.url_open(
                    path, data=json.dumps(body), headers=headers, allow_redirects=False, timeout=60
                )
            elif method == "GET":
                query = url_encode(parameters)
                response = self.url_open(f"{path}?{query}" if query else path, allow_redirects=False, timeout=60)
            else:
                data = {"csrf_token": self.csrf_of(visitor), **parameters}
                response = self.url_open(path, data=data, allow_redirects=False, timeout=60)
            self.changed = self.find_changes(before)
            return Answer(response, route.is_json)
        finally:
            self.env.cr.execute("ROLLBACK TO SAVEPOINT crawl")
            self.env.cr.execute("RELEASE SAVEPOINT crawl")
            self.env.invalidate_all(flush=False)
            if self.changed:
                self.registry.clear_cache()  # which holds the keys of sessions

    def take_picture(self):
        """Remember what is in the watched tables."""
        self.env.flush_all()
        self.env.cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        existing = {name for (name,) in self.env.cr.fetchall()}
        columns = " ".join(f"- '{name}'" for name in UNWATCHED_COLUMNS)
        self.picture_query = " UNION ALL ".join(
            f"SELECT '{table}', count(*), sum(hashtext((to_jsonb(t) {columns})::text)::bigint) FROM {table} t"
            for table in WATCHED
            if table in existing
        )
        self.env.cr.execute(self.picture_query)
        self.picture = self.env.cr.fetchall()
        self.tables = tuple(row[0] for row in self.picture)

    def count_writes(self):
        """How many rows of the watched tables this transaction touched up to now: cheap, and taken back by nothing."""
        self.env.cr.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables WHERE relname IN %s",
            [self.tables],
        )
        return self.env.cr.fetchone()[0]

    def find_changes(self, before):
        if self.count_writes() == before:
            return []
        self.env.cr.execute(self.picture_query)
        return sorted({row[0] for row in set(self.env.cr.fetchall()) ^ set(self.picture)})
