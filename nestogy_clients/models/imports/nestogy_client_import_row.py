from odoo import api, fields, models

DEEDS = [("create", "Create"), ("update", "Update"), ("skip", "Skip"), ("refuse", "Refuse")]


class NestogyClientImportRow(models.Model):
    """One row of a file of clients: its cells, what is to be done with it, and what came of it.

    Rows are written by their import and by nobody else.
    """

    _name = "nestogy.client.import.row"
    _description = "Row of a Client Import"
    _order = "line, id"
    _rec_name = "line"
    _log_access = False  # who did it and when is noted on the import

    import_id = fields.Many2one("nestogy.client.import", required=True, readonly=True, ondelete="cascade")
    line = fields.Integer(required=True, readonly=True, help="In the file.")
    cells = fields.Json(readonly=True)
    deed = fields.Selection(DEEDS, string="Action", readonly=True)
    problems = fields.Json(readonly=True, help="By index of the cell; of the whole row without index.")
    state = fields.Selection(
        [
            ("waiting", "To do"),
            ("done", "Done"),
            ("skipped", "Skipped"),
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
    client_id = fields.Many2one("res.partner", readonly=True, index="btree_not_null", ondelete="set null")
    twin_id = fields.Many2one(
        "nestogy.client.import.row",
        string="Same Client As",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The earlier row of the file that creates the client to whom this one belongs.",
    )
    match_keys = fields.Json(readonly=True)
    digest = fields.Char(
        readonly=True, help="Of all that is read from the row: the same row in another file has it, too."
    )
    made = fields.Json(readonly=True, help="Ids of the partners that it brought.")
    before = fields.Json(readonly=True)
    after = fields.Json(readonly=True)

    # the next batch and a page of the grid, whatever the number of rows
    _state_idx = models.Index("(import_id, state, line)")
    _deed_idx = models.Index("(import_id, deed, line)")
    _digest_idx = models.Index("(digest) WHERE client_id IS NOT NULL")

    def _mark(self, state, reason=False):
        """Note what came of these rows."""
        self.write({"state": state, "reason": reason})

    @api.depends("import_id", "line")
    def _compute_display_name(self):
        for row in self:
            row.display_name = self.env._("Line %s", row.line)
