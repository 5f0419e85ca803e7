from odoo import models


class ResPartner(models.Model):
    """Follow-ups of a client are Odoo's activities, on the client or on what was made for it."""

    _inherit = "res.partner"

    def action_follow_up(self):
        """Schedule an activity on the client."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Follow Up"),
            "res_model": "mail.activity.schedule",
            "views": [(False, "form")],
            "target": "new",
            "context": {"active_model": self._name, "active_id": self.id, "active_ids": self.ids},
        }
