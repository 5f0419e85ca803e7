from odoo import fields, models
from odoo.tools import SQL, format_amount, format_date

from ...tools import ledger
from ...tools.cards import kept, month_label
from ..money.res_partner_finance import BALANCE_TYPES, VIEWER

MONTHS = (12, 24)  # of the chart; the longer one for clients that are older than the shorter
AGE_TONES = {"not_due": "success", "to_30": "info", "to_60": "warning", "to_90": "warning", "older": "danger"}
BALANCES = ("invoiced", "paid", "outstanding", "overdue", "credit")
OPEN_TYPES = ("out_invoice", "out_receipt")
RECENT_DAYS = 180


class ResPartner(models.Model):
    """The money of a client on its profile: figures, ageing and months.

    All figures come from three questions that the cards share: ``money`` (the documents, summed by currency, age and
    month), ``received`` (what was paid) and ``paying`` (how long that took). Like the totals in lists they are told to
    whoever sees the figures of clients, with or without the right to open the documents.
    """

    _inherit = "res.partner"

    # ------------------------------------------------------------------
    # Questions
    # ------------------------------------------------------------------

    def _client_money_asks(self, *names):
        asks = {
            "money": self._client_money_question,
            "received": self._client_received_question,
            "paying": self._client_paying_question,
        }
        return {name: asks[name] for name in names}

    @kept
    def _client_money_question(self):
        today = fields.Date.context_today(self)
        ages = SQL(" ").join(
            SQL("WHEN invoice_date_due < %s THEN %s", fields.Date.subtract(today, days=more_than), key)
            for key, more_than in reversed(ledger.AGES)
            if more_than is not None
        )
        return SQL(
            """
            SELECT currency_id, company_id, date_trunc('month', invoice_date::timestamp)::date AS month,
                   CASE WHEN move_type = 'out_refund' THEN 'credit' %(ages)s ELSE 'not_due' END AS age,
                   SUM(amount_total)::float8 AS total, SUM(amount_untaxed)::float8 AS untaxed,
                   SUM(amount_residual)::float8 AS residual, SUM(amount_total_signed)::float8 AS company_total,
                   SUM(amount_untaxed_signed)::float8 AS company_untaxed,
                   SUM(amount_residual_signed)::float8 AS company_residual
              FROM account_move
             WHERE commercial_partner_id = %(client)s
               AND company_id IN %(companies)s
               AND state = 'posted'
               AND move_type IN ('out_invoice', 'out_refund', 'out_receipt')
             GROUP BY 1, 2, 3, 4
            """,
            ages=ages,
            client=self.id,
            companies=tuple(self.env.companies.ids),
        )

    @kept
    def _client_received_question(self):
        # figures of a client are told to whoever may see them, also to those who may not open the documents
        return self._client_question_sudo(
            "nestogy.client.transaction",
            [
                ("client_id", "=", self.id),
                ("company_id", "in", self.env.companies.ids),
                ("kind", "!=", "credit_note"),
                ("state", "in", ("open", "partial", "applied")),
            ],
            {
                "currency_id": "currency_id",
                "company_id": "company_id",
                "kind": "kind",
                "month": SQL("date_trunc('month', date::timestamp)::date"),
                "amount": ("SUM", "company_amount"),
                "unapplied": ("SUM", "unapplied"),
                "last": ("MAX", "date"),
            },
            by=4,
        )

    @kept
    def _client_paying_question(self):
        since = fields.Date.subtract(fields.Date.context_today(self), days=RECENT_DAYS)
        recent = SQL("FILTER (WHERE paid_on >= %s)", since)
        former = SQL("FILTER (WHERE paid_on < %s)", since)
        late = SQL("AVG(GREATEST(paid_on - invoice_date_due, 0))")
        return SQL(
            """
            SELECT AVG(GREATEST(paid_on - invoice_date, 0))::float8 AS days, COUNT(*) AS count,
                   (%(late)s %(recent)s)::float8 AS late, COUNT(*) %(recent)s AS late_count,
                   (%(late)s %(former)s)::float8 AS former, COUNT(*) %(former)s AS former_count
              FROM (%(paid)s) paid
            """,
            late=late,
            recent=recent,
            former=former,
            paid=self._client_paid_sql(self.ids),
        )

    # ------------------------------------------------------------------
    # What the answers add up to
    # ------------------------------------------------------------------

    def _client_balances_of(self, money):
        """The rows of ``_client_balance_rows`` out of the answer to ``money``."""
        kinds = {"credit": "credit", "not_due": "open"}
        return self._client_fold_balances(
            (
                *(self.id, row["currency_id"], row["company_id"], kinds.get(row["age"], "overdue")),
                *(row[name] for name in ("total", "untaxed", "residual")),
                *(row[f"company_{name}"] for name in ("total", "untaxed", "residual")),
            )
            for row in money
        ).get(self.id, [])

    def _client_unapplied_of(self, received):
        """What is not set against an invoice, by currency id, out of the answer to ``received``."""
        sums = {}
        for row in received:
            sums[row["currency_id"]] = sums.get(row["currency_id"], 0.0) + row["unapplied"]
        return {key: amount for key, amount in sums.items() if not self._client_currency(key).is_zero(amount)}

    def _client_dashboard_balances(self, money, received):
        """What is shown of each currency in which the client has documents or money that is not applied."""
        unapplied = self._client_unapplied_of(received)
        rows = {row["currency_id"]: row for row in self._client_balances_of(money)}
        balances = []
        for currency in sorted(map(self._client_currency, {*rows, *unapplied}), key=lambda each: each.name):
            amounts = {key: currency.round(rows.get(currency.id, {}).get(key, 0.0)) + 0.0 for key in BALANCES}
            balances.append(
                {key: format_amount(self.env, amount, currency) for key, amount in amounts.items()}
                | {
                    "currency": currency.name,
                    "is_overdue": not currency.is_zero(amounts["overdue"]),
                    "has_credit": not currency.is_zero(amounts["credit"]),
                    "unapplied": currency.id in unapplied and format_amount(self.env, unapplied[currency.id], currency),
                }
            )
        return balances

    # ------------------------------------------------------------------
    # Cards
    # ------------------------------------------------------------------

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        widget = self._client_dashboard_widget
        if self.env.user.has_group(VIEWER):
            widgets += [
                widget(
                    "money",
                    12,
                    self.env._("Money"),
                    "fa-money",
                    self._client_dashboard_money,
                    **self._client_money_asks("money", "received", "paying"),
                ),
                widget(
                    "ageing",
                    14,
                    self.env._("Open Invoices by Age"),
                    "fa-hourglass-half",
                    self._client_dashboard_ageing,
                    **self._client_money_asks("money"),
                ),
                widget(
                    "revenue",
                    16,
                    self.env._("Revenue by Month"),
                    "fa-bar-chart",
                    self._client_dashboard_revenue,
                    **self._client_money_asks("money", "received"),
                ),
            ]
        return widgets

    def _client_documents_action(self, *terms):
        """Open posted documents of the client, for those who may; these are the rows behind a figure."""
        if not self.env["account.move"].has_access("read"):
            return False
        domain = [
            ("commercial_partner_id", "=", self.id),
            ("state", "=", "posted"),
            *(terms or [("move_type", "in", BALANCE_TYPES)]),
        ]
        return self._client_list_action(self.env._("Invoices"), "account.move", domain)

    def _client_open_terms(self):
        return ("move_type", "in", OPEN_TYPES), ("amount_residual_signed", "!=", 0)

    def _client_dashboard_money(self, money, received, paying):
        """Totals in the company's currency; those of each currency stand above the cards."""
        today = fields.Date.context_today(self)
        balances = self._client_balances_of(money)
        currency = self._client_currency(self.env.company._client_currency_ids()[self.env.company.id])
        sums = {key: sum(row[f"company_{key}"] for row in balances) for key in BALANCES}
        amounts = {key: format_amount(self.env, currency.round(value) + 0.0, currency) for key, value in sums.items()}
        is_late = not currency.is_zero(sums["overdue"])
        note = ""
        if any(row["currency_id"] != currency.id for row in balances):
            note = " " + self.env._("In %s, at the rates of the documents.", currency.name)
        figures = [
            {
                "label": self.env._("Total invoiced"),
                "value": amounts["invoiced"],
                "tone": "",
                "hint": self.env._("All posted invoices less credit notes, taxes included.") + note,
                "action": self._client_documents_action(),
            },
            {
                "label": self.env._("Lifetime value"),
                "value": amounts["paid"],
                "tone": "",
                "hint": self.env._(
                    "What was settled of all invoices, other than by credit notes. Payments that are not applied to an "
                    "invoice yet do not count."
                )
                + note,
                "action": self._client_documents_action(
                    ("move_type", "in", BALANCE_TYPES), ("payment_state", "in", ("paid", "in_payment", "partial"))
                ),
            },
            {
                "label": self.env._("Outstanding"),
                "value": amounts["outstanding"],
                "tone": "",
                "hint": self.env._("What is still to be paid of all invoices.") + note,
                "action": self._client_documents_action(*self._client_open_terms()),
            },
            {
                "label": self.env._("Overdue"),
                "value": amounts["overdue"],
                "tone": "danger" if is_late else "success",
                "hint": self.env._("The part of the outstanding amount whose due date has passed.") + note,
                "action": self._client_documents_action(*self._client_open_terms(), ("invoice_date_due", "<", today)),
            },
        ]
        days = paying[0] if paying else {"count": 0}
        if days["count"]:
            figures.append(
                {
                    "label": self.env._("Average days to pay"),
                    "value": self.env._("%s days", f"{days['days']:.1f}"),
                    "tone": "",
                    "hint": self.env._(
                        "Days from the date of an invoice to the day when its last part was paid, on average over the "
                        "%s that are paid in full.",
                        days["count"],
                    ),
                    "action": self._client_documents_action(
                        ("move_type", "in", OPEN_TYPES), ("payment_state", "in", ("paid", "in_payment"))
                    ),
                }
            )
        if last := max((row["last"] for row in received if row["kind"] == "payment"), default=None):
            figures.append(
                {
                    "label": self.env._("Last payment"),
                    "value": format_date(self.env, last),
                    "tone": "",
                    "hint": self.env._("The newest payment of the client that is in the ledger."),
                    "action": self._client_transactions_action([("kind", "=", "payment")]),
                }
            )
        if not balances and not received:
            figures = []
        return {
            "figures": figures,
            "count": None,
            "empty": self.env._("Nothing was invoiced yet. New Invoice begins the first one."),
            "action": False,
        }

    def _client_transactions_action(self, domain):
        if not self.env["nestogy.client.transaction"].has_access("read"):
            return False
        mine = [("client_id", "=", self.id), ("state", "in", ("open", "partial", "applied"))]
        return self._client_list_action(self.env._("Transactions"), "nestogy.client.transaction", mine + domain)

    def _client_age_labels(self):
        return {
            "not_due": self.env._("Not due"),
            "to_30": self.env._("1–30 days late"),
            "to_60": self.env._("31–60 days late"),
            "to_90": self.env._("61–90 days late"),
            "older": self.env._("Over 90 days late"),
        }

    def _client_age_terms(self, age):
        """The terms of a domain that finds invoices of an age, as ``money`` sorts them."""
        if age == "not_due":
            today = fields.Date.context_today(self)
            return ["|", ("invoice_date_due", "=", False), ("invoice_date_due", ">=", today)]
        keys = [key for key, _days in ledger.AGES]
        limits = dict(ledger.AGES)
        today = fields.Date.context_today(self)
        terms = [("invoice_date_due", "<", fields.Date.subtract(today, days=limits[age]))]
        if age != keys[-1]:
            next_limit = limits[keys[keys.index(age) + 1]]
            terms.append(("invoice_date_due", ">=", fields.Date.subtract(today, days=next_limit)))
        return terms

    def _client_dashboard_ageing(self, money):
        """A bar of what is open by how late it is; with several currencies each has its own pieces."""
        sums, shares = {}, {}
        rates = self._client_company_rates()
        for row in money:
            if row["age"] != "credit" and row["residual"]:
                key = row["currency_id"], row["age"]
                sums[key] = sums.get(key, 0.0) + row["residual"]
                shares[key] = shares.get(key, 0.0) + row["company_residual"] * rates.get(row["company_id"], 1.0)
        labels, whole = self._client_age_labels(), sum(shares.values())
        currencies = [self._client_currency(each) for each in {currency_id for currency_id, _age in sums}]
        segments = []
        for currency in sorted(currencies, key=lambda each: each.name):
            for age, _days in ledger.AGES:
                amount = sums.get((currency.id, age), 0.0)
                if currency.is_zero(amount):
                    continue
                segments.append(
                    {
                        "label": f"{currency.name}: {labels[age]}" if len(currencies) > 1 else labels[age],
                        "value": format_amount(self.env, amount, currency),
                        "share": shares[currency.id, age] / whole if whole else 0.0,
                        "tone": AGE_TONES[age],
                        "action": self._client_documents_action(
                            *self._client_open_terms(),
                            ("currency_id", "=", currency.id),
                            *self._client_age_terms(age),
                        ),
                    }
                )
        return {
            "segments": segments,
            "count": None,
            "empty": self.env._("Nothing is open.")
            if money
            else self.env._("Nothing was invoiced yet. New Invoice begins the first one."),
            "action": self._client_documents_action(*self._client_open_terms()) if segments else False,
        }

    def _client_dashboard_revenue(self, money, received):
        """What was invoiced and what came in, by month, in the company's currency."""
        today = fields.Date.context_today(self)
        currency = self._client_currency(self.env.company._client_currency_ids()[self.env.company.id])
        rates = self._client_company_rates()
        invoiced, paid = {}, {}
        for row in money:
            rate = rates.get(row["company_id"], 1.0)
            invoiced[row["month"]] = invoiced.get(row["month"], 0.0) + row["company_total"] * rate
        for row in received:
            if row["kind"] in ("payment", "refund"):
                rate = rates.get(row["company_id"], 1.0)
                paid[row["month"]] = paid.get(row["month"], 0.0) + row["amount"] * rate
        short, long = MONTHS
        first = min({*invoiced, *paid} - {None}, default="")
        count = long if first and first < str(ledger.add_months(today, 1 - short)) else short
        months = [ledger.add_months(today, number - count + 1) for number in range(count)]
        datasets = []
        for label, sums in ((self.env._("Invoiced"), invoiced), (self.env._("Paid"), paid)):
            values = [currency.round(sums.get(str(month), 0.0)) + 0.0 for month in months]
            texts = {value: format_amount(self.env, value, currency) for value in set(values)}
            datasets.append(
                {
                    "label": label,
                    "values": values,
                    "texts": [texts[value] for value in values],
                }
            )
        if not any(value for dataset in datasets for value in dataset["values"]):
            return {
                "count": None,
                "empty": self.env._("Nothing was invoiced or paid in %s months. New Invoice begins one.", count),
                "action": False,
            }
        return {
            "chart": {
                "kind": "bar",
                "labels": [month_label(month, self.env.lang or "en_US") for month in months],
                "datasets": datasets,
                "hint": self.env._(
                    "Invoiced: posted invoices less credit notes by their date, taxes included. Paid: payments less "
                    "what was paid back, by the date of the payment. In %s.",
                    currency.name,
                ),
            },
            "count": None,
            "empty": "",
            "action": self._client_documents_action(
                ("move_type", "in", BALANCE_TYPES), ("invoice_date", ">=", months[0])
            ),
        }
