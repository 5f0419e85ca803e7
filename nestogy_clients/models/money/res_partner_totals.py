from odoo import api, fields, models
from odoo.tools import SQL

TOTALLED = {"client_outstanding": "outstanding", "client_overdue": "overdue"}


class ResPartner(models.Model):
    """Totals of what groups of clients owe, for grouped lists and the columns of the kanban.

    The amounts of a client are computed, not stored, so that the ORM cannot add them up; PostgreSQL can.
    """

    _inherit = "res.partner"

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        name, _colon, function = aggregate_spec.partition(":")
        if name in TOTALLED and function in ("sum", "sum_currency"):
            self._check_field_access(self._fields[name], "read")
            alias = query.make_alias(self._table, "client_open")
            query.add_join(
                "LEFT JOIN",
                alias,
                self._client_open_sql(),
                SQL("%s = %s", SQL.identifier(alias, "partner_id"), SQL.identifier(self._table, "id")),
            )
            return SQL("COALESCE(SUM(%s), 0)", SQL.identifier(alias, TOTALLED[name]))
        if aggregate_spec == "client_currency_id:array_agg_distinct":  # all amounts are in the company's currency
            self._check_field_access(self._fields[name], "read")
            return SQL("ARRAY[%s]", self.env.company.currency_id.id)
        return super()._read_group_select(aggregate_spec, query)

    def _client_open_sql(self):
        """SQL of the open amounts by client, as in ``_client_balance_rows``; read from the index of open invoices."""
        self.env["account.move"].flush_model(
            ["commercial_partner_id", "company_id", "state", "move_type", "invoice_date_due", "amount_residual_signed"]
        )
        return SQL(
            """
            (SELECT commercial_partner_id AS partner_id,
                    SUM(amount_residual_signed) AS outstanding,
                    SUM(CASE WHEN invoice_date_due < %s THEN amount_residual_signed ELSE 0 END) AS overdue
               FROM account_move
              WHERE company_id IN %s
                AND state = 'posted'
                AND move_type IN ('out_invoice', 'out_receipt')
                AND amount_residual_signed <> 0
              GROUP BY commercial_partner_id)
            """,
            fields.Date.context_today(self),
            tuple(self.env.companies.ids),
        )
