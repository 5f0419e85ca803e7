import operator

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

TOTALLED = {"client_outstanding": "outstanding", "client_overdue": "overdue"}
SORTED = TOTALLED | {"client_invoiced": "invoiced"}
COMPARED = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


class ResPartner(models.Model):
    """Finding, sorting and adding up clients by what they owe.

    The amounts of a client are computed, not stored, so that the ORM cannot do that; PostgreSQL can, with one join
    to the totals of all clients.
    """

    _inherit = "res.partner"

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        name, _colon, function = aggregate_spec.partition(":")
        if name in TOTALLED and function in ("sum", "sum_currency"):
            return SQL("COALESCE(SUM(%s), 0)", self._field_to_sql(self._table, name, query))
        if aggregate_spec == "client_currency_id:array_agg_distinct":  # all amounts are in the company's currency
            self._check_field_access(self._fields[name], "read")
            return SQL("ARRAY[%s]", self.env.company.currency_id.id)
        return super()._read_group_select(aggregate_spec, query)

    def _field_to_sql(self, alias, field_expr, query=None):
        if field_expr not in SORTED or query is None:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        is_open = field_expr in TOTALLED
        totals = query.make_alias(alias, "client_open" if is_open else "client_documents")
        query.add_join(
            "LEFT JOIN",
            totals,
            self._client_open_sql() if is_open else self._client_documents_sql(),
            SQL("%s = %s", SQL.identifier(totals, "partner_id"), SQL.identifier(alias, "id")),
        )
        return SQL("COALESCE(%s, 0)", SQL.identifier(totals, SORTED[field_expr]))

    def _search_client_outstanding(self, search_operator, value):
        return self._search_client_figure("client_outstanding", search_operator, value)

    def _search_client_overdue(self, search_operator, value):
        return self._search_client_figure("client_overdue", search_operator, value)

    def _search_client_invoiced(self, search_operator, value):
        return self._search_client_figure("client_invoiced", search_operator, value)

    def _search_client_figure(self, name, search_operator, value):
        """Clients by a figure in the company's currency; what is none or nothing counts as 0."""
        self._check_field_access(self._fields[name], "read")
        if search_operator == "in":
            amounts = tuple({float(each or 0.0) for each in value})
            return Domain.custom(
                to_sql=lambda model, alias, query: SQL("%s IN %s", model._field_to_sql(alias, name, query), amounts),
                predicate=lambda partner: partner[name] in amounts,
            )
        if search_operator not in COMPARED:
            return NotImplemented
        amount = float(value or 0.0)
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s %s %s", model._field_to_sql(alias, name, query), SQL(search_operator), amount
            ),
            predicate=lambda partner: COMPARED[search_operator](partner[name], amount),
        )

    def _client_open_sql(self):
        """SQL of the open amounts by client, as in ``_client_balance_rows``; read from the index of open invoices."""
        self._flush_client_documents()
        amount = self._client_company_amount(SQL("amount_residual_signed"))
        return SQL(
            """
            (SELECT commercial_partner_id AS partner_id,
                    ROUND(SUM(%(amount)s), 6) AS outstanding,
                    ROUND(SUM(CASE WHEN invoice_date_due < %(today)s THEN %(amount)s ELSE 0 END), 6) AS overdue
               FROM account_move
              WHERE company_id IN %(companies)s
                AND state = 'posted'
                AND move_type IN ('out_invoice', 'out_receipt')
                AND amount_residual_signed <> 0
              GROUP BY commercial_partner_id)
            """,
            amount=amount,
            today=fields.Date.context_today(self),
            companies=tuple(self.env.companies.ids),
        )

    def _client_documents_sql(self):
        """SQL of what clients were invoiced, as in ``_client_balance_rows``; read from the index of documents."""
        self._flush_client_documents()
        return SQL(
            """
            (SELECT commercial_partner_id AS partner_id, ROUND(SUM(%(amount)s), 6) AS invoiced
               FROM account_move
              WHERE company_id IN %(companies)s
                AND state = 'posted'
                AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')
              GROUP BY commercial_partner_id)
            """,
            amount=self._client_company_amount(SQL("amount_total_signed")),
            companies=tuple(self.env.companies.ids),
        )

    def _client_company_amount(self, column):
        """SQL of an amount of ``account_move`` in the currency of the current company."""
        rates = self._client_company_rates()
        if not rates:
            return column
        cases = SQL(" ").join(SQL("WHEN %s THEN %s", company_id, rate) for company_id, rate in rates.items())
        return SQL("%s * (CASE company_id %s END)::numeric", column, cases)
