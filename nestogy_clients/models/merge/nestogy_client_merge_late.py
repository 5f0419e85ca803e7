import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class NestogyClientMerge(models.Model):
    """What comes to an earlier record after it was merged follows to the one that is kept.

    Somebody may have saved for it in the very moment of the merge, which does not see it, or later from a page that
    was open, or by an id that another program keeps.
    """

    _inherit = "nestogy.client.merge"

    def _follow_soon(self):
        """Look for what came meanwhile as soon as the merge is in the database, and when those who had begun before it
        are done."""
        cron = self.env.ref("nestogy_clients.ir_cron_merges_late", raise_if_not_found=False)
        if cron:
            now = fields.Datetime.now()
            cron._trigger(at=[now, fields.Datetime.add(now, hours=1)])

    @api.model
    def _cron_follow(self):
        """Move what came to earlier records, as long as their merges can be taken back."""
        cron = self.env["ir.cron"]
        standing = Domain("state", "=", "done") & Domain("undo_until", "!=", False)
        late = self.search(standing, order="id")._late()
        cron._commit_progress(remaining=len(late))
        for merge in late:
            merge = merge.try_lock_for_update().filtered_domain(standing)
            if not merge:
                continue  # it is taken back just now
            try:
                with self.env.cr.savepoint():
                    merge._follow()
            except UserError as error:
                _logger.warning("what came after merge %s could not follow: %s", merge.id, error)
            if not cron._commit_progress(1):
                break

    def _late(self):
        """Those of these merges whose earlier records have rows that they did not have when they were merged."""
        self.env.flush_all()
        earlier = self.source_ids.partner_id
        if not earlier:
            return self.browse()
        pointers, left = self._pointers(), self._rows_left()
        parts = [
            SQL(
                "(SELECT %s AS place, t.%s::text AS old, t.%s AS key FROM %s t WHERE %s)",
                place,
                SQL.identifier(pointer.column),
                SQL.identifier(pointer.key),
                SQL.identifier(pointer.table),
                self._pointer_rows(pointer, earlier.ids, "res.partner"),
            )
            for place, pointer in enumerate(pointers)
        ]
        late = set()
        for place, old, key in self.env.execute_query(SQL(" UNION ALL ").join(parts)):
            pointer, partner_id = pointers[place], int(old.removeprefix("res.partner,"))
            if (partner_id, key) not in left.get((pointer.table, pointer.column), ()):
                late.add(partner_id)
        if self._property_values(earlier):
            late.update(earlier.ids)  # few firms have such fields, and each merge says for itself whether it is meant
        return self.filtered(lambda merge: late.intersection(merge.source_ids.partner_id.ids))

    def _rows_left(self):
        """Rows that belong with the earlier records: they stayed there, or were given to them by the merge.

        :return: dict of (table, column) to a set of (id of the record, key of the row)
        """
        lines = self.env["nestogy.client.merge.line"].search(
            [("merge_id", "in", self.ids), ("kind", "in", ("stay", "change")), ("row_ids", "!=", False)]
        )
        earlier, left = self.source_ids.partner_id.ids, {}
        for line in lines:
            value = line.old_value if line.kind == "stay" else line.new_value
            if value.isdigit() and int(value) in earlier:
                rows = left.setdefault((line.table_name, line.column_name), set())
                rows.update((int(value), key) for key in line.row_ids)
        return left

    def _follow(self):
        """Move what came since; taking the merge back gives it back, too. Called in sudo."""
        for merge in self:
            merge._reopen_memory()
            merge._move_rows(merge.target_id, merge.source_ids.partner_id)
            if merge.target_id.merged_into_id:
                domain = Domain("state", "=", "done") & Domain("source_ids.partner_id", "=", merge.target_id.id)
                self.search(domain)._follow()

    def _reopen_memory(self):
        """Let remembered rows that nothing changed since be changed once more by the merge."""
        self.env.flush_all()
        for table in self._memory_tables():
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE nestogy_client_merge_line line SET after = NULL
                      FROM %(table)s t
                     WHERE line.merge_id = %(merge)s AND line.kind = 'memory' AND line.table_name = %(name)s
                       AND t.id = line.record_id
                       AND line.after - 'write_date' - 'write_uid' = (
                               SELECT jsonb_object_agg(each, to_jsonb(t)->each)
                                 FROM jsonb_object_keys(line.before - 'write_date' - 'write_uid') each)
                    """,
                    table=SQL.identifier(table),
                    merge=self.id,
                    name=table,
                )
            )
        self.env["nestogy.client.merge.line"].invalidate_model(flush=False)
