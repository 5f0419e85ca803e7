import hashlib
import json

from odoo import api, fields, models

from ...tools.import_columns import heading_key


class NestogyClientImportMapping(models.Model):
    """What the columns of a file meant the last time that a file with the same headings came."""

    _name = "nestogy.client.import.mapping"
    _description = "Remembered Columns of Client Imports"
    _order = "write_date desc, id desc"
    _rec_name = "headings"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    digest = fields.Char(required=True, readonly=True)
    headings = fields.Char(required=True, readonly=True, help="Of the file, in their order.")
    mapping = fields.Json(required=True, readonly=True)

    _digest_unique = models.UniqueIndex("(company_id, digest)", "These headings are remembered already.")

    @api.model
    def _digest_of(self, headings):
        keys = json.dumps([heading_key(heading) for heading in headings])
        return hashlib.sha256(keys.encode()).hexdigest()

    @api.model
    def _recall(self, headings):
        """The columns as they were meant the last time, by index; empty for headings that are new."""
        # what is kept here is read by whoever may import
        known_sudo = self.sudo().search(
            [("company_id", "=", self.env.company.id), ("digest", "=", self._digest_of(headings))], limit=1
        )
        return {column["index"]: column for column in known_sudo.mapping or []}

    @api.model
    def _remember(self, mapping):
        """Keep what these columns mean for the next file with the same headings."""
        headings = [column["heading"] for column in mapping]
        digest = self._digest_of(headings)
        # written by the choice of a column and nowhere else
        mappings_sudo = self.sudo()
        known_sudo = mappings_sudo.search([("company_id", "=", self.env.company.id), ("digest", "=", digest)], limit=1)
        if known_sudo:
            known_sudo.mapping = mapping
            return
        mappings_sudo.create(
            {
                "company_id": self.env.company.id,
                "digest": digest,
                "headings": ", ".join(filter(None, headings))[:500] or "-",
                "mapping": mapping,
            }
        )
