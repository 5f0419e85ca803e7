from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .nestogy_client_merge_pointers import GOES


class NestogyClientMerge(models.Model):
    """Taking a merge back, and forgetting how to."""

    _inherit = "nestogy.client.merge"

    def _undo(self):
        """Take the merge back: what moved goes back where it still is, values return where none newer stands.

        What stays, because it was changed since, is listed.
        """
        user = self.env.user
        # who may take it back may do so with what hangs on the records
        merge_sudo = self.sudo()
        merge_sudo._undo_now(user)

    def _undo_now(self, user):
        """Take it back; called in sudo."""
        self.env.flush_all()
        sources = self.source_ids.partner_id
        kept = self.target_id
        if kept.merged_into_id:
            raise UserError(
                self.env._(
                    "%(kept)s was merged into %(other)s since; take that merge back first.",
                    kept=kept.name,
                    other=kept.merged_into_id.name,
                )
            )
        if not kept or sources != self.partner_ids - kept or not sources:
            raise UserError(self.env._("One of the records was deleted since; there is nothing to go back to."))
        ids = sorted((kept | sources).ids)
        self.env.cr.execute("SELECT id FROM res_partner WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [ids])
        line_model = self.env["nestogy.client.merge.line"]
        moved = [("merge_id", "=", self.id), ("kind", "in", ("move", "change")), ("row_ids", "!=", False)]
        blocks = []
        # first the rows go back, then they become what they were: two of them may be in each other's way before
        for line in line_model.search(moved, order="id desc"):
            left = self._turn_back(line)
            if left:
                blocks.append((line.label, left, self.env._("They were changed since, or are not there any more.")))
        for table in self._memory_tables():
            blocks += self._restore_rows(table)
        self.env.invalidate_all(flush=False)
        self.env.registry.clear_cache()
        line_model.create(
            [
                {"merge_id": self.id, "kind": "block", "label": label, "row_count": count, "detail": detail}
                for label, count, detail in blocks
            ]
        )
        self.write(
            {
                "state": "undone",
                "undone_by_id": user.id,
                "undone_at": fields.Datetime.now(),
                "undo_until": False,
            }
        )
        self._forget()
        for partner in kept | sources:
            partner.message_post(
                body=self.env._("The merge %s was taken back.", self.name), author_id=user.partner_id.id
            )
            partner._get_client()._note_touches()
        children = (kept | sources).with_context(active_test=False).child_ids
        for name in ("complete_name", "commercial_company_name"):
            self.env.add_to_compute(children._fields[name], children)

    def _restore_rows(self, table):
        """Give remembered rows of a table back the values that nothing has changed since.

        :return: list of (what, number, why) of values that stay
        """
        # a unique number goes back to the earlier record before the kept one gets its own again
        columns = [
            row[0]
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT pair.key
                      FROM nestogy_client_merge_line line, jsonb_each(line.before) pair
                     WHERE line.merge_id = %s AND line.kind = 'memory' AND line.table_name = %s
                       AND pair.value IS DISTINCT FROM line.after->pair.key
                       AND pair.key NOT IN ('write_date', 'write_uid')
                  ORDER BY pair.key
                    """,
                    self.id,
                    table,
                )
            )
        ]
        if not columns:
            return []
        model, _name = self._table_models().get(table, (None, None))
        blocks = []
        for column in columns:
            [(blocked,)] = self.env.execute_query(
                SQL(
                    """
                    SELECT count(*)
                      FROM nestogy_client_merge_line line
                      JOIN %(table)s t ON t.id = line.record_id
                     WHERE line.merge_id = %(merge)s AND line.kind = 'memory' AND line.table_name = %(name)s
                       AND line.before->%(column)s IS DISTINCT FROM line.after->%(column)s
                       AND to_jsonb(t)->%(column)s IS DISTINCT FROM line.after->%(column)s
                       AND to_jsonb(t)->%(column)s IS DISTINCT FROM line.before->%(column)s
                    """,
                    table=SQL.identifier(table),
                    merge=self.id,
                    name=table,
                    column=column,
                )
            )
            if blocked:
                field = self.env[model]._fields.get(column) if model else None
                label = field._description_string(self.env) if field else column
                blocks.append((label, blocked, self.env._("A newer value stands and stays.")))
        if table == "res_partner" and "client_number" in columns:
            # both at once would hit the unique key: the numbers are put aside first
            self._put_back(table, {"client_number": SQL("NULL")})
        self._put_back(table, {column: SQL("former.%s", SQL.identifier(column)) for column in columns})
        return blocks

    def _put_back(self, table, values):
        """Restore columns of remembered rows, all at once; what was changed since stays.

        :param dict values: SQL by column, which may speak of ``former``, the row as it was
        """
        restored = []
        for column, value in values.items():
            unchanged = SQL("to_jsonb(t)->%s IS NOT DISTINCT FROM line.after->%s", column, column)
            if (table, column) == ("res_partner", "client_number"):
                unchanged = SQL("(%s OR t.client_number IS NULL)", unchanged)  # put aside
            restored.append(
                SQL(
                    "%(column)s = CASE WHEN line.before->%(name)s IS DISTINCT FROM line.after->%(name)s"
                    " AND %(unchanged)s THEN %(value)s ELSE t.%(column)s END",
                    column=SQL.identifier(column),
                    name=column,
                    unchanged=unchanged,
                    value=value,
                )
            )
        self.env.cr.execute(
            SQL(
                """
                UPDATE %(table)s t SET %(restored)s
                  FROM nestogy_client_merge_line line
                 CROSS JOIN LATERAL jsonb_populate_record(NULL::%(table)s, line.before) former
                 WHERE line.merge_id = %(merge)s AND line.kind = 'memory' AND line.table_name = %(name)s
                   AND t.id = line.record_id
                """,
                table=SQL.identifier(table),
                restored=SQL(", ").join(restored),
                merge=self.id,
                name=table,
            )
        )

    def _turn_back(self, line):
        """Turn rows back that still point at the kept one.

        :return int: how many could not be
        """
        is_text = line.old_value and not line.old_value.lstrip("-").isdigit()
        old = line.old_value if is_text else int(line.old_value)
        new = line.new_value if is_text else int(line.new_value)
        parts = {
            "table": SQL.identifier(line.table_name),
            "column": SQL.identifier("t", line.column_name),
            "target": SQL.identifier(line.column_name),
            "key": SQL.identifier("t", line.key_name),
            "keys": line.row_ids,
            "old": old,
            "new": new,
        }
        self.env.cr.execute(
            SQL(
                "UPDATE %(table)s t SET %(target)s = %(old)s WHERE %(key)s = ANY(%(keys)s) AND %(column)s = %(new)s",
                **parts,
            )
        )
        [(there,)] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM %(table)s t WHERE %(key)s = ANY(%(keys)s) AND %(column)s = %(old)s",
                **parts,
            )
        )
        return len(line.row_ids) - there

    def _forget(self):
        """Drop what was kept to take the merge back; called in sudo."""
        line_model = self.env["nestogy.client.merge.line"]
        line_model.search([("merge_id", "in", self.ids), ("kind", "=", "memory")]).unlink()
        line_model.search([("merge_id", "in", self.ids), ("row_ids", "!=", False)]).write({"row_ids": False})

    @api.model
    def _cron_forget(self):
        """Forget merges that cannot be taken back any more; an earlier record goes if nothing is on it."""
        cron = self.env["ir.cron"]
        today = fields.Date.context_today(self)
        due = Domain("state", "=", "done") & Domain("undo_until", "<", today)
        cron._commit_progress(remaining=self.search_count(due))
        for merge in self.search(due, order="undo_until, id"):
            merge = merge.try_lock_for_update().filtered_domain(due)
            if not merge:
                continue
            merge._forget()
            merge._drop_shells()
            merge.undo_until = False
            if not cron._commit_progress(1):
                break

    def _drop_shells(self):
        """Remove earlier records to which nothing points any more; the log keeps names, numbers and addresses."""
        for shell in self.source_ids.partner_id.with_context(active_test=False):
            if shell.active or not shell.merged_into_id:
                continue
            if self._count_pointers(self._pointers(skipped=GOES), shell.ids):
                continue
            shell.with_user(SUPERUSER_ID).unlink()  # what it had is with the other
