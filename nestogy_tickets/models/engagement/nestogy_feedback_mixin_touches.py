from odoo import models


class NestogyFeedbackMixin(models.AbstractModel):
    """An answer counts for the engagement of the client."""

    _inherit = "nestogy.feedback.mixin"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("answered_at"):
            self.client_id._note_touches()
        return result
