"""A page of the timeline of a client with 10,000 events: page 1 and page 100.

Plain is what Odoo offers: a page of the chatter, with as many messages. The limit is one hand-written union over two
tables, along their indexes, that knows no rights and draws nothing.
"""

from _tools import fresh, invoice_of, milliseconds, multiply, queries

PAGE, DEEP = 30, 100


def run(env, rows):
    status = env.ref("nestogy_clients.nestogy_client_status_active", raise_if_not_found=False)
    events = max(rows, 10_000)
    client = env["res.partner"].create({"name": "Rich", "is_company": True})
    message = client.message_post(body="Hello")
    moment = "TIMESTAMP '2026-01-01' - n * interval '1 hour'"
    multiply(env, message, events, date=moment)
    invoice = invoice_of(env, client)
    multiply(env, invoice, events // 5, name="'T/' || n", invoice_date="DATE '2026-01-01' - n / 5")
    if status:
        client.client_status_id = status
        log = env["nestogy.communication"].create(
            {"name": "Call", "client_id": client.id, "kind": "call", "direction": "in"}
        )
        multiply(env, log, events, date=moment)
    for table in ("mail_message", "account_move", "nestogy_communication"):
        env.cr.execute("SELECT TO_REGCLASS(%s)", [table])
        if env.cr.fetchone()[0]:
            env.cr.execute(f"ANALYZE {table}")
    thread = [("model", "=", "res.partner"), ("res_id", "=", client.id)]
    messages = env["mail.message"]
    deep = messages.search(thread, order="id desc", offset=PAGE * (DEEP - 1), limit=1)

    def chatter(before=None):
        found = messages._message_fetch(domain=thread, before=before, limit=PAGE)["messages"]
        return [(each.body, each.date, each.author_id.name) for each in found]

    def limit(before):
        env.cr.execute(
            """
            SELECT * FROM (
                (SELECT date, 'communication' AS source, id, name FROM nestogy_communication
                  WHERE client_id = %(client)s AND date < %(before)s ORDER BY date DESC, id DESC LIMIT %(page)s)
                 UNION ALL
                (SELECT invoice_date, 'invoice', id, name FROM account_move
                  WHERE commercial_partner_id = %(client)s AND state = 'posted'
                    AND move_type IN ('out_invoice', 'out_refund', 'out_receipt') AND invoice_date < %(before)s
                  ORDER BY invoice_date DESC, id DESC LIMIT %(page)s)
            ) event ORDER BY date DESC, source DESC, id DESC LIMIT %(page)s
            """,
            {"client": client.id, "before": before, "page": PAGE},
        )
        return env.cr.fetchall()

    rows = [
        {"name": "timeline", "unit": "ms", "plain": milliseconds(chatter, before=fresh(env))},
        {
            "name": "timeline, page 100",
            "unit": "ms",
            "plain": milliseconds(lambda: chatter(deep.id), before=fresh(env)),
        },
    ]
    for row in rows:
        row |= {"ours": None, "limit": None}
    if not status:
        return rows
    # as the browser asks
    client = client.with_context(lang="en_US", tz="Europe/Brussels", allowed_company_ids=env.companies.ids)
    cursor = False
    for _page in range(DEEP - 1):
        cursor = client.get_client_timeline(cursor=cursor, limit=PAGE)["cursor"]
    for row, place, moment in ((rows[0], False, "2030-01-01"), (rows[1], cursor, cursor.split("|")[0])):

        def page(place=place):
            return client.get_client_timeline(cursor=place, limit=PAGE)

        row["ours"] = milliseconds(page, before=fresh(env))
        row["limit"] = milliseconds(lambda moment=moment: limit(moment))
        row["queries"] = queries(env, page)
    return rows
