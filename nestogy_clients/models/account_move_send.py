from odoo import api, models


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _get_default_sending_methods(self, move):
        """Send as the client, its group or the company wants it."""
        method, _level = move.commercial_partner_id.with_company(move.company_id)._client_setting("invoice_delivery")
        return {method} if method else super()._get_default_sending_methods(move)
