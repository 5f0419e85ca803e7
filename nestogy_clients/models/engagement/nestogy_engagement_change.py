from odoo import fields, models


class NestogyEngagementChange(models.Model):
    """A client with whom something happened since its engagement was computed; waits for the clock, a moment only.

    Plain rows without a unique index: whoever logs something never waits for another who does, and a client's own row
    is not locked.
    """

    _name = "nestogy.engagement.change"
    _description = "Client Whose Engagement Is to Be Computed"
    _log_access = False

    client_id = fields.Many2one("res.partner", required=True, readonly=True, ondelete="cascade", index=True)
