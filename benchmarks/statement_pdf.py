"""The statement of a client with 200 lines as PDF; and as the limit a bare table of reportlab with as many lines.

Plain Odoo has no such thing. ``ours`` begins with the empty cache and ends with the bytes: figures, words and drawing.
"""

import io

from _statement import account
from _tools import fresh, milliseconds, queries
from reportlab.platypus import SimpleDocTemplate, Table

SHOWN = 200


def run(env, rows):
    client = account(env, rows)

    def ours():
        statement = client._client_statement("activity", limit=SHOWN)
        client._client_statement_file("pdf", statement)

    def limit():
        cells = [["2026-11-22", f"Invoice INV/{n}", "", "2026-12-22", "10.00", "", "10.00"] for n in range(SHOWN)]
        SimpleDocTemplate(io.BytesIO()).build([Table(cells, repeatRows=1)])

    return {
        "unit": "ms",
        "plain": None,
        "ours": milliseconds(ours, before=fresh(env)),
        "limit": milliseconds(limit),
        "queries": queries(env, ours),
    }
