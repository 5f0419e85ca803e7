from collections import namedtuple

from odoo import api, models
from odoo.tools import SQL, ormcache

# a column that says which record a row is about: ``key`` is what rows are told apart by, ``guard`` SQL on ``t``
Pointer = namedtuple("Pointer", "table column key guard is_text is_root")
# the model and the record in two columns, where the ORM does not know that they are a pair
PAIRS = (
    ("rating_rating", "parent_res_model", "parent_res_id"),
    ("snailmail_letter", "model", "res_id"),
)
# columns that name the client or the commercial entity, also where the row is about one of its people
ROOTS = {"client_id", "commercial_partner_id", "credit_client_id"}
ROOT_COLUMNS = {("account_move_line", "partner_id")}
# what goes with an earlier record that nothing points at any more
GOES = {
    *("nestogy_quality_gap_rel", "nestogy_client_duplicate", "nestogy_client_merge_partner_rel"),
    *("nestogy_client_merge_source.partner_id", "nestogy_client_merge.target_id"),
}
# tables that are computed anew, or are the memory of merges themselves
LEFT_ALONE = {
    "nestogy_quality_gap_rel": "computed each night and after each change",
    "nestogy_client_merge_partner_rel": "which records were chosen for a merge",
    "nestogy_client_merge_source.partner_id": "the earlier record itself",
    "nestogy_client_merge.target_id": "which record a merge kept",
    "res_users.partner_id": "a step of its own: one login stays, the others are closed",
    "res_company.partner_id": "a company's own partner is never merged into another",
    "nestogy_client_duplicate": "a step of its own: the pair stays in order",
    "nestogy_relation": "a step of its own: relations that say the same are joined",
    "nestogy_engagement_change": "a queue that is empty in a moment; the kept one joins it at the end",
}


