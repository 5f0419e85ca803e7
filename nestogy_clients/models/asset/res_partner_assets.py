from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import escape_psql, format_date

from ..profile.res_partner_dashboard import DASHBOARD_ROWS

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
                    "assets", 45, self.env._("Assets"), "fa-desktop", self._client_dashboard_assets
                )
            )
        return widgets

    def _client_dashboard_assets(self):
        assets = self.env["maintenance.equipment"]
        domain = [("client_id", "=", self.id)]
        labels = dict(assets._fields["warranty_state"]._description_selection(self.env))
        tones = {"valid": "success", "soon": "warning", "over": "muted"}
        rows = [
            {
                "id": asset.id,
                "model": asset._name,
                "cells": {
                    "name": asset.name,
                    "serial": asset.serial_no or "",
                    "site": asset.site_id.name or asset.site_id.city or "",
                    "end": format_date(self.env, asset.warranty_date) if asset.warranty_date else "",
                    "state": labels.get(asset.warranty_state, ""),
                },
                "tone": tones.get(asset.warranty_state, ""),
            }
            for asset in assets.search(domain, order="warranty_date, id", limit=DASHBOARD_ROWS)
        ]
        return {
            "count": len(rows) if len(rows) < DASHBOARD_ROWS else assets.search_count(domain),
            "columns": [
                {"name": "name", "label": self.env._("Asset")},
                {"name": "serial", "label": self.env._("Serial Number")},
                {"name": "site", "label": self.env._("Site")},
                {"name": "end", "label": self.env._("Warranty until")},
                {"name": "state", "label": self.env._("Warranty")},
            ],
            "rows": rows,
            "empty": self.env._("No asset yet. Devices that you look after for this client stand here."),
            "action": self._client_list_action(
                self.env._("Assets"), assets._name, domain, "maintenance_equipment_view_list_client"
            )
            | {"context": {"default_client_id": self.id}},
        }
