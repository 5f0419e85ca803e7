"""A client with many invoices, half of them paid, for the benchmarks of its statement."""

from _tools import multiply

from odoo import Command, fields

LINES = 80


def account(env, rows):
    """:return: a client with so many posted invoices, and a payment of every other one"""
    client = env["res.partner"].create({"name": "Prototype", "is_company": True})
    start = fields.Date.subtract(fields.Date.today(), days=rows // 4)
    invoice = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": client.id,
            "invoice_date": start,
            "invoice_line_ids": [Command.create({"name": "Work", "price_unit": 10.0, "tax_ids": False})],
        }
    )
    invoice.action_post()
    payment = env["account.payment"].create(
        {"payment_type": "inbound", "partner_type": "customer", "partner_id": client.id, "amount": 10, "date": start}
    )
    payment.action_post()
    debit, credit = (
        move.line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable")
        for move in (invoice, payment.move_id)
    )
    day = f"DATE '{start}' + n / 8"
    invoices = multiply(env, invoice, rows, name="'INV/B/' || n", date=day)
    payments = multiply(env, payment.move_id, rows // 2, name="'PAY/B/' || n", date=f"{day} + 1")
    debits = copies(env, debit, invoices, f"{day}", date_maturity=f"{day} + 30")
    credits = copies(env, credit, payments, f"{day} + 1")
    for move, copied in ((invoice, invoices), (payment.move_id, payments)):
        for line in move.line_ids - debit - credit:
            copies(env, line, copied, day)
    (debit | credit).reconcile()
    partial = debit.matched_credit_ids
    multiply(
        env,
        partial,
        rows // 2,
        debit_move_id=f"{debits[0]} + n - 1",
        credit_move_id=f"{credits[0]} + n - 1",
        max_date=f"{day} + 1",
    )
    env.cr.execute(
        "UPDATE account_move_line SET amount_residual = 0, amount_residual_currency = 0, reconciled = TRUE"
        " WHERE id = ANY(%s) OR id = ANY(%s)",
        [debits[: rows // 2], credits],
    )
    for table in ("account_move", "account_move_line", "account_partial_reconcile"):
        env.cr.execute(f"ANALYZE {table}")
    return client


def copies(env, line, moves, day, **changes):
    """One copy of a journal item for each copied move."""
    return multiply(env, line, len(moves), move_id=f"{moves[0]} + n - 1", date=day, **changes)