class NestogyClientMerge(models.Model):
    """Every column of the database that points at a record, and how it is turned to another one.

    SQL throughout: there are tables without a model, append-only logs that nobody may write, and a hundred thousand
    rows may move at once. No row is deleted.
    """

    _inherit = "nestogy.client.merge"

    @api.model
    def _left_alone(self):
        """Tables and columns that name a partner and are not turned, with the reason."""
        return LEFT_ALONE

    @api.model
    def _pointers(self, model="res.partner", skipped=None):
        """All columns that point at records of a model.

        :param skipped: names of tables and columns that are left out, instead of those of :meth:`_left_alone`
        :return: list of :class:`Pointer`
        """
        table = self.env[model]._table
        skipped = self._left_alone() if skipped is None else skipped
        scratch = self._scratch_tables()
        pointers = []
        for name, column, key in self._foreign_keys(table):
            if name in scratch or name in skipped or f"{name}.{column}" in skipped:
                continue
            is_root = column in ROOTS or (name, column) in ROOT_COLUMNS
            pointers.append(Pointer(name, column, key, SQL("TRUE"), False, is_root))
        for name, model_column, column in self._model_pairs():
            if name in scratch:
                continue
            guard = SQL("t.%s = %s", SQL.identifier(model_column), model)
            if name == "ir_attachment":
                guard = SQL("%s AND t.res_field IS NULL", guard)  # files of fields go with the choice of the field
            pointers.append(Pointer(name, column, "id", guard, False, False))
        for name, column in self._reference_columns():
            if name not in scratch:
                pointers.append(Pointer(name, column, "id", SQL("TRUE"), True, False))
        return pointers

    @api.model
    def _foreign_keys(self, table):
        """Columns with a foreign key to a table, and by which column the rows of theirs are told apart."""
        return self.env.execute_query(
            SQL(
                """
                SELECT child.relname, att.attname,
                       CASE WHEN EXISTS (SELECT FROM pg_attribute id
                                          WHERE id.attrelid = child.oid AND id.attname = 'id')
                            THEN 'id'
                            ELSE (SELECT other.attname FROM pg_attribute other
                                   WHERE other.attrelid = child.oid AND other.attnum > 0 AND NOT other.attisdropped
                                     AND other.attnum <> att.attnum LIMIT 1)
                        END
                  FROM pg_constraint con
                  JOIN pg_class child ON child.oid = con.conrelid
                  JOIN pg_class parent ON parent.oid = con.confrelid
                  JOIN pg_attribute att ON att.attrelid = con.conrelid AND att.attnum = con.conkey[1]
                 WHERE con.contype = 'f' AND parent.relname = %s
                   AND parent.relnamespace = current_schema::regnamespace
              ORDER BY child.relname, att.attname
                """,
                table,
            )
        )

    @api.model
    def _scratch_tables(self):
        """Tables of wizards: their rows live for an hour."""
        transient = [model for model in self.env.registry.models.values() if model._transient]
        tables = {model._table for model in transient}
        for model in transient:
            tables.update(
                field.relation for field in model._fields.values() if field.type == "many2many" and field.store
            )
        return tables

    @api.model
    def _model_pairs(self):
        """Tables that keep the name of a model in one column and the number of its record in another."""
        pairs = dict.fromkeys(PAIRS)
        for model in self.env.registry.models.values():
            if model._abstract or not model._auto:
                continue
            for field in model._fields.values():
                if field.type == "many2one_reference" and field.store:
                    model_field = model._fields.get(field.model_field)
                    if model_field is not None and model_field.store:
                        pairs[model._table, model_field.name, field.name] = None
        return sorted(pairs)

    @api.model
    def _reference_columns(self):
        """Columns that keep both as one text."""
        return sorted(
            (model._table, field.name)
            for model in self.env.registry.models.values()
            if not model._abstract and model._auto
            for field in model._fields.values()
            if field.type == "reference" and field.store and field.column_type
        )

    @api.model
    def _unique_keys(self, table, column):
        """The unique keys of a table that a column is part of.

        :return: list of (name, list of SQL of the other parts, SQL of the condition)
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT cls.relname, ARRAY(SELECT pg_get_indexdef(ind.indexrelid, place, TRUE)
                                            FROM generate_series(1, ind.indnkeyatts::int) place),
                       pg_get_expr(ind.indpred, ind.indrelid)
                  FROM pg_index ind
                  JOIN pg_class cls ON cls.oid = ind.indexrelid
                 WHERE ind.indrelid = %s::regclass AND ind.indisunique
              ORDER BY cls.relname
                """,
                table,
            )
        )
        return [
            # the texts come from PostgreSQL's own catalogue
            (
                name,
                [SQL(part.replace("%", "%%")) for part in parts if part != column],
                SQL((condition or "TRUE").replace("%", "%%")),
            )
            for name, parts, condition in rows
            if column in parts
        ]

    # ------------------------------------------------------------------
    # Rows
    # ------------------------------------------------------------------

    def _pointer_rows(self, pointer, olds, model):
        """SQL condition on ``t``: the rows that point at some records."""
        column = SQL.identifier("t", pointer.column)
        if pointer.is_text:
            return SQL("%s = ANY(%s)", column, [f"{model},{old}" for old in olds])
        condition = SQL("%s = ANY(%s) AND %s", column, list(olds), pointer.guard)
        if pointer.table == "res_partner" and model == "res.partner":
            # the records themselves are dealt with one by one
            condition = SQL("%s AND t.id <> ALL(%s)", condition, self.partner_ids.ids)
        return condition

    def _pointer_conflicts(self, pointer, olds, new, model):
        """The rows that cannot point at another record: it has such a row already, or another of them becomes it.

        :return: dict of (id that the row points at, key of the row) to key of the row that it collides with
        """
        conflicts = {}
        everyone = [new, *olds]
        if pointer.is_text:
            return conflicts
        column, key = SQL.identifier("t", pointer.column), SQL.identifier("t", pointer.key)
        for _name, parts, condition in self._unique_keys(pointer.table, pointer.column):
            filled = SQL(" AND ").join([SQL("(%s) IS NOT NULL", part) for part in parts] or [SQL("TRUE")])
            among = SQL(", ").join(parts or [SQL("1")])
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT value, key, first
                      FROM (SELECT %(key)s AS key, %(column)s AS value,
                                   first_value(%(key)s) OVER same AS first, row_number() OVER same AS place
                              FROM %(table)s t
                             WHERE %(column)s = ANY(%(everyone)s) AND %(guard)s AND (%(condition)s) AND %(filled)s
                            WINDOW same AS (PARTITION BY %(among)s
                                            ORDER BY array_position(%(everyone)s, %(column)s::int), %(key)s)) twin
                     WHERE place > 1 AND value <> %(new)s
                    """,
                    key=key,
                    column=column,
                    table=SQL.identifier(pointer.table),
                    everyone=everyone,
                    guard=pointer.guard,
                    condition=condition,
                    filled=filled,
                    among=among,
                    new=new,
                )
            )
            conflicts.update({(value, key): first for value, key, first in rows})
        return conflicts

    def _count_pointers(self, pointers, olds, model="res.partner"):
        """How many rows there are behind each pointer.

        :return: dict of pointer to number, those without rows left out
        """
        if not pointers or not olds:
            return {}
        parts = [
            SQL(
                "(SELECT %s AS place, count(*) AS rows FROM %s t WHERE %s)",
                place,
                SQL.identifier(pointer.table),
                self._pointer_rows(pointer, olds, model),
            )
            for place, pointer in enumerate(pointers)
        ]
        rows = self.env.execute_query(
            SQL("SELECT place, rows FROM (%s) counted WHERE rows > 0", SQL(" UNION ALL ").join(parts))
        )
        return {pointers[place]: count for place, count in rows}

    def _move_pointers(self, olds, new, model="res.partner", root=None, kind="move"):
        """Turn all rows that point at some records to another one; those that cannot stay, or are joined.

        :param olds: ids, in the order in which they win over each other
        :param int new: id of the record that is kept
        :param int root: id of its client, to which columns that name the client are turned
        """
        joins, left = self._joined_tables(), self._rows_left()
        for pointer in self._count_pointers(self._pointers(model), olds, model):
            aim = root if pointer.is_root and root else new
            conflicts = self._pointer_conflicts(pointer, olds, aim, model)
            if conflicts and pointer.table in joins:
                # what hangs on a row that stays hangs on the one that is there from now on
                winners = {}
                for (_old, loser), winner in conflicts.items():
                    winners.setdefault(winner, []).append(loser)
                for winner, losers in winners.items():
                    self._move_pointers(losers, winner, joins[pointer.table], kind="change")
            known = left.get((pointer.table, pointer.column), set())
            moved = self._turn(pointer, olds, aim, model, known.union(conflicts))
            stays = {}
            for old, key in conflicts.keys() - known:
                stays.setdefault(old, []).append(key)
            for what, rows in ((kind, moved), ("stay", stays)):
                for old, keys in rows.items():
                    self._note_line(pointer, what, old, aim, keys, model)

    def _turn(self, pointer, olds, new, model, excepted):
        """Turn the rows of one pointer.

        :param excepted: (id that the row points at, key of the row) of rows that stay
        :return: dict of old value to the keys of the rows that it was taken from
        """
        condition = self._pointer_rows(pointer, olds, model)
        if excepted:
            condition = SQL(
                "%s AND NOT EXISTS (SELECT FROM unnest(%s::int[], %s::int[]) stays(old, key)"
                " WHERE stays.old = t.%s AND stays.key = t.%s)",
                condition,
                [old for old, _key in excepted],
                [key for _old, key in excepted],
                SQL.identifier(pointer.column),
                SQL.identifier(pointer.key),
            )
        rows = self.env.execute_query(
            SQL(
                """
                WITH turned AS (SELECT t.%(key)s AS key, t.%(column)s AS old FROM %(table)s t WHERE %(condition)s)
                UPDATE %(table)s u SET %(column)s = %(new)s
                  FROM turned
                 WHERE u.%(key)s = turned.key AND u.%(column)s = turned.old
             RETURNING turned.old, turned.key
                """,
                key=SQL.identifier(pointer.key),
                column=SQL.identifier(pointer.column),
                table=SQL.identifier(pointer.table),
                condition=condition,
                new=f"{model},{new}" if pointer.is_text else new,
            )
        )
        moved = {}
        for old, key in rows:
            moved.setdefault(old, []).append(key)
        return moved

    def _joined_tables(self):
        """Tables of which rows that say the same are joined, what hangs on them included."""
        return {
            self.env[step["model"]]._table: step["model"]
            for step in self.env["res.partner"]._client_merge_steps()
            if step.get("is_joined")
        }

    def _note_line(self, pointer, kind, old, new, keys, model):
        """Write down what was done with rows of a table that pointed at one record."""
        prefix = f"{model}," if pointer.is_text else ""
        old = f"{old}".removeprefix(prefix)
        detail = self._stay_reason(pointer) if kind == "stay" else False
        if self.state == "done":
            detail = " ".join(filter(None, (self.env._("Came after the merge."), detail)))
        self.env["nestogy.client.merge.line"].create(
            {
                "merge_id": self.id,
                "kind": kind,
                "label": self._table_label(pointer),
                "row_count": len(keys),
                "source_name": self.env["res.partner"].browse(int(old)).name if model == "res.partner" else False,
                "detail": detail,
                "table_name": pointer.table,
                "column_name": pointer.column,
                "key_name": pointer.key,
                "old_value": prefix + old,
                "new_value": f"{prefix}{new}",
                "row_ids": keys,
            }
        )

    @api.model
    @ormcache()
    def _table_models(self):
        """Names of the models of tables, and for tables of a relation of its field; asked for each line of a merge."""
        labels = {}
        for model in self.env.registry.models.values():
            if model._abstract:
                continue
            for field in model._fields.values():
                if field.type == "many2many" and field.store:
                    # from either side; what a partner calls it says most
                    if field.relation not in labels or model._name == "res.partner":
                        labels[field.relation] = (model._name, field.name)
        for model in self.env.registry.models.values():
            if not model._abstract and model._auto and (model._table not in labels or not model._inherit):
                labels[model._table] = (model._name, None)
        return labels

    def _table_label(self, pointer):
        """What rows of a table are called, for people."""
        if pointer.table == "ir_model_data":
            return self.env._("External ID")
        model, name = self._table_models().get(pointer.table, (None, None))
        if not model:
            return pointer.table
        label = self.env["ir.model"]._get(model).name or self.env[model]._description
        if not name:
            return label
        words = self.env[model]._fields[name]._description_string(self.env)
        return words if model == "res.partner" else f"{label}: {words}"

    def _stay_reason(self, pointer):
        """Why rows of a table stay with the earlier record."""
        for step in self.env["res.partner"]._client_merge_steps():
            if step.get("stay") and self.env[step["model"]]._table == pointer.table:
                return step["stay"]
        return self.env._(
            "The kept one has it already, or gets it from another; this one stays with the earlier record."
        )
