"""The money of one client: its figures by currency and its newest documents, for a small client and a large one.

Ours asks what the profile asks, with the language and time zone of the user as the browser sends them: both in one
statement, and the figures also by age and month for the cards beside them.
"""

from _tools import fresh, invoice_of, milliseconds, multiply, queries

SHOWN = 5
SIZES = (24, 2000)


def run(env, rows):
    """``rows`` documents of other clients lie around those of the two that are looked at."""
    other = env["res.partner"].create({"name": "Others", "is_company": True})
    invoice = invoice_of(env, other)
    multiply(env, invoice, rows, name="'O/' || n")
    return [look(env, size, invoice) for size in SIZES]


def look(env, size, invoice):
    client = env["res.partner"].create({"name": f"Client {size}", "is_company": True})
    client = client.with_context(lang="en_US", tz="Europe/Brussels")
    multiply(
        env, invoice, size, name=f"'M{size}/' || n", partner_id=str(client.id), commercial_partner_id=str(client.id)
    )
    env.cr.execute("ANALYZE account_move")
    moves = env["account.move"]
    mine = [("commercial_partner_id", "=", client.id), ("move_type", "in", ("out_invoice", "out_refund"))]
    names = ["name", "invoice_date", "amount_total", "amount_residual", "state", "payment_state"]

    def plain():
        client.read(["total_invoiced", "credit", "debit"])
        moves.search_fetch(mine, names, limit=SHOWN, order="invoice_date desc, id desc")

    def ours():
        asks = client._client_money_asks("money") | {"invoices": client._client_invoices_question}
        answers = client._client_ask(asks)
        client._client_balances_of(answers["money"])

    def limit():
        env.cr.execute(
            "SELECT currency_id, move_type, SUM(amount_total), SUM(amount_untaxed), SUM(amount_residual)"
            " FROM account_move WHERE commercial_partner_id = %s AND state = 'posted'"
            " AND move_type IN ('out_invoice', 'out_refund', 'out_receipt') GROUP BY 1, 2",
            [client.id],
        )
        env.cr.fetchall()
        env.cr.execute(
            "SELECT id, name, invoice_date, amount_total, amount_residual, state, payment_state FROM account_move"
            " WHERE commercial_partner_id = %s AND move_type IN ('out_invoice', 'out_refund')"
            " ORDER BY invoice_date DESC, id DESC LIMIT %s",
            [client.id, SHOWN],
        )
        env.cr.fetchall()

    return {
        "name": f"client_money.{size}",
        "unit": "ms",
        "plain": milliseconds(plain, before=fresh(env)),
        "ours": milliseconds(ours, before=fresh(env)),
        "limit": milliseconds(limit),
        "queries": queries(env, ours),
    }
