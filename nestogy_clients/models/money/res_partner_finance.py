from collections import defaultdict
from itertools import repeat

from odoo import api, fields, models
from odoo.tools import SQL, format_amount

BALANCE_TYPES = ("out_invoice", "out_refund", "out_receipt")


class ResPartner(models.Model):
    """What a client was invoiced, has paid and owes; all of it comes from the ledger's posted documents."""

    _inherit = "res.partner"

    client_currency_id = fields.Many2one(
        "res.currency", compute="_compute_client_money", groups="nestogy_clients.nestogy_clients_group_viewer"
    )
    client_invoiced = fields.Monetary(
        string="Invoiced to Client",
        compute="_compute_client_money",
        currency_field="client_currency_id",
        groups="nestogy_clients.nestogy_clients_group_viewer",
        help="All posted invoices less credit notes, taxes included, in the company's currency.",
    )
    client_paid = fields.Monetary(
        string="Paid by Client",
        compute="_compute_client_money",
        currency_field="client_currency_id",
        groups="nestogy_clients.nestogy_clients_group_viewer",
        help="What was paid of the invoices: the client's lifetime value.",
    )
    client_outstanding = fields.Monetary(
        string="Outstanding",
        compute="_compute_client_money",
        currency_field="client_currency_id",
        groups="nestogy_clients.nestogy_clients_group_viewer",
        help="What is still to be paid of all invoices.",
    )
    client_overdue = fields.Monetary(
        string="Overdue",
        compute="_compute_client_money",
        currency_field="client_currency_id",
        groups="nestogy_clients.nestogy_clients_group_viewer",
        help="The part of the outstanding amount whose due date has passed.",
    )

    client_balance_table = fields.Html(
        string="Balance by Currency",
        compute="_compute_client_balance_table",
        sanitize=False,
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )

    @api.depends_context("company", "allowed_company_ids")
    def _compute_client_money(self):
        rows = self._client_balance_rows()
        currency = self.env.company.currency_id
        # written to the cache a column at a time, as a query of the ORM does: a list of clients has hundreds of these
        # figures, and assigning them one by one takes ten times as long as adding them up
        self._fields["client_currency_id"]._insert_cache(self, repeat(currency.id, len(self)))
        digits = currency.decimal_places
        for name in ("invoiced", "paid", "outstanding", "overdue"):
            column = f"company_{name}"
            sums = [round(sum((row[column] for row in rows.get(each, ())), 0.0), digits) for each in self._ids]
            self._fields[f"client_{name}"]._insert_cache(self, sums)

    @api.depends_context("company", "allowed_company_ids", "lang")
    def _compute_client_balance_table(self):
        """What is owed in each currency, for clients that were invoiced in another than the company's."""
        keys = ("invoiced", "paid", "outstanding", "overdue", "credit")
        own = self.env.company.currency_id
        balances = self._client_balances()
        for partner in self:
            rows = [
                {"currency": row["currency"].name}
                | {key: format_amount(self.env, row[key], row["currency"]) for key in keys}
                for row in balances.get(partner.id, ())
            ]
            partner.client_balance_table = (
                self.env["ir.qweb"]._render("nestogy_clients.client_balance_table", {"rows": rows})
                if any(row["currency"] != own.name for row in rows)
                else ""
            )

    def _client_balances(self):
        """The figures of clients by currency of the documents, in the companies that are switched on.

        :return: dict of partner id to a list, one dict a currency in the order of their names: ``currency``
            (record), ``invoiced`` (invoices less credit notes), ``paid`` (what was settled with money: ``invoiced``
            less what is open), ``outstanding`` (open amount of invoices), ``overdue`` (its part that is past due),
            ``credit`` (open amount of credit notes); floats in that currency
        """
        currencies = self.env["res.currency"]
        return {
            partner_id: sorted(
                (
                    {
                        "currency": currencies.browse(row["currency_id"]),
                        **{key: row[key] for key in ("invoiced", "paid", "outstanding", "overdue", "credit")},
                    }
                    for row in rows
                ),
                key=lambda each: each["currency"].name,
            )
            for partner_id, rows in self._client_balance_rows().items()
        }

    def _client_balance_rows(self):
        """One grouped query, in SQL because the ORM cannot sum under a condition and an index can answer it alone.

        Credit notes count against invoices. ``paid`` is what left the open amount, so that an invoice settled by a
        credit note counts as neither invoiced nor paid.
        """
        rows = defaultdict(list)
        ids = [partner_id for partner_id in self.ids if partner_id]
        if not ids:
            return rows
        moves = self.env["account.move"]
        moves.flush_model(
            [
                "commercial_partner_id",
                "company_id",
                "currency_id",
                "move_type",
                "state",
                "invoice_date_due",
                "amount_total",
                "amount_residual",
                "amount_total_signed",
                "amount_residual_signed",
            ]
        )
        query = SQL(
            """
            SELECT commercial_partner_id AS partner_id, currency_id,
                   SUM(CASE WHEN move_type = 'out_refund' THEN -amount_total ELSE amount_total END) AS invoiced,
                   SUM(CASE WHEN move_type = 'out_refund' THEN amount_residual - amount_total
                            ELSE amount_total - amount_residual END) AS paid,
                   SUM(CASE WHEN move_type = 'out_refund' THEN 0 ELSE amount_residual END) AS outstanding,
                   SUM(CASE WHEN move_type <> 'out_refund' AND invoice_date_due < %(today)s
                            THEN amount_residual ELSE 0 END) AS overdue,
                   SUM(CASE WHEN move_type = 'out_refund' THEN amount_residual ELSE 0 END) AS credit,
                   SUM(amount_total_signed) AS company_invoiced,
                   SUM(amount_total_signed - amount_residual_signed) AS company_paid,
                   SUM(CASE WHEN move_type = 'out_refund' THEN 0
                            ELSE amount_residual_signed END) AS company_outstanding,
                   SUM(CASE WHEN move_type <> 'out_refund' AND invoice_date_due < %(today)s
                            THEN amount_residual_signed ELSE 0 END) AS company_overdue
              FROM account_move
             WHERE commercial_partner_id IN %(partners)s
               AND company_id IN %(companies)s
               AND state = 'posted'
               AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')
             GROUP BY commercial_partner_id, currency_id
            """,
            today=fields.Date.context_today(self),
            partners=tuple(ids),
            companies=tuple(self.env.companies.ids),
        )
        for row in self.env.execute_query_dict(query):
            rows[row["partner_id"]].append({key: value or 0.0 for key, value in row.items()})
        return rows

    def action_client_new_invoice(self):
        """Begin an invoice for the client."""
        return self._client_document_action("account.action_move_out_invoice_type", "account.move") | {
            "context": {"default_move_type": "out_invoice", "default_partner_id": self.commercial_partner_id.id},
        }

    def action_client_new_estimate(self):
        """Begin an estimate for the client."""
        return self._client_document_action("sale.action_quotations_with_onboarding", "sale.order") | {
            "context": {"default_partner_id": self.commercial_partner_id.id},
        }

    def _client_document_action(self, xmlid, model):
        self.ensure_one()
        self.env[model].check_access("create")
        self._check_client_may_order()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return action | {"views": [(False, "form")], "view_mode": "form", "res_id": False, "domain": []}

    def action_client_invoices(self):
        """Open the client's invoices and credit notes."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_out_invoice_type")
        return action | {
            "domain": [
                ("commercial_partner_id", "=", self.commercial_partner_id.id),
                ("move_type", "in", BALANCE_TYPES),
            ],
            "context": {"default_move_type": "out_invoice", "default_partner_id": self.commercial_partner_id.id},
        }
