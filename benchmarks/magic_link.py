"""Signing in by a link of a mail: the press of its button, against a button that does nothing for a stranger."""

import statistics
import time

from _pages import BARE_OPEN, Visitor, bare_route, portal_client
from _tools import milliseconds

TIMES = 6


def run(env, rows):
    _client, contact = portal_client(env, "By link")
    bare_route(env)
    paths = [f"/my/link/{env['nestogy.portal.link']._issue(contact).rpartition('/')[2]}" for _number in range(TIMES)]
    env.cr.commit()  # pages are made by other cursors
    found = []
    for path in paths:
        visitor = Visitor()
        token = visitor.token(path)
        begin = time.perf_counter()
        visitor.post(path, csrf_token=token)
        found.append((time.perf_counter() - begin) * 1000)
    queries = visitor.queries
    return {
        "unit": "ms",
        "plain": None,
        "ours": round(statistics.median(found[1:]), 3),
        "limit": milliseconds(lambda: Visitor().post(BARE_OPEN)),
        "queries": queries,
    }
