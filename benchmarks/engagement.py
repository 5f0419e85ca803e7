"""The engagement of all clients, as every night, and of one client with whom something happened. Plain Odoo has none.

The limit reads the same touches and adds their points up by client, without contacts, trend, reasons or history.
"""

from _tools import fresh, milliseconds, multiply, queries

from odoo import fields
from odoo.tools import SQL

EVENTS = 5  # of each client


def run(env, rows):
    """``rows`` clients with five communications each, spread over ten months."""
    status = env.ref("nestogy_clients.nestogy_client_status_active")
    client = env["res.partner"].create({"name": "Engaged", "is_company": True, "client_status_id": status.id})
    communication = env["nestogy.communication"].create(
        {"name": "Call", "kind": "call", "direction": "in", "client_id": client.id}
    )
    clients = multiply(env, client, rows, name="'Engaged ' || n", client_number="'ENGAGED/' || n")
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE id = ANY(%s)", [clients])
    multiply(
        env,
        communication,
        rows * EVENTS,
        client_id=f"{clients[0]} + mod(n, {rows})",
        date="CURRENT_DATE - mod(n, 300)::int + time '12:00'",
    )
    for table in ("res_partner", "nestogy_communication"):
        env.cr.execute(f"ANALYZE {table}")
    partners, empty = env["res.partner"], fresh(env)
    since = fields.Date.subtract(fields.Date.today(), days=300)

    def limit(client_id=None):
        only = SQL("WHERE touch.client_id = %s", client_id) if client_id else SQL()
        for touches in partners._client_touches(since):
            env.execute_query(
                SQL(
                    """
                    SELECT touch.client_id, SUM(kind.weight * 0.5 ^ ((CURRENT_DATE - touch.date::date) / 30.0))
                      FROM (%s) touch JOIN nestogy_engagement_kind kind ON kind.key = touch.kind %s GROUP BY 1
                    """,
                    touches,
                    only,
                )
            )

    def night():
        """Points fade, so that each client is written every night."""
        empty()
        env.cr.execute("UPDATE res_partner SET engagement_score = engagement_score + 7 WHERE id = ANY(%s)", [clients])

    def all_clients():
        partners._refresh_engagement()
        env.flush_all()

    def one_client():
        partners._refresh_engagement([clients[0]])
        env.flush_all()

    return [
        {
            "name": "engagement",
            "unit": "ms",
            "plain": None,
            # each night writes all rows twice and nothing of it is vacuumed before the end: three are enough
            "ours": milliseconds(all_clients, times=3, before=night),
            "limit": milliseconds(limit, times=3),
            "queries": queries(env, all_clients),
        },
        {
            "name": "engagement.one",
            "unit": "ms",
            "plain": None,
            "ours": milliseconds(one_client, before=empty),
            "limit": milliseconds(lambda: limit(clients[0])),
            "queries": queries(env, one_client),
        },
    ]
