from odoo import api, fields, models
from odoo.tools import SQL, format_amount

from ...tools.cards import CARD_ROWS, card_columns, kept

VIEWER = "nestogy_clients.nestogy_clients_group_viewer"
TONES = {"applied": "success", "partial": "warning", "open": "info", "process": "info", "rejected": "danger"}


class ResPartner(models.Model):
    """How a client pays: what lies there unapplied, when he paid last and how long he takes.

    Shown on one client, not in lists, so that these figures may cost a query each.
    """

    _inherit = "res.partner"

    client_unapplied = fields.Monetary(
        string="Unapplied Payments",
        compute="_compute_client_unapplied",
        currency_field="client_currency_id",
        groups=VIEWER,
        help="Money of the client that is not set against an invoice yet, without credit notes. Minus means that he "
        "owes more than his invoices say, as from an opening balance.",
    )
    client_last_payment_date = fields.Date(
        string="Last Payment On", compute="_compute_client_last_payment_date", groups=VIEWER
    )
    client_days_to_pay = fields.Float(
        string="Takes to Pay",
        compute="_compute_client_days_to_pay",
        digits=(16, 1),
        groups=VIEWER,
        help="Days from the date of an invoice to the day when the last part of it was paid, on average over all that "
        "are paid in full. Invoices that a credit note took back do not count.",
    )
    client_paid_count = fields.Integer(compute="_compute_client_days_to_pay", groups=VIEWER)

    @api.depends_context("company", "allowed_company_ids")
    def _compute_client_unapplied(self):
        sums = dict.fromkeys(self.ids, 0.0)
        rates = self._client_company_rates()
        for client, company, amount in self._client_transactions_sudo()._read_group(
            [
                ("client_id", "in", self.ids),
                ("company_id", "in", self.env.companies.ids),
                ("kind", "!=", "credit_note"),
                ("company_unapplied", "!=", 0.0),
            ],
            ["client_id", "company_id"],
            ["company_unapplied:sum"],
        ):
            sums[client.id] += amount * rates.get(company.id, 1.0)
        currency = self.env.company.currency_id
        for partner in self:
            partner.client_unapplied = currency.round(sums.get(partner._origin.id, 0.0))

    @api.depends_context("allowed_company_ids")
    def _compute_client_last_payment_date(self):
        dates = dict(
            self._client_transactions_sudo()._read_group(
                [
                    ("client_id", "in", self.ids),
                    ("company_id", "in", self.env.companies.ids),
                    ("kind", "=", "payment"),
                    ("state", "in", ("open", "partial", "applied")),
                ],
                ["client_id"],
                ["date:max"],
            )
        )
        dates = {client.id: date for client, date in dates.items()}
        for partner in self:
            partner.client_last_payment_date = dates.get(partner._origin.id, False)

    @api.depends_context("allowed_company_ids")
    def _compute_client_days_to_pay(self):
        """In SQL, because the ORM cannot join a document to the last of what settled it."""
        found = {}
        if ids := [partner_id for partner_id in self.ids if partner_id]:
            rows = self.env.execute_query(
                SQL(
                    "SELECT client_id, AVG(GREATEST(paid_on - invoice_date, 0))::float8, COUNT(*) FROM (%s) paid"
                    " GROUP BY client_id",
                    self._client_paid_sql(ids),
                )
            )
            found = {client_id: (days, count) for client_id, days, count in rows}
        for partner in self:
            partner.client_days_to_pay, partner.client_paid_count = found.get(partner._origin.id, (0.0, 0))

    def _client_paid_sql(self, ids):
        """SQL of the invoices of clients that are paid in full, and when the last part of each was paid."""
        self._flush_client_documents()
        self.env["account.move"].flush_model(["invoice_date", "payment_state", "client_paid_on"])
        return SQL(
            """
            SELECT commercial_partner_id AS client_id, invoice_date, invoice_date_due, client_paid_on AS paid_on
              FROM account_move
             WHERE commercial_partner_id IN %(partners)s
               AND company_id IN %(companies)s
               AND state = 'posted'
               AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')  -- as the index says
               AND move_type <> 'out_refund'
               AND payment_state IN ('paid', 'in_payment')
               AND client_paid_on IS NOT NULL
            """,
            partners=tuple(ids),
            companies=tuple(self.env.companies.ids),
        )

    def _client_transactions_sudo(self):
        """The transactions, of clients that the user may see: their figures are told to him, their rows need not be."""
        return self.env["nestogy.client.transaction"].sudo()  # as above

    def action_client_transactions(self):
        """Open all money of the client that is no invoice, by currency where there are several."""
        self.ensure_one()
        transactions = self.env["nestogy.client.transaction"]
        domain = [("client_id", "=", self.commercial_partner_id.id)]
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.nestogy_client_transaction_action")
        context = {"search_default_valid": 1, "inside_client": True}
        if len(transactions._read_group(domain, ["currency_id"])) > 1:
            context["search_default_by_currency"] = 1
        name = self.env._("Transactions: %s", self.commercial_partner_id.name)
        return action | {
            "name": name,
            "display_name": name,
            "domain": domain,
            "context": context,
        }

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        # the rows open what is behind them
        if self.env["nestogy.client.transaction"].has_access("read") and self.env["account.move"].has_access("read"):
            widgets.append(
                self._client_dashboard_widget(
                    "transactions",
                    25,
                    self.env._("Transactions"),
                    "fa-exchange",
                    self._client_dashboard_transactions,
                    transactions=self._client_transactions_question,
                )
            )
        return widgets

    @kept
    def _client_transactions_question(self):
        return self._client_question(
            "nestogy.client.transaction",
            self._client_transaction_domain(),
            {
                "name": "name",
                "date": "date",
                "kind": "kind",
                "state": "state",
                "amount": "amount",
                "currency_id": "currency_id",
                "payment_id": "payment_id",
                "move_id": "move_id",
                "whole": SQL("COUNT(*) OVER ()"),
            },
            order="date desc, id desc",
            limit=CARD_ROWS,
        )

    def _client_transaction_domain(self):
        return [("client_id", "=", self.id), ("state", "not in", ("draft", "canceled", "rejected"))]

    def _client_dashboard_transactions(self, transactions):
        model = self.env["nestogy.client.transaction"]
        domain = self._client_transaction_domain()
        kinds = dict(model._fields["kind"]._description_selection(self.env))
        states = dict(model._fields["state"]._description_selection(self.env))
        return {
            "count": transactions[0]["whole"] if transactions else 0,
            "columns": card_columns(
                name=self.env._("Number"),
                date=self.env._("Date"),
                kind=self.env._("Kind"),
                amount=self.env._("Amount"),
                state=self.env._("State"),
            ),
            "rows": [
                {
                    "id": row["payment_id"] or row["move_id"],
                    "model": "account.payment" if row["payment_id"] else "account.move",
                    "cells": {
                        "name": row["name"] or self.env._("Draft"),
                        "date": self._client_day(row["date"]),
                        "kind": kinds[row["kind"]],
                        "amount": format_amount(self.env, row["amount"], self._client_currency(row["currency_id"])),
                        "state": states[row["state"]],
                    },
                    "tone": TONES.get(row["state"], "secondary"),
                }
                for row in transactions
            ],
            "empty": self.env._("No payment, refund or credit note yet. Pay on an open invoice registers one."),
            "action": self._client_list_action(self.env._("Transactions"), model._name, domain),
        }
