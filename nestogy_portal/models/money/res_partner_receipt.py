from odoo import api, fields, models

from odoo.addons.nestogy_clients.tools.client_settings import BILLING, ClientSetting


class ResPartner(models.Model):
    """Whether a receipt goes out by itself when a client has paid."""

    _inherit = "res.partner"

    receipt_mail = fields.Selection(
        [("online", "For online payments")], company_dependent=True, groups="base.group_user"
    )

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "receipt_mail": ClientSetting(
                self.env._("Receipt by e-mail"),
                "receipt_mail",
                "receipt_mail",
                "receipt_mail",
                subject="mail",
                role=BILLING,
                none_label=self.env._("Never by itself"),
                default_label=self.env._("Never by itself"),
            )
        }
