import hashlib
import json
from dataclasses import dataclass, field

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools.client_file import open_client_file, row_values
from ...tools.custom_values import CONTROL
from ...tools.import_columns import CONTACT_HEADER, PRESETS, Column, Mapping
from ...tools.import_files import ClientFileError
from .nestogy_client_import import CHECK_AT_ONCE, CHECK_BATCH, RULES

STAGED = 2000  # rows a statement
REASON_LENGTH = 1000


@dataclass(slots=True, eq=False)
class Plan:
    """What is to be done with one row.

    :ivar line: of the file
    :ivar data: what was read, see ``res.partner._read_import_row``
    :ivar problems: sentences by column of ours; of the whole row by an empty text
    :ivar keys: by which the client is known, ``rule:text``
    :ivar client_id: the client that is there already
    :ivar twin_id: the earlier row of the file that creates the client
    :ivar is_person: one more person of a company that stands in an earlier row
    """

    line: int
    data: dict
    problems: dict
    keys: list = field(default_factory=list)
    digest: str = ""
    deed: str = ""
    client_id: int = 0
    twin_id: int = 0
    is_person: bool = False

    @property
    def target(self):
        """The client to whom the row belongs, or the row that creates him."""
        return ("client", self.client_id) if self.client_id else ("row", self.twin_id)


