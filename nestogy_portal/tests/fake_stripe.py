"""A stand-in for Stripe on this machine: keeps what it is told, and fails as it is asked to.

It knows what Odoo and the ``stripe`` package send here: customers, cards, payment intents, refunds; idempotency keys as
Stripe treats them; events with their signatures, which the test delivers in any order it likes.
"""

import copy
import hashlib
import hmac
import itertools
import json
import time
import urllib.parse

from .fake_server import FakeServer

SECRET = "whsec_fake"
GOOD, DECLINED = "4242424242424242", "4000000000000002"
BRANDS = {GOOD: "visa", "5555555555554444": "mastercard", DECLINED: "visa"}
DECLINES = {DECLINED: "card_declined"}
THREE_DECIMALS = {"bhd", "jod", "kwd", "omr", "tnd"}  # of which Stripe takes two
KINDS = {
    "customers": ("customer", "cus"),
    "payment_intents": ("payment_intent", "pi"),
    "payment_methods": ("payment_method", "pm"),
    "refunds": ("refund", "re"),
}


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status, code, message, kind="invalid_request_error"):
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message}}


def unflatten(pairs):
    """Stripe's form encoding (``a[b]=1``, ``a[]=x``) to dicts and lists."""
    out = {}
    for key, value in pairs:
        *path, last = key.replace("]", "").split("[")
        node = out
        for part, following in itertools.zip_longest(path, [*path[1:], last]):
            if part is not None:
                node = node.setdefault(part, [] if following == "" else {})
        if last == "":
            node.append(value)
        elif isinstance(node, list):  # a[0]=x
            node.append(value)
        else:
            node[last] = value
    return out


