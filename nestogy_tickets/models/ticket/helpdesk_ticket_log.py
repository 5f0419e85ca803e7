from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class HelpdeskTicket(models.Model):
    """Calls about a ticket are logged with its client."""

    _inherit = "helpdesk.ticket"

    def action_log_call(self):
        """Log a call about the ticket, with its contact."""
        self.ensure_one()
        self.check_access("read")
        if not self.partner_id._get_client():
            raise UserError(self.env._("%s has no client yet; choose its contact first.", self.display_name))
        return self.partner_id._client_log_action("call", about=self)

    def _merge_moved(self):
        """What was said about a ticket that is merged was said about the one that stays."""
        return [
            *super()._merge_moved(),
            {
                "key": "communications",
                "label": self.env._("calls and other communication"),
                "model": "nestogy.communication",
                "field": "res_id",
                "domain": Domain("res_model", "=", self._name) & Domain("res_id", "in", self.ids),
            },
        ]
