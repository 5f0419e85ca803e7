from odoo import fields, models
from odoo.exceptions import UserError

from ..models.engagement.nestogy_engagement_record import LEVELS


class NestogyEngagementSet(models.TransientModel):
    """Asks how engaged clients are in the eyes of who knows them, until when and why."""

    _name = "nestogy.engagement.set"
    _description = "Set Engagement by Hand"

    client_ids = fields.Many2many("res.partner", string="Clients", required=True)
    level = fields.Selection(LEVELS, required=True)
    until = fields.Date(
        required=True,
        default=lambda self: fields.Date.add(fields.Date.today(), days=30),
        help="The last day on which it holds; then the points decide again.",
    )
    reason = fields.Char(required=True)

    def action_apply(self):
        """Set the level for the chosen clients."""
        self.ensure_one()
        clients = self.client_ids.filtered("is_client")
        if not clients:
            raise UserError(self.env._("Choose at least one client."))
        clients.write(
            {
                "engagement_override": self.level,
                "engagement_override_until": self.until,
                "engagement_override_reason": self.reason.strip(),
            }
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
