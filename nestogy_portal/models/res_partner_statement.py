from odoo import models
from odoo.fields import Domain

STATEMENT_TYPES = ("out_invoice", "out_refund", "out_receipt")


class ResPartner(models.Model):
    """What a client sees of his account."""

    _inherit = "res.partner"

    def _get_statement_totals(self):
        """What the client owes, by currency.

        :return: list of dicts ``currency``, ``outstanding``, ``overdue``, ``credit``, ``is_settled``
        """
        self.ensure_one()
        # figures of the visitor's own client, for which the caller vouches
        rows = self.sudo()._client_balances().get(self.id, [])
        totals = []
        for row in rows:
            zero = row["currency"].is_zero
            totals.append(
                {
                    **{key: row[key] for key in ("currency", "outstanding", "overdue", "credit")},
                    "is_overdue": not zero(row["overdue"]),
                    "has_credit": not zero(row["credit"]),
                    "is_settled": zero(row["outstanding"]) and zero(row["credit"]),
                }
            )
        return totals

    def _statement_domain(self, show="all"):
        """The client's documents on the statement.

        :param str show: ``open``, ``paid`` or ``all``
        """
        self.ensure_one()
        domain = (
            Domain("commercial_partner_id", "=", self.id)
            & Domain("state", "=", "posted")
            & Domain("move_type", "in", STATEMENT_TYPES)
        )
        if show == "open":
            domain &= Domain("amount_residual", "!=", 0)
        elif show == "paid":
            domain &= Domain("amount_residual", "=", 0)
        return domain

    def _get_statement_counts(self):
        """How many documents each tab of the statement has, counted with the visitor's rights."""
        moves = self.env["account.move"]
        counts = {show: moves.search_count(self._statement_domain(show)) for show in ("open", "paid")}
        return counts | {"all": counts["open"] + counts["paid"]}

    def _get_statement_rows(self, show, offset=0, limit=None):
        """The documents of one page of the statement, found with the visitor's rights.

        :return: list of dicts ready to print
        """
        order = "invoice_date_due, id" if show == "open" else "invoice_date desc, id desc"
        moves = self.env["account.move"].search(self._statement_domain(show), order=order, offset=offset, limit=limit)
        rows = []
        for move_sudo in moves.sudo():  # the rules have chosen; payments in progress are hidden from clients
            label, tone = move_sudo._client_state()
            sign = -1 if move_sudo.move_type == "out_refund" else 1
            rows.append(
                {
                    "id": move_sudo.id,
                    "name": move_sudo.name,
                    "url": f"/my/invoices/{move_sudo.id}",
                    "date": move_sudo.invoice_date,
                    "due": move_sudo.invoice_date_due if sign > 0 else False,  # a credit is not due
                    "currency": move_sudo.currency_id,
                    "amount": sign * move_sudo.amount_total,
                    "residual": sign * move_sudo.amount_residual,
                    "is_open": not move_sudo.currency_id.is_zero(move_sudo.amount_residual),
                    "state": label,
                    "tone": tone,
                    "can_pay": move_sudo._has_to_be_paid(),
                }
            )
        return rows
