from odoo import api, models


class AccountFiscalPosition(models.Model):
    _inherit = "account.fiscal.position"

    @api.model
    def _get_fiscal_position(self, partner, delivery=None):
        """Let the position of a client's group hold, after one of its own and before one that fits by country."""
        for each in filter(None, (delivery, partner)):
            position, level = each._client_setting("fiscal_position")
            if level == "group":
                own = (partner | (delivery or partner)).with_company(self.env.company).property_account_position_id[:1]
                return own or position
        return super()._get_fiscal_position(partner, delivery)
