from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_amount

from ...tools.cards import CARD_ROWS, card_columns, kept
from .contract_contract_service import TONES

LIVE_STATES = ("draft", "active", "to_renew", "paused")
RUNNING_STATES = ("active", "to_renew")
CONTRACT_FORM = "contract.contract_contract_customer_form_view"


class ResPartner(models.Model):
    """A client's contracts on its profile; they rest while its status says that nothing is invoiced."""

    _inherit = "res.partner"

    client_contract_ids = fields.One2many(
        "contract.contract",
        "commercial_partner_id",
        string="Contracts of the Client",
        domain=[("contract_type", "=", "sale")],
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )
    client_contract_count = fields.Integer(
        compute="_compute_client_contract_count", groups="nestogy_clients.nestogy_clients_group_viewer"
    )

    def _compute_client_contract_count(self):
        """Count the contracts that run or are to be started."""
        counts = dict(
            self.env["contract.contract"]._read_group(
                [
                    ("commercial_partner_id", "in", self.ids),
                    ("contract_type", "=", "sale"),
                    ("service_state", "in", ("draft", "active", "to_renew", "paused")),
                ],
                ["commercial_partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.client_contract_count = counts.get(partner, 0)

    def _log_client_status(self, before):
        result = super()._log_client_status(before)
        if before:
            # who changes the status need not be allowed to change contracts
            contracts_sudo = self.env["contract.contract"].sudo()
            contracts_sudo.search(
                [("commercial_partner_id", "in", self.ids), ("contract_type", "=", "sale")]
            )._sync_client_pauses()
        return result

    def action_client_contracts(self):
        """Open the client's contracts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.contract_contract_action_client")
        action["domain"] = [("commercial_partner_id", "=", self.id), ("contract_type", "=", "sale")]
        action["context"] = self._client_contract_defaults()
        return action

    def _client_contract_defaults(self):
        return {
            "default_partner_id": self.id,
            "default_contract_type": "sale",
            "default_service_phase": "draft",
        }

    def action_client_new_contract(self):
        """Begin a contract with this client."""
        action = self.action_client_contracts()
        return action | {
            "views": [(self.env.ref(CONTRACT_FORM).id, "form")],
            "view_mode": "form",
            "res_id": False,
        }

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        if self.env["contract.contract"].has_access("read"):
            widgets.append(
                self._client_dashboard_widget(
                    "contracts",
                    40,
                    self.env._("Contracts"),
                    "fa-refresh",
                    self._client_dashboard_contracts,
                    contracts=self._client_contracts_question,
                )
            )
        return widgets

    def _client_contract_domain(self):
        return Domain("commercial_partner_id", "=", self.id) & Domain("contract_type", "=", "sale")

    @kept
    def _client_contracts_question(self):
        """The contracts that are not over, the one that ends first before the others, with their worth a month.

        ``amount`` is that of all lines that are not over, ``running`` that of those which have begun.
        """
        today = fields.Date.context_today(self)
        value = SQL(
            """(SELECT json_build_object(
                           'currency_id', MAX(line.currency_id), 'amount', SUM(line.monthly_recurring), 'running',
                           SUM(line.monthly_recurring) FILTER (WHERE COALESCE(line.date_start, %(today)s) <= %(today)s))
                  FROM contract_line line
                 WHERE line.contract_id = contract_contract.id AND line.active AND line.display_type IS NULL
                   AND line.is_canceled IS NOT TRUE AND (line.date_end IS NULL OR line.date_end >= %(today)s))""",
            today=SQL("%s::date", today),
        )
        may_live = Domain("date_end", "=", False) | Domain("date_end", ">=", today)
        return self._client_question(
            "contract.contract",
            self._client_contract_domain() & (may_live | Domain("service_phase", "=", "draft")),
            {
                "id": "id",
                "name": "name",
                "next": "recurring_next_date",
                "end": "date_end",
                "renewal": "renewal_type",
                "state": self._client_service_state_sql,
                "value": value,
            },
            order="date_end, name, id",
        )

    def _client_service_state_sql(self, contracts, query):
        domains = contracts._service_domains(fields.Date.context_today(self))
        cases = SQL(" ").join(
            SQL("WHEN %s THEN %s", domain.optimize_full(contracts)._to_sql(contracts, query.table, query), state)
            for state, domain in domains.items()
        )
        return SQL("CASE %s END", cases)

    def _client_running_domain(self):
        return self._client_contract_domain() & Domain("service_state", "in", RUNNING_STATES)

    def _client_dashboard_contracts(self, contracts):
        model = self.env["contract.contract"]
        contracts = [row for row in contracts if row["state"] in LIVE_STATES]
        action = self._client_list_action(
            self.env._("Contracts"),
            model._name,
            list(self._client_contract_domain()),
            "contract_contract_view_list_client",
        ) | {"context": self._client_contract_defaults() | {"form_view_ref": CONTRACT_FORM}}
        labels = dict(model._fields["service_state"]._description_selection(self.env))
        rows = []
        for row in contracts[:CARD_ROWS]:
            value = ""
            if row["value"]["amount"]:
                currency = self._client_currency(row["value"]["currency_id"])
                value = format_amount(self.env, row["value"]["amount"], currency)
            rows.append(
                {
                    "id": row["id"],
                    "model": model._name,
                    "cells": {
                        "name": row["name"],
                        "value": value,
                        "next": self._client_day(row["next"]),
                        "end": self._client_day(row["end"]),
                        "state": labels[row["state"]],
                    },
                    "tone": TONES[row["state"]],
                }
            )
        return {
            "figures": self._client_contract_figures(contracts, action),
            "count": len(contracts),
            "columns": card_columns(
                name=self.env._("Contract"),
                value=self.env._("A Month"),
                next=self.env._("Next Invoice"),
                end=self.env._("Until"),
                state=self.env._("State"),
            ),
            "rows": rows,
            "empty": self.env._("No contract runs. New Contract on the tab Services begins the first one."),
            "action": action,
        }

    def _client_contract_figures(self, contracts, action):
        """What the running contracts are worth a month, and which of them ends next."""
        running = list(self._client_running_domain())
        contracts = [row for row in contracts if row["state"] in RUNNING_STATES]
        values = {}
        for row in contracts:
            if row["value"]["running"]:
                key = row["value"]["currency_id"]
                values[key] = values.get(key, 0.0) + row["value"]["running"]
        figures = []
        for currency_id, amount in values.items():
            currency = self._client_currency(currency_id)
            if not currency.is_zero(amount):
                figures.append(
                    {
                        "label": self.env._("Monthly value"),
                        "value": format_amount(self.env, amount, currency),
                        "tone": "",
                        "hint": self.env._(
                            "Price of the services of running contracts before tax, each divided by the months of its "
                            "period. Services that begin later, have ended or are paused do not count."
                        ),
                        "action": action | {"domain": running},
                    }
                )
        ends = [row["end"] for row in contracts if row["end"]]
        if ends:
            to_renew = any(row["state"] == "to_renew" and row["end"] == min(ends) for row in contracts)
            figures.append(
                {
                    "label": self.env._("Next renewal"),
                    "value": self._client_day(min(ends)),
                    "tone": "warning" if to_renew else "",
                    "hint": self.env._("The first day on which a running contract ends or is renewed."),
                    "action": action | {"domain": [*running, ("date_end", "=", min(ends))]},
                }
            )
        return figures
