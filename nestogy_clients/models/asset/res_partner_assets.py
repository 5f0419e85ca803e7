from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, escape_psql

from ...tools.cards import CARD_ROWS, card_columns, kept

WARRANTY_TONES = {"valid": "success", "soon": "warning", "over": "secondary"}
SERIAL_CHARACTERS = 3  # fewer find too much, and no index


class ResPartner(models.Model):
    """A client's assets on its profile, and clients found by the serial number of a device."""

    _inherit = "res.partner"

    client_equipment_ids = fields.One2many(
        "maintenance.equipment",
        "client_id",
        string="Assets",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )
    client_equipment_count = fields.Integer(
        compute="_compute_client_equipment_count", groups="nestogy_clients.nestogy_clients_group_viewer"
    )

    def _compute_client_equipment_count(self):
        counts = dict(
            self.env["maintenance.equipment"]._read_group([("client_id", "in", self.ids)], ["client_id"], ["__count"])
        )
        for partner in self:
            partner.client_equipment_count = counts.get(partner, 0)

    @api.model
    def _client_search_domains(self, text):
        domains = super()._client_search_domains(text)
        if len(text) >= SERIAL_CHARACTERS and " " not in text:
            # whom one may see is decided where the clients are read
            assets_sudo = self.env["maintenance.equipment"].sudo()
            found = assets_sudo._search([("serial_no", "ilike", escape_psql(text))])
            domains.append(Domain("id", "in", found.subselect("client_id")))
        return domains

    def action_client_assets(self):
        """Open the client's assets."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.maintenance_equipment_action_client")
        action["domain"] = [("client_id", "=", self.id)]
        action["context"] = {"default_client_id": self.id}
        return action

    def action_client_new_asset(self):
        """Begin an asset of this client."""
        action = self.action_client_assets()
        form = self.env.ref("maintenance.hr_equipment_view_form")
        return action | {"views": [(form.id, "form")], "view_mode": "form", "res_id": False}

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        if self.env["maintenance.equipment"].has_access("read"):
            widgets.append(
                self._client_dashboard_widget(
                    "assets",
                    45,
                    self.env._("Assets"),
                    "fa-desktop",
                    self._client_dashboard_assets,
                    asset_states=self._client_asset_states_question,
                    assets=self._client_assets_question,
                )
            )
        return widgets

    @kept
    def _client_asset_states_question(self):
        return self._client_question(
            "maintenance.equipment",
            [("client_id", "=", self.id)],
            {"state": self._client_warranty_sql, "count": ("COUNT", None)},
            by=1,
        )

    @kept
    def _client_assets_question(self):
        return self._client_question(
            "maintenance.equipment",
            [("client_id", "=", self.id)],
            {
                "id": "id",
                "name": "name",
                "serial": "serial_no",
                "site": "site_id.name",
                "city": "site_id.city",
                "end": "warranty_date",
                "state": self._client_warranty_sql,
            },
            order="warranty_date, id",
            limit=CARD_ROWS,
        )

    def _client_warranty_sql(self, assets, query):
        """The state of a warranty, as ``warranty_state`` of the asset tells it."""
        return SQL(
            """CASE WHEN %(end)s IS NULL THEN NULL WHEN %(end)s < %(today)s THEN 'over'
                    WHEN %(end)s <= %(today)s + COALESCE(%(days)s, %(own)s) THEN 'soon' ELSE 'valid' END""",
            end=self._client_path(assets, query, "warranty_date"),
            today=SQL("%s::date", fields.Date.context_today(self)),
            days=self._client_path(assets, query, "company_id.asset_warranty_days"),
            own=SQL("(SELECT asset_warranty_days FROM res_company WHERE id = %s)", self.env.company.id),
        )

    def _client_dashboard_assets(self, asset_states, assets):
        model = self.env["maintenance.equipment"]
        labels = dict(model._fields["warranty_state"]._description_selection(self.env))
        action = self._client_list_action(
            self.env._("Assets"),
            model._name,
            [("client_id", "=", self.id)],
            "maintenance_equipment_view_list_client",
        ) | {"context": {"default_client_id": self.id}}
        counts = {row["state"]: row["count"] for row in asset_states}
        hints = {
            "soon": self.env._("The warranty ends within the days that the settings of the company name."),
            "over": self.env._("The warranty has ended."),
        }
        names = {"soon": self.env._("Warranty ends soon"), "over": self.env._("Warranty is over")}
        return {
            "figures": [
                {
                    "label": names[state],
                    "value": str(counts[state]),
                    "tone": WARRANTY_TONES[state],
                    "hint": hints[state],
                    "action": action | {"domain": [*action["domain"], ("warranty_state", "=", state)]},
                }
                for state in ("soon", "over")
                if counts.get(state)
            ],
            "count": sum(counts.values()),
            "columns": card_columns(
                name=self.env._("Asset"),
                serial=self.env._("Serial Number"),
                site=self.env._("Site"),
                end=self.env._("Warranty until"),
                state=self.env._("Warranty"),
            ),
            "rows": [
                {
                    "id": row["id"],
                    "model": model._name,
                    "cells": {
                        "name": row["name"],
                        "serial": row["serial"] or "",
                        "site": row["site"] or row["city"] or "",
                        "end": self._client_day(row["end"]),
                        "state": labels.get(row["state"], ""),
                    },
                    "tone": WARRANTY_TONES.get(row["state"], ""),
                }
                for row in assets
            ],
            "empty": self.env._("No asset yet. New Asset on the tab Services adds a device that you look after."),
            "action": action,
        }
