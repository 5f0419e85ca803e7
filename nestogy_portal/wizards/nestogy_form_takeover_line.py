from odoo import fields, models


class NestogyFormTakeoverLine(models.TransientModel):
    """One answer that is not what is on record; what is written is read from the entry again."""

    _name = "nestogy.form.takeover.line"
    _description = "Answer to Take Over"

    takeover_id = fields.Many2one("nestogy.form.takeover", required=True, ondelete="cascade", index=True)
    key = fields.Char(required=True, readonly=True)
    label = fields.Char(string="What", readonly=True)
    owner = fields.Char(string="Of", readonly=True)
    known = fields.Char(string="Before", readonly=True)
    sent = fields.Char(string="After", readonly=True)
    warning = fields.Char(string="Note", readonly=True)
    is_taken = fields.Boolean(string="Take")
