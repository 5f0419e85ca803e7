"""The account of a client with 2,000 invoices in the portal: a page of 80 lines with running balance and ageing.

Plain Odoo's nearest is its list of invoices, which has neither balance nor ageing nor payments. The limit is one
grouped query over the journal items and as many lines.
"""

from _statement import LINES, account
from _tools import fresh, milliseconds, queries


def run(env, rows):
    client = account(env, rows)
    invoices = env["account.move"]
    period = {"layout": "activity", "limit": LINES, "offset": max(rows * 2 - LINES, 0)}

    def ours():
        statement = client._client_statement(**period)
        write_day = client._statement_day_writer()
        for block in statement["blocks"]:
            write = client._statement_number_writer(block["currency"])
            client._client_statement_figures(statement, block)
            client._client_statement_ageing(block, write)
            for line in block["lines"]:
                write_day(line["date"]), write(line["change"]), write(line["balance"])

    def plain():
        domain = [("commercial_partner_id", "=", client.id), ("state", "=", "posted")]
        invoices.search_count(domain)
        found = invoices.search(domain, limit=LINES, order="invoice_date desc")
        found.read(["name", "invoice_date", "invoice_date_due", "amount_total", "amount_residual", "payment_state"])

    def limit():
        env.cr.execute(
            "SELECT SUM(amount_currency), COUNT(*) FROM account_move_line WHERE partner_id = %s AND account_id IN"
            " (SELECT id FROM account_account WHERE account_type = 'asset_receivable')",
            [client.id],
        )
        env.cr.execute(
            "SELECT name, date, date_maturity, amount_currency, amount_residual_currency FROM account_move_line"
            " WHERE partner_id = %s ORDER BY date DESC LIMIT %s",
            [client.id, LINES],
        )
        env.cr.fetchall()

    return {
        "unit": "ms",
        "plain": milliseconds(plain, before=fresh(env)),
        "ours": milliseconds(ours, before=fresh(env)),
        "limit": milliseconds(limit),
        "queries": queries(env, ours),
    }
