"""A stand-in for PayPal on this machine: orders as Odoo and this addon ask for them."""

import copy
import itertools
import json

from .fake_server import FakeServer

MISSING = {"name": "RESOURCE_NOT_FOUND", "message": "The specified resource does not exist."}


class FakePaypal(FakeServer):
    """One account of PayPal; see there for faults."""

    def __init__(self):
        self.numbers = itertools.count(1)
        super().__init__()

    def ask(self, method, url, body, headers):
        with self.lock:
            self.requests.append((method, url.path))
            if url.path == "/v1/oauth2/token":
                return 200, {"access_token": "token", "expires_in": 32400}
            if headers.get("Authorization") != "Bearer token":
                return 401, {"name": "AUTHENTICATION_FAILURE", "message": "Authentication failed"}
            if method == "POST" and url.path == "/v2/checkout/orders":
                return 201, self.make_order(json.loads(body))
            order = self.store.get(url.path.removeprefix("/v2/checkout/orders/").partition("/")[0])
            if not order:
                return 404, MISSING
            if method == "POST":
                return self.capture(order)
            return 200, copy.deepcopy(order)

    def make_order(self, words):
        order = {
            "id": f"ORDER{next(self.numbers):08d}",
            "intent": words["intent"],
            "status": "PAYER_ACTION_REQUIRED",
            "payment_source": {"paypal": {}},
            "purchase_units": words["purchase_units"],
        }
        self.store[order["id"]] = order
        return copy.deepcopy(order)

    def approve(self, order_id):
        """The payer agrees in PayPal's window."""
        self.store[order_id]["status"] = "APPROVED"

    def capture(self, order, status="COMPLETED"):
        """The money moves, once."""
        (unit,) = order["purchase_units"]
        if order["status"] == "APPROVED":
            order["status"] = "COMPLETED"
            unit["payments"] = {
                "captures": [
                    {
                        "id": f"CAPTURE{next(self.numbers):08d}",
                        "status": status,
                        "amount": {
                            "currency_code": unit["amount"]["currency_code"],
                            "value": f"{unit['amount']['value']:.2f}",
                        },
                    }
                ]
            }
        elif "payments" not in unit:
            return 422, {"name": "UNPROCESSABLE_ENTITY", "message": "The payer has not approved the order."}
        return 201, copy.deepcopy(order)

    def captured(self):
        """Captures of all orders."""
        units = [unit for order in self.store.values() for unit in order["purchase_units"]]
        return [capture for unit in units for capture in unit.get("payments", {}).get("captures", ())]
