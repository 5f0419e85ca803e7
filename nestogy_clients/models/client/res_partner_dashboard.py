from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

DASHBOARD_ROWS = 5


class ResPartner(models.Model):
    """The overview of a client's profile: amounts by currency, and a card for each subject that addons offer."""

    _inherit = "res.partner"

    def get_client_dashboard(self):
        """All that the overview shows, ready to print, in one call.

        :return: dict of ``balances`` (a row a currency) and ``widgets`` (see :meth:`_client_dashboard_widgets`)
        :raise AccessError: the user may not see the client
        :raise UserError: the partner is no client
        """
        self.ensure_one()
        self.check_access("read")
        if not self.is_client:
            raise UserError(self.env._("%s is not a client.", self.display_name))
        balances = []
        if self.env.user.has_group("nestogy_clients.nestogy_clients_group_viewer"):
            unapplied = self._client_unapplied()
            for row in self._client_balances_with(unapplied):
                amounts = {
                    key: format_amount(self.env, row[key], row["currency"])
                    for key in ("invoiced", "paid", "outstanding", "overdue", "credit")
                }
                balances.append(
                    amounts
                    | {
                        "currency": row["currency"].name,
                        "is_overdue": not row["currency"].is_zero(row["overdue"]),
                        "has_credit": not row["currency"].is_zero(row["credit"]),
                        "unapplied": row["currency"] in unapplied
                        and format_amount(self.env, unapplied[row["currency"]], row["currency"]),
                    }
                )
        widgets = sorted(self._client_dashboard_widgets(), key=lambda widget: widget["sequence"])
        return {"balances": balances, "widgets": widgets}

    def _client_balances_with(self, currencies):
        """The client's figures, with rows of nothing for currencies that money came in without any invoice."""
        rows = self._client_balances().get(self.id, [])
        known = [row["currency"] for row in rows]
        keys = ("invoiced", "paid", "outstanding", "overdue", "credit")
        return rows + [{"currency": each} | dict.fromkeys(keys, 0.0) for each in currencies if each not in known]

    def _client_dashboard_widgets(self):
        """The cards of the overview; addons add theirs with ``super()``, each only if the user may read its records.

        :return: list of dicts: ``key`` (unique), ``title``, ``sequence``, ``count`` (``None``: not counted),
            ``columns`` (list of ``name`` and ``label``), ``rows`` (list of ``id``, ``model`` (empty: nothing to open),
            ``cells`` by column name as text, ``tone`` as a Bootstrap colour name or empty, ``hint`` (how a figure is
            computed; may be missing)), ``empty`` (the sentence shown without rows),
            ``action`` (a window action that opens them all, or ``False``)
        """
        self.ensure_one()
        widgets = []
        if self.env["account.move"].has_access("read"):
            widgets.append(self._client_dashboard_invoices())
        if self.env["sale.order"].has_access("read"):
            widgets.append(self._client_dashboard_estimates())
        return widgets

    def _client_dashboard_invoices(self):
        domain = [
            ("commercial_partner_id", "=", self.id),
            ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
        ]
        moves = self.env["account.move"].search(domain, order="invoice_date desc, id desc", limit=DASHBOARD_ROWS)
        return self._client_document_card(moves, domain, "invoice_date", "amount_total_in_currency_signed") | {
            "key": "invoices",
            "title": self.env._("Invoices"),
            "sequence": 20,
            "empty": self.env._("No invoice yet. New Invoice begins the first one."),
            "action": self._client_list_action(self.env._("Invoices"), moves._name, domain),
        }

    def _client_dashboard_estimates(self):
        domain = [("partner_id.commercial_partner_id", "=", self.id)]
        orders = self.env["sale.order"].search(domain, order="date_order desc, id desc", limit=DASHBOARD_ROWS)
        return self._client_document_card(orders, domain, "date_order", "amount_total") | {
            "key": "estimates",
            "title": self.env._("Estimates"),
            "sequence": 30,
            "empty": self.env._("No estimate yet. New Estimate begins the first one."),
            "action": self._client_list_action(self.env._("Estimates"), orders._name, domain),
        }

    def _client_document_card(self, documents, domain, date_field, amount_field):
        """Columns, rows and count of a card of documents that have a number, a date, an amount and a state.

        :param documents: the newest ones, at most ``DASHBOARD_ROWS``
        :param domain: finds all of them
        """
        rows = []
        for document in documents:
            label, tone = document._client_state()
            date = document[date_field]
            rows.append(
                {
                    "id": document.id,
                    "model": document._name,
                    "cells": {
                        "name": document.name if document.name and document.name != "/" else self.env._("Draft"),
                        "date": format_date(self.env, date) if date else "",
                        "amount": format_amount(self.env, document[amount_field], document.currency_id),
                        "state": label,
                    },
                    "tone": tone,
                }
            )
        return {
            "count": len(rows) if len(rows) < DASHBOARD_ROWS else documents.search_count(domain),
            "columns": [
                {"name": "name", "label": self.env._("Number")},
                {"name": "date", "label": self.env._("Date")},
                {"name": "amount", "label": self.env._("Amount")},
                {"name": "state", "label": self.env._("State")},
            ],
            "rows": rows,
        }

    def _client_list_action(self, name, model, domain, list_view=None):
        """A window action on all records behind a card.

        :param str list_view: name of one of our views, the model's own when empty
        """
        view_id = self.env["ir.model.data"]._xmlid_to_res_id(f"nestogy_clients.{list_view}") if list_view else False
        return {
            "type": "ir.actions.act_window",
            "name": f"{name}: {self.name}",
            "res_model": model,
            "views": [(view_id, "list"), (False, "form")],
            "domain": domain,
            "context": {"default_partner_id": self.id},
        }
