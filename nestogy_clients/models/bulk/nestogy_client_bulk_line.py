from odoo import fields, models


class NestogyClientBulkLine(models.Model):
    """What became of one client in a bulk action."""

    _name = "nestogy.client.bulk.line"
    _description = "Client of a Bulk Action"
    _order = "id"
    _rec_name = "client_name"

    bulk_id = fields.Many2one("nestogy.client.bulk", required=True, readonly=True, ondelete="cascade")
    client_id = fields.Many2one("res.partner", readonly=True, index=True, ondelete="set null")
    client_name = fields.Char(string="Name", readonly=True, help="As it was then.")
    state = fields.Selection(
        [
            ("waiting", "To do"),
            ("done", "Done"),
            ("refused", "Refused"),
            ("undone", "Taken back"),
            ("kept", "Not taken back"),
        ],
        string="Result",
        required=True,
        readonly=True,
        default="waiting",
    )
    reason = fields.Char(readonly=True)
    before = fields.Json(readonly=True)
    after = fields.Json(readonly=True)

    # the next batch, whatever the number of lines
    _bulk_state_idx = models.Index("(bulk_id, state, id)")

    def _mark(self, state, reason=False):
        """Note what became of these clients."""
        self.write({"state": state, "reason": reason})

    def _remember(self, before, after, keeps):
        """Keep what was before, for taking back; those with the same values are written together at flush."""
        if keeps:
            self.write({"before": before, "after": after})

    def action_open(self):
        """Open the client."""
        self.ensure_one()
        self.check_access("read")
        return self.client_id.action_open_client()
