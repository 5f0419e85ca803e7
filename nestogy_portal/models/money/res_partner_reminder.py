from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _client_mail_values(self, kind=None):
        """Lead the readers of each level of reminders to the statement, as those of the first."""
        values = super()._client_mail_values(kind)
        if (kind or "").startswith("reminder"):
            values["link"] = self._statement_marker()
        return values
