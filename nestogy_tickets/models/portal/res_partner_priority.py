from odoo import api, fields, models

from odoo.addons.nestogy_clients.tools.client_settings import ClientSetting


class ResPartner(models.Model):
    """How urgent a client may call its own tickets."""

    _inherit = "res.partner"

    ticket_priority_choice = fields.Selection(company_dependent=True, groups="base.group_user")

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "ticket_priority_choice": ClientSetting(
                self.env._("Priorities in the portal"),
                "ticket_priority_choice",
                "ticket_priority_choice",
                "ticket_priority_choice",
                subject="portal",
                none_label=self.env._("None: we decide"),
                default_label=self.env._("None: we decide"),
            )
        }
