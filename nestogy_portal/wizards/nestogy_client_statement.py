from odoo import models


class NestogyClientStatement(models.TransientModel):
    _inherit = "nestogy.client.statement"

    def action_send(self):
        """Open the send dialog with this statement as PDF."""
        client = self._get_client_in_company()
        choice = {
            key: value.isoformat() if hasattr(value, "isoformat") else value
            for key, value in self._get_choice().items()
        }
        return client.action_client_send_statement(choice)
