"""The first page of the portal with all its cards and figures, against a page that only knows its visitor.

Odoo's own first page cannot be asked for where ours is installed.
"""

from _pages import BARE, Visitor, bare_route, portal_client
from _tools import invoice_of, milliseconds, multiply


def run(env, rows):
    client, contact = portal_client(env, "First page")
    multiply(env, invoice_of(env, client), rows, name=f"'FIRST/{client.id}/' || n")
    bare_route(env)
    env.cr.commit()  # pages are made by other cursors
    visitor = Visitor().sign_in(contact.email)
    ours, limit = milliseconds(lambda: visitor.get("/my")), milliseconds(lambda: visitor.get(BARE))
    visitor.get("/my")
    return {"unit": "ms", "plain": None, "ours": ours, "limit": limit, "queries": visitor.queries}
