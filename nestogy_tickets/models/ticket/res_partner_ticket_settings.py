from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.nestogy_clients.tools.client_settings import ClientSetting

DAYS_MOST = 365


class ResPartner(models.Model):
    """After how many days the tickets of a client are closed, and how long an answer opens them again."""

    _inherit = "res.partner"

    ticket_close_days = fields.Integer(company_dependent=True, groups="base.group_user")
    ticket_reopen_days = fields.Integer(company_dependent=True, groups="base.group_user")

    @api.constrains("ticket_close_days", "ticket_reopen_days")
    def _check_ticket_days(self):
        self._check_days(self)

    @api.model
    def _check_days(self, holders):
        for holder in holders:
            for name in ("ticket_close_days", "ticket_reopen_days"):
                if not 0 <= holder[name] <= DAYS_MOST:
                    raise ValidationError(
                        self.env._(
                            "%(setting)s: between 0 (never) and %(most)s days.",
                            setting=self._client_settings()[name].label,
                            most=DAYS_MOST,
                        )
                    )

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
