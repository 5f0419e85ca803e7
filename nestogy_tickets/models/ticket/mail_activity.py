from odoo import api, models


class MailActivity(models.Model):
    """Activities on tickets are follow-ups of their clients too."""

    _inherit = "mail.activity"

    @api.model
    def _client_activity_paths(self):
        return super()._client_activity_paths() | {"helpdesk.ticket": "partner_id"}
