from odoo import api, fields, models

from odoo.addons.nestogy_clients.tools.client_settings import ClientSetting


class ResPartner(models.Model):
    """Whether people of a client whom a mail names in Cc watch the ticket from then on."""

    _inherit = "res.partner"

    cc_watch = fields.Selection(company_dependent=True, groups="base.group_user")

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "cc_watch": ClientSetting(
                self.env._("Colleagues in Cc of a ticket"),
                "cc_watch",
                "cc_watch",
                "cc_watch",
                subject="service",
                default_label=self.env._("They get the answers too"),
            )
        }
