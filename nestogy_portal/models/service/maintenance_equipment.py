from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.sql import escape_psql

from ..project.project_project import SEARCH_CHARACTERS

# what a client's people may read of an asset, over RPC too: no costs, no vendors, no technicians, no notes
CLIENT_FIELDS = frozenset(
    "id name display_name active serial_no model warranty_date client_id create_date write_date".split()
)
TONES = {"valid": "success", "soon": "warning", "over": "light border"}


class MaintenanceEquipment(models.Model):
    """An asset as its client sees it."""

    _inherit = "maintenance.equipment"

    def _has_field_access(self, field, operation):
        if not super()._has_field_access(field, operation):
            return False
        return self.env.su or field.name in CLIENT_FIELDS or not self.env.user.share

    @api.model
    def _portal_filters(self):
        today = fields.Date.context_today(self)
        return {
            "all": {"label": self.env._("All"), "domain": Domain.TRUE},
            "warranty": {"label": self.env._("In warranty"), "domain": Domain("warranty_date", ">=", today)},
        }

    @api.model
    def _portal_sortings(self):
        return {
            "name": {"label": self.env._("Name"), "order": "name, id"},
            "warranty": {"label": self.env._("Warranty ends first"), "order": "warranty_date, name, id"},
            "date": {"label": self.env._("Newest"), "order": "create_date desc, id desc"},
        }

    @api.model
    def _portal_search_domain(self, search):
        search = escape_psql(" ".join(str(search or "").replace("\x00", "").split())[:SEARCH_CHARACTERS])
        if not search:
            return Domain.TRUE
        return Domain.OR(Domain(name, "ilike", search) for name in ("name", "serial_no", "model"))

    def _portal_rows(self):
        """What list and page print, in as many queries for one asset as for many.

        Call it on assets that were found with the visitor's rights.
        """
        # names of kinds, places and people of his own firm
        assets_sudo = self.sudo()
        labels = dict(assets_sudo._fields["warranty_state"]._description_selection(self.env))
        contracts = self.env["contract.contract"]
        seen = set()
        if contracts.has_access("read"):
            seen = set(contracts.search([("id", "in", assets_sudo.contract_id.ids)]).ids)
        return [
            {
                "id": asset.id,
                "name": asset.name,
                "url": f"/my/assets/{asset.id}",
                "kind": asset.category_id.name or "",
                "model": asset.model or "",
                "serial": asset.serial_no or "",
                "site": asset.site_id.name or "",
                "site_address": ", ".join(filter(None, (asset.site_id.street, asset.site_id.city))),
                "user": asset.contact_id.name or "",
                "warranty_date": asset.warranty_date,
                "is_over": asset.warranty_state == "over",
                "warranty": labels.get(asset.warranty_state, ""),
                "tone": TONES.get(asset.warranty_state, "light border"),
                "contract": asset.contract_id.name if asset.contract_id.id in seen else "",
                "contract_url": f"/my/contracts/{asset.contract_id.id}" if asset.contract_id.id in seen else "",
            }
            for asset in assets_sudo
        ]

    def _portal_actions(self):
        """What the visitor can do with this asset; addons add theirs.

        :return: list of dicts ``label``, ``url`` and ``icon``
        """
        self.ensure_one()
        return []

    def _portal_sections(self):
        """What else the page shows of this asset; addons add theirs.

        :return: list of dicts ``title``, ``rows`` (dicts ``name``, ``url``, ``detail``, ``state``, ``tone``) and
            ``empty``, the sentence without rows
        """
        self.ensure_one()
        return []
