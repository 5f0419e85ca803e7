from odoo import models
from odoo.fields import Domain
from odoo.tools import format_amount

from ...tools.cards import CARD_ROWS, card_columns, kept
from ..money.res_partner_finance import BALANCE_TYPES


class ResPartner(models.Model):
    """The invoices and estimates of a client on its profile, by their states, for whoever may read them."""

    _inherit = "res.partner"

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        widget = self._client_dashboard_widget
        if self.env["account.move"].has_access("read"):
            widgets.append(
                widget(
                    "invoices",
                    20,
                    self.env._("Invoices"),
                    "fa-pencil-square-o",
                    self._client_dashboard_invoices,
                    invoice_states=self._client_invoice_states_question,
                    invoices=self._client_invoices_question,
                )
            )
        if self.env["sale.order"].has_access("read"):
            widgets.append(
                widget(
                    "estimates",
                    30,
                    self.env._("Estimates"),
                    "fa-file-text-o",
                    self._client_dashboard_estimates,
                    estimate_states=self._client_estimate_states_question,
                    estimates=self._client_estimates_question,
                )
            )
        return widgets

    def _client_invoice_domain(self):
        return [("commercial_partner_id", "=", self.id), ("move_type", "in", BALANCE_TYPES)]

    def _client_estimate_domain(self):
        return [("partner_id.commercial_partner_id", "=", self.id)]

    @kept
    def _client_invoice_states_question(self):
        columns = {"state": "client_state", "count": ("COUNT", None)}
        return self._client_question("account.move", self._client_invoice_domain(), columns, by=1)

    @kept
    def _client_estimate_states_question(self):
        columns = {"state": "client_state", "count": ("COUNT", None)}
        return self._client_question("sale.order", self._client_estimate_domain(), columns, by=1)

    @kept
    def _client_invoices_question(self):
        return self._client_question(
            "account.move",
            self._client_invoice_domain(),
            {
                "id": "id",
                "name": "name",
                "date": "invoice_date",
                "amount": "amount_total_in_currency_signed",
                "currency_id": "currency_id",
                "state": "client_state",
            },
            order="invoice_date desc, id desc",
            limit=CARD_ROWS,
        )

    @kept
    def _client_estimates_question(self):
        return self._client_question(
            "sale.order",
            self._client_estimate_domain(),
            {
                "id": "id",
                "name": "name",
                "date": "date_order",
                "amount": "amount_total",
                "currency_id": "currency_id",
                "state": "client_state",
            },
            order="date_order desc, id desc",
            limit=CARD_ROWS,
        )

    def _client_dashboard_invoices(self, invoice_states, invoices):
        action = self._client_list_action(self.env._("Invoices"), "account.move", self._client_invoice_domain())
        return self._client_document_card("account.move", invoice_states, invoices, action) | {
            "empty": self.env._("No invoice yet. New Invoice begins the first one."),
        }

    def _client_dashboard_estimates(self, estimate_states, estimates):
        action = self._client_list_action(self.env._("Estimates"), "sale.order", self._client_estimate_domain())
        return self._client_document_card("sale.order", estimate_states, estimates, action) | {
            "empty": self.env._("No estimate yet. New Estimate begins the first one."),
        }

    def _client_document_card(self, model, states, newest, action):
        """A card of documents that have a number, a date, an amount and a state in the words of clients.

        :param list states: counts by state
        :param list newest: the newest ones
        :param dict action: opens all of them
        """
        records = self.env[model]
        labels = dict(records._fields["client_state"]._description_selection(self.env))
        tones = records._client_state_tones
        counts = {row["state"]: row["count"] for row in states}
        whole = sum(counts.values())
        return {
            "count": whole,
            "segments": [
                {
                    "label": label,
                    "value": str(counts[state]),
                    "share": counts[state] / whole,
                    "tone": tones.get(state, "secondary"),
                    "action": action | {"domain": list(Domain(action["domain"]) & Domain("client_state", "=", state))},
                }
                for state, label in labels.items()
                if counts.get(state)
            ],
            "columns": card_columns(
                name=self.env._("Number"),
                date=self.env._("Date"),
                amount=self.env._("Amount"),
                state=self.env._("State"),
            ),
            "rows": [
                {
                    "id": row["id"],
                    "model": model,
                    "cells": {
                        "name": row["name"] if row["name"] and row["name"] != "/" else self.env._("Draft"),
                        "date": self._client_day(row["date"]),
                        "amount": format_amount(self.env, row["amount"], self._client_currency(row["currency_id"])),
                        "state": labels.get(row["state"], ""),
                    },
                    "tone": tones.get(row["state"], "secondary"),
                }
                for row in newest
            ],
            "action": action,
        }
