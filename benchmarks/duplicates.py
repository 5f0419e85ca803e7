"""Duplicates among clients and people: the full search, the notice while somebody types, precision and recall.

``--rows 60000`` is the firm of the goal. The set and what is the same in it are of our own making
(nestogy_clients/tests/labelled_clients.py). Odoo has no such search: ``plain`` is its merge wizard, which groups what
is equal in one field, here the name, and its search by name. The limits of time are those of the goal.
"""

import json
import time

from _tools import fresh, milliseconds, queries

from odoo.tools import SQL

from odoo.addons.nestogy_clients.tests.labelled_clients import LabelledClients

LIMIT_SCAN = 60  # seconds
LIMIT_TYPING = 30  # milliseconds
TYPED = 12  # rows that somebody types again
OWN = ("name", "is_company", "email", "website", "vat", "street", "zip", "city")


def fill(env, labelled):
    """Put the rows into the database as clients, in SQL.

    :return: ids of the partners by those of the rows
    """
    status = env.ref("nestogy_clients.nestogy_client_status_active")
    partner = env["res.partner"].create({"name": "Prototype", "client_status_id": status.id})
    number = env["nestogy.phone.number"].create({"partner_id": partner.id, "number": "+1 207 555 0100"})
    ids = {row["id"]: partner.id + 1000 + row["id"] for row in labelled.rows}
    rows = [{name: row[name] for name in OWN} | {"id": ids[row["id"]]} for row in labelled.rows]
    types = "id integer, is_company boolean, " + ", ".join(f"{name} text" for name in OWN if name != "is_company")
    copy(
        env,
        partner,
        SQL("jsonb_to_recordset(%s::jsonb) AS data(" + types + ")", json.dumps(rows)),
        {name: f"data.{name}" for name in (*OWN, "id")}
        | {"commercial_partner_id": "data.id", "complete_name": "data.name", "client_number": "'B' || data.id"},
    )
    numbers = [(ids[row["id"]], digits) for row in labelled.rows for digits in row["phones"]]
    owners, digits = [partner for partner, _digits in numbers], [digits for _partner, digits in numbers]
    copy(
        env,
        number,
        SQL("unnest(%s::integer[], %s::text[]) AS data(partner, digits)", owners, digits),
        {"partner_id": "data.partner", "client_id": "data.partner", "digits": "data.digits"}
        | {"id": "nextval('nestogy_phone_number_id_seq')", "number": "'+' || data.digits"},
    )
    env["nestogy.client.duplicate"].search([]).unlink()
    for table in ("res_partner", "nestogy_phone_number"):
        env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))
        # what autovacuum does soon after rows came in bulk: the inverted indexes take them in
        env.cr.execute(
            SQL(
                "SELECT gin_clean_pending_list(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
                " JOIN pg_am ON pg_am.oid = relam WHERE amname = 'gin' AND indrelid = %s::regclass",
                table,
            )
        )
    env.invalidate_all()
    return ids


def copy(env, record, source, changes):
    """Copy a row once for each row of ``source``, which is called ``data``."""
    env.flush_all()
    columns = [
        name
        for (name,) in env.execute_query(
            SQL(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
                record._table,
            )
        )
    ]
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s proto, %s WHERE proto.id = %s",
            SQL.identifier(record._table),
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL(", ").join(SQL(changes[n]) if n in changes else SQL.identifier("proto", n) for n in columns),
            SQL.identifier(record._table),
            source,
            record.id,
        )
    )


def run(env, rows):
    labelled = LabelledClients(rows)
    ids = fill(env, labelled)
    agent = env["res.users"].create({"name": "Agent", "login": "bench_agent", "email": "bench@example.com"})
    agent.group_ids += env.ref("nestogy_clients.nestogy_clients_group_agent")
    return [typing(env, labelled, agent), *scan(env, labelled, ids)]


def scan(env, labelled, ids):
    """The full search as the cron does it, and how right it is."""
    pairs = env["nestogy.client.duplicate"]
    begin = time.perf_counter()
    pairs._scan()
    seconds = time.perf_counter() - begin
    begin = time.perf_counter()
    pairs._scan()
    again = time.perf_counter() - begin
    back = {partner: row for row, partner in ids.items()}
    found = [(pair.left_id.id, pair.right_id.id) for pair in pairs.search([])]
    precision, recall = labelled.measure([(back.get(left), back.get(right)) for left, right in found])
    env.cr.execute("SELECT MIN(id), MAX(id) FROM res_partner WHERE is_client GROUP BY name HAVING COUNT(*) > 1")
    plain_precision, plain_recall = labelled.measure([(back.get(one), back.get(two)) for one, two in env.cr.fetchall()])
    share = {"unit": "share", "limit": 1}
    return [
        {"name": "duplicates_scan", "unit": "s", "plain": None, "ours": round(seconds, 1), "limit": LIMIT_SCAN},
        {"name": "duplicates_again", "unit": "s", "plain": None, "ours": round(again, 1), "limit": LIMIT_SCAN},
        share | {"name": "duplicates_precision", "plain": round(plain_precision, 3), "ours": round(precision, 3)},
        share | {"name": "duplicates_recall", "plain": round(plain_recall, 3), "ours": round(recall, 3)},
    ]


def typing(env, labelled, agent):
    """What an agent waits for who types rows that are there already: the mean of several."""
    partners = env["res.partner"].with_user(agent)
    step = max(1, len(labelled.rows) // TYPED)
    typed = [
        {name: row[name] for name in OWN} | {"phone": "+" + "".join(row["phones"]) if row["phones"] else ""}
        for row in labelled.rows[::step]
    ]

    def ours():
        for values in typed:
            partners.find_client_duplicates(values)

    def plain():
        for values in typed:
            partners.name_search(values["name"], limit=5)

    return {
        "name": "duplicates_typing",
        "unit": "ms",
        "plain": round(milliseconds(plain, times=1, before=fresh(env)) / len(typed), 2),
        "ours": round(milliseconds(ours, before=fresh(env)) / len(typed), 2),
        "limit": LIMIT_TYPING,
        "queries": queries(env, lambda: partners.find_client_duplicates(typed[0])),
    }
