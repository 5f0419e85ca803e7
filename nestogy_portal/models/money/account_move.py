from odoo import models


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "nestogy.portal.mail.mixin", "nestogy.portal.payable.mixin"]

    def _client_mail_values(self, kind=None):
        return super()._client_mail_values(kind) | {"link": self._portal_link_marker() if self.id else ""}

    def _has_to_be_paid(self):
        return self._visitor_may_pay() and super()._has_to_be_paid() and not self._client_in_flight()

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        return self._nestogy_notify_link_groups(groups, message, msg_vals)
