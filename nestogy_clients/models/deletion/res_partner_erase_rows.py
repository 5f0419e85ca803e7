from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL, sql

# What the law keeps, and who others are: never deleted because something else goes that they point to.
KEPT_TABLES = {
    *("account_move", "account_move_line", "account_payment", "account_bank_statement_line", "account_journal"),
    *("payment_transaction", "res_partner", "res_users", "res_company"),
}


class ResPartner(models.Model):
    """Deletes rows for an erasure: with everything that hangs on them, also where it hangs by a name only.

    The ledgers refuse to be deleted by anybody, and so does much that is invoiced; the law on privacy goes before
    that. So this is done in SQL, by the foreign keys that the database knows, in sudo, and called by nothing but the
    steps of an erasure.
    """

    _inherit = "res.partner"

    @api.model
    def _erase_companions(self):
        """Tables whose rows belong to a record that they name.

        :return: list of tuples of table, column of the model and column of the id
        """
        return [
            ("mail_message", "model", "res_id"),
            ("mail_followers", "res_model", "res_id"),
            ("mail_activity", "res_model", "res_id"),
            ("mail_scheduled_message", "model", "res_id"),
            ("rating_rating", "res_model", "res_id"),
            ("rating_rating", "parent_res_model", "parent_res_id"),
            ("snailmail_letter", "model", "res_id"),
            ("nestogy_communication", "res_model", "res_id"),
            ("ir_model_data", "model", "res_id"),
        ]

    @api.model
    def _erase_keys(self, table):
        """The foreign keys that point to a table.

        :return: list of tuples of table, column, rule (``c`` cascade, ``n`` set null, ``r`` or ``a`` refuse) and
            whether its rows have an id
        """
        return self.env.execute_query(
            SQL(
                """SELECT t.relname, a.attname, c.confdeltype::text,
                          EXISTS (SELECT 1 FROM pg_attribute i
                                   WHERE i.attrelid = t.oid AND i.attname = 'id' AND NOT i.attisdropped)
                     FROM pg_constraint c
                     JOIN pg_class t ON t.oid = c.conrelid
                     JOIN pg_class r ON r.oid = c.confrelid
                     JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
                    WHERE c.contype = 'f' AND r.relname = %s AND r.relnamespace = current_schema::regnamespace
                 ORDER BY 1, 2""",
                table,
            )
        )

    @api.model
    def _erase_tables(self):
        """The model of each table."""
        return {
            model._table: name
            for name, model in self.env.registry.items()
            if not model._abstract and model._auto and model._table
        }

    @api.model
    def _erase_where(self, table, column, values):
        """The ids of the rows with one of these values in a column."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE %s = ANY(%s)",
                SQL.identifier(table),
                SQL.identifier(column),
                list(values),
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _erase_rows(self, table, ids, seen=None):
        """Delete rows, what hangs on them first.

        :param str table: whose rows
        :param ids: of the rows
        :return int: how many of these there were
        """
        self.env.flush_all()
        seen = defaultdict(set) if seen is None else seen
        ids = [each for each in ids if each not in seen[table]]
        if not ids:
            return 0
        seen[table].update(ids)
        if table == "ir_attachment":
            # the files go too; nobody asks for them any more
            self.env["ir.attachment"].sudo().browse(ids).exists().unlink()
            return len(ids)
        if table == "mail_message":
            self._erase_message_files(ids, seen)
        if table == "mail_mail":
            # a mail that is on no record's page is its message, too; that takes the mail along
            self._erase_rows("mail_message", self._erase_lone_messages(ids), seen)
        for child, column, rule, has_id in self._erase_keys(table):
            if rule in ("n", "d") or child in KEPT_TABLES:
                continue  # where such a row refuses, the database says so
            if has_id:
                self._erase_rows(child, self._erase_where(child, column, ids), seen)
            else:
                self.env.cr.execute(
                    SQL("DELETE FROM %s WHERE %s = ANY(%s)", SQL.identifier(child), SQL.identifier(column), ids)
                )
        self.env.cr.execute(SQL("DELETE FROM %s WHERE id = ANY(%s)", SQL.identifier(table), ids))
        count = self.env.cr.rowcount
        self._erase_hanging(self._erase_tables().get(table), ids, seen)
        self.env.invalidate_all(flush=False)
        return count

    @api.model
    def _erase_hanging(self, model, ids, seen=None):
        """Delete what belongs to records of a model by its name: files, messages, followers, activities."""
        if not model:
            return
        seen = defaultdict(set) if seen is None else seen
        for table, model_column, id_column in self._erase_companions():
            if not sql.table_exists(self.env.cr, table):  # letters by mail are sent by an addon that may be taken out
                continue
            rows = self.env.execute_query(
                SQL(
                    "SELECT id FROM %s WHERE %s = %s AND %s = ANY(%s)",
                    SQL.identifier(table),
                    SQL.identifier(model_column),
                    model,
                    SQL.identifier(id_column),
                    ids,
                )
            )
            self._erase_rows(table, [row[0] for row in rows], seen)
        rows = self.env.execute_query(
            SQL("SELECT id FROM ir_attachment WHERE res_model = %s AND res_id = ANY(%s)", model, ids)
        )
        self._erase_rows("ir_attachment", [row[0] for row in rows], seen)

    @api.model
    def _erase_lone_messages(self, mail_ids):
        rows = self.env.execute_query(
            SQL(
                """SELECT m.id FROM mail_mail mail JOIN mail_message m ON m.id = mail.mail_message_id
                    WHERE mail.id = ANY(%s) AND (m.model IS NULL OR COALESCE(m.res_id, 0) = 0)""",
                mail_ids,
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _erase_message_files(self, ids, seen):
        """Delete the files that belong to messages and to no record that stays."""
        rows = self.env.execute_query(
            SQL(
                """SELECT a.id FROM ir_attachment a JOIN message_attachment_rel r ON r.attachment_id = a.id
                    WHERE r.message_id = ANY(%s)
                      AND (COALESCE(a.res_id, 0) = 0
                           OR a.res_model IN ('mail.message', 'mail.mail', 'mail.compose.message'))""",
                ids,
            )
        )
        self._erase_rows("ir_attachment", {row[0] for row in rows}, seen)
