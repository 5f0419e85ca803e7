from odoo import models
from odoo.exceptions import UserError

from ...tools.sheets import Sheet, write_csv, write_xlsx
from .nestogy_client_import import MANAGER

WIDTH = 20  # of a column in a workbook


class NestogyClientImport(models.Model):
    """What the screen of an import asks beside its rows."""

    _inherit = "nestogy.client.import"

    def set_matching(self, match_rules, on_match):
        """Say by what a row finds its client, and what happens then; all rows are decided about anew.

        What was corrected in cells stays: the file is not read again.

        :param list match_rules: keys of rules, the first one is asked first
        :param str on_match: ``update``, ``skip`` or ``create``
        """
        self._check_mine("draft")
        if on_match not in dict(self._fields["on_match"].selection):
            raise UserError(self.env._("Choose what happens to clients that are there already."))
        self.write({"match_rules": match_rules, "on_match": on_match})
        if self.is_staged:
            self._check_begin()
        return True

    def action_open_clients(self):
        """Open the clients that were created and updated."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client")
        # the rows are only known to who may import; clients are opened as the user sees them
        rows = self.env["nestogy.client.import.row"].search(
            [("import_id", "=", self.id), ("state", "in", ("done", "kept")), ("client_id", "!=", False)]
        )
        return action | {
            "name": self.name,
            "domain": [("is_client", "=", True), ("id", "in", rows.client_id.ids)],
            "context": {"nestogy_new_client": True, "active_test": False},
        }

    # ------------------------------------------------------------------
    # Refused rows
    # ------------------------------------------------------------------

    def _may_download(self):
        return self.env.user.has_group(MANAGER) and self.has_access("read")

    def _write_refused(self, target, file_type):
        """Write the rows that were not taken in: the columns of the file, and why. It can be imported again.

        :param target: a binary file
        :param str file_type: ``xlsx`` or ``csv``
        """
        self.ensure_one()
        headings = [column["heading"] for column in self.mapping or []]
        rows = self.env["nestogy.client.import.row"].search(
            [("import_id", "=", self.id), "|", ("state", "=", "refused"), ("deed", "=", "refuse")], order="line, id"
        )
        more = max((len(row.cells or []) for row in rows), default=0) - len(headings)
        headings += [self.env._("More %s", number) for number in range(1, more + 1)]
        columns = [*headings, self.env._("Reason")]
        lines = (self._refused_cells(row, len(headings)) for row in rows)
        if file_type == "csv":
            write_csv(target, columns, lines)
        else:
            sheet = Sheet(self.env._("Refused Rows"), [(column, WIDTH) for column in columns], lines)
            write_xlsx(target, [sheet])

    def _refused_cells(self, row, width):
        cells = [str(cell or "") for cell in row.cells or []]
        return [*cells, *[""] * (width - len(cells)), row.reason or ""]
