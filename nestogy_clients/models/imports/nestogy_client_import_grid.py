from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.custom_values import CONTROL
from ...tools.import_columns import CONTACT_HEADER, LONGEST, REQUIRED
from .nestogy_client_import_row import DEEDS

PAGE_LIMIT = 500  # rows at a time
CONTACTS_OFFERED = 3  # of a file that has no more


class NestogyClientImport(models.Model):
    """The rows as a person looks at them: page by page, with what is wrong in each cell, to be corrected there."""

    _inherit = "nestogy.client.import"

    def get_grid(self, offset=0, limit=80, only=False):
        """A page of the rows.

        :param int offset: rows before it
        :param int limit: rows on it
        :param str only: those with this deed (``create``, ``update``, ``skip``, ``refuse``), all when empty
        :return: dict of ``columns``, ``targets``, ``rows``, ``counts`` and ``length`` (rows that ``only`` leaves)
        """
        self._check_mine()
        domain = [("import_id", "=", self.id)]
        if only:
            if only not in dict(DEEDS):
                raise UserError(self.env._("Rows are shown by what becomes of them, not by “%s”.", str(only)[:40]))
            domain.append(("deed", "=", only))
        offset, limit = max(int(offset), 0), min(max(int(limit), 1), PAGE_LIMIT)
        rows = self.env["nestogy.client.import.row"]
        return {
            "columns": self.mapping or [],
            "targets": self._grid_targets(),
            "rows": [self._grid_row(row) for row in rows.search(domain, order="line, id", offset=offset, limit=limit)],
            "counts": self._grid_counts(),
            "length": rows.search_count(domain),
        }

    def _grid_row(self, row):
        client = row.client_id
        return {
            "id": row.id,
            "line": row.line,
            "deed": row.deed,
            "state": row.state,
            "client": {"id": client.id, "name": client.display_name} if client else False,
            "cells": row.cells or [],
            "problems": row.problems or {},
            "reason": row.reason or "",
        }

    def _grid_counts(self):
        return {
            "create": self.create_count,
            "update": self.update_count,
            "skip": self.skip_count,
            "refuse": self.error_count,
            "total": self.row_count,
        }

    def _grid_targets(self):
        """What a column may become: list of dicts of ``name``, ``label``, ``required`` and ``help``."""
        partners = self.env["res.partner"]
        used = [
            int(match[1]) for column in self.mapping or [] if (match := CONTACT_HEADER.match(column["target"] or ""))
        ]
        most = max([CONTACTS_OFFERED, *used])
        labels, helps = partners._client_import_labels(), partners._client_import_helps()
        targets = []
        for name in partners._client_import_column_names():
            match = CONTACT_HEADER.match(name)
            if match and int(match[1]) > most:
                continue
            targets.append(
                {
                    "name": name,
                    "label": partners._client_import_label(name, labels),
                    "required": name in REQUIRED,
                    "help": helps.get(name) or partners._client_import_part_help(name),
                }
            )
        for field in partners._client_import_fields():
            targets.append(
                {
                    "name": field.name,
                    "label": field.name,
                    "required": field.required and not field.group_ids,
                    "help": " ".join(filter(None, (partners._client_import_kind_help(field.kind), field.help))),
                }
            )
        return targets

    # ------------------------------------------------------------------
    # Corrections
    # ------------------------------------------------------------------

    def set_cell(self, row_id, index, text):
        """Correct a cell; its row is checked again, and with it those that stand for the same client.

        :return: dict of ``row``, as in :meth:`get_grid`, and ``counts``
        """
        self._check_mine("draft")
        # a row of this import, which is nobody else's to write
        row_sudo = self.env["nestogy.client.import.row"].sudo()
        row_sudo = row_sudo.search([("import_id", "=", self.id), ("id", "=", row_id)])
        cells = list(row_sudo.cells or [])
        is_place = isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(self.mapping or [])
        if not row_sudo or not is_place or not isinstance(text, str):
            raise UserError(self.env._("This cell is not there any more; reload the page."))
        if len(text) > LONGEST:
            raise UserError(self.env._("A cell has at most %s characters.", LONGEST))
        cells += [""] * (index + 1 - len(cells))
        cells[index] = CONTROL.sub("", text).strip()
        row_sudo.cells = cells
        if self.is_checked:
            self._check_again(row_sudo)
        return {"row": self._grid_row(row_sudo.with_env(self.env)), "counts": self._grid_counts()}

    def _check_again(self, row_sudo):
        """Decide anew about a row, and about all that are known by the same before or after the correction."""
        before = set(row_sudo.match_keys or [])
        self._note_plans(self._decide(row_sudo))
        others_sudo = self._rows_known_by(before | set(row_sudo.match_keys or [])) - row_sudo
        if others_sudo:
            self._note_plans(self._decide((others_sudo | row_sudo).sorted(lambda each: (each.line, each.id))))
        self.sudo()._count_deeds()  # the counts are nobody's to write

    def _rows_known_by(self, keys):
        """The rows of the file that share one of these keys, or one with a row that does, and so on."""
        rows_sudo = self.env["nestogy.client.import.row"].sudo()  # rows of this import
        asked, found = set(), set()
        while keys - asked:
            new = list(keys - asked)
            asked |= keys
            rows = self.env.execute_query(
                SQL(
                    """SELECT id, match_keys FROM nestogy_client_import_row
                        WHERE import_id = %s AND jsonb_typeof(match_keys) = 'array' AND match_keys ?| %s""",
                    self.id,
                    new,
                )
            )
            found |= {row_id for row_id, _keys in rows}
            keys = {key for _row_id, mine in rows for key in mine if self._links(key)}
        return rows_sudo.browse(sorted(found))

    def _links(self, key):
        """Say whether rows with the same key may stand for the same client."""
        rule = key.partition(":")[0]
        return rule in {"number", "row", "company", *(self.match_rules or [])}

    def set_column(self, index, target, policy):
        """Say what a column means, for this file and the next ones with the same headings; all rows are checked again.

        :param str target: name of a column of ours, empty for none; another column that had it has none any more
        :param str policy: ``overwrite`` or ``fill``
        """
        self._check_mine("draft")
        mapping = [dict(column) for column in self.mapping or []]
        is_place = isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(mapping)
        if not is_place or policy not in ("overwrite", "fill"):
            raise UserError(self.env._("This column is not there any more; reload the page."))
        if target and target not in self._target_names():
            raise UserError(self.env._("“%s” is nothing that an import may set.", str(target)[:40]))
        for column in mapping:
            if target and column["target"] == target:
                column["target"] = ""
        mapping[index] |= {"target": target or "", "policy": policy}
        import_sudo = self.sudo()  # checked above; these are not the user's to write
        import_sudo.mapping = mapping
        self.env["nestogy.client.import.mapping"]._remember(mapping)
        self._check_begin()
        return True
