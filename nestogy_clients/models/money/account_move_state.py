from odoo import fields, models
from odoo.tools import SQL


class AccountMove(models.Model):
    """The state of an invoice in the words of clients: one word for what Odoo tells in five fields."""

    _name = "account.move"
    _inherit = ["account.move", "nestogy.client.state.mixin"]

    _client_state_sources = ("move_type", "state", "payment_state", "invoice_date_due", "is_move_sent")
    _client_state_tones = {
        "paid": "success",
        "overdue": "danger",
        "partial": "warning",
        "sent": "info",
        "open": "info",
        "credit": "info",
    }

    client_state = fields.Selection(
        [
            ("draft", "Draft"),
            ("open", "Open"),
            ("sent", "Sent"),
            ("partial", "Partial"),
            ("overdue", "Overdue"),
            ("paid", "Paid"),
            ("credit", "Credit"),
            ("reversed", "Reversed"),
            ("cancel", "Cancelled"),
        ],
        string="Invoice State",
        compute="_compute_client_state",
        search="_search_client_state",
        groups="base.group_user",
        help="Open is posted and not sent yet. An invoice that is past due is Overdue, whether a part is paid or not.",
    )

    def _get_client_state(self):
        """:return: the key of the state, ``False`` for what no client gets"""
        self.ensure_one()
        if not self.is_sale_document(include_receipts=True):
            return False
        if self.state in ("draft", "cancel"):
            return self.state
        if self.payment_state == "reversed":
            return "reversed"
        if self.payment_state in ("paid", "in_payment"):
            return "paid"
        if self.move_type == "out_refund":
            return "credit"
        if self.invoice_date_due and self.invoice_date_due < fields.Date.context_today(self):
            return "overdue"
        if self.payment_state == "partial":
            return "partial"
        return "sent" if self.is_move_sent else "open"

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let lists group and sort by the state."""
        if field_expr != "client_state":
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        return SQL(
            """CASE WHEN %(move_type)s NOT IN ('out_invoice', 'out_refund', 'out_receipt') THEN NULL
                    WHEN %(state)s <> 'posted' THEN %(state)s
                    WHEN %(payment_state)s = 'reversed' THEN 'reversed'
                    WHEN %(payment_state)s IN ('paid', 'in_payment') THEN 'paid'
                    WHEN %(move_type)s = 'out_refund' THEN 'credit'
                    WHEN %(invoice_date_due)s < %(today)s THEN 'overdue'
                    WHEN %(payment_state)s = 'partial' THEN 'partial'
                    WHEN %(is_move_sent)s THEN 'sent'
                    ELSE 'open' END""",
            today=fields.Date.context_today(self),
            **{name: super(AccountMove, self)._field_to_sql(alias, name, query) for name in self._client_state_sources},
        )
