from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

DASHBOARD_ROWS = 5
VIEWER = "nestogy_clients.nestogy_clients_group_viewer"
BALANCES = ("invoiced", "paid", "outstanding", "overdue", "credit")


class ResPartner(models.Model):
    """The profile of a client: what is known of it, amounts by currency, and a card for each subject."""

    _inherit = "res.partner"

    def get_client_dashboard(self):
        """All that the profile shows, ready to print, in one call.

        :return: dict of ``overview`` (see :meth:`_client_overview`), ``balances`` (a row a currency) and ``widgets``
            in the user's order: dicts of ``key``, ``title``, ``icon``, ``sequence``, ``is_open``, ``is_hidden`` and
            ``data`` (see :meth:`_client_dashboard_widgets`; ``None``, and not computed, for what is not shown)
        :raise AccessError: the user may not see the client
        :raise UserError: the partner is no client
        """
        self._check_client_dashboard()
        return {
            "overview": self._client_overview(),
            "balances": self._client_dashboard_balances(),
            "widgets": [
                {key: widget[key] for key in ("key", "title", "icon", "sequence", "is_open", "is_hidden")}
                | {"data": widget["load"]() if widget["is_open"] and not widget["is_hidden"] else None}
                for widget in self._client_dashboard_arranged()
            ],
        }

    def get_client_dashboard_widget(self, key):
        """What one card shows now: asked when it is refreshed or unfolded.

        :param str key: one of those in :meth:`get_client_dashboard`
        :return: its data
        :raise AccessError: the user may not see the client
        :raise UserError: the partner is no client, or the user has no such card
        """
        self._check_client_dashboard()
        for widget in self._client_dashboard_widgets():
            if widget["key"] == key:
                return widget["load"]()
        raise UserError(self.env._("This card is not there any more; reload the page."))

    def _check_client_dashboard(self):
        self.ensure_one()
        self.check_access("read")
        if not self.is_client:
            raise UserError(self.env._("%s is not a client.", self.display_name))

    def _client_dashboard_arranged(self):
        """The cards in the order in which the user wants them, each with ``is_open`` and ``is_hidden``."""
        return self.env["nestogy.dashboard.layout"]._current()._arrange(self._client_dashboard_widgets())

    def _client_dashboard_balances(self):
        """What is shown of each currency in which the client has documents or money."""
        if not self.env.user.has_group(VIEWER):
            return []
        unapplied = self._client_unapplied()
        balances = []
        for row in self._client_balances_with(unapplied):
            currency = row["currency"]
            amounts = {key: format_amount(self.env, row[key], currency) for key in BALANCES}
            balances.append(
                amounts
                | {
                    "currency": currency.name,
                    "is_overdue": not currency.is_zero(row["overdue"]),
                    "has_credit": not currency.is_zero(row["credit"]),
                    "unapplied": currency in unapplied and format_amount(self.env, unapplied[currency], currency),
                }
            )
        return balances

    def _client_balances_with(self, currencies):
        """The client's figures, with rows of nothing for currencies that money came in without any invoice."""
        rows = self._client_balances().get(self.id, [])
        known = [row["currency"] for row in rows]
        return rows + [{"currency": each} | dict.fromkeys(BALANCES, 0.0) for each in currencies if each not in known]

    def _client_dashboard_widgets(self):
        """The cards of the profile; addons add theirs with ``super()``, each only if the user may read its records.

        :return: list of what :meth:`_client_dashboard_widget` makes. The data that ``load`` returns are blocks, all of
            them optional and drawn in this order: ``figures`` (list of ``label``, ``value``, ``tone``, ``hint``,
            ``action``), ``segments`` (a stacked bar: list of ``label``, ``value``, ``share`` (0 to 1), ``tone``,
            ``action``), ``chart`` (``kind``, ``labels``, ``datasets`` of ``label``, ``values``, ``texts``; ``hint``),
            ``reasons`` (list of ``tone``, ``text``), ``columns`` (list of ``name``, ``label``) with ``rows`` (list of
            ``id``, ``model`` (empty: nothing to open), ``cells`` by column name, ``tone``, ``hint``), ``events`` (as
            in the timeline), ``count`` (``None``: not counted), ``empty`` (what to do when there is nothing),
            ``action`` (opens all, or ``False``), ``buttons`` (list of ``label``, ``icon``, ``method``). Values are
            texts, tones Bootstrap colour names, hints say how a figure is computed, actions open the rows behind it.
        """
        self.ensure_one()
        widget = self._client_dashboard_widget
        widgets = []
        if self.env["account.move"].has_access("read"):
            widgets.append(
                widget("invoices", 20, self.env._("Invoices"), "fa-pencil-square-o", self._client_dashboard_invoices)
            )
        if self.env["sale.order"].has_access("read"):
            widgets.append(
                widget("estimates", 30, self.env._("Estimates"), "fa-file-text-o", self._client_dashboard_estimates)
            )
        return widgets

    def _client_dashboard_widget(self, key, sequence, title, icon, load):
        """One card of the profile.

        :param str key: unique; the layouts of users name cards by it
        :param int sequence: its place for users who moved nothing
        :param str icon: Font Awesome
        :param load: a function without arguments that returns the data, called only when the card is shown
        """
        return {"key": key, "sequence": sequence, "title": title, "icon": icon, "load": load}

    def _client_dashboard_invoices(self):
        domain = [
            ("commercial_partner_id", "=", self.id),
            ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
        ]
        moves = self.env["account.move"].search(domain, order="invoice_date desc, id desc", limit=DASHBOARD_ROWS)
        return self._client_document_card(moves, domain, "invoice_date", "amount_total_in_currency_signed") | {
            "empty": self.env._("No invoice yet. New Invoice begins the first one."),
            "action": self._client_list_action(self.env._("Invoices"), moves._name, domain),
        }

    def _client_dashboard_estimates(self):
        domain = [("partner_id.commercial_partner_id", "=", self.id)]
        orders = self.env["sale.order"].search(domain, order="date_order desc, id desc", limit=DASHBOARD_ROWS)
        return self._client_document_card(orders, domain, "date_order", "amount_total") | {
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
