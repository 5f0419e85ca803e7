"""The dashboard over all clients: all cards of an administrator, in one call. Plain Odoo has no such page.

The limit is what the cards must at least count, each by hand: clients by status, the open invoices by age, the history
of statuses, and the tickets that are open.
"""

from _tools import fresh, invoice_of, milliseconds, multiply, queries


def run(env, rows):
    """``rows`` clients with an invoice each, and a tenth as many open tickets."""
    status = env.ref("nestogy_clients.nestogy_client_status_active")
    client = env["res.partner"].create({"name": "Home", "is_company": True, "client_status_id": status.id})
    clients = multiply(env, client, rows, name="'Home ' || n", client_number="'HOME/' || n")
    first = clients[0]
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE id = ANY(%s)", [clients])
    multiply(
        env,
        invoice_of(env, client),
        rows,
        name="'HOME/' || n",
        partner_id=f"{first} + n - 1",
        commercial_partner_id=f"{first} + n - 1",
        invoice_date="CURRENT_DATE - mod(n, 365)::int",
        invoice_date_due="CURRENT_DATE - mod(n, 365)::int + 30",
    )
    tables = ["res_partner", "account_move", "nestogy_client_status_change"]
    if "helpdesk.ticket" in env:
        ticket = env["helpdesk.ticket"].with_context(mail_notrack=True)
        ticket = ticket.create({"name": "Printer", "description": "<p>It is offline.</p>", "partner_id": first})
        multiply(env, ticket, rows // 10, number="'HOME/' || n", access_token="NULL")
        tables.append("helpdesk_ticket")
    for table in tables:
        env.cr.execute(f"ANALYZE {table}")
    partners = env["res.partner"]

    def limit():
        for question in (
            "SELECT client_status_id, COUNT(*) FROM res_partner WHERE is_client AND active GROUP BY 1",
            "SELECT currency_id, SUM(amount_residual), SUM(amount_residual) FILTER (WHERE invoice_date_due < now())"
            " FROM account_move WHERE state = 'posted' AND move_type = 'out_invoice' AND amount_residual <> 0"
            " GROUP BY 1",
            "SELECT COUNT(*) FROM nestogy_client_status_change WHERE date > now() - interval '30 days'",
        ):
            env.cr.execute(question)
            env.cr.fetchall()
        if "helpdesk.ticket" in env:
            env.cr.execute(
                "SELECT stage.id, COUNT(*) FROM helpdesk_ticket ticket"
                " JOIN helpdesk_ticket_stage stage ON stage.id = ticket.stage_id WHERE NOT stage.closed GROUP BY 1"
            )
            env.cr.fetchall()

    return {
        "unit": "ms",
        "plain": None,
        "ours": milliseconds(partners.get_client_home, before=fresh(env)),
        "limit": milliseconds(limit),
        "queries": queries(env, partners.get_client_home),
    }