class FakeStripe(FakeServer):
    """One account of Stripe; see there for faults."""

    prefix = "/v1/"

    def __init__(self):
        self.events, self.kept = [], {}
        self.numbers = itertools.count(1)
        self.clock = int(time.time())
        super().__init__()

    def forget(self):  # pylint: disable=missing-return
        super().forget()
        with self.lock:
            self.events.clear()
            self.kept.clear()

    # ------------------------------------------------------------------

    def ask(self, method, url, body, headers):
        """The same words with the same idempotency key get the same answer."""
        path = url.path
        pairs = urllib.parse.parse_qsl(url.query, keep_blank_values=True)
        pairs += urllib.parse.parse_qsl(body, keep_blank_values=True)
        with self.lock:
            self.requests.append((method, path))
            if not headers.get("Authorization", "").startswith("Bearer sk_"):
                return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}}
            key = headers.get("Idempotency-Key")
            if key and method == "POST" and key in self.kept:
                words, answer = self.kept[key]
                if words != (path, sorted(pairs)):
                    return 400, {"error": {"type": "idempotency_error", "message": "Other words, same key"}}
                return copy.deepcopy(answer)
            try:
                answer = 200, self.handle(method, path.removeprefix("/v1/").split("/"), unflatten(pairs))
            except Refusal as refusal:
                answer = refusal.status, refusal.body
            if key and method == "POST":
                self.kept[key] = (path, sorted(pairs)), copy.deepcopy(answer)
            return copy.deepcopy(answer)

    def handle(self, method, path, data):
        if path[0] not in KINDS:
            raise Refusal(404, "resource_missing", path[0])
        kind, prefix = KINDS[path[0]]
        expand = data.pop("expand", [])
        expand = list(expand.values()) if isinstance(expand, dict) else expand  # "expand[0]" as the package says it
        if len(path) == 1:
            if method == "POST":
                return self.shown(getattr(self, f"make_{kind}")(kind, prefix, data), expand)
            return self.listed(path[0], kind, data, [each.removeprefix("data.") for each in expand])
        if path[1] not in self.store:
            raise Refusal(404, "resource_missing", f"No such object: {path[1]}")
        found = self.store[path[1]]
        if len(path) == 3:
            found = getattr(self, f"{path[2]}_{kind}")(found, data)
        return self.shown(found, expand)

    def listed(self, path, kind, data, expand):
        since = int((data.get("created") or {}).get("gte", 0))
        until = int((data.get("created") or {}).get("lte", 2**40))
        found = [
            self.shown(each, expand)
            for each in self.store.values()
            if each["object"] == kind and since <= each["created"] <= until
        ]
        found.reverse()
        if after := data.get("starting_after"):
            found = found[[each["id"] for each in found].index(after) + 1 :]
        limit = int(data.get("limit", 10))
        return {"object": "list", "url": f"/v1/{path}", "has_more": len(found) > limit, "data": found[:limit]}

    def shown(self, found, expand):
        found = copy.deepcopy(found)
        if "payment_method" in expand and isinstance(found.get("payment_method"), str):
            found["payment_method"] = copy.deepcopy(self.store[found["payment_method"]])
        return found

    def tick(self):
        self.clock += 1
        return self.clock

    def new(self, kind, prefix, **values):
        made = {
            "id": f"{prefix}_{next(self.numbers):014d}",
            "object": kind,
            "livemode": False,
            "created": self.clock,
            "metadata": {},
            **values,
        }
        self.store[made["id"]] = made
        return made

    # ------------------------------------------------------------------

    def make_customer(self, kind, prefix, data):
        return self.new(kind, prefix, **data)

    def make_payment_method(self, kind, prefix, data):
        number = data["card"].pop("number")
        card = {"brand": BRANDS[number], "last4": number[-4:], **data["card"]}
        return self.new(kind, prefix, type="card", customer=None, number=number, card=card)

    def make_payment_intent(self, kind, prefix, data):
        amount, currency = data.get("amount", ""), data.get("currency", "")
        if not amount.isdigit() or int(amount) <= 0:
            raise Refusal(400, "parameter_invalid_integer", f"Invalid integer: {amount}")
        if currency in THREE_DECIMALS and int(amount) % 10:
            raise Refusal(400, "invalid_amount", "The amount must be divisible by 10")
        is_confirmed = data.pop("confirm", None) == "True" or data.pop("confirm", None) == "true"
        data.pop("off_session", None)
        made = self.new(
            kind,
            prefix,
            **{**data, "amount": int(amount), "status": "requires_payment_method", "last_payment_error": None},
        )
        made["client_secret"] = f"{made['id']}_secret_x"
        return self.confirm_payment_intent(made, data) if is_confirmed else made

    def confirm_payment_intent(self, intent, data):
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            raise Refusal(400, "payment_intent_unexpected_state", f"It is {intent['status']}")
        card = self.store[data.get("payment_method") or intent["payment_method"]]
        intent["payment_method"] = card["id"]
        if error := DECLINES.get(card["number"]):
            intent["last_payment_error"] = {"code": error, "message": "Your card was declined."}
            intent["status"] = "requires_payment_method"
            self.event("payment_intent.payment_failed", intent)
            raise Refusal(402, error, "Your card was declined.", "card_error")
        intent["last_payment_error"] = None
        if data.get("slowly"):
            intent["status"] = "processing"
            self.event("payment_intent.processing", intent)
            return intent
        return self.settle(intent)

    def settle(self, intent):
        """The money moves."""
        is_manual = intent.get("capture_method") == "manual" and intent["status"] != "requires_capture"
        intent["status"] = "requires_capture" if is_manual else "succeeded"
        intent["charges"] = {"data": [{"payment_method_details": {"type": "card", "card": {}}}]}
        self.event("payment_intent.amount_capturable_updated" if is_manual else "payment_intent.succeeded", intent)
        return intent

    def capture_payment_intent(self, intent, data):
        if intent["status"] != "requires_capture":
            raise Refusal(400, "payment_intent_unexpected_state", f"It is {intent['status']}")
        return self.settle(intent)

    def cancel_payment_intent(self, intent, data):
        if intent["status"] in ("succeeded", "processing", "canceled"):
            raise Refusal(400, "payment_intent_unexpected_state", f"It is {intent['status']}")
        intent["status"] = "canceled"
        self.event("payment_intent.canceled", intent)
        return intent

    def make_refund(self, kind, prefix, data):
        intent = self.store[data["payment_intent"]]
        amount = int(data.get("amount") or intent["amount"])
        if amount > intent["amount"] - sum(each["amount"] for each in self.refunds_of(intent)):
            raise Refusal(400, "charge_already_refunded", "More than was charged")
        refund = self.new(
            kind, prefix, status="succeeded", payment_intent=intent["id"], amount=amount, currency=intent["currency"]
        )
        charge = {
            "id": f"ch_{intent['id']}",
            "description": intent["description"],
            "refunds": {"has_more": False, "data": [*reversed(self.refunds_of(intent))]},
        }
        self.event("charge.refunded", charge)
        return refund

    # ------------------------------------------------------------------
    # What the account's owner, or the payer, does there
    # ------------------------------------------------------------------

    def refunds_of(self, intent):
        return [
            each
            for each in self.store.values()
            if each["object"] == "refund" and each["payment_intent"] == intent["id"] and each["status"] != "failed"
        ]

    def charged(self, description=None):
        """:return: the intents that took money"""
        return [
            each
            for each in self.store.values()
            if each["object"] == "payment_intent"
            and each["status"] == "succeeded"
            and description in (None, each.get("description"))
        ]

    def card(self, number=GOOD, year=2035, month=12):
        card = {"number": number, "exp_year": year, "exp_month": month}
        return self.make_payment_method("payment_method", "pm", {"card": card})

    def dispute(self, intent, status="needs_response", kind="created", dispute_id=None):
        described = {
            "id": dispute_id or f"dp_{intent['id']}",
            "object": "dispute",
            "payment_intent": intent["id"],
            "amount": intent["amount"],
            "status": status,
        }
        self.event(f"charge.dispute.{kind}", described)

    # ------------------------------------------------------------------
    # Events
    # ------------------------------------------------------------------

    def event(self, kind, described):
        self.events.append(
            {
                "id": f"evt_{next(self.numbers):014d}",
                "object": "event",
                "type": kind,
                "created": self.tick(),
                "api_version": "2019-05-16",
                "data": {"object": copy.deepcopy(described)},
            }
        )

    def signed(self, event, secret=SECRET):
        """:return: body and headers with which Stripe would deliver the event"""
        body, at = json.dumps(event), int(time.time())
        signature = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
        return body, {"Content-Type": "application/json", "Stripe-Signature": f"t={at},v1={signature}"}
