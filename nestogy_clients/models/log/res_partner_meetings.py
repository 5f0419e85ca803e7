from odoo import models
from odoo.fields import Command


class ResPartner(models.Model):
    """Meeting a client."""

    _inherit = "res.partner"

    def _client_quick_words(self):
        actions = super()._client_quick_words()
        if self.env["calendar.event"].has_access("create"):
            label = self.env._("Plan a Meeting")
            actions.append(
                self._client_quick_action("meeting", 62, label, "fa-calendar-plus-o", "action_client_plan_meeting")
            )
        return actions

    def action_client_plan_meeting(self):
        """Begin a meeting with the primary contact and me; it stands in the client's log by itself."""
        self.ensure_one()
        self.check_access("read")
        self.env["calendar.event"].check_access("create")
        person = self.primary_contact_id.filtered("active") or self
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Meeting with %s", self.name),
            "res_model": "calendar.event",
            "views": [(False, "form")],
            "context": {
                "default_name": self.env._("Meeting with %s", self.name),
                "default_partner_ids": [Command.set((person | self.env.user.partner_id).ids)],
            },
        }
