import base64

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .nestogy_client_import_row import DEEDS

BATCH = 2000  # rows a transaction
AT_ONCE = 100  # rows that are imported while the user waits
CHECK_BATCH = 1000  # rows a transaction of the check
CHECK_AT_ONCE = 2000  # rows that are checked while the user waits
DRAFT_DAYS = 30  # after which a file that nobody imported is gone
KEPT_DAYS = 180  # after which an import cannot be taken back any more
MANAGER = "nestogy_clients.nestogy_clients_group_manager"
RULES = ("number", "email", "vat", "domain", "phone", "name")
# what a manager chooses; all else is written by the methods
OPEN = {"name", "file", "filename", "encoding", "separator", "sheet", "match_rules", "on_match"}


class NestogyClientImport(models.Model):
    """A file of clients that is looked through, corrected and taken in, and taken back if need be.

    The check parses the file into rows and decides about each of them; the run decides about each batch anew, by the
    same code, and does it. So what the check counts is what the run does.
    """

    _name = "nestogy.client.import"
    _description = "Import of Clients"
    _inherit = ["nestogy.work.mixin"]
    _order = "id desc"

    name = fields.Char(compute="_compute_name", store=True, readonly=False, precompute=True)
    file = fields.Binary(attachment=True, copy=False)
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
        help="Of a text file; empty means that it is detected. Choose another one when letters look wrong.",
    )
    separator = fields.Selection(
        [(",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Bar")],
        help="Between the columns of a CSV file; empty means that it is detected.",
    )
    sheet = fields.Char(help="Of a workbook; empty means the first one that is not hidden.")
    sheets = fields.Json(readonly=True, copy=False, help="Names of the sheets that the workbook has.")
    detected = fields.Char(string="Read as", readonly=True, copy=False)
    preset = fields.Char(readonly=True, copy=False, help="The system from which the file comes, by its headings.")
    is_people = fields.Boolean(
        string="Address Book", readonly=True, copy=False, help="People of one company stand in rows of their own."
    )
    mapping = fields.Json(
        string="Columns",
        readonly=True,
        copy=False,
        help="For each column of the file: index, heading, target (a column of ours, or nothing), policy (overwrite or "
        "fill).",
    )
    match_rules = fields.Json(
        string="Same Client By",
        default=lambda self: ["number", "email", "vat"],
        help="By what a row finds the client that is there already: the first rule that finds one decides.",
    )
    on_match = fields.Selection(
        [("update", "Update"), ("skip", "Skip"), ("create", "Create Another One")],
        string="If It Is There Already",
        required=True,
        default="update",
    )
    phase = fields.Selection([("check", "Check"), ("run", "Import")], required=True, readonly=True, default="check")
    is_staged = fields.Boolean(readonly=True, copy=False, help="The rows are those of the file.")
    is_checked = fields.Boolean(readonly=True, copy=False)
    row_count = fields.Integer(string="Rows", readonly=True, copy=False)
    create_count = fields.Integer(string="New", readonly=True, copy=False)
    update_count = fields.Integer(string="Updated", readonly=True, copy=False)
    skip_count = fields.Integer(string="Skipped", readonly=True, copy=False)
    error_count = fields.Integer(string="With Mistakes", readonly=True, copy=False)
    row_ids = fields.One2many("nestogy.client.import.row", "import_id", string="Lines", readonly=True)
    is_forgotten = fields.Boolean(
        readonly=True, copy=False, help="The cells of an old import are gone, and it cannot be taken back any more."
    )
    made_tag_ids = fields.Json(readonly=True, copy=False)
    may_undo = fields.Boolean(compute="_compute_may_undo")

    @api.depends("filename")
    def _compute_name(self):
        for one in self:
            one.name = one.filename or one.name or self.env._("Import of Clients")

    @api.constrains("match_rules")
    def _check_match_rules(self):
        for one in self:
            rules = one.match_rules
            if not isinstance(rules, list) or len(set(map(str, rules))) < len(rules) or not set(rules) <= {*RULES}:
                raise UserError(
                    self.env._("Choose each rule once, among these: %s.", ", ".join(self._rule_labels().values()))
                )

    @api.model
    def _rule_labels(self):
        return {
            "number": self.env._("Client ID"),
            "email": self.env._("E-mail"),
            "vat": self.env._("Tax ID"),
            "domain": self.env._("Domain"),
            "phone": self.env._("Phone"),
            "name": self.env._("Name"),
        }

    # ------------------------------------------------------------------
    # Who may do what
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_open(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_open(vals)
        if not self.env.su and any(one.state != "draft" for one in self) and set(vals) - {"name"}:
            raise UserError(self.env._("This import was started already; begin another one."))
        result = super().write(vals)
        if not self.env.su and {"file", "encoding", "separator", "sheet", "match_rules", "on_match"} & set(vals):
            # what was found no longer holds; nobody writes that himself
            imports_sudo = self.sudo()
            imports_sudo.is_checked = False
            if {"file", "encoding", "separator", "sheet"} & set(vals):
                imports_sudo.is_staged = False
        return result

    @api.model
    def _check_open(self, vals):
        """Let users write what they choose, and nothing of what the import notes itself.

        :raise AccessError: names the field
        """
        closed = set(vals) - OPEN
        if closed and not self.env.su:
            raise AccessError(self.env._("%s is written by the import itself.", ", ".join(sorted(closed))))

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_busy(self):
        if any(one.state in ("waiting", "running") for one in self):
            raise UserError(self.env._("The import is at work; cancel it first."))

    def _check_mine(self, state=None):
        """Only client managers work with imports.

        :param str state: in which it has to be
        :raise AccessError: somebody else asks
        :raise UserError: it is past that state
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only client managers import clients."))
        if state and self.state != state:
            raise UserError(self.env._("This import was started already; begin another one."))

    @api.autovacuum
    def _gc_imports(self):
        """Forget the people in old files: imports that nobody started go, the rows of others keep what came of them."""
        drafts = self.sudo().search(  # housekeeping is nobody's
            [
                ("state", "=", "draft"),
                ("write_date", "<", fields.Datetime.subtract(fields.Datetime.now(), days=DRAFT_DAYS)),
            ]
        )
        drafts.unlink()
        old_sudo = self.sudo().search(  # as above
            [
                ("state", "in", ("done", "cancelled", "failed", "undone")),
                ("ended_at", "<", fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS)),
                ("is_forgotten", "=", False),
            ]
        )
        old_sudo.row_ids.write({"cells": [], "problems": False, "before": False, "after": False})
        old_sudo.write({"file": False, "is_forgotten": True})

    # ------------------------------------------------------------------
    # Doing it
    # ------------------------------------------------------------------

    def _get_content(self):
        # the browser asks for sizes instead of contents
        return base64.b64decode(self.with_context(bin_size=False).file or b"")

    def action_start(self):
        """Take the file in, as the check said: few rows at once, many in the background."""
        self._check_mine("draft")
        if not self.is_checked:
            raise UserError(self.env._("Check the file first."))
        if not self.create_count + self.update_count:
            if self.error_count:
                raise UserError(self.env._("No row of this file can be imported; correct those with mistakes first."))
            raise UserError(self.env._("All clients of this file are there already; nothing is left to import."))
        import_sudo = self.sudo()  # checked above; these are not the user's to write
        import_sudo.write({"phase": "run", "total": self.row_count, "user_id": self.env.uid})
        if self.row_count <= AT_ONCE:
            self._work_now()
        else:
            self._work_start()
        return True

    def action_cancel(self):
        """Stop for good; what is done stays done. A check that is stopped leaves the import as it was before."""
        checks_sudo = self.sudo().filtered(lambda one: one.phase == "check")  # who may do it is asked below
        result = super().action_cancel()
        checks_sudo.filtered(lambda one: one.state == "cancelled").write({"state": "draft", "is_checked": False})
        return result

    def _work_step(self):
        return self._check_step() if self.phase == "check" else self._run_step()

    def _work_end(self):
        """A check that is through leaves the import to be started; a run is done."""
        if self.phase == "run":
            return super()._work_end()
        import_sudo = self.sudo()  # as in the mixin
        import_sudo._count_deeds()
        import_sudo.write({"state": "draft", "is_checked": True, "ended_at": fields.Datetime.now()})
        return None

    def _count_deeds(self):
        """Note how many rows are to be created, updated, skipped and refused."""
        self.flush_recordset()
        counts = dict(
            self.env["nestogy.client.import.row"]._read_group([("import_id", "=", self.id)], ["deed"], ["__count"])
        )
        found = {deed: counts.get(deed, 0) for deed, _label in DEEDS}
        self.write(
            {
                "create_count": found["create"],
                "update_count": found["update"],
                "skip_count": found["skip"],
                "error_count": found["refuse"],
            }
        )
        return found
