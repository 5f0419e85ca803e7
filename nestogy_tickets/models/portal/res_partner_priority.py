from odoo import api, fields, models

from odoo.addons.nestogy_clients.tools.client_settings import ClientSetting

CHOICES = [("1", "Low and medium"), ("2", "Low to high"), ("3", "All, very high too")]


class ResPartner(models.Model):
    """How urgent a client may call its own tickets."""

    _inherit = "res.partner"

    ticket_priority_choice = fields.Selection(
        CHOICES, string="Priorities to Choose From", company_dependent=True, groups="base.group_user"
    )

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "ticket_priority_choice": ClientSetting(
                self.env._("Priorities in the portal"),
                "ticket_priority_choice",
                "ticket_priority_choice",
                "client_ticket_priority_choice",
                subject="portal",
                none_label=self.env._("None: we decide"),
                default_label=self.env._("None: we decide"),
            )
        }
