from odoo import fields, models


class NestogyPortalArchiveLine(models.Model):
    """One document of a download, and what became of it."""

    _name = "nestogy.portal.archive.line"
    _description = "Document of a Download"
    _order = "id"
    _rec_name = "move_id"
    _log_access = False

    archive_id = fields.Many2one("nestogy.portal.archive", required=True, readonly=True, index=True, ondelete="cascade")
    move_id = fields.Many2one(
        "account.move", string="Document", required=True, readonly=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(
        [("stored", "Had a PDF"), ("waiting", "Waiting"), ("printed", "Printed"), ("failed", "Failed")],
        required=True,
        readonly=True,
    )
    attachment_id = fields.Many2one("ir.attachment", string="Printed", readonly=True, ondelete="set null")
    problem = fields.Char(readonly=True, help="Why the document could not be printed.")

    _waiting_idx = models.Index("(archive_id) WHERE state = 'waiting'")
    _attachment_idx = models.Index("(attachment_id) WHERE attachment_id IS NOT NULL")
