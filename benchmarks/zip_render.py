"""ZIP of 12 invoices that were never printed: one by one as Odoo does, and in one run of the printer."""

import threading

from _tools import fresh, milliseconds
from werkzeug.serving import make_server

from odoo import Command, fields, http

DOCUMENTS = 12


def serve_styles(env):
    """The printer fetches the styles of a report from the server."""
    server = make_server("127.0.0.1", 0, http.root, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env["ir.config_parameter"].set_param("report.url", f"http://127.0.0.1:{server.port}")


def run(env, rows):
    serve_styles(env)
    client = env["res.partner"].create({"name": "Prototype", "is_company": True})
    moves = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": client.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create({"name": f"Work {number}", "price_unit": 10.0, "tax_ids": False})
                    for number in range(5)
                ],
            }
            for _document in range(DOCUMENTS)
        ]
    )
    moves.action_post()
    moves = moves.with_context(force_report_rendering=True)

    def plain():
        for move in moves:
            assert move._get_invoice_legal_documents("pdf", allow_fallback=True)["content"].startswith(b"%PDF")

    def ours():
        printed = env["nestogy.portal.archive"]._print_moves(moves)
        assert all(content.startswith(b"%PDF") for content in printed.values())
        assert len(printed) == DOCUMENTS

    has_ours = "nestogy.portal.archive" in env
    return {
        "unit": "ms",
        "plain": milliseconds(plain, times=1, before=fresh(env)),
        "ours": milliseconds(ours, times=3, before=fresh(env)) if has_ours else None,
    }
