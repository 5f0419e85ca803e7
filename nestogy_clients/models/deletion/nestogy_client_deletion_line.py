from odoo import api, fields, models

from ...tools.document_files import size_text


class NestogyClientDeletionLine(models.Model):
    """What goes with a client, what stays and why, stands in the way or names it elsewhere: one kind of records."""

    _name = "nestogy.client.deletion.line"
    _description = "Part of a Deletion"
    _order = "id"

    deletion_id = fields.Many2one(
        "nestogy.client.deletion", required=True, readonly=True, index=True, ondelete="cascade"
    )
    kind = fields.Selection(
        [("goes", "Goes"), ("kept", "Is kept"), ("refused", "Stands in the way"), ("named", "Speaks of them")],
        required=True,
        readonly=True,
    )
    key = fields.Char(required=True, readonly=True)
    name = fields.Char(string="What", required=True, readonly=True)
    planned = fields.Integer(string="Count", readonly=True)
    done = fields.Integer(string="Erased", readonly=True)
    size = fields.Float(string="Bytes", digits=(20, 0), readonly=True)
    size_text = fields.Char(string="Files", compute="_compute_size_text")
    why = fields.Char(readonly=True)
    res_model = fields.Char(readonly=True)
    domain = fields.Json(readonly=True)

    @api.depends("size")
    def _compute_size_text(self):
        for line in self:
            line.size_text = size_text(line.size) if line.size else ""

    def action_open(self):
        """Open the records, as far as the user may see them."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self.res_model,
            "domain": self.domain,
            "views": [(False, "list"), (False, "form")],
            "context": {"active_test": False, "create": False},
        }
