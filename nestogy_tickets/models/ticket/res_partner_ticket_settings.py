from odoo import api, fields, models

from odoo.addons.nestogy_clients.tools.client_settings import ClientSetting


class ResPartner(models.Model):
    """After how many days the tickets of a client are closed, and how long an answer opens them again."""

    _inherit = "res.partner"

    ticket_close_days = fields.Integer(company_dependent=True, groups="base.group_user")
    ticket_reopen_days = fields.Integer(company_dependent=True, groups="base.group_user")

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "ticket_close_days": ClientSetting(
                self.env._("Days until a waiting ticket is closed"),
                "ticket_close_days",
                "ticket_close_days",
                "ticket_close_days",
                none_label=self.env._("Never closed by itself"),
                default_label=self.env._("Never closed by itself"),
            ),
            "ticket_reopen_days": ClientSetting(
                self.env._("Days in which an answer re-opens a ticket"),
                "ticket_reopen_days",
                "ticket_reopen_days",
                "ticket_reopen_days",
                none_label=self.env._("Never, an answer opens a new ticket"),
                default_label=self.env._("Never, an answer opens a new ticket"),
            ),
        }
