from odoo import fields, models
from odoo.tools import format_date

from ..profile.res_partner_dashboard import DASHBOARD_ROWS

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
                    "contracts", 40, self.env._("Contracts"), "fa-refresh", self._client_dashboard_contracts
                )
            )
        return widgets

    def _client_dashboard_contracts(self):
        contracts = self.env["contract.contract"]
        domain = [
            ("commercial_partner_id", "=", self.id),
            ("contract_type", "=", "sale"),
            ("service_state", "in", ("draft", "active", "to_renew", "paused")),
        ]
        rows = []
        for contract in contracts.search(domain, order="date_end, name, id", limit=DASHBOARD_ROWS):
            label, tone = contract._client_state()
            next_date = contract.recurring_next_date
            rows.append(
                {
                    "id": contract.id,
                    "model": contract._name,
                    "cells": {
                        "name": contract.display_name,
                        "price": contract.price_text,
                        "next": format_date(self.env, next_date) if next_date else "",
                        "end": format_date(self.env, contract.date_end) if contract.date_end else "",
                        "state": label,
                    },
                    "tone": tone if tone != "secondary" else "muted",
                }
            )
        return {
            "count": len(rows) if len(rows) < DASHBOARD_ROWS else contracts.search_count(domain),
            "columns": [
                {"name": "name", "label": self.env._("Contract")},
                {"name": "price", "label": self.env._("Price")},
                {"name": "next", "label": self.env._("Next Invoice")},
                {"name": "end", "label": self.env._("Until")},
                {"name": "state", "label": self.env._("State")},
            ],
            "rows": rows,
            "empty": self.env._("No contract runs. New Contract on the tab Services begins the first one."),
            "action": self._client_list_action(
                self.env._("Contracts"), contracts._name, domain[:2], "contract_contract_view_list_client"
            )
            | {"context": self._client_contract_defaults() | {"form_view_ref": CONTRACT_FORM}},
        }
