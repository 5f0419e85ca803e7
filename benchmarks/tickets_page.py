"""The list of a client's tickets in the portal, against that of helpdesk_mgmt and a page that only knows its visitor.

The address of helpdesk_mgmt leads to ours where ours is installed, so its page is asked for at an address of its own.
It runs with our record rule, which is faster than its own, and shows 80 tickets a page where we show 30.
"""

from _pages import BARE, Visitor, bare_route, portal_client
from _tools import milliseconds, multiply

from odoo.http import Controller, route

from odoo.addons.helpdesk_mgmt.controllers.myaccount import CustomerPortalHelpdesk

PLAIN = "/nestogy/benchmark/tickets"


def plain_route(env):
    class Plain(Controller):
        __module__ = "odoo.addons.nestogy_tickets.controllers.benchmark"

        @route(PLAIN, type="http", auth="user", website=True)
        def plain(self):
            return CustomerPortalHelpdesk.portal_my_tickets.original_endpoint(CustomerPortalHelpdesk())

    env.registry.clear_cache("routing")
    return Plain


def run(env, rows):
    client, contact = portal_client(env, "Tickets page")
    ticket = (
        env["helpdesk.ticket"]
        .with_context(mail_notrack=True)
        .create({"name": "Printer", "description": "<p>It is offline.</p>", "partner_id": contact.id})
    )
    multiply(env, ticket, min(rows, 500) - 1, number=f"'BENCH{client.id}/' || n", access_token="NULL")
    controllers = bare_route(env), plain_route(env)  # they live as long as they are held
    env.cr.commit()  # pages are made by other cursors
    visitor = Visitor().sign_in(contact.email)
    found = {}
    for name, path in (("plain", PLAIN), ("ours", "/my/tickets?filterby=all"), ("limit", BARE)):
        found[name] = milliseconds(lambda path=path: visitor.get(path))
        visitor.get(path)
        found[f"{name} queries"] = visitor.queries
    del controllers
    return {
        "unit": "ms",
        "plain": found["plain"],
        "ours": found["ours"],
        "limit": found["limit"],
        "queries": found["ours queries"],
        "plain queries": found["plain queries"],
    }
