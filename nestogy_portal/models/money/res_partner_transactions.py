from odoo import models
from odoo.fields import Domain

TONES = {"applied": "success", "process": "info", "partial": "info", "open": "info", "rejected": "danger"}


class ResPartner(models.Model):
    """What a client sees of its payments and credits."""

    _inherit = "res.partner"

    def _portal_transactions_domain(self):
        """What the visitor sees: of the whole client, or what he paid and got himself.

        Drafts and entries of the bookkeeping are the staff's own business.
        """
        self.ensure_one()
        user = self.env.user
        domain = (
            Domain("client_id", "=", self.id)
            & Domain("company_id", "in", self.env.companies.ids)
            & Domain("kind", "!=", "entry")
            & Domain("state", "not in", ("draft", "canceled"))
        )
        if user._portal_scope("money") != "company":
            domain &= Domain("partner_id", "=", user.sudo().partner_id.id)  # his own number
        return domain

    def _get_portal_transactions(self, offset=0, limit=None):
        """One page of the client's payments and credits, the newest first, ready to print.

        :return: list of dicts
        """
        # people from outside have no right on the ledger; the domain lets them have what is theirs
        transactions_sudo = self.env["nestogy.client.transaction"].sudo()
        rows_sudo = transactions_sudo.search(self._portal_transactions_domain(), offset=offset, limit=limit)
        sees_all = self.env.user._portal_scope("money") == "company"
        documents = rows_sudo._get_applied_documents()
        kinds = {
            "payment": self.env._("Payment"),
            "refund": self.env._("Refund"),
            "credit_note": self.env._("Credit note"),
        }
        states = {
            "process": self.env._("Processing"),
            "open": self.env._("Available"),
            "partial": self.env._("Partly used"),
            "applied": self.env._("Used"),
            "rejected": self.env._("Rejected"),
        }
        own = self.env.user.sudo().partner_id  # his own number
        rows = []
        for row_sudo in rows_sudo:
            moves_sudo = documents.get(row_sudo.id, rows_sudo.move_id.browse())
            invoices_sudo = moves_sudo.filtered(lambda move: move.move_type in ("out_invoice", "out_receipt"))
            if not sees_all:
                invoices_sudo = invoices_sudo.filtered_domain([("partner_id", "=", own.id)])
            is_settled = row_sudo.kind == "refund" and row_sudo.state == "applied"
            rows.append(
                {
                    "name": row_sudo.name or "",
                    "url": f"/my/invoices/{row_sudo.move_id.id}" if row_sudo.kind == "credit_note" else "",
                    "date": row_sudo.date,
                    "kind": kinds[row_sudo.kind],
                    "method": row_sudo.method,
                    "invoices": [{"name": move.name, "url": f"/my/invoices/{move.id}"} for move in invoices_sudo],
                    "currency": row_sudo.currency_id,
                    "amount": row_sudo.amount,
                    "unapplied": row_sudo.unapplied,
                    "has_rest": row_sudo.state == "partial",
                    "state": self.env._("Paid out") if is_settled else states[row_sudo.state],
                    "tone": TONES[row_sudo.state],
                }
            )
        return rows

    def _get_portal_transaction_totals(self):
        """What is left of payments and credits by currency, where there is something.

        :return: list of pairs of currency and amount
        """
        transactions_sudo = self.env["nestogy.client.transaction"].sudo()  # as for the rows
        totals = transactions_sudo._read_group(
            self._portal_transactions_domain(), ["currency_id"], ["unapplied:sum"], order="currency_id"
        )
        return [(currency, amount) for currency, amount in totals if currency.compare_amounts(amount, 0.0) > 0]

    def _count_portal_transactions(self):
        transactions_sudo = self.env["nestogy.client.transaction"].sudo()  # as for the rows
        return transactions_sudo.search_count(self._portal_transactions_domain())
