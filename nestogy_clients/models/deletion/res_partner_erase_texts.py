from collections import defaultdict
from functools import partial
from time import monotonic
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.erasure import (
    ADDRESS,
    ADDRESS_ROW,
    EMPTY,
    NAMES,
    OTHER,
    WORDS,
    EraseStep,
    needle,
)

SWEPT = (ADDRESS, ADDRESS_ROW, WORDS, NAMES)
# Rows that a batch of a sweep looks at; a tenth of a second for the bodies of messages.
SWEEP = 20_000
LOOK_SECONDS = 30  # that somebody waits in front of the plan


class Wanted(NamedTuple):
    """Who is looked for in texts: by addresses and numbers, which are taken out, and by names, which are told."""

    addresses: list
    names: list

    @property
    def everything(self):
        return [*self.addresses, *self.names]


class ResPartner(models.Model):
    """Goes through the texts of the database: takes addresses and numbers out of them, and tells who is named still.

    Anything may be written anywhere, so each table is read; once for all its columns, in batches of its ids, and with a
    comparison of bytes before the expression that decides.
    """

    _inherit = "res.partner"

    # ------------------------------------------------------------------
    # Who is looked for
    # ------------------------------------------------------------------

    def _erase_identity(self):
        """Under which addresses, numbers and names these people are found in texts.

        :return: :class:`Wanted`, the longest texts first
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT lower(email), email_normalized, phone, phone_sanitized, name FROM res_partner
                    WHERE id = ANY(%(ids)s)
                UNION ALL
                   SELECT lower(login), NULL, NULL, NULL, NULL FROM res_users
                    WHERE partner_id = ANY(%(ids)s) AND login LIKE '%%_@_%%'
                UNION ALL
                   SELECT NULL, NULL, number, national, NULL FROM nestogy_phone_number
                    WHERE partner_id = ANY(%(ids)s)""",
                ids=self.ids,
            )
        )
        found, names = set(), set()
        for *addresses, name in rows:
            found.update(" ".join(each.split()) for each in addresses if each and len(each) > 5)
            # a single word may be anybody's
            names.update([name.strip()] if name and len(name) > 7 and " " in name.strip() else [])
        found -= self._erase_shared(found)
        return Wanted(sorted(found, key=len, reverse=True), sorted(names, key=len, reverse=True))

    def _erase_shared(self, addresses):
        """Those of some addresses and numbers that somebody who stays has as well."""
        rows = self.env.execute_query(
            SQL(
                """SELECT unnest(ARRAY[lower(email), email_normalized, phone, phone_sanitized]) FROM res_partner
                    WHERE id != ALL(%(ids)s)
                      AND (lower(email) = ANY(%(texts)s) OR email_normalized = ANY(%(texts)s)
                           OR phone = ANY(%(texts)s) OR phone_sanitized = ANY(%(texts)s))
                UNION ALL
                   SELECT unnest(ARRAY[number, national]) FROM nestogy_phone_number
                    WHERE partner_id != ALL(%(ids)s) AND (number = ANY(%(texts)s) OR national = ANY(%(texts)s))""",
                ids=self.ids,
                texts=list(addresses),
            )
        )
        return {row[0] for row in rows}

    # ------------------------------------------------------------------
    # Where
    # ------------------------------------------------------------------

    @api.model
    def _erase_texts(self):
        """The columns with texts: those with a decision, and those in which people write about clients.

        :return: dict of model name to dict of column to decision, empty for what is only looked at
        """
        decisions = self._client_erase_columns()
        found = {}
        for table, name in self._erase_tables().items():
            model, columns = self.env[name], {}
            is_read = decisions.get(table) != OTHER and self._erase_is_spoken(model)
            for field in model._fields.values():
                if not field.store or not field.column_type:
                    continue
                word = decisions.get(f"{table}.{field.name}", "")
                if word in SWEPT or (is_read and field.type in ("char", "text", "html") and word != OTHER):
                    columns[field.name] = word if word in SWEPT else ""
            if columns:
                found[name] = columns
        return found

    @api.model
    def _erase_is_spoken(self, model):
        """People write there: it has a page with messages, is done on such a page, or belongs to somebody."""
        return not model._transient and any(
            name in ("message_ids", "activity_type_id")
            or (field.store and field.comodel_name == "res.partner" and field.type in ("many2one", "many2many"))
            for name, field in model._fields.items()
        )

    def _erase_sweeps(self, wanted):
        """The steps that go through the texts, one a table."""
        if not wanted.everything:
            return []
        return [
            EraseStep(
                f"texts_{self.env[name]._table}",
                model=name,
                domain=Domain.TRUE,
                deal=partial(self._erase_sweep, wanted, columns),
                batch=SWEEP,
                looks=True,
            )
            for name, columns in sorted(self._erase_texts().items())
        ]

    # ------------------------------------------------------------------
    # Looking and taking out
    # ------------------------------------------------------------------

    @api.model
    def _erase_find(self, records, columns, texts):
        """The ids of those of many records that have one of some texts in one of some columns.

        Most rows have none: they are left out by comparing bytes, ten times as fast as an expression is.

        :param records: of one batch, by id
        """
        if not (records and columns and texts):
            return []
        needles = [needle(text) for text in texts]
        pieces = sorted({each.piece for each in needles})
        likely = SQL("TRUE")
        if all(pieces):
            likely = SQL(" OR ").join(SQL("strpos(text.words, %s) > 0", piece) for piece in pieces)
        rows = self.env.execute_query(
            SQL(
                """WITH likely AS MATERIALIZED (
                     SELECT t.id
                       FROM %(table)s t
                 CROSS JOIN LATERAL (SELECT lower(%(cells)s COLLATE "C") AS words OFFSET 0) text
                      WHERE t.id BETWEEN %(first)s AND %(last)s AND t.id = ANY(%(ids)s) AND (%(likely)s))
                   SELECT t.id FROM %(table)s t
                    WHERE t.id IN (SELECT id FROM likely) AND %(cells)s ~* %(pattern)s""",
                table=SQL.identifier(records._table),
                cells=SQL(
                    r"concat_ws(E'\n', %s)",
                    SQL(", ").join(SQL("%s::text", SQL.identifier("t", column)) for column in columns),
                ),
                first=min(records.ids),
                last=max(records.ids),
                ids=records.ids,
                likely=likely,
                pattern="|".join(each.pattern for each in needles),
            )
        )
        return [row[0] for row in rows]

    def _erase_sweep(self, wanted, columns, records):
        """Take addresses and numbers out of the texts of a batch, or drop the rows that are about nothing else.

        :return: ids of those that speak of these people still, and are not about them
        """
        self.env.flush_all()
        found = self._erase_find(records, columns, wanted.everything)
        if not found:
            return []
        by_word = defaultdict(list)
        for column, word in columns.items():
            by_word[word].append(column)
        records = records.browse(found)
        self._erase_rows(records._table, self._erase_find(records, by_word[ADDRESS_ROW], wanted.addresses))
        for word in (ADDRESS, WORDS, NAMES):
            for column in by_word[word]:
                self._erase_cell(records, column, word, wanted.everything if word == NAMES else wanted.addresses)
        self.env.invalidate_all(flush=False)
        return self._erase_speaking(records, columns, wanted).ids

    def _erase_cell(self, records, column, word, texts):
        """Empty a cell that has one of some texts, or take these out of it."""
        if not texts:
            return
        cell, pattern = SQL.identifier(column), "|".join(needle(text).pattern for text in texts)
        if word == ADDRESS:
            value = SQL("NULL")
        else:
            kind = SQL(records._fields[column].column_type[1])
            value = SQL("regexp_replace(%s::text, %s, %s, 'gi')::%s", cell, pattern, self.env._("erased"), kind)
        table = SQL.identifier(records._table)
        self.env.cr.execute(
            SQL(
                "UPDATE %(table)s SET %(cell)s = %(value)s WHERE id = ANY(%(ids)s) AND %(cell)s::text ~* %(pattern)s",
                table=table,
                cell=cell,
                value=value,
                ids=records.ids,
                pattern=pattern,
            )
        )

    # ------------------------------------------------------------------
    # Who is named still
    # ------------------------------------------------------------------

    def _erase_speaking(self, records, columns, wanted):
        """Those of some records of others that speak of these people when addresses are taken out where they are."""
        read = [column for column, word in columns.items() if not word]
        words = [column for column, word in columns.items() if word == WORDS]
        found = {
            *self._erase_find(records, read, wanted.everything),
            *self._erase_find(records, words, wanted.names),
        }
        left = records.browse(sorted(found))
        return left - self._erase_theirs(left)

    def _erase_named(self, top):
        """Look for these people in what stays; nothing is changed.

        :param res.partner top: as in :meth:`_client_erase_steps`
        :return: list of recordsets, one a model
        :raise UserError: it takes too long to wait for it
        """
        wanted, going, found = self._erase_identity(), {}, []
        if not wanted.everything:
            return []
        for step in self._client_erase_steps(top):
            if step.model and not step.looks and step.key != "imports":
                going[step.model] = going.get(step.model, Domain.FALSE) | Domain(step.domain)
        until = monotonic() + LOOK_SECONDS
        for name, columns in sorted(self._erase_texts().items()):
            model = self.env[name].with_context(active_test=False)
            named, last = model, 0
            while batch := model.search([("id", ">", last)], order="id", limit=SWEEP):
                last = batch.ids[-1]
                likely = model.browse(self._erase_find(batch, columns, wanted.everything))
                named |= self._erase_speaking(likely, columns, wanted)
                if monotonic() > until:
                    raise UserError(
                        self.env._(
                            "There is too much to look through while you wait. The deletion looks itself, and the"
                            " certificate tells what it found."
                        )
                    )
            if named := self._erase_staying(named, going):
                found.append(named)
        return found

    def _erase_staying(self, records, going):
        """Those of some records that go neither themselves nor with what they belong to.

        :param dict going: domain of what goes, by model
        """
        if records and records._name in going:
            records = records.search(Domain("id", "in", records.ids) & ~going[records._name])
        records -= self._erase_theirs(records)
        for name, field in records._fields.items():
            is_part = field.type == "many2one" and field.store and field.ondelete == "cascade"
            if is_part and records and field.comodel_name != records._name:
                gone = records[name] - self._erase_staying(records[name], going)
                records = records.filtered(lambda record, name=name, gone=gone: record[name] not in gone)
        for table, model_column, id_column in self._erase_companions():
            if table == records._table:
                for model, part in records.grouped(model_column).items():
                    if model in going:
                        owner = self.env[model].browse(part.mapped(id_column))
                        gone = owner - self._erase_staying(owner, going)
                        records -= part.filtered(lambda record, gone=gone, name=id_column: record[name] in gone.ids)
        return records

    def _erase_theirs(self, records):
        """Those of some records that belong to these people, whatever else becomes of them."""
        if records._name == "res.partner":
            return records & self
        links = [
            column
            for table, column, _rule, has_id in self._erase_keys("res_partner")
            if table == records._table and has_id and self._erase_decision(table, column) != EMPTY
        ]
        if not links:
            return records.browse()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE id = ANY(%s) AND (%s)",
                SQL.identifier(records._table),
                records.ids,
                SQL(" OR ").join(SQL("%s = ANY(%s)", SQL.identifier(column), self.ids) for column in links),
            )
        )
        return records.browse([row[0] for row in rows])
