from odoo import models


class ResUsers(models.Model):
    """Contracts and assets on the first page of the portal."""

    _inherit = "res.users"

    def _portal_counted(self):
        counted = super()._portal_counted()
        if not self._portal_client():
            return counted
        for key, model_name, shown in (
            ("contracts", "contract.contract", "current"),
            ("assets", "maintenance.equipment", "all"),
        ):
            records = self.env[model_name]
            if self._portal_scope(key) != "none" and records.has_access("read"):
                counted[key] = records._search(records._portal_filters()[shown]["domain"])
        return counted
