from odoo import api, fields, models
from odoo.exceptions import UserError


class NestogyClientDocumentFolder(models.Model):
    """Where documents of all clients are filed: contracts, reports, certificates."""

    _name = "nestogy.client.document.folder"
    _description = "Document Folder"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    document_ids = fields.One2many("nestogy.client.document", "folder_id", string="Documents")
    document_count = fields.Integer(compute="_compute_document_count")

    def _compute_document_count(self):
        counts = dict(
            self.env["nestogy.client.document"]._read_group(
                domain=[("folder_id", "in", self.ids)], groupby=["folder_id"], aggregates=["__count"]
            )
        )
        for folder in self:
            folder.document_count = counts.get(folder, 0)

    @api.model
    def _get_client_folder(self):
        """Where lands what clients upload; empty when somebody deleted it."""
        found = self.env.ref("nestogy_clients.nestogy_client_document_folder_client", raise_if_not_found=False)
        return found or self.browse()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_client_folder(self):
        if self._get_client_folder() in self:
            raise UserError(
                self.env._("Uploads of clients land in this folder; rename it if you like, but it cannot be deleted.")
            )
