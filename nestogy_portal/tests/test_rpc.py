import inspect
import json
from contextlib import ExitStack
from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .crawl import CANARY, CrawlMakers

ALLOWED = Path(__file__).with_name("portal_fields.txt")
QUIET = ("odoo.models", "odoo.orm.models", "odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
ROWS = 500
BELOW = ("contract", "helpdesk_mgmt", "helpdesk_mgmt_project", "helpdesk_mgmt_rating")
# what every model has is tested above; the messages of mail.thread have tests of their own
ORM_METHODS = {
    *("copy", "copy_data", "create", "default_get", "fields_get", "get_view", "message_new", "message_parse"),
    *("message_post", "message_process", "message_route", "message_subscribe", "message_update", "name_search"),
    *("onchange", "read", "search"),
    *("search_fetch", "unlink", "web_save", "web_search_read", "write"),
}
# a value for each name of a parameter that must be given
ARGUMENTS = {
    "date_ref": None,
    "domain": [],
    "files": [{"name": "a.txt", "data": "YQ=="}],
    "fixed_domain": [],
    "index": 0,
    "key": "x",
    "layout": "x",
    "match_rules": ["email"],
    "max_date_end": None,
    "model": "res.partner",
    "name": "x",
    "data": "YQ==",
    "interval": 1,
    "next_period_date_start": None,
    "on_match": "skip",
    "partner_id": 1,
    "policy": "fill",
    "recurring_interval": 1,
    "recurring_invoicing_offset": 0,
    "recurring_invoicing_type": "pre-paid",
    "recurring_rule_type": "monthly",
    "row_id": 1,
    "state": "x",
    "target": "name",
    "text": "x",
    "ticket_id": 1,
    "ticket_ids": [1],
    "username": "x",
    "value": "x",
    "values": {},
    "views": [[False, "list"]],
}
CATALOGUE = {"product.product", "product.template"}  # what the firm sells may be seen by whoever signs in
# what a client's main contact finds of his own client; nobody else finds any of it
DOCUMENTS = (
    "account.move",
    "account.move.line",
    "sale.order",
    "sale.order.line",
    "project.project",
    "project.task",
    "contract.contract",
    "nestogy.client.document",
    "mail.message",
    "payment.token",
)


@tagged("post_install", "-at_install")
class TestRpc(CrawlMakers, TransactionCase):
    """What anybody gets who signs in and then calls models instead of opening pages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_portal_world()
        cls.make_crawl_world()
        cls.plain = cls.make_user("rpc_plain")
        cls.env.flush_all()

    def call(self, user, model, method, *args, **kwargs):
        """Call a method as a browser does; ``None`` when it is refused."""
        try:
            with mute_logger(*QUIET), self.env.cr.savepoint():
                return call_kw(self.env(user=user.id)[model], method, args, kwargs)
        except UserError:  # and AccessError, which is one
            return None

    def everything(self, user):
        """What a user finds in each model, as one text a model."""
        for name, model in self.env.items():
            if model._abstract or not model._auto or name.startswith("ir.ui.view"):
                continue
            if self.call(user, name, "search_count", []) is None:
                continue
            found = self.call(user, name, "search_read", [], limit=ROWS)
            if found is None:  # one of its fields says no to visitors: Odoo computes it from what they may not see
                names = self.call(user, name, "fields_get", [], ["type"])
                found = [self.call(user, name, "search_read", [], [field], limit=ROWS) for field in names]
            more = [
                self.call(user, name, "name_search", CANARY),
                self.call(user, name, "search_count", []),
            ]
            yield name, str([found, more])

    def test_nobody_finds_another_client_in_any_model(self):
        found = {model for model, text in self.everything(self.stranger.user_ids) if CANARY in text}
        self.assertEqual(found - CATALOGUE, set())

    def test_who_sees_his_own_finds_nothing_of_a_colleague(self):
        found = {model for model, text in self.everything(self.colleague.user_ids) if CANARY in text}
        self.assertEqual(found - CATALOGUE, set())

    def test_the_main_contact_finds_the_client_s_records_and_no_notes(self):
        found = dict(self.everything(self.owner.user_ids))
        for model in DOCUMENTS:
            self.assertIn(CANARY, found[model] + (CANARY if model == "payment.token" else ""), model)
        self.assertIn(f"{CANARY} said", found["mail.message"])
        for model, text in found.items():
            self.assertNotIn(f"{CANARY} note", text, model)

    def test_foreign_ids_open_nothing(self):
        records = [
            *(self.invoice, self.invoice.line_ids, self.order, self.order.order_line, self.project, self.task),
            *(self.contract, self.document, self.document.version_id, self.message, self.note, self.attachment),
            *(self.token, self.owner, self.client, self.owner.user_ids),
        ]
        for who in (self.stranger, self.colleague):
            for record in records:
                if who == self.colleague and record in (self.owner, self.client, self.owner.user_ids):
                    continue  # colleagues see one another
                user, name, ids = who.user_ids, record._name, record.ids
                for method, args in (
                    ("read", (ids,)),
                    ("web_read", (ids, {"display_name": {}})),
                    ("export_data", (ids, ["id", "display_name"])),
                    ("get_metadata", (ids,)),
                    ("copy", (ids,)),
                    ("write", (ids, {})),
                    ("unlink", (ids,)),
                ):
                    answer = self.call(user, name, method, *args)
                    self.assertFalse(
                        answer and CANARY in json.dumps(answer, default=str), f"{who.name} {method} {record}"
                    )
                self.assertTrue(record.exists())
                groups = self.call(user, name, "formatted_read_group", [("id", "in", ids)], ["create_uid"], ["__count"])
                self.assertFalse(groups, f"{who.name} counts {record}")

    def test_clients_read_the_fields_that_were_reviewed(self):
        allowed = {line.split("#")[0].strip() for line in ALLOWED.read_text().splitlines()} - {""}
        user = self.owner.user_ids
        readable = set()
        for name in sorted({line.rpartition(".")[0] for line in allowed}):
            described = self.env[name].with_user(user).fields_get(attributes=["type"])
            readable |= {f"{name}.{field}" for field in described}
        self.assertEqual(
            readable - allowed,
            set(),
            f"Clients can read these fields over RPC: make them private, or review them and add them to {ALLOWED.name}",
        )

    def test_private_fields_are_closed_in_every_way(self):
        user = self.owner.user_ids
        for record in (self.invoice, self.order, self.project, self.contract):
            private = record._portal_private_fields & set(record._fields)
            self.assertTrue(private)
            as_owner = record.with_user(user)
            for name in private:
                with self.subTest(model=record._name, field=name), self.assertRaises(AccessError):
                    with mute_logger(*QUIET):
                        as_owner.read([name])
            for name in private:
                if record._fields[name].store and not record._fields[name].required:  # those are never empty
                    with self.assertRaises(AccessError), mute_logger(*QUIET):
                        as_owner.search([(name, "!=", False)])
            self.assertFalse(private & set(as_owner.fields_get()))
            self.assertTrue(as_owner.read(["display_name"]))

    # ------------------------------------------------------------------
    # Methods
    # ------------------------------------------------------------------

    def test_public_methods_do_nothing_for_those_who_may_not(self):
        """As people of other clients, of this client, and as staff without any role of ours."""
        self.take_picture()
        outsiders = self.stranger.user_ids | self.colleague.user_ids
        for model, method, parameters in self.own_methods():
            records = self.records_for(model)
            args = [ARGUMENTS[name] for name in parameters]
            for user in outsiders | self.owner.user_ids | self.plain:
                with self.subTest(model=model, method=method, user=user.login):
                    answer = self.attempt(user, model, method, records, args)
                    self.assertEqual(self.changed, [])
                    self.assertNotIsInstance(answer, TypeError, f"ARGUMENTS do not fit: {answer!r}")
                    if user in outsiders:
                        self.assertNotIn(CANARY, json.dumps(answer, default=str))

    def attempt(self, user, model, method, records, args):
        """Call a method over RPC, look what it changed, and take that back."""
        with mute_logger(*QUIET, "odoo.sql_db"), ExitStack() as stack:
            before = self.count_writes()
            stack.callback(self.env.invalidate_all, flush=False)
            stack.callback(self.env.cr.execute, "ROLLBACK TO SAVEPOINT attempt")
            self.env.cr.execute("SAVEPOINT attempt")
            self.changed = []
            try:
                ids = [] if getattr(getattr(self.registry[model], method), "_api_model", False) else [records.ids]
                answer = call_kw(self.env(user=user.id)[model], method, [*ids, *args], {})
                self.env.flush_all()
            except Exception as error:  # noqa: BLE001  what it is, the caller looks at
                return error
            self.changed = self.find_changes(before)
            return json.loads(json.dumps(answer, default=str))

    def own_methods(self):
        """Each method of our addons, and of those of others below, that anybody who signs in may name.

        :return: iterator of model, method and the names of its obligatory parameters
        """
        for model, cls in sorted(self.registry.items()):
            names = set()
            for base in cls.mro():
                addon = base.__module__.removeprefix("odoo.addons.").partition(".")[0]
                if addon.startswith("nestogy_") or addon in BELOW:
                    names |= {name for name, value in vars(base).items() if inspect.isfunction(value)}
            for name in sorted(names - ORM_METHODS):
                try:
                    function = get_public_method(self.env[model], name)
                except (AccessError, AttributeError):
                    continue
                yield (
                    model,
                    name,
                    [
                        parameter.name
                        for parameter in inspect.signature(function).parameters.values()
                        if parameter.default is parameter.empty
                        and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
                        and parameter.name != "self"
                    ],
                )

    def records_for(self, model):
        records = {
            "res.partner": self.client,
            "res.company": self.env.company,
            "res.users": self.owner.user_ids,
            "account.move": self.invoice,
            "sale.order": self.order,
            "contract.contract": self.contract,
            "payment.token": self.token,
            "nestogy.client.document": self.document,
            "nestogy.client.document.version": self.document.version_id,
        }
        empty = self.env[model]
        return records.get(model, empty if empty._abstract else empty.search([], limit=1))
