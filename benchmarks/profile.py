"""The whole profile of a client: all cards of an administrator, in one call. Plain Odoo has no such page.

The limit is the sum of what the cards must at least read, each by hand: one grouped query for the figures, one for the
states of the invoices, tickets, and the newest rows of each.
"""

from _tools import fresh, invoice_of, milliseconds, multiply, queries

INVOICES, TICKETS, COMMUNICATIONS = 2000, 500, 10_000
NEWEST = {
    "account_move": ("commercial_partner_id", "invoice_date DESC, id DESC"),
    "helpdesk_ticket": ("commercial_partner_id", "last_update DESC, id DESC"),
    "nestogy_communication": ("client_id", "date DESC, id DESC"),
    "nestogy_client_document": ("client_id", "updated_at DESC, id DESC"),
    "maintenance_equipment": ("client_id", "warranty_date, id"),
    "project_task": ("client_id", "date_deadline, id"),
    "sale_order": ("partner_id", "date_order DESC, id DESC"),
    "project_project": ("partner_id", "date DESC, id DESC"),
}


def run(env, rows):
    """As the browser asks, with the language and time zone of the user.

    ``rows`` invoices, tickets and communications of other clients lie around those of the one that is looked at."""
    client = make_client(env, "Profile", (INVOICES, TICKETS, COMMUNICATIONS))
    client = client.with_context(lang="en_US", tz="Europe/Brussels")
    make_client(env, "Others", (rows, rows, rows))
    for table in ("account_move", "helpdesk_ticket", "nestogy_communication"):
        env.cr.execute(f"ANALYZE {table}")

    def ours():
        client.get_client_dashboard()

    def limit():
        for where, groups, sums in (
            ("account_move", "currency_id, move_type", "SUM(amount_total), SUM(amount_residual)"),
            ("account_move", "date_trunc('month', invoice_date)", "SUM(amount_total_signed)"),
            ("account_move", "payment_state", "COUNT(*)"),
            ("helpdesk_ticket", "stage_id", "COUNT(*), COUNT(*) FILTER (WHERE sla_deadline < now())"),
        ):
            env.cr.execute(
                f"SELECT {groups}, {sums} FROM {where} WHERE commercial_partner_id = %s GROUP BY {groups}", [client.id]
            )
            env.cr.fetchall()
        env.cr.execute("SELECT MAX(date) FROM nestogy_communication WHERE client_id = %s", [client.id])
        for table, (owner, order) in NEWEST.items():
            env.cr.execute(f"SELECT * FROM {table} WHERE {owner} = %s ORDER BY {order} LIMIT 5", [client.id])
            env.cr.fetchall()

    return {
        "unit": "ms",
        "plain": None,
        "ours": milliseconds(ours, before=fresh(env)),
        "limit": milliseconds(limit),
        "queries": queries(env, ours),
    }


def make_client(env, name, counts):
    """A client with a contact and so many invoices, tickets and communications, spread over two years."""
    status = env.ref("nestogy_clients.nestogy_client_status_active")
    client = env["res.partner"].create({"name": name, "is_company": True, "client_status_id": status.id})
    contact = env["res.partner"].create({"name": "Pat", "parent_id": client.id, "phone": "+1 207 555 0100"})
    ticket = (
        env["helpdesk.ticket"]
        .with_context(mail_notrack=True)
        .create({"name": "Printer", "description": "<p>It is offline.</p>", "partner_id": contact.id})
    )
    communication = env["nestogy.communication"].create(
        {"name": "Call", "kind": "call", "direction": "in", "client_id": client.id}
    )
    invoices, tickets, communications = counts
    day = "(CURRENT_DATE - mod(n, 730)::int)"
    multiply(env, invoice_of(env, client), invoices, name=f"'P{client.id}/' || n", invoice_date=day, date=day)
    multiply(env, ticket, tickets, number=f"'P{client.id}/' || n", access_token="NULL")
    multiply(env, communication, communications, date=f"{day} + time '12:00'")
    return client
