from odoo import models


class ContractModification(models.Model):
    _inherit = "contract.modification"

    def _portal_rows(self):
        """What changed, the newest first, without the note that it began."""
        return [
            {"date": change.date, "text": change.description}
            for change in self.sorted(lambda each: (each.date, each.id), reverse=True)
        ]
