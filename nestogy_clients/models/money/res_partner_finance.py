from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL, format_amount

from odoo.addons.account.models.account_move import BYPASS_LOCK_CHECK

BALANCE_TYPES = ("out_invoice", "out_refund", "out_receipt")
FIGURES = ("invoiced", "invoiced_untaxed", "paid", "outstanding", "overdue", "credit")
VIEWER = "nestogy_clients.nestogy_clients_group_viewer"
SUMMED = (*FIGURES, *(f"company_{name}" for name in FIGURES))


class ResPartner(models.Model):
    """What a client was invoiced, has paid and owes; all of it comes from the ledger's posted documents.

    The figures are added up when somebody looks, by one grouped query that an index answers alone. Totals kept beside
    the documents would be read in half the time, but each reversal, merge, move of a contact and change of a company
    would have to mend them, two payments of one client at the same time would wait for each other, and what is overdue
    changes with the clock all the same. For 80 clients in a list that is half a millisecond against being right.
    """

    _inherit = "res.partner"

    client_currency_id = fields.Many2one("res.currency", compute="_compute_client_money", groups=VIEWER)
    client_invoiced = fields.Monetary(
        string="Invoiced to Client",
        compute="_compute_client_money",
        search="_search_client_invoiced",
        currency_field="client_currency_id",
        groups=VIEWER,
        help="All posted invoices less credit notes, taxes included, in the company's currency.",
    )
    client_invoiced_untaxed = fields.Monetary(
        string="Invoiced without Tax",
        compute="_compute_client_money",
        currency_field="client_currency_id",
        groups=VIEWER,
        help="All posted invoices less credit notes, without taxes, in the company's currency.",
    )
    client_paid = fields.Monetary(
        string="Paid by Client",
        compute="_compute_client_money",
        currency_field="client_currency_id",
        groups=VIEWER,
        help="What was settled of the invoices, other than by credit notes: the client's lifetime value. "
        "Payments that are not applied to an invoice yet do not count.",
    )
    client_outstanding = fields.Monetary(
        string="Outstanding",
        compute="_compute_client_money",
        search="_search_client_outstanding",
        currency_field="client_currency_id",
        groups=VIEWER,
        help="What is still to be paid of all invoices.",
    )
    client_overdue = fields.Monetary(
        string="Overdue",
        compute="_compute_client_money",
        search="_search_client_overdue",
        currency_field="client_currency_id",
        groups=VIEWER,
        help="The part of the outstanding amount whose due date has passed.",
    )
    client_credit = fields.Monetary(
        string="Open Credit Notes",
        compute="_compute_client_money",
        currency_field="client_currency_id",
        groups=VIEWER,
        help="What is left of credit notes, to be applied to invoices or paid out.",
    )
    client_balance_rows = fields.Json(
        compute="_compute_client_money", groups=VIEWER, help="The same figures by currency of the documents."
    )
    client_balance_table = fields.Html(
        string="Balance by Currency", compute="_compute_client_balance_table", sanitize=False, groups=VIEWER
    )

    @api.depends_context("company", "allowed_company_ids")
    def _compute_client_money(self):
        balances = self._client_balance_rows()
        # asks no query, where reading the company would fetch its hundred columns
        currency_id = self.env.company._client_currency_ids()[self.env.company.id]
        digits = self.env["res.currency"].get_all_currencies()[currency_id]["digits"][1]
        # written to the cache a column at a time, as a query of the ORM does: a list of clients has hundreds of these
        # figures, and assigning them one by one takes ten times as long as adding them up
        rows = [balances.get(each, []) for each in self._ids]
        columns = {"client_currency_id": [currency_id] * len(rows), "client_balance_rows": rows}
        for name in FIGURES:
            key = f"company_{name}"
            columns[f"client_{name}"] = [round(sum([row[key] for row in each]), digits) + 0.0 for each in rows]
        for name, values in columns.items():
            self._fields[name]._insert_cache(self, values)

    @api.depends("client_balance_rows")
    @api.depends_context("company", "allowed_company_ids", "lang")
    def _compute_client_balance_table(self):
        """What is owed in each currency, for clients that were invoiced in another than the company's."""
        own = self.env.company.currency_id
        for partner in self:
            rows = partner._client_named_rows(partner.client_balance_rows or [])
            partner.client_balance_table = (
                self.env["ir.qweb"]._render(
                    "nestogy_clients.client_balance_table",
                    {
                        "rows": [
                            {"currency": row["currency"].name}
                            | {key: format_amount(self.env, row[key], row["currency"]) for key in FIGURES}
                            for row in rows
                        ]
                    },
                )
                if any(row["currency"] != own for row in rows)
                else ""
            )

    def _client_balances(self):
        """The figures of clients by currency of the documents, in the companies that are switched on.

        :return: dict of partner id to a list, one dict a currency in the order of their names: ``currency``
            (record), ``invoiced`` (invoices less credit notes, with tax), ``invoiced_untaxed``, ``paid`` (what was
            settled otherwise than by credit notes), ``outstanding`` (open amount of invoices), ``overdue`` (its part
            that is past due), ``credit`` (open amount of credit notes); floats in that currency
        """
        return {partner_id: self._client_named_rows(rows) for partner_id, rows in self._client_balance_rows().items()}

    def _client_named_rows(self, rows):
        """Rows of ``_client_balance_rows`` with the records of their currencies, in the order of their names."""
        currencies = self.env["res.currency"]
        named = [(currencies.browse(row["currency_id"]), row) for row in rows]
        return [
            {"currency": currency} | {key: currency.round(row[key]) + 0.0 for key in FIGURES}  # there is a -0.0
            for currency, row in sorted(named, key=lambda each: each[0].name)
        ]

    def _client_balance_rows(self):
        """One grouped query, in SQL because the ORM asks the rules of documents that viewers of clients may not open.

        Credit notes count against invoices: an invoice settled by a credit note is neither invoiced nor paid.

        :return: dict of partner id to a list, one dict a currency: ``currency_id``, the figures in that currency, and
            with the prefix ``company_`` in the currency of the current company; not rounded
        """
        ids = [partner_id for partner_id in self.ids if partner_id]
        if not ids:
            return {}
        self._flush_client_documents()
        query = SQL(
            """
            SELECT commercial_partner_id, currency_id, company_id,
                   CASE WHEN move_type = 'out_refund' THEN 'credit'
                        WHEN invoice_date_due < %(today)s THEN 'overdue' ELSE 'open' END AS kind,
                   SUM(amount_total)::float8, SUM(amount_untaxed)::float8, SUM(amount_residual)::float8,
                   SUM(amount_total_signed)::float8, SUM(amount_untaxed_signed)::float8,
                   SUM(amount_residual_signed)::float8
              FROM account_move
             WHERE commercial_partner_id IN %(partners)s
               AND company_id IN %(companies)s
               AND state = 'posted'
               AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')
             GROUP BY commercial_partner_id, company_id, currency_id, kind
            """,
            today=fields.Date.context_today(self),
            partners=tuple(ids),
            companies=tuple(self.env.companies.ids),
        )
        return self._client_fold_balances(self.env.execute_query(query))

    def _client_fold_balances(self, rows):
        """Add up documents that were summed by kind.

        :param rows: tuples of partner id, currency id, company id, ``credit``, ``overdue`` or ``open``, and the six
            sums of :meth:`_client_balance_rows`
        :return: as there
        """
        rates = self._client_company_rates()
        balances = defaultdict(dict)
        for partner_id, currency_id, company_id, kind, *amounts in rows:
            total, untaxed, residual, company_total, company_untaxed, company_residual = (
                amount or 0.0 for amount in amounts
            )
            if rates:
                rate = rates[company_id]
                company_total *= rate
                company_untaxed *= rate
                company_residual *= rate
            if kind == "credit":  # the amounts in the company's currency have their sign
                total, untaxed, residual = -total, -untaxed, -residual
            found = {
                "currency_id": currency_id,
                "invoiced": total,
                "invoiced_untaxed": untaxed,
                "paid": total - residual,
                "outstanding": 0.0 if kind == "credit" else residual,
                "overdue": residual if kind == "overdue" else 0.0,
                "credit": -residual if kind == "credit" else 0.0,
                "company_invoiced": company_total,
                "company_invoiced_untaxed": company_untaxed,
                "company_paid": company_total - company_residual,
                "company_outstanding": 0.0 if kind == "credit" else company_residual,
                "company_overdue": company_residual if kind == "overdue" else 0.0,
                "company_credit": -company_residual if kind == "credit" else 0.0,
            }
            row = balances[partner_id].setdefault(currency_id, found)
            if row is not found:
                for key in SUMMED:
                    row[key] += found[key]
        return {partner_id: list(by_currency.values()) for partner_id, by_currency in balances.items()}

    def write(self, vals):
        """Let the documents of a partner go along when it is put below another.

        Odoo moves the entries and the documents that were made out to the partner itself, and forgets those that
        were made out to its contacts.
        """
        result = super().write(vals)
        moved = (
            self.filtered(lambda partner: partner.commercial_partner_id != partner)
            if vals.get("parent_id")
            else self.browse()
        )
        if moved:
            # whoever may change the partner changes where its documents belong, as in Odoo
            moves_sudo = self.env["account.move"].sudo().search([("commercial_partner_id", "in", moved.ids)])
            for client, documents in moves_sudo.grouped("commercial_partner_id").items():
                documents = documents.with_context(bypass_lock_check=BYPASS_LOCK_CHECK)
                documents.commercial_partner_id = client.commercial_partner_id
        return result

    def _flush_client_documents(self):
        self.env["account.move"].flush_model(
            [
                "commercial_partner_id",
                "company_id",
                "currency_id",
                "move_type",
                "state",
                "invoice_date_due",
                "amount_total",
                "amount_untaxed",
                "amount_residual",
                "amount_total_signed",
                "amount_untaxed_signed",
                "amount_residual_signed",
            ]
        )

    def _client_company_rates(self):
        """What a unit of each company's currency is worth today in that of the current company.

        :return: dict of company id to rate, empty where all companies that are switched on have the same currency
        """
        currency_ids = self.env.company._client_currency_ids()
        own_id = currency_ids[self.env.company.id]
        if all(currency_ids[company_id] == own_id for company_id in self.env.companies.ids):
            return {}
        today = fields.Date.context_today(self)
        currencies = self.env["res.currency"]
        return {
            company_id: currencies._get_conversion_rate(
                currencies.browse(currency_ids[company_id]), currencies.browse(own_id), self.env.company, today
            )
            for company_id in self.env.companies.ids
        }

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
