from odoo import models


class ResUsers(models.Model):
    """Contracts and assets on the first page of the portal."""

    _inherit = "res.users"

    def _portal_figures(self):
        figures = super()._portal_figures()
        if not self._portal_client():
            return figures
        for key, model_name in (("contracts", "contract.contract"), ("assets", "maintenance.equipment")):
            records = self.env[model_name]
            if self._portal_scope(key) != "none" and records.has_access("read"):
                domain = next(iter(records._portal_filters().values()))["domain"]
                figures[key] = records.search_count(domain)
        return figures
