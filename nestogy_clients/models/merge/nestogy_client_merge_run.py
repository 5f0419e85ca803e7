from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .nestogy_client_merge import UNDO_DAYS


class NestogyClientMerge(models.Model):
    """The deed: all of it in one transaction, or nothing."""

    _inherit = "nestogy.client.merge"

    # ------------------------------------------------------------------
    # Before
    # ------------------------------------------------------------------

    def _preview(self):
        """What would happen: all rows that move, by model, what stays and why, logins, and what forbids it.

        :return: dict for the screen
        """
        target, sources = self._ends()
        # what moves is counted, not shown
        merge_sudo = self.sudo()
        merge_sudo.env.flush_all()
        rows, stays = {}, {}
        pointers = merge_sudo._pointers()
        root = target.sudo().commercial_partner_id.id  # the client of a contact may be told
        for pointer, count in merge_sudo._count_pointers(pointers, sources.ids).items():
            label = merge_sudo._table_label(pointer)
            aim = root if pointer.is_root else target.id
            conflicts = len(merge_sudo._pointer_conflicts(pointer, sources.ids, aim, "res.partner"))
            if conflicts:
                stay = stays.setdefault(pointer.table, {"label": label, "count": 0, "text": ""})
                stay["count"] += conflicts
                stay["text"] = merge_sudo._stay_reason(pointer)
            # an invoice that names the client twice is one row
            rows[pointer.table] = {
                "label": label,
                "count": max(count - conflicts, rows.get(pointer.table, {}).get("count", 0)),
            }
        for step in merge_sudo.env["res.partner"]._client_merge_steps():
            for label, count, text in step["foresee"](merge_sudo, target, sources) if "foresee" in step else ():
                if text:
                    stays[label] = {"label": label, "count": count, "text": text}
                else:
                    rows[label] = {"label": label, "count": count}
        logins_sudo = merge_sudo._logins()
        return {
            "rows": sorted(
                (row for row in rows.values() if row["count"]), key=lambda row: (-row["count"], row["label"])
            ),
            "stays": sorted(stays.values(), key=lambda row: row["label"]),
            "logins": [
                {
                    "id": user.id,
                    "login": user.login,
                    "name": user.partner_id.name,
                    "used": fields.Datetime.to_string(user.login_date) if user.login_date else "",
                    "stays": user == self.login_user_id,
                }
                for user in logins_sudo
            ],
            "refusals": merge_sudo._refusals(self.env.user),
        }

    def _ends(self):
        """The record that is kept, and those that are merged into it, in the order in which their values win."""
        target = self.target_id._origin
        sources = (self.partner_ids._origin - target).sorted(lambda one: (not one.active, one.create_date, one.id))
        return target, sources

    def _refusals(self, user):
        """Why these records cannot be merged by a user; called in sudo.

        :return: list of sentences, empty when they can
        """
        target, sources = self._ends()
        everybody = target | sources
        if len(everybody) < 2 or not target:
            return [self.env._("Choose at least two records, and which one of them is kept.")]
        return everybody._client_merge_refusals(target, user)

    # ------------------------------------------------------------------
    # The deed
    # ------------------------------------------------------------------

    def _merge(self):
        """Merge the records.

        :raise UserError: says why not
        """
        self.ensure_one()
        self.partner_ids._client_merge_check_right()
        # the user may merge; what hangs on the records moves also where he sees nothing of it
        self.sudo()._merge_locked(self.env.user, is_machine=self.env.su)

    def _merge_locked(self, user, is_machine=False):
        """Merge in the name of somebody whose right was checked; called in sudo.

        :param bool is_machine: there is nobody from whom something has to be kept
        """
        self.env.flush_all()
        # nobody hangs anything on them meanwhile, and two merges of the same one wait for each other
        self.env.cr.execute(
            "SELECT id FROM res_partner WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [sorted(self.partner_ids.ids)]
        )
        self.env.cr.execute("SELECT state FROM nestogy_client_merge WHERE id = %s FOR UPDATE", [self.id])
        if self.env.cr.fetchone() != ("draft",):
            raise UserError(self.env._("This has been merged already."))
        self.env.invalidate_all(flush=False)
        refusals = self._refusals(self.env["res.users"] if is_machine else user)
        if refusals:
            raise UserError("\n".join(refusals))
        self._merge_now(user)

    def _merge_now(self, user):
        """Merge; called in sudo, with the records locked."""
        kept, sources = self._ends()
        self._write_sources(kept, sources)
        self._remember_family(kept, sources)
        self._settle_logins(kept, sources)
        self._take_values(kept, sources)
        self._move_rows(kept, sources)
        # who is who, and which settings hold, is kept in memory
        self.env.registry.clear_cache()
        self.write(
            {
                "state": "done",
                "target_id": kept.id,
                "user_id": user.id,
                "done_at": fields.Datetime.now(),
                "undo_until": fields.Date.add(fields.Date.context_today(self), days=UNDO_DAYS),
                "company_id": kept.company_id.id,
            }
        )
        kept.message_post(
            body=self.env._(
                "Merged into this one: %s",
                ", ".join(f"{one.name or '?'} ({one.client_number or one.email or one.id})" for one in sources),
            ),
            author_id=user.partner_id.id,
        )
        self.env.flush_all()
        self._follow_soon()

    def _move_rows(self, kept, sources):
        """Turn everything that names the others to the one that is kept; they become earlier records of it."""
        steps = self.env["res.partner"]._client_merge_steps()
        for step in steps:
            if "prepare" in step:
                step["prepare"](self, kept, sources)
        self.env.flush_all()
        children = sources.with_context(active_test=False).child_ids
        self._move_pointers(sources.ids, kept.id, root=kept.commercial_partner_id.id)
        self._move_property_values(sources, kept)
        self.env.cr.execute(
            """
            UPDATE res_partner SET active = FALSE, merged_into_id = %s, client_status_id = NULL, is_client = FALSE,
                                   user_id = NULL, primary_contact_id = NULL
             WHERE id = ANY(%s)
            """,
            [kept.id, sources.ids],
        )
        self.env.invalidate_all(flush=False)
        for step in steps:
            if "finish" in step:
                step["finish"](self, kept, sources)
        self._refresh(kept, children)
        self._close_memory()
        counts = dict(
            self.env["nestogy.client.merge.line"]._read_group(
                [("merge_id", "=", self.id), ("kind", "in", ("move", "stay"))], ["kind"], ["row_count:sum"]
            )
        )
        self.write({"moved_count": counts.get("move", 0), "stayed_count": counts.get("stay", 0)})

    def _write_sources(self, kept, sources):
        """Keep by which numbers and addresses the others are found from now on."""
        found_by = ("client_number", "email", "email_normalized")
        rows = [
            {"partner_id": one.id, "partner_number": one.id, "name": one.name} | {name: one[name] for name in found_by}
            for one in sources
        ]
        # also those of the kept one where another record's win
        for names in (found_by[:1], found_by[1:]):
            if kept[names[0]] and (self.choices or {}).get(names[0]) in sources.ids:
                rows.append({"partner_number": kept.id, "name": kept.name} | {name: kept[name] for name in names})
        self.env["nestogy.client.merge.source"].create(
            [row | {"merge_id": self.id, "kept_id": kept.id} for row in rows]
        )

    def _settle_logins(self, kept, sources):
        """One login stays and goes on working; the others are closed, which ends their sessions.

        A closed login keeps its person, so that nobody comes in by it, and so that it can be opened again.
        """
        users = (kept | sources).user_ids.filtered("active")
        if not users:
            return
        stays = self.login_user_id if self.login_user_id in users else self._best_login(users)
        closed = users - stays
        self._remember("res_users", users.ids, ("active", "partner_id"))
        if closed:
            closed.write({"active": False})
            self.env.flush_all()
        if stays.partner_id != kept:
            self.env.cr.execute("UPDATE res_users SET partner_id = %s WHERE id = %s", [kept.id, stays.id])
            self.env.invalidate_all(flush=False)
        self.env["nestogy.client.merge.line"].create(
            [
                {
                    "merge_id": self.id,
                    "kind": "login",
                    "label": user.login,
                    "source_name": user.partner_id.name,
                    "row_count": 1,
                    "detail": self.env._("Stays and goes on working.")
                    if user == stays
                    else self.env._("Closed: %s is the login from now on.", stays.login),
                }
                for user in users
            ]
        )

    def _refresh(self, kept, children):
        """What is worked out from what moved."""
        partners = kept | children
        for name in ("complete_name", "commercial_company_name", "partner_share", "client_team_id"):
            field = partners._fields.get(name)
            if field is not None and field.store and field.compute:
                self.env.add_to_compute(field, partners)
        # rows of somebody who was nobody's client get their client
        for model, name in (("nestogy.phone.number", "client_id"), ("nestogy.client.consent", "client_id")):
            records = self.env[model].with_context(active_test=False).search([("partner_id", "in", partners.ids)])
            self.env.add_to_compute(records._fields[name], records)
        kept._get_client()._note_touches()

    def _move_property_values(self, sources, kept):
        """Turn values of custom fields that name one of the records."""
        for table, column, name, is_many, ids in self._property_values(sources):
            self._turn_property(table, column, name, is_many, ids, sources, kept)

    def _property_values(self, partners):
        """Rows of which a custom field names one of some partners.

        :return: list of (table, column, name of the property, whether it holds many, ids)
        """
        held = []
        for model in self.env.registry.models.values():
            if model._abstract or not model._auto or model._transient:
                continue
            for field in model._fields.values():
                if field.type == "properties" and field.store:
                    for name, is_many in self._partner_properties(model, field):
                        ids = self._property_holders(model._table, field.name, name, partners)
                        held += [(model._table, field.name, name, is_many, ids)] if ids else []
        return held

    @api.model
    def _partner_properties(self, model, field):
        """Names of the properties that hold partners, and whether they hold many."""
        definition_model = self.env[model._name]._fields[field.definition_record].comodel_name
        definition = self.env[definition_model]
        column = definition._fields[field.definition_record_field]
        if not column.store or not definition._auto:
            return []
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT property->>'name', property->>'type' = 'many2many'
                  FROM %(table)s d, jsonb_array_elements(d.%(column)s) property
                 WHERE jsonb_typeof(d.%(column)s) = 'array' AND property->>'comodel' = 'res.partner'
                   AND property->>'type' IN ('many2one', 'many2many')
                """,
                table=SQL.identifier(definition._table),
                column=SQL.identifier(column.name),
            )
        )
        return [tuple(row) for row in rows]

    def _property_holders(self, table, column, name, partners):
        """Ids of the rows of a table of which one property names one of some partners."""
        held = SQL(
            "EXISTS (SELECT FROM jsonb_array_elements_text(CASE jsonb_typeof(%(value)s) WHEN 'array' THEN %(value)s"
            " WHEN 'number' THEN jsonb_build_array(%(value)s) ELSE '[]' END) each WHERE each = ANY(%(ids)s))",
            value=SQL("%s->%s", SQL.identifier("t", column), name),
            ids=[str(one) for one in partners.ids],
        )
        rows = self.env.execute_query(SQL("SELECT t.id FROM %s t WHERE %s", SQL.identifier(table), held))
        return [row[0] for row in rows]

    def _turn_property(self, table, column, name, is_many, ids, sources, kept):
        """Turn the values of one property; the rows are remembered as they were."""
        self._remember(table, ids)
        if is_many:
            value = SQL(
                "(SELECT jsonb_agg(DISTINCT CASE WHEN each::int = ANY(%s) THEN %s ELSE each::int END)"
                " FROM jsonb_array_elements_text(t.%s->%s) each)",
                sources.ids,
                kept.id,
                SQL.identifier(column),
                name,
            )
        else:
            value = SQL("to_jsonb(%s)", kept.id)
        self.env.cr.execute(
            SQL(
                "UPDATE %s t SET %s = jsonb_set(t.%s, ARRAY[%s], %s) WHERE t.id = ANY(%s)",
                SQL.identifier(table),
                SQL.identifier(column),
                SQL.identifier(column),
                name,
                value,
                ids,
            )
        )

    # ------------------------------------------------------------------
    # Memory
    # ------------------------------------------------------------------

    def _remember_family(self, kept, sources):
        """Keep the records themselves and all that hang below them as they are."""
        families = (kept | sources).ids + kept.commercial_partner_id.ids
        self.env.cr.execute(
            """
            SELECT id FROM res_partner
             WHERE id = ANY(%(ids)s) OR parent_id = ANY(%(ids)s) OR commercial_partner_id = ANY(%(ids)s)
            """,
            {"ids": families},
        )
        self._remember("res_partner", [row[0] for row in self.env.cr.fetchall()])

    def _remember(self, table, ids, columns=()):
        """Keep rows as they are before something changes them, to the byte.

        :param columns: only these, where the others are nobody's business
        """
        row = SQL("to_jsonb(t)")
        if columns:
            pairs = [SQL("%s, t.%s", name, SQL.identifier(name)) for name in columns]
            row = SQL("jsonb_build_object(%s)", SQL(", ").join(pairs))
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO nestogy_client_merge_line (merge_id, kind, table_name, record_id, before)
                SELECT %(merge)s, 'memory', %(name)s, t.id, %(row)s FROM %(table)s t WHERE t.id = ANY(%(ids)s)
                    ON CONFLICT (merge_id, table_name, record_id) WHERE kind = 'memory' DO NOTHING
                """,
                merge=self.id,
                name=table,
                table=SQL.identifier(table),
                ids=list(ids),
                row=row,
            )
        )

    def _memory_tables(self):
        """Names of the tables of which rows are remembered."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT table_name FROM nestogy_client_merge_line
                 WHERE merge_id = %s AND kind = 'memory' ORDER BY table_name
                """,
                self.id,
            )
        )
        return [row[0] for row in rows]

    def _close_memory(self):
        """Keep how the remembered rows are now; those that nothing changed are not kept."""
        self.env.flush_all()
        for table in self._memory_tables():
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE nestogy_client_merge_line line
                       SET after = (SELECT jsonb_object_agg(each, to_jsonb(t)->each)
                                      FROM jsonb_object_keys(line.before) each)
                      FROM %(table)s t
                     WHERE line.merge_id = %(merge)s AND line.kind = 'memory' AND line.table_name = %(name)s
                       AND t.id = line.record_id AND line.after IS NULL
                    """,
                    table=SQL.identifier(table),
                    merge=self.id,
                    name=table,
                )
            )
        self.env.cr.execute(
            "DELETE FROM nestogy_client_merge_line WHERE merge_id = %s AND kind = 'memory' AND before = after",
            [self.id],
        )
        self.env["nestogy.client.merge.line"].invalidate_model(flush=False)
