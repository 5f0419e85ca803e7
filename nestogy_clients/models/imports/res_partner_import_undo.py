from odoo import api, models
from odoo.fields import Command
from odoo.tools import SQL

from .nestogy_client_import_undo import OWN_COLUMNS, OWN_TABLES

WRITTEN = ("comment", "email", "email_outgoing")  # messages that somebody wrote


class ResPartner(models.Model):
    """What an import has to know to be taken back: who points at a partner, and what it is called."""

    _inherit = "res.partner"

    @api.model
    def _import_may_write(self, ids):
        """:return: the ids of those partners whom the user may change"""
        partners = self.with_context(active_test=False).search([("id", "in", list(ids))])
        return partners._filtered_access("write").ids

    @api.model
    def _import_references(self, table):
        """The columns that point at a table, as the database knows them.

        :return: list of table and column
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT source.relname, attribute.attname
                  FROM pg_constraint link
                  JOIN pg_class source ON source.oid = link.conrelid
                  JOIN pg_class target ON target.oid = link.confrelid
                  JOIN pg_attribute attribute ON attribute.attrelid = source.oid AND attribute.attnum = link.conkey[1]
                 WHERE link.contype = 'f' AND target.relname = %s AND target.relnamespace = current_schema::regnamespace
                   AND array_length(link.conkey, 1) = 1
              ORDER BY 1, 2
                """,
                table,
            )
        )

    @api.model
    def _import_referenced(self, table, ids):
        """:return: the ids of those rows of a table at which anything points"""
        self.env.flush_all()
        parts = [
            SQL(
                "SELECT %s FROM %s WHERE %s = ANY(%s)",
                SQL.identifier(column),
                SQL.identifier(source),
                SQL.identifier(column),
                ids,
            )
            for source, column in self._import_references(table)
            if source != table
        ]
        return [number for (number,) in self.env.execute_query(SQL(" UNION ").join(parts))] if parts else []

    @api.model
    def _import_pointed_at(self, ids, own):
        """Who of some partners is in use, and where: by records that point at them, by what was written to them, by
        files and activities; asked in one query. What partners of the same import point at each other does not count.

        :param ids: of partners
        :param own: ids of all partners of the import
        :return: dict of partner id to a set of names of models
        """
        if not ids:
            return {}
        self.env.flush_all()
        ids, own = list(ids), list(own)
        parts = []
        for table, column in self._import_references("res_partner"):
            if table in OWN_TABLES or (table, column) in OWN_COLUMNS:
                continue
            condition = SQL("AND NOT id = ANY(%s)", own) if table == "res_partner" else SQL()
            parts.append(
                SQL(
                    "SELECT %s, %s FROM %s WHERE %s = ANY(%s) %s",
                    table,
                    SQL.identifier(column),
                    SQL.identifier(table),
                    SQL.identifier(column),
                    ids,
                    condition,
                )
            )
        for table, model_column, condition in (
            ("mail_message", "model", SQL("AND message_type = ANY(%s)", list(WRITTEN))),
            ("mail_activity", "res_model", SQL()),
            ("ir_attachment", "res_model", SQL("AND res_field IS NULL")),
        ):
            parts.append(
                SQL(
                    "SELECT %s, res_id FROM %s WHERE %s = 'res.partner' AND res_id = ANY(%s) %s",
                    table,
                    SQL.identifier(table),
                    SQL.identifier(model_column),
                    ids,
                    condition,
                )
            )
        names = {model._table: model._description for model in self.env.values() if model._auto}
        found = {}
        for table, partner_id in self.env.execute_query(SQL(" UNION ").join(parts)):
            found.setdefault(partner_id, set()).add(names.get(table, table))
        return found

    def _import_label(self, name):
        return self._fields[name]._description_string(self.env)

    def _import_restore(self, values):
        """Give a partner back what stood in these fields.

        :param dict values: see ``nestogy.client.import._joined``
        """
        self.ensure_one()
        row = {}
        for name, value in values.items():
            if name == "category_id":
                row[name] = [Command.unlink(each) for each in value]
            elif name == "phone_number_ids":
                self.env["nestogy.phone.number"].browse(value).exists().unlink()
            elif self._fields[name].type == "many2one":
                row[name] = self.env[self._fields[name].comodel_name].browse(value or []).exists().id
            else:
                row[name] = value
        if row:
            self.write(row)

    @api.model
    def _import_words(self, before, after, made):
        """What an import changed in a client and in whom belongs to it, in words.

        :param dict before: see ``_import_update``
        :param made: ids of new contacts and addresses
        """
        parts = []
        catalogue = {field.key: field.name for field in self.env["nestogy.custom.field"]._catalogue()}
        for key, then in before.items():
            now, words = after[key], []
            plain = [name for name in then if name not in ("client_fields", "phone_number_ids", "category_id")]
            if plain:
                words.append(self._bulk_words({name: then[name] for name in plain}, now))
            if "category_id" in then:
                words.append(self._bulk_words({"category_id": then["category_id"]}, now))
            words += [f"{catalogue[name]}" for name in now.get("client_fields", ()) if name in catalogue]
            if "phone_number_ids" in then:
                numbers = self.env["nestogy.phone.number"].browse(now["phone_number_ids"])
                words.append(", ".join(numbers.mapped("number")))
            partner = self.browse(int(key))
            prefix = f"{partner.name}: " if partner.parent_id else ""
            parts.append(prefix + "; ".join(words))
        parts += self.browse(made).mapped("display_name")
        return "; ".join(parts)
