"""Open 1,000 tickets, and close them: by helpdesk_mgmt alone (plain), and by ours with a policy of two times for each.

Plain calls ``create``, ``write`` and the computing methods of helpdesk_mgmt past ours; our fields and constraints stay,
so it is a little slower than a database without our addons. The limit of opening is what the engine must at least do:
insert as many bare rows as it has clocks and lines.
"""

import contextlib
import time
from unittest.mock import patch

from sla_clock import make_calendar, make_client, make_policy, make_tickets

TICKETS = 1000
RUNS = 3


def run(env, rows):
    client = make_client(env)
    model = type(env["helpdesk.ticket"])
    done = env.ref("helpdesk_mgmt.helpdesk_ticket_stage_done")
    env.company.client_sla_policy_id = make_policy(env, make_calendar(env))

    @contextlib.contextmanager
    def plain_oca():
        with contextlib.ExitStack() as stack:
            for name in ("create", "write", "_compute_stage_id", "_compute_percentage"):
                theirs = next(
                    base.__dict__[name]
                    for base in model.__mro__
                    if name in base.__dict__ and base.__module__.startswith("odoo.addons.helpdesk_mgmt")
                )
                stack.enter_context(patch.object(model, name, theirs))
            yield

    def times():
        """:return: milliseconds of opening and of closing"""
        begin = time.perf_counter()
        tickets = make_tickets(env, client, TICKETS)
        env.flush_all()
        opened = time.perf_counter()
        tickets.with_context(tracking_disable=True).write({"stage_id": done.id})
        env.flush_all()
        closed = time.perf_counter()
        return (opened - begin) * 1000, (closed - opened) * 1000

    found = {"plain": [], "ours": []}
    times()
    for _run in range(RUNS):  # by turns, as the machine is not always equally fast
        with plain_oca():
            found["plain"].append(times())
        found["ours"].append(times())
    median = {
        (way, part): round(sorted(run[part] for run in runs)[RUNS // 2], 1)
        for way, runs in found.items()
        for part in (0, 1)
    }

    env.cr.execute("CREATE TEMPORARY TABLE sla_bare (LIKE nestogy_sla_clock INCLUDING INDEXES) ON COMMIT DROP")
    begin = time.perf_counter()
    env.cr.execute("INSERT INTO sla_bare SELECT * FROM nestogy_sla_clock ORDER BY id DESC LIMIT %s", [2 * TICKETS])
    limit = (time.perf_counter() - begin) * 2000  # as many lines as clocks
    return [
        {
            "name": f"ticket_create {TICKETS}",
            "unit": "ms",
            "plain": median["plain", 0],
            "ours": median["ours", 0],
            "limit": median["plain", 0] + round(limit, 1),
        },
        {
            "name": f"ticket_create: close {TICKETS}",
            "unit": "ms",
            "plain": median["plain", 1],
            "ours": median["ours", 1],
        },
    ]
