from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import document_files


class NestogyClientDocumentVersion(models.Model):
    """One file of a document. It is never changed; a newer one is added."""

    _name = "nestogy.client.document.version"
    _description = "Version of a Client Document"
    _order = "document_id, number desc"

    document_id = fields.Many2one("nestogy.client.document", required=True, ondelete="cascade")
    client_id = fields.Many2one(related="document_id.client_id", store=True, index=True)
    number = fields.Integer(string="Version", required=True, default=1)
    name = fields.Char(string="File", required=True)
    attachment_id = fields.Many2one("ir.attachment", index="btree_not_null", ondelete="restrict")
    mimetype = fields.Char(related="attachment_id.mimetype", store=True)
    file_size = fields.Integer(related="attachment_id.file_size", store=True)
    size_text = fields.Char(string="Size", compute="_compute_size_text")
    note = fields.Char(string="What Changed")
    user_id = fields.Many2one(
        "res.users",
        string="Uploaded by",
        default=lambda self: self.env.uid,
        index="btree_not_null",
        ondelete="set null",
    )
    uploaded_at = fields.Datetime(string="Uploaded on", required=True, default=fields.Datetime.now)
    is_current = fields.Boolean(compute="_compute_is_current")
    opening_ids = fields.One2many("nestogy.client.document.opening", "version_id", string="Openings")

    _number_unique = models.UniqueIndex("(document_id, number)", "A document has each number of a version once.")
    _client_date_idx = models.Index("(client_id, uploaded_at DESC, id DESC)")

    @api.depends("file_size")
    def _compute_size_text(self):
        for version in self:
            version.size_text = document_files.size_text(version.file_size)

    @api.depends("document_id.version_id")
    def _compute_is_current(self):
        for version in self:
            version.is_current = version == version.document_id.version_id

    @api.depends("name", "number")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._("%(name)s (version %(number)s)", name=version.name, number=version.number)

    def action_restore(self):
        """Make this file the current one again, as a new version; nothing in between is lost."""
        self.ensure_one()
        self.document_id.check_access("write")
        if self.is_current:
            raise UserError(self.env._("This is the current version."))
        self.document_id._add_version(
            self.name,
            self.attachment_id.raw,
            note=self.env._("Version %s again", self.number),
        )

    def action_download(self):
        """Save the file."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "download",
        }

    def _shown_as(self):
        """The type with which a browser may show the file, or ``None``."""
        self.ensure_one()
        return document_files.shown_as(self.name, self.mimetype or "")
