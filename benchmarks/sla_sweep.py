"""A minute of the sweep among the clocks of ``rows`` tickets: nothing is due, and 1,000 are, of which the history and
two levels of the policy tell.

OCA never marks a breach by itself; plain is the count of late tickets that its dashboard makes instead, a scan.
"""

import time

from _tools import milliseconds, queries
from sla_clock import make_calendar, make_client, make_policy, make_tickets

from odoo import Command

DUE = 1000


def run(env, rows):
    policy = env.company.client_sla_policy_id = make_policy(env, make_calendar(env))
    policy.escalation_ids = [Command.create({"event": "breached"}), Command.create({"event": "after", "hours": 2})]
    tickets = make_tickets(env, make_client(env), rows // 2)
    env.cr.commit()  # as it finds them: rows of its own transaction have their references looked up with each UPDATE
    env.cr.execute("UPDATE nestogy_sla_clock SET next_event_at = now() + interval '1 year' WHERE state = 'running'")
    env.cr.execute("ANALYZE nestogy_sla_clock")
    engine = env["nestogy.sla.clock"]

    def scan():
        env.cr.execute(
            "SELECT count(*) FROM nestogy_sla_clock WHERE state = 'running' AND deadline_at + interval '0' < now()"
        )

    def bare():
        env.cr.execute("SELECT id FROM nestogy_sla_clock WHERE next_event_at <= now() AT TIME ZONE 'UTC'")

    idle = {
        "name": "sla_sweep nothing due",
        "unit": "ms",
        "plain": milliseconds(scan),
        "ours": milliseconds(engine._sweep_batch),
        "limit": milliseconds(bare),
        "queries": queries(env, engine._sweep_batch),
    }
    env.cr.execute(
        """UPDATE nestogy_sla_clock SET next_event_at = now() AT TIME ZONE 'UTC' - interval '1 second',
                  deadline_at = now() AT TIME ZONE 'UTC' - interval '1 minute'
            WHERE target = 'response' AND ticket_id = ANY(%s)""",
        [tickets[:DUE].ids],
    )
    env.invalidate_all()
    begin = time.perf_counter()
    while engine._sweep_batch():
        env.flush_all()
    took = (time.perf_counter() - begin) * 1000
    return [idle, {"name": f"sla_sweep {min(DUE, len(tickets))} breaches", "unit": "ms", "ours": round(took, 1)}]
