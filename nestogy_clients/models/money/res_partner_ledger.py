from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import ledger

READ_FIELDS = {
    "account.move.line": (
        "account_id",
        "amount_currency",
        "amount_residual_currency",
        "company_id",
        "currency_id",
        "date",
        "date_maturity",
        "move_id",
        "parent_state",
        "partner_id",
    ),
    "account.move": ("journal_id", "move_type", "name", "origin_payment_id", "partner_id", "ref", "statement_line_id"),
    "account.partial.reconcile": (
        "credit_amount_currency",
        "credit_move_id",
        "debit_amount_currency",
        "debit_move_id",
        "max_date",
    ),
    "account.payment": ("amount", "currency_id", "payment_type"),
    "res.partner": ("commercial_partner_id",),
}


class ResPartner(models.Model):
    """The client's account as it stands in the ledger: what a statement shows."""

    _inherit = "res.partner"

    def _client_statement(self, layout="open", date_from=None, date_to=None, offset=0, limit=None, addressee=None):
        """The statement of account, from the receivable journal items of the client and all its contacts.

        For each currency: opening + lines = closing = what the ledger says = sum of the open items, as it stood on
        the last day. An item is reduced by what was reconciled with it until then. Where its counterpart is not on
        this statement (it is in another currency, of another client or company, or not addressed to the reader), a
        line says what was settled with it. Open items come from the residuals that Odoo keeps, less what was reconciled
        later, and thus prove the sums of the lines.

        The caller vouches for the reader: this is SQL, because the ORM can neither undo later reconciliations nor
        run a balance in the database.

        :param str layout: ``open`` lists what is open on the last day, ``activity`` what happened in the period
        :param date date_from: first day of the period; ``None`` for the beginning
        :param date date_to: last day; ``None`` for today
        :param int offset: lines to leave out before the first one shown; sums are of all lines all the same
        :param int limit: the most lines to show
        :param res.partner addressee: only what is addressed to this contact
        :return: dict ``layout``, ``date_from``, ``date_to``, ``addressee``, ``line_count`` and ``blocks``: one dict a
            currency, see :meth:`_client_statement_block`
        """
        self.ensure_one()
        date_to = date_to or fields.Date.context_today(self)
        date_from = min(date_from or ledger.FIRST_DAY, date_to)
        for name, names in READ_FIELDS.items():
            self.env[name].flush_model(names)
        query = self._client_statement_sql(layout, date_from, date_to, offset, limit, addressee)
        rows = self.env.execute_query_dict(query)
        parts = {"sum": [], "open": [], "line": []}
        for row in rows:
            parts[row["part"]].append(row)
        currencies = {each.id: each for each in self.env["res.currency"].browse(row["currency_id"] for row in rows)}
        blocks = [
            self._client_statement_block(layout, currencies[row["currency_id"]], row, parts, date_to)
            for row in parts["sum"]
        ]
        return {
            "layout": layout,
            "date_from": date_from,
            "date_to": date_to,
            "addressee": addressee.name if addressee is not None else "",
            "line_count": sum(block["line_count"] for block in blocks),
            "blocks": sorted(blocks, key=lambda block: block["currency"].id),
        }

    def _client_statement_block(self, layout, currency, sums, parts, date_to):
        """One currency's part of a statement.

        :return: dict ``currency``, ``opening``, ``change``, ``closing``, ``open_total`` (sum of the open items),
            ``ties`` (all these agree), the ageing of :func:`ledger.ageing`, ``line_count``, ``brought`` (balance
            before the first line) and ``lines``: dicts of ``date``, ``due``, ``kind``, ``label``, ``name``, ``ref``,
            ``move_id``, ``move_type``, ``amount`` (the item's own), ``change`` (what it adds to the balance),
            ``balance`` and ``days_late``
        """
        digits = currency.decimal_places
        items = [row for row in parts["open"] if row["currency_id"] == currency.id]
        block = {
            "currency": currency,
            "opening": round(sums["amount"], digits),
            "change": round(sums["change"], digits),
            "closing": round(sums["amount"] + sums["change"], digits),
            "open_total": round(sum(row["amount"] for row in items), digits),
            "line_count": sum(row["line_count"] for row in items) if layout == "open" else sums["line_count"],
            **ledger.ageing(((row["due"], row["amount"]) for row in items), date_to, digits),
        }
        block["ties"] = ledger.ties(block, digits)
        labels = self._client_statement_labels()
        before = 0.0 if layout == "open" else block["opening"]
        lines = []
        for row in parts["line"]:
            if row["currency_id"] != currency.id:
                continue
            money, rest = row["change"], 0.0
            if row["paid"] is not None:
                money, rest = ledger.split_write_off(row["change"], row["paid"], digits)
            line = {
                **{key: row[key] for key in ("date", "due", "kind", "name", "ref", "move_id", "move_type", "amount")},
                "label": labels[row["kind"]],
                "change": money,
                "balance": round(before + row["balance"] - rest, digits),
                "days_late": max((date_to - row["due"]).days, 0) if row["due"] and row["change"] > 0 else 0,
            }
            lines.append(line)
            if rest:
                lines.append(
                    line
                    | {"kind": "write_off", "label": labels["write_off"], "amount": rest, "change": rest}
                    | {"balance": round(before + row["balance"], digits), "due": None}
                )
        first = lines[0] if lines else None
        block["brought"] = round(first["balance"] - first["change"], digits) if first else before
        block["lines"] = lines
        return block

    def _client_open_totals(self, addressee=None):
        """What is open now, whatever its date: from the residuals that Odoo keeps, so that it costs little.

        :param res.partner addressee: as in :meth:`_client_statement`
        :return: list of dicts by name of the ``currency``, each with the ageing of :func:`ledger.ageing` as of today
        """
        self.ensure_one()
        self.env["account.move.line"].flush_model([*READ_FIELDS["account.move.line"], "reconciled"])
        self.env["account.move"].flush_model(["partner_id"])
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        query = SQL(
            """
            SELECT l.currency_id, COALESCE(l.date_maturity, l.date), SUM(l.amount_residual_currency)
              %s
               AND l.reconciled IS NOT TRUE
               AND l.amount_residual_currency <> 0
             GROUP BY l.currency_id, COALESCE(l.date_maturity, l.date), l.amount_residual_currency > 0
            """,
            self._client_items_sql(addressee),
        )
        items = defaultdict(list)
        for currency_id, due, amount in self.env.execute_query(query):
            items[currency_id].append((due, amount))
        today = fields.Date.context_today(self)
        totals = [
            {"currency": currency, **ledger.ageing(items[currency.id], today, currency.decimal_places)}
            for currency in self.env["res.currency"].browse(items)
        ]
        return sorted(totals, key=lambda total: total["currency"].name)

    @api.model
    def _client_statement_labels(self):
        return {
            "invoice": self.env._("Invoice"),
            "credit_note": self.env._("Credit note"),
            "receipt": self.env._("Sales receipt"),
            "payment": self.env._("Payment"),
            "refund": self.env._("Refund"),
            "write_off": self.env._("Discount or write-off"),
            "exchange": self.env._("Exchange difference"),
            "entry": self.env._("Adjustment"),
            "settled": self.env._("Settled elsewhere"),
            "converted": self.env._("Settled in another currency"),
        }

    def _client_items_sql(self, addressee):
        """FROM and WHERE of the posted receivable items of the client in the companies at hand."""
        return SQL(
            """
              FROM account_move_line l
              %s
             WHERE l.partner_id IN (SELECT id FROM res_partner WHERE commercial_partner_id = %s)
               AND l.account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')
               AND l.parent_state = 'posted'
               AND l.company_id IN %s
            """,
            SQL("JOIN account_move m ON m.id = l.move_id AND m.partner_id = %s", addressee.id or 0)
            if addressee is not None
            else SQL(),
            self.id,
            tuple(self.env.companies.ids),
        )

    def _client_statement_sql(self, layout, date_from, date_to, offset, limit, addressee):
        """One statement for the sums of each currency, its open items by due date, and the lines to show."""
        is_open = layout == "open"
        items = SQL(
            """
            SELECT l.id, l.move_id, l.currency_id, l.date, COALESCE(l.date_maturity, l.date) AS due,
                   l.amount_currency AS amount, l.amount_residual_currency AS residual
              %s
               AND l.date <= %s
            """,
            self._client_items_sql(addressee),
            date_to,
        )
        # what the lines to show are made of: open items, or moves with what was settled elsewhere
        source = SQL("open") if is_open else SQL("flow")
        shown = SQL("TRUE") if is_open else SQL("date >= %s", date_from)
        return SQL(
            """
            WITH item AS MATERIALIZED (%(items)s),
            match AS MATERIALIZED (
                SELECT i.id, i.currency_id, p.credit_move_id AS other_id, p.max_date AS date,
                       -p.debit_amount_currency AS amount
                  FROM item i JOIN account_partial_reconcile p ON p.debit_move_id = i.id
                 UNION ALL
                SELECT i.id, i.currency_id, p.debit_move_id, p.max_date, p.credit_amount_currency
                  FROM item i JOIN account_partial_reconcile p ON p.credit_move_id = i.id
            ),
            crossing AS MATERIALIZED (
                SELECT c.currency_id, c.date, c.amount, c.other_id, o.id IS NOT NULL AS is_converted
                  FROM match c LEFT JOIN item o ON o.id = c.other_id
                 WHERE c.amount <> 0 AND c.date <= %(date_to)s
                   AND (o.id IS NULL OR o.currency_id <> c.currency_id)
            ),
            flow AS MATERIALIZED (
                SELECT currency_id, move_id, date, MAX(due) AS due, SUM(amount) AS amount, SUM(amount) AS change,
                       0 AS crossed, 0 AS id
                  FROM item GROUP BY currency_id, move_id, date HAVING SUM(amount) <> 0
                 UNION ALL
                SELECT c.currency_id, l.move_id, c.date, NULL, SUM(c.amount), SUM(c.amount),
                       CASE WHEN c.is_converted THEN 1 ELSE 2 END, 0
                  FROM crossing c JOIN account_move_line l ON l.id = c.other_id
                 GROUP BY c.currency_id, l.move_id, c.date, c.is_converted
            ),
            open AS MATERIALIZED (
                SELECT i.currency_id, i.move_id, i.date, i.due, i.amount, i.residual - COALESCE(s.amount, 0) AS change,
                       0 AS crossed, i.id
                  FROM item i
                  LEFT JOIN (SELECT id, SUM(amount) AS amount FROM match WHERE date > %(date_to)s GROUP BY id) s
                    ON s.id = i.id
                 WHERE i.residual <> COALESCE(s.amount, 0)
            ),
            page AS (
                SELECT *, SUM(change) OVER (PARTITION BY currency_id ORDER BY date, move_id, crossed, id) AS balance
                  FROM %(source)s
                 WHERE %(shown)s
                 ORDER BY currency_id, date, move_id, crossed, id
                 LIMIT %(limit)s OFFSET %(offset)s
            )
            SELECT 'sum' AS part, currency_id, NULL::date AS date, NULL::date AS due,
                   COALESCE(SUM(amount) FILTER (WHERE date < %(date_from)s), 0) AS amount,
                   COALESCE(SUM(amount) FILTER (WHERE date >= %(date_from)s), 0) AS change,
                   NULL::numeric AS balance,
                   COUNT(*) FILTER (WHERE date >= %(date_from)s) AS line_count,
                   NULL::int AS move_id, NULL AS move_type, NULL AS name, NULL AS ref, NULL AS kind,
                   NULL::numeric AS paid, 0 AS position
              FROM flow GROUP BY currency_id
             UNION ALL
            SELECT 'open', currency_id, NULL, due, SUM(change), NULL, NULL, COUNT(*),
                   NULL, NULL, NULL, NULL, NULL, NULL, 0
              FROM open GROUP BY currency_id, due, change > 0
             UNION ALL
            SELECT 'line', page.currency_id, page.date,
                   CASE WHEN m.move_type IN ('out_invoice', 'out_receipt', 'entry') AND page.amount > 0
                             AND page.crossed = 0 THEN page.due END,
                   page.amount, page.change, page.balance, NULL,
                   CASE WHEN page.crossed < 2 THEN m.id END, m.move_type,
                   CASE WHEN page.crossed < 2 THEN m.name END, CASE WHEN page.crossed < 2 THEN m.ref END,
                   CASE WHEN page.crossed = 1 THEN 'converted'
                        WHEN page.crossed = 2 AND page.change < 0
                             AND (m.origin_payment_id IS NOT NULL OR m.statement_line_id IS NOT NULL) THEN 'payment'
                        WHEN page.crossed = 2 THEN 'settled'
                        WHEN m.move_type = 'out_invoice' THEN 'invoice'
                        WHEN m.move_type = 'out_refund' THEN 'credit_note'
                        WHEN m.move_type = 'out_receipt' THEN 'receipt'
                        WHEN m.journal_id = firm.currency_exchange_journal_id THEN 'exchange'
                        WHEN m.origin_payment_id IS NULL AND m.statement_line_id IS NULL THEN 'entry'
                        WHEN page.amount < 0 THEN 'payment'
                        ELSE 'refund' END,
                   CASE WHEN %(splits)s AND page.crossed = 0 AND pay.currency_id = page.currency_id
                        THEN CASE pay.payment_type WHEN 'inbound' THEN -pay.amount ELSE pay.amount END END,
                   ROW_NUMBER() OVER (ORDER BY page.currency_id, page.date, page.move_id, page.crossed, page.id)
              FROM page
              JOIN account_move m ON m.id = page.move_id
              JOIN res_company firm ON firm.id = m.company_id
              LEFT JOIN account_payment pay ON pay.id = m.origin_payment_id
             ORDER BY position
            """,
            items=items,
            date_from=date_from,
            date_to=date_to,
            source=source,
            shown=shown,
            splits=not is_open,
            limit=limit,
            offset=offset,
        )
