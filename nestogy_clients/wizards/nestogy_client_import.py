import base64

from odoo import fields, models
from odoo.exceptions import UserError

from ..tools.client_file import COLUMNS


class NestogyClientImport(models.TransientModel):
    """Asks for a file of clients, takes it in and tells what came of each row."""

    _name = "nestogy.client.import"
    _description = "Import Clients"

    file = fields.Binary(string="CSV File", attachment=False)
    filename = fields.Char()
    state = fields.Selection([("ask", "Ask"), ("done", "Done")], default="ask", required=True)
    columns = fields.Text(compute="_compute_columns")
    created_ids = fields.Many2many("res.partner", string="Imported Clients")
    created_count = fields.Integer(compute="_compute_counts")
    error_ids = fields.One2many("nestogy.client.import.error", "import_id", string="Refused Rows")
    error_count = fields.Integer(compute="_compute_counts")

    def _compute_columns(self):
        contacts = ["contact1_name", "contact1_email", "contact1_phone", "contact1_function …"]
        custom = [field.name for field in self.env["res.partner"]._client_import_fields()]
        self.columns = ", ".join([*COLUMNS, *contacts, *custom])

    def _compute_counts(self):
        for wizard in self:
            wizard.created_count = len(wizard.created_ids)
            wizard.error_count = len(wizard.error_ids)

    def action_import(self):
        """Import the file and show the outcome."""
        self.ensure_one()
        if self.state == "done":
            raise UserError(self.env._("This file was imported already; open the import again for another file."))
        if not self.file:
            raise UserError(self.env._("Choose a file first."))
        result = self.env["res.partner"]._import_clients_file(base64.b64decode(self.file), self.filename)
        self.write(
            {
                "state": "done",
                "file": False,
                "created_ids": [fields.Command.set(result.created.ids)],
                "error_ids": [
                    fields.Command.create({"line": line, "message": message}) for line, message in result.errors
                ],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import Clients"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_open_clients(self):
        """Open the clients that were imported."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client")
        return action | {"domain": [("id", "in", self.created_ids.ids)], "target": "main"}


class NestogyClientImportError(models.TransientModel):
    _name = "nestogy.client.import.error"
    _description = "Refused Row of a Client Import"
    _order = "line, id"

    import_id = fields.Many2one("nestogy.client.import", required=True, ondelete="cascade", index=True)
    line = fields.Integer(string="Line in the File")
    message = fields.Char(string="Reason")