class NestogyClientImport(models.Model):
    """The file becomes rows, and each row gets a deed."""

    _inherit = "nestogy.client.import"

    def action_check(self):
        """Read the file into rows and say what becomes of each: few rows at once, many in the background.

        Rows that were read already stay as they were corrected.
        """
        self._check_mine("draft")
        if not self.is_staged:
            content = self._get_content()
            if not content:
                raise UserError(self.env._("Choose a file first."))
            import_sudo = self.sudo()  # checked above; these are not the user's to write
            import_sudo._stage(content)
        self._check_begin()
        return True

    def _check_begin(self):
        """Decide about all rows anew, in the background when they are many."""
        import_sudo = self.sudo()  # only called by what checks who asks
        import_sudo.write({"phase": "check", "is_checked": False, "total": self.row_count, "user_id": self.env.uid})
        self._forget_plans()
        if self.row_count <= CHECK_AT_ONCE:
            self._work_now()
        else:
            self._work_start()

    # ------------------------------------------------------------------
    # The file
    # ------------------------------------------------------------------

    def _stage(self, content):
        """Parse a file into rows, thousands of them a statement; called in sudo.

        :raise UserError: the file as a whole cannot be read
        """
        partners = self.env["res.partner"]
        custom = [field.name for field in partners._client_import_fields()]
        try:
            file = open_client_file(content, custom, encoding=self.encoding, separator=self.separator, sheet=self.sheet)
            self.row_ids.unlink()
            count = self._stage_rows(file.table)
        except ClientFileError as error:
            raise UserError(partners._client_file_message(error, self.filename)) from error
        self.write(
            {
                "detected": partners._client_import_detected(file.table, file.mapping.preset),
                "sheets": [*file.table.sheets],
                "preset": file.mapping.preset,
                "is_people": file.is_people,
                "mapping": self._first_mapping(file.mapping),
                "row_count": count,
                "is_staged": True,
                "made_tag_ids": False,
            }
        )

    def _first_mapping(self, found):
        """What the columns mean: as the last time, else as the headings say."""
        known = self.env["nestogy.client.import.mapping"]._recall([column.heading for column in found.columns])
        targets = self._target_names()
        mapping, taken = [], set()
        for index, column in enumerate(found.columns):
            last = known.get(index)
            target = last["target"] if last else column.target
            if target not in targets or target in taken:
                target = ""
            taken.add(target)
            mapping.append(
                {
                    "index": index,
                    "heading": column.heading,
                    "target": target,
                    "policy": last["policy"] if last else self._default_policy(target),
                }
            )
        return mapping

    def _default_policy(self, target):
        # a client keeps the Client ID that it has, unless somebody says otherwise
        return "fill" if target == "number" else "overwrite"

    def _target_names(self):
        """What a column may mean: nothing else is ever written."""
        partners = self.env["res.partner"]
        return {
            *partners._client_import_column_names(),
            *(field.name for field in partners._client_import_fields()),
        }

    def _stage_rows(self, table):
        """:return: how many rows the table has"""
        count, lines, texts = 0, [], []
        for line, cells in table.rows():
            count += 1
            lines.append(line)
            # what no database takes, a spreadsheet may hold
            texts.append(json.dumps([CONTROL.sub("", cell) if CONTROL.search(cell) else cell for cell in cells]))
            if len(lines) == STAGED:
                self._insert_rows(lines, texts)
                lines, texts = [], []
        self._insert_rows(lines, texts)
        self.invalidate_recordset(["row_ids"])
        if not count:
            raise ClientFileError("empty")
        return count

    def _insert_rows(self, lines, texts):
        """Add rows in one statement: the ORM would need one for a hundred, and nothing computes on them."""
        if not lines:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO nestogy_client_import_row
                            (import_id, line, cells, state)
                     SELECT %s, row.line, row.cells::jsonb, 'waiting'
                       FROM unnest(%s::int[], %s::text[]) AS row(line, cells)
                """,
                self.id,
                lines,
                texts,
            )
        )

    def _forget_plans(self):
        """Let all rows be decided about anew, in one statement."""
        rows = self.env["nestogy.client.import.row"]
        rows.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE nestogy_client_import_row
                   SET deed = NULL, problems = NULL, reason = NULL, client_id = NULL, twin_id = NULL, match_keys = NULL
                 WHERE import_id = %s AND deed IS NOT NULL
                """,
                self.id,
            )
        )
        rows.invalidate_model(flush=False)

    # ------------------------------------------------------------------
    # What becomes of the rows
    # ------------------------------------------------------------------

    def _check_step(self):
        """Decide about the next rows, in the order of the file."""
        # rows are written here and nowhere else
        rows_sudo = self.env["nestogy.client.import.row"].sudo()
        rows_sudo = rows_sudo.search(
            [("import_id", "=", self.id), ("deed", "=", False)], order="line, id", limit=CHECK_BATCH
        )
        if rows_sudo:
            self._note_plans(self._decide(rows_sudo))
            import_sudo = self.sudo()  # the counts are nobody's to write
            import_sudo.done_count += len(rows_sudo)
        return len(rows_sudo)

    def _read_mapping(self):
        """The columns of the file as ``tools/client_file.py`` wants them."""
        custom = {field.name for field in self.env["res.partner"]._client_import_fields()}
        columns = []
        for column in self.mapping or []:
            target = column["target"] or ""
            state = "custom" if target in custom else "read" if target else "unknown"
            columns.append(Column(column["heading"], target, state))
        return Mapping(self.preset or "", tuple(columns))

    def _decide(self, rows_sudo):
        """Read rows and say what is to be done with each; writes nothing.

        Each rule is one query, however many rows there are.

        :param rows_sudo: rows of this import, in the order of the file
        :return: dict of row to :class:`Plan`
        """
        partners = self.env["res.partner"]
        mapping = self._read_mapping()
        lookups = partners._client_import_lookups()
        words = PRESETS[mapping.preset]["values"] if mapping.preset else {}
        contact_columns = [
            (index, int(match[1]))
            for index, column in enumerate(mapping.columns)
            if (match := CONTACT_HEADER.match(column.target))
        ]
        plans = {}
        for row_sudo, (line, cells) in zip(rows_sudo, self._cells(rows_sudo), strict=True):
            values = row_values(mapping, cells, words)
            numbers = sorted({number for index, number in contact_columns if index < len(cells) and cells[index]})
            data, problems = partners._read_import_row(values, numbers[-len(values["contacts"]) :], lookups)
            plan = plans[row_sudo] = Plan(line, data, problems)
            plan.digest = self._digest_of(values)
            plan.keys = partners._import_keys(data)
        self._match(plans)
        for plan in plans.values():
            if plan.deed == "create" and not plan.problems:
                plan.problems = partners._check_import_creation(plan.data)
            if plan.problems:
                plan.deed = "refuse"
        return plans

    def _cells(self, rows_sudo):
        """Line and cells of each row, in one statement: records would hand out a deep copy of each cell."""
        rows_sudo.flush_recordset(["line", "cells"])
        rows = self.env.execute_query(
            SQL("SELECT id, line, cells FROM nestogy_client_import_row WHERE id = ANY(%s)", rows_sudo.ids)
        )
        found = {row_id: (line, cells) for row_id, line, cells in rows}
        return [found[row_id] for row_id in rows_sudo._ids]

    def _digest_of(self, values):
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def _match(self, plans):
        """Find the client of each row: among those that are there, and among those that earlier rows create."""
        rules = [rule for rule in self.match_rules or [] if rule in RULES] if self.on_match != "create" else []
        wanted = {}
        for plan in plans.values():
            for key in plan.keys:
                rule, _colon, text = key.partition(":")
                if rule in rules or rule == "number":
                    wanted.setdefault(rule, set()).add(text)
        there = self.env["res.partner"]._import_find(wanted)
        again = self._imported_again(plans) if self.on_match != "create" else {}
        earlier = self._earlier_rows(plans)
        for row_sudo, plan in plans.items():
            if not plan.data:
                plan.deed = "refuse"
                continue
            self._match_one(plan, rules, there, again, earlier)
            if plan.deed != "refuse" and not plan.problems:
                self._offer(earlier, row_sudo.id, plan)

    def _match_one(self, plan, rules, there, again, earlier):
        """Decide about one row."""
        line = plan.line
        if self.is_people and plan.data["contacts"]:
            company = self._earlier_of(earlier, f"company:{plan.data['company']}", line)
            if company:
                (kind, number), deed = company[0]
                plan.client_id, plan.twin_id = (number, 0) if kind == "client" else (0, number)
                plan.is_person, plan.deed = True, "skip" if deed == "skip" else "update"
                return
        found = []
        for rule in ["row", *rules] if self.on_match != "create" else []:
            targets = set()
            for key in [f"row:{plan.digest}"] if rule == "row" else plan.keys:
                if rule == "row":
                    targets |= {("client", number) for number in again.get(plan.digest, ())}
                elif key.startswith(f"{rule}:"):
                    targets |= {("client", number) for number in there["seen"].get(key, ())}
                else:
                    continue
                targets |= {target for target, deed in self._earlier_of(earlier, key, line) if deed != "skip"}
            if len(targets) == 1:
                [(kind, number)] = targets
                plan.client_id, plan.twin_id = (number, 0) if kind == "client" else (0, number)
                plan.deed = "skip" if self.on_match == "skip" else "update"
                self._check_number(plan, there, earlier, line)
                return
            if targets and rule != "row":
                found.append((rule, targets))
        if found:
            rule, targets = found[0]
            plan.problems[rule if rule != "domain" else "email"] = self._several_message(rule, targets)
            plan.deed = "refuse"
            return
        plan.deed = "create"
        if not plan.data["vals"].get("name"):
            plan.problems.setdefault("name", self.env._("The client's name is missing."))
        self._check_number(plan, there, earlier, line)

    def _several_message(self, rule, targets):
        ids = [number for kind, number in targets if kind == "client"]
        names = sorted(self.env["res.partner"].browse(ids).mapped("name"))[:3]
        return self.env._(
            "Several clients have the same %(rule)s: %(names)s. Write the Client ID of the right one.",
            rule=self._rule_labels()[rule],
            names=", ".join(names) or self.env._("rows of this file"),
        )

    def _check_number(self, plan, there, earlier, line):
        """The Client ID is unique among all clients, those that the user may not see among them."""
        number = plan.data["vals"].get("client_number")
        if not number or (plan.deed == "update" and self._policies().get("number") == "fill"):
            return
        key = f"number:{number}"
        others = {("client", each) for each in there["all"].get(key, ())}
        others |= {target for target, deed in self._earlier_of(earlier, key, line) if deed != "skip"}
        if others - ({plan.target} if plan.deed != "create" else set()):
            plan.problems["number"] = self.env._("Another client has the Client ID “%s”.", number)

    def _policies(self):
        return {column["target"]: column["policy"] for column in self.mapping or [] if column["target"]}

    def _imported_again(self, plans):
        """The clients of rows that were imported before, from this file or another one, word for word the same.

        :return: dict of digest to client ids
        """
        digests = list({plan.digest for plan in plans.values()})
        rows = self.env.execute_query(
            SQL(
                """
                SELECT row.digest, row.client_id
                  FROM nestogy_client_import_row row
                  JOIN nestogy_client_import file ON file.id = row.import_id
                 WHERE row.digest = ANY(%s) AND row.state IN ('done', 'kept') AND row.client_id IS NOT NULL
                   AND file.id != %s AND file.company_id = %s
              GROUP BY row.digest, row.client_id
                """,
                digests,
                self.id,
                self.company_id.id,
            )
        )
        seen = set(self.env["res.partner"]._import_seen({client_id for _digest, client_id in rows}))
        found = {}
        for digest, client_id in rows:
            if client_id in seen:
                found.setdefault(digest, set()).add(client_id)
        return found

    # ------------------------------------------------------------------
    # Rows of the same file
    # ------------------------------------------------------------------

    def _file_keys(self, plan):
        keys = [*plan.keys, f"row:{plan.digest}"]
        if self.is_people and plan.data and plan.data["company"]:
            keys.append(f"company:{plan.data['company']}")
        return keys

    def _offer(self, earlier, row_id, plan):
        """Let later rows find the client of this one."""
        target = ("row", row_id) if plan.deed == "create" else plan.target
        for key in self._file_keys(plan):
            # what is skipped changes nothing, so only its people find it
            if plan.deed != "skip" or key.startswith("company:"):
                earlier.setdefault(key, []).append((plan.line, target, plan.deed))

    def _earlier_of(self, earlier, key, line):
        return [(target, deed) for at, target, deed in earlier.get(key, ()) if at < line]

    def _earlier_rows(self, plans):
        """What the rows of the file that are not being decided about bring: by key line, client or row, and deed."""
        keys = list({key for plan in plans.values() for key in self._file_keys(plan)})
        # the rows were written and need no rule
        rows_sudo = self.env["nestogy.client.import.row"].sudo()
        rows_sudo.flush_model()
        found = self.env.execute_query(
            SQL(
                """
                SELECT row.line, row.id, row.deed, row.client_id, row.twin_id, key.key
                  FROM nestogy_client_import_row row, jsonb_array_elements_text(row.match_keys) key(key)
                 WHERE row.import_id = %s AND row.line < %s AND row.deed IN ('create', 'update', 'skip')
                   AND key.key = ANY(%s) AND NOT row.id = ANY(%s)
              ORDER BY row.line
                """,
                self.id,
                max((plan.line for plan in plans.values()), default=0),
                keys,
                [row_sudo.id for row_sudo in plans],
            )
        )
        earlier = {}
        for line, row_id, deed, client_id, twin_id, key in found:
            if deed != "skip" or key.startswith("company:"):
                target = ("client", client_id) if client_id else ("row", twin_id or row_id)
                earlier.setdefault(key, []).append((line, target, deed))
        return earlier

    # ------------------------------------------------------------------
    # Notes
    # ------------------------------------------------------------------

    def _note_plans(self, plans, outcomes=None):
        """Keep what was decided, and what came of it, in one statement.

        :param dict outcomes: when it was done, of rows that are in: client id, made ids, before and after
        """
        places, was_run, outcomes = self._places(), outcomes is not None, outcomes or {}
        rows = []
        for row_sudo, plan in plans.items():
            client_id, made, before, after = outcomes.get(row_sudo) or (plan.client_id, None, None, None)
            rows.append(
                {
                    "id": row_sudo.id,
                    "deed": plan.deed,
                    "problems": self._problems_by_index(plan, places) or None,
                    "reason": " ".join(plan.problems.values())[:REASON_LENGTH] or None,
                    "client_id": client_id or None,
                    "twin_id": plan.twin_id or None,
                    "match_keys": self._file_keys(plan) if plan.data else [],
                    "digest": plan.digest,
                    "state": "done" if row_sudo in outcomes else "skipped" if was_run and plan.deed == "skip" else None,
                    "made": made,
                    "before": before,
                    "after": after,
                }
            )
        if not rows:
            return
        rows_sudo = self.env["nestogy.client.import.row"].sudo()  # written here and nowhere else
        rows_sudo.flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE nestogy_client_import_row row
                   SET deed = plan.deed, problems = plan.problems, reason = plan.reason, client_id = plan.client_id,
                       twin_id = plan.twin_id, match_keys = plan.match_keys, digest = plan.digest,
                       state = COALESCE(plan.state, row.state), made = COALESCE(plan.made, row.made),
                       before = COALESCE(plan.before, row.before), after = COALESCE(plan.after, row.after)
                  FROM json_to_recordset(%s::json)
                    AS plan(id int, deed text, problems jsonb, reason text, client_id int, twin_id int,
                            match_keys jsonb, digest text, state text, made jsonb, before jsonb, after jsonb)
                 WHERE row.id = plan.id
                """,
                json.dumps(rows),
            )
        )
        rows_sudo.browse([row_sudo.id for row_sudo in plans]).invalidate_recordset(flush=False)

    def _places(self):
        """The index of the column for each of ours that the file has."""
        return {column["target"]: column["index"] for column in self.mapping or [] if column["target"]}

    def _problems_by_index(self, plan, places):
        found = {}
        for target, sentence in plan.problems.items():
            index = places.get(target, places.get(f"contact1_{target}", ""))
            found[str(index)] = " ".join(filter(None, (found.get(str(index)), sentence)))
        return found
