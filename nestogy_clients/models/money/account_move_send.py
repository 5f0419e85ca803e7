from odoo import api, models


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _get_default_sending_methods(self, move):
        """Send as the client, its group or the company wants it."""
        method, _level = move.commercial_partner_id.with_company(move.company_id)._client_setting("invoice_delivery")
        return {method} if method else super()._get_default_sending_methods(move)

    @api.model
    def _get_alerts(self, moves, moves_data):
        """Say what is missing at the clients, in the wizard for one invoice as in that for many."""
        alerts = super()._get_alerts(moves, moves_data)
        mailed = moves.filtered(lambda move: "email" in moves_data[move]["sending_methods"])
        ours = moves._client_alerts(mailed)
        ours.pop("client_hold", None)  # the work is done, the invoice goes out
        if "account_missing_email" in alerts:
            ours.pop("client_mail", None)  # Odoo has said so
        return alerts | ours
