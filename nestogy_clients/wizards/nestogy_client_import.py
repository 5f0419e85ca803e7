import base64

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.import_columns import COLUMNS


class NestogyClientImport(models.TransientModel):
    """Asks for a file of clients, shows how it is read, takes it in and tells what came of each row."""

    _name = "nestogy.client.import"
    _description = "Import Clients"

    file = fields.Binary(attachment=False)
    filename = fields.Char()
    encoding = fields.Selection(
        [
            ("utf-8", "UTF-8"),
            ("utf-16", "UTF-16"),
            ("cp1252", "Western (Windows-1252)"),
            ("mac_roman", "Western (Mac Roman)"),
            ("iso8859_15", "Western (ISO 8859-15)"),
            ("cp1250", "Central European (Windows-1250)"),
            ("cp1251", "Cyrillic (Windows-1251)"),
            ("cp1253", "Greek (Windows-1253)"),
            ("cp1254", "Turkish (Windows-1254)"),
            ("shift_jis", "Japanese (Shift JIS)"),
            ("gb18030", "Chinese (GB 18030)"),
            ("big5", "Chinese (Big5)"),
        ],
        help="Of a text file; empty means that it is detected. Choose another one when letters look wrong below.",
    )
    separator = fields.Selection(
        [(",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Bar")],
        help="Between the columns of a CSV file; empty means that it is detected.",
    )
    state = fields.Selection([("ask", "Ask"), ("done", "Done")], default="ask", required=True)
    columns = fields.Text(compute="_compute_columns")
    detected = fields.Char(string="Read as", compute="_compute_preview")
    row_count = fields.Integer(string="Rows", compute="_compute_preview")
    problem = fields.Char(compute="_compute_preview")
    preview = fields.Html(compute="_compute_preview", sanitize=False)
    created_ids = fields.Many2many("res.partner", string="Imported Clients")
    created_count = fields.Integer(compute="_compute_counts")
    error_ids = fields.One2many("nestogy.client.import.error", "import_id", string="Refused Rows")
    error_count = fields.Integer(compute="_compute_counts")

    def _compute_columns(self):
        contacts = ["contact1_name", "contact1_email", "contact1_phone", "contact1_function …"]
        custom = [field.name for field in self.env["res.partner"]._client_import_fields()]
        self.columns = ", ".join([*COLUMNS, *contacts, *custom])

    @api.depends("file", "filename", "encoding", "separator")
    def _compute_preview(self):
        for wizard in self:
            content = wizard._get_content()
            wizard.detected = wizard.problem = wizard.preview = False
            wizard.row_count = 0
            if not content:
                continue
            try:
                found = self.env["res.partner"]._client_import_preview(
                    content, wizard.filename, wizard.encoding, wizard.separator
                )
            except UserError as error:
                wizard.problem = str(error.args[0])
                continue
            wizard.detected, wizard.row_count = found["detected"], found["rows"]
            wizard.preview = self.env["ir.qweb"]._render("nestogy_clients.client_import_preview", found)

    def _compute_counts(self):
        for wizard in self:
            wizard.created_count = len(wizard.created_ids)
            wizard.error_count = len(wizard.error_ids)

    def _get_content(self):
        # the browser asks for sizes instead of contents
        return base64.b64decode(self.with_context(bin_size=False).file or b"")

    def action_import(self):
        """Import the file and show the outcome."""
        self.ensure_one()
        if self.state == "done":
            raise UserError(self.env._("This file was imported already; open the import again for another file."))
        if not self.file:
            raise UserError(self.env._("Choose a file first."))
        result = self.env["res.partner"]._import_clients_file(
            self._get_content(), self.filename, self.encoding, self.separator
        )
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
