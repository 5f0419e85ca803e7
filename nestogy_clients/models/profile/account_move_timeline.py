from odoo import fields, models
from odoo.tools import SQL
from odoo.tools.sql import column_exists, create_column

POSTED = "state = 'posted' AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')"
PAID = "payment_state IN ('paid', 'in_payment')"


class AccountMove(models.Model):
    """Invoices as events of a client: the day of their date, and the day on which they were paid."""

    _inherit = "account.move"

    client_paid_on = fields.Date(
        string="Paid on",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The day of the last payment or credit that settled the document.",
    )

    # also of drafts, for the newest invoices on the profile: a kept plan would read those of all clients by their dates
    _client_timeline_idx = models.Index(
        "(commercial_partner_id, invoice_date DESC, id DESC)"
        " WHERE move_type IN ('out_invoice', 'out_refund', 'out_receipt')"
    )
    _client_paid_idx = models.Index(f"(commercial_partner_id, client_paid_on DESC, id DESC) WHERE {POSTED} AND {PAID}")

    def _auto_init(self):
        """Tell when existing invoices were paid, in one statement: there may be many."""
        is_new = not column_exists(self.env.cr, self._table, "client_paid_on")
        if is_new:
            create_column(self.env.cr, self._table, "client_paid_on", "date")
        result = super()._auto_init()
        if is_new and column_exists(self.env.cr, "account_partial_reconcile", "max_date"):
            self.env.cr.execute(self._client_paid_sql(SQL(POSTED)))
        return result

    def _invoice_paid_hook(self):
        result = super()._invoice_paid_hook()
        if self:
            self.env["account.partial.reconcile"].flush_model()
            self.flush_model(["state", "move_type", "payment_state", "client_paid_on"])
            self.env.cr.execute(self._client_paid_sql(SQL("id IN %s", tuple(self.ids))))
            self.invalidate_recordset(["client_paid_on"], flush=False)
        return result

    def _client_paid_sql(self, condition):
        """SQL that keeps the day of the last payment with documents that are paid."""
        return SQL(
            """
            WITH line AS (
                SELECT id, move_id FROM account_move_line WHERE move_id IN (SELECT id FROM account_move WHERE %s AND %s)
            )
            UPDATE account_move SET client_paid_on = settled.paid_on
              FROM (SELECT move_id, MAX(max_date) AS paid_on
                      FROM (
                        SELECT move_id, max_date
                          FROM line JOIN account_partial_reconcile part ON part.debit_move_id = line.id
                         UNION ALL
                        SELECT move_id, max_date
                          FROM line JOIN account_partial_reconcile part ON part.credit_move_id = line.id
                      ) part
                     GROUP BY move_id) settled
             WHERE settled.move_id = account_move.id
            """,
            SQL(PAID),
            condition,
        )
