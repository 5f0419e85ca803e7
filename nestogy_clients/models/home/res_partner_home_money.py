from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_amount

from ...tools import ledger
from ..profile.res_partner_dashboard_money import AGE_TONES, BALANCE_TYPES, OPEN_TYPES

RENEWAL_DAYS = 60


class ResPartner(models.Model):
    """Money on the dashboard: what all clients owe by currency and age, and the contracts that come to an end."""

    _inherit = "res.partner"

    @api.model
    def _client_home_cards(self):
        cards = [*super()._client_home_cards(), self._client_home_receivables()]
        if self.env["contract.contract"].has_access("read"):
            cards.append(self._client_home_renewals())
        return cards

    # ------------------------------------------------------------------
    # Receivables
    # ------------------------------------------------------------------

    def _client_home_receivables(self):
        return self._client_dashboard_widget(
            "receivables",
            20,
            self.env._("Receivables"),
            "fa-money",
            self._client_home_receivables_data,
            receivables=self._client_home_receivables_question,
        )

    def _client_home_open_domain(self):
        """Documents that are open, of clients that the user sees."""
        return (
            Domain("state", "=", "posted")
            & Domain("move_type", "in", BALANCE_TYPES)
            & Domain("amount_residual_signed", "!=", 0)
            & Domain("company_id", "in", self.env.companies.ids)
        )

    def _client_home_receivables_question(self):
        """What is open by currency, company and age.

        As on the profile, figures are told to whoever sees the clients, with or without the right to open documents.
        """
        columns = {
            "currency_id": "currency_id",
            "company_id": "company_id",
            "age": self._client_home_age_sql,
            "residual": ("SUM", "amount_residual"),
            "company_residual": ("SUM", "amount_residual_signed"),
        }
        domain = self._client_home_open_domain()
        if self.env["account.move"].has_access("read"):
            domain &= Domain("commercial_partner_id.is_client", "=", True)
            return self._client_question("account.move", domain, columns, by=3)
        domain &= Domain("commercial_partner_id", "in", self._search([("is_client", "=", True)]))
        return self._client_question_sudo("account.move", domain, columns, by=3)  # figures of clients he may see

    def _client_home_age_sql(self, moves, query):
        today = fields.Date.context_today(self)
        due = moves._field_to_sql(query.table, "invoice_date_due", query)
        ages = SQL(" ").join(
            SQL("WHEN %s < %s THEN %s", due, fields.Date.subtract(today, days=more_than), key)
            for key, more_than in reversed(ledger.AGES)
            if more_than is not None
        )
        kind = moves._field_to_sql(query.table, "move_type", query)
        return SQL("CASE WHEN %s = 'out_refund' THEN 'credit' %s ELSE 'not_due' END", kind, ages)

    def _client_home_receivables_data(self, receivables):
        action = self._client_home_receivables_action()
        rates = self._client_company_rates()
        sums, shares = {}, {}
        for row in receivables:
            key = row["currency_id"], row["age"]
            sums[key] = sums.get(key, 0.0) + row["residual"]
            shares[key] = shares.get(key, 0.0) + row["company_residual"] * rates.get(row["company_id"], 1.0)
        currencies = sorted(map(self._client_currency, {each for each, _age in sums}), key=lambda each: each.name)
        whole = sum(share for (_currency_id, age), share in shares.items() if age != "credit")
        labels, figures, segments = self._client_age_labels(), [], []
        for currency in currencies:
            prefix = f"{currency.name}: " if len(currencies) > 1 else ""
            mine = {age: amount for (currency_id, age), amount in sums.items() if currency_id == currency.id}
            figures += self._client_home_amounts(mine, currency, prefix, action)
            segments += [
                {
                    "label": prefix + labels[age],
                    "value": format_amount(self.env, mine[age], currency),
                    "share": shares[currency.id, age] / whole if whole else 0.0,
                    "tone": AGE_TONES[age],
                    "hint": self.env._("What is still to be paid of invoices, by their due date and today."),
                    "action": self._client_home_amount_action(
                        action, currency, prefix + labels[age], self._client_home_invoice_terms(age)
                    ),
                }
                for age, _days in ledger.AGES
                if not currency.is_zero(mine.get(age, 0.0))
            ]
        return {
            "figures": figures,
            "segments": segments,
            "count": None,
            "empty": self.env._("Nothing is open."),
            "action": action,
        }

    def _client_home_receivables_action(self):
        if not self.env["account.move"].has_access("read"):
            return False
        domain = self._client_home_open_domain() & Domain("commercial_partner_id.is_client", "=", True)
        return self._client_home_action(
            self.env._("Receivables"),
            "account.move",
            domain,
            list_view="account.view_out_invoice_tree",
            search_view="account.view_account_invoice_filter",
        ) | {"context": {"default_move_type": "out_invoice"}}

    def _client_home_amounts(self, mine, currency, prefix, action):
        """Outstanding, overdue and open credit in a currency.

        :param dict mine: amounts by age
        """
        ages = [age for age, _days in ledger.AGES]
        due = Domain("invoice_date_due", "<", fields.Date.context_today(self))
        is_invoice = Domain("move_type", "in", OPEN_TYPES)
        amounts = [
            (
                self.env._("Outstanding"),
                sum(mine.get(age, 0.0) for age in ages),
                "",
                self.env._("What is still to be paid of all posted invoices. Credit notes count apart."),
                is_invoice,
            ),
            (
                self.env._("Overdue"),
                sum(mine.get(age, 0.0) for age in ages if age != "not_due"),
                "danger",
                self.env._("The part of the outstanding amount whose due date has passed."),
                is_invoice & due,
            ),
            (
                self.env._("Open credit"),
                mine.get("credit", 0.0),
                "info",
                self.env._("What is left of posted credit notes, to be set against invoices or paid back."),
                Domain("move_type", "=", "out_refund"),
            ),
        ]
        return [
            {
                "label": prefix + label,
                "value": format_amount(self.env, currency.round(amount) + 0.0, currency),
                "tone": "" if currency.is_zero(amount) else tone,
                "hint": hint,
                "action": self._client_home_amount_action(action, currency, prefix + label, domain),
            }
            for label, amount, tone, hint, domain in amounts
            if amount or tone != "info"
        ]

    def _client_home_invoice_terms(self, age):
        return Domain("move_type", "in", OPEN_TYPES) & Domain(self._client_age_terms(age))

    def _client_home_amount_action(self, action, currency, label, domain):
        return action and self._client_home_narrow(action, Domain("currency_id", "=", currency.id) & domain, label)

    # ------------------------------------------------------------------
    # Contracts
    # ------------------------------------------------------------------

    def _client_home_renewals(self):
        today = fields.Date.context_today(self)
        last = fields.Date.add(today, days=RENEWAL_DAYS)
        domain = (
            Domain("contract_type", "=", "sale")
            & Domain("commercial_partner_id.is_client", "=", True)
            & Domain("service_phase", "=", "running")
            & Domain("date_end", ">=", today)
            & Domain("date_end", "<=", last)
        )
        states = dict(self.env["contract.contract"]._fields["renewal_type"]._description_selection(self.env))
        tones = {"manual": "warning", "none": "secondary", "auto": "success"}
        hints = {
            "manual": self.env._(
                "Contracts that end in the next %s days unless somebody renews them by then.", RENEWAL_DAYS
            ),
            "auto": self.env._("Contracts that renew by themselves in the next %s days.", RENEWAL_DAYS),
            "none": self.env._("Contracts that end in the next %s days, with no renewal meant.", RENEWAL_DAYS),
        }
        return self._client_home_card(
            "renewals",
            50,
            self.env._("Contracts That End"),
            "fa-refresh",
            action=self._client_home_action(
                self.env._("Contracts That End"),
                "contract.contract",
                domain,
                list_view="nestogy_clients.contract_contract_view_list_renewals",
                search_view="nestogy_clients.contract_contract_view_search_client",
                form_view="contract.contract_contract_customer_form_view",
            ),
            figures=[
                self._client_home_figure(
                    kind,
                    states[kind],
                    hints[kind],
                    Domain("renewal_type", "=", kind),
                    tones[kind].replace("secondary", ""),
                )
                for kind in ("manual", "auto", "none")
            ],
            rows={
                "columns": {
                    "id": "id",
                    "name": "name",
                    "client": "commercial_partner_id.name",
                    "end": "date_end",
                    "notice": "notice_date",
                    "renewal": "renewal_type",
                },
                "order": "date_end, name, id",
                "labels": {
                    "name": self.env._("Contract"),
                    "client": self.env._("Client"),
                    "end": self.env._("Ends"),
                    "notice": self.env._("Notice until"),
                    "state": self.env._("Then"),
                },
                "row": lambda row: {
                    "id": row["id"],
                    "model": "contract.contract",
                    "tone": tones[row["renewal"]],
                    "cells": {
                        "name": row["name"],
                        "client": row["client"] or "",
                        "end": self._client_day(row["end"]),
                        "notice": self._client_day(row["notice"]),
                        "state": states[row["renewal"]],
                    },
                },
            },
            empty=self.env._("No contract ends in the next %s days.", RENEWAL_DAYS),
        )
