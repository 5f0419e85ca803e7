"""Money totals of 80 clients in a list: plain Odoo's one figure, and one grouped query as the limit."""

from _tools import fresh, invoice_of, milliseconds, multiply, queries

CLIENTS = 80


def run(env, rows):
    client = env["res.partner"].create({"name": "Prototype", "is_company": True})
    invoice = invoice_of(env, client)
    clients = multiply(env, client, rows, name="'Client ' || n", commercial_partner_id="NULL")
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE id = ANY(%s)", [clients])
    first = clients[0]
    owner = f"{first} + mod(n, {len(clients)})"
    multiply(env, invoice, rows * 5, name="'X/' || n", partner_id=owner, commercial_partner_id=owner)
    env.cr.execute("ANALYZE res_partner")
    env.cr.execute("ANALYZE account_move")
    shown = env["res.partner"].browse(clients[:CLIENTS])
    ours = [name for name in ("client_invoiced", "client_outstanding") if name in shown._fields]

    def read(names):
        return lambda: shown.read(names)

    def limit():
        env.cr.execute(
            "SELECT commercial_partner_id, sum(amount_total_signed), sum(amount_residual_signed)"
            " FROM account_move WHERE commercial_partner_id = ANY(%s) AND state = 'posted' GROUP BY 1",
            [shown.ids],
        )
        env.cr.fetchall()

    return {
        "unit": "ms",
        "plain": milliseconds(read(["total_invoiced"]), before=fresh(env)),
        "ours": milliseconds(read(ours), before=fresh(env)) if ours else None,
        "limit": milliseconds(limit),
        "queries": queries(env, read(ours)) if ours else None,
    }
