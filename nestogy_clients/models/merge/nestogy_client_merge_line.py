from odoo import fields, models


class NestogyClientMergeLine(models.Model):
    """What a merge did: a field that got a value, rows of one table that moved or stayed, a login that was closed.

    Lines of memory hold a row as it was before and after; they and the numbers of the moved rows go when the merge
    cannot be taken back any more.
    """

    _name = "nestogy.client.merge.line"
    _description = "Part of a Merge"
    _order = "merge_id, kind, id"
    _rec_name = "label"

    merge_id = fields.Many2one("nestogy.client.merge", required=True, readonly=True, index=True, ondelete="cascade")
    kind = fields.Selection(
        [
            ("field", "Value taken"),
            ("login", "Login"),
            ("move", "Moved"),
            ("stay", "Stayed"),
            ("change", "Joined"),
            ("block", "Not taken back"),
            ("memory", "Memory"),
        ],
        required=True,
        readonly=True,
    )
    label = fields.Char(string="What", readonly=True)
    detail = fields.Char(readonly=True)
    source_name = fields.Char(string="From", readonly=True)
    row_count = fields.Integer(string="Rows", readonly=True, aggregator="sum")
    # only the machine reads these: they hold values of fields that not everybody may see
    table_name = fields.Char(readonly=True, groups="base.group_system")
    column_name = fields.Char(readonly=True, groups="base.group_system")
    key_name = fields.Char(readonly=True, groups="base.group_system")
    record_id = fields.Integer(readonly=True, groups="base.group_system")
    old_value = fields.Char(readonly=True, groups="base.group_system")
    new_value = fields.Char(readonly=True, groups="base.group_system")
    row_ids = fields.Json(readonly=True, groups="base.group_system")
    before = fields.Json(readonly=True, groups="base.group_system")
    after = fields.Json(readonly=True, groups="base.group_system")

    _memory_idx = models.UniqueIndex("(merge_id, table_name, record_id) WHERE kind = 'memory'")
