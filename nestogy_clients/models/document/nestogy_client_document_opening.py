from odoo import api, fields, models
from odoo.exceptions import UserError


class NestogyClientDocumentOpening(models.Model):
    """One time that a file was handed to somebody in the portal. Never edited."""

    _name = "nestogy.client.document.opening"
    _description = "Opening of a Client Document"
    _order = "opened_at desc, id desc"
    _rec_name = "document_id"

    document_id = fields.Many2one("nestogy.client.document", required=True, ondelete="cascade")
    version_id = fields.Many2one(
        "nestogy.client.document.version", string="File", required=True, index=True, ondelete="cascade"
    )
    number = fields.Integer(related="version_id.number", string="Version")
    partner_id = fields.Many2one("res.partner", string="Person", index="btree_not_null", ondelete="set null")
    user_id = fields.Many2one("res.users", ondelete="set null")
    how = fields.Selection([("opened", "Opened"), ("downloaded", "Downloaded")], required=True)
    opened_at = fields.Datetime(string="When", required=True, default=fields.Datetime.now)

    _document_idx = models.Index("(document_id, opened_at DESC)")

    @api.model
    def _log_opening(self, versions, how):
        """Note that the current user got these files.

        :param str how: ``opened`` or ``downloaded``
        """
        # nobody has rights to write here; who is handed a file leaves a row
        self.sudo().create(
            [
                {
                    "document_id": version.document_id.id,
                    "version_id": version.id,
                    "partner_id": self.env.user.partner_id.id,
                    "user_id": self.env.uid,
                    "how": how,
                }
                for version in versions
            ]
        )

    def write(self, vals):
        if set(vals) - {"partner_id"} or not self.env.su:  # a merge of contacts moves the person
            raise UserError(self.env._("The list of who opened a document cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The list of who opened a document cannot be deleted."))
