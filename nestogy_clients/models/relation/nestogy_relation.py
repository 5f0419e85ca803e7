from datetime import date

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

MOST_NOTE = 1000  # characters that a person types; joined notes of merged relations may be longer
STRENGTHS = [("1", "Loose"), ("2", "Normal"), ("3", "Strong")]


class NestogyRelation(models.Model):
    """Somebody or some firm has to do with another, for a time: stored once, read from both sides.

    Whoever may not see one of the two does not see the relation.
    """

    _name = "nestogy.relation"
    _description = "Relation"
    _order = "date_from desc, id desc"
    _rec_names_search = ["left_partner_id", "right_partner_id"]

    left_partner_id = fields.Many2one(
        "res.partner", string="Who", required=True, ondelete="cascade", index=True, domain=[("type", "=", "contact")]
    )
    kind_id = fields.Many2one(
        "nestogy.relation.kind", string="Relation", required=True, ondelete="restrict", index=True
    )
    right_partner_id = fields.Many2one(
        "res.partner",
        string="To Whom",
        required=True,
        ondelete="cascade",
        index=True,
        domain=[("type", "=", "contact")],
    )
    # the kind as it is chosen from either side; the words from the right exchange the two ends when they are saved
    phrase_id = fields.Many2one(
        "nestogy.relation.phrase", string="Is Related As", compute="_compute_phrase_id", readonly=False
    )
    phrase_ids = fields.Many2many("nestogy.relation.phrase", compute="_compute_phrase_ids")
    date_from = fields.Date(string="Since")
    date_to = fields.Date(string="Until", help="The last day. Empty as long as it lasts.")
    is_current = fields.Boolean(string="Current", compute="_compute_is_current", search="_search_is_current")
    strength = fields.Selection(STRENGTHS, required=True, default="2")
    note = fields.Text(help="Only colleagues see it.")
    active = fields.Boolean(
        default=True, readonly=True, help="Off when a merge of partners joined it with another one."
    )

    @api.depends("left_partner_id", "kind_id", "right_partner_id")
    def _compute_display_name(self):
        for relation in self:
            relation.display_name = (
                f"{relation.left_partner_id.name or ''} {relation.kind_id.name or ''} "
                f"{relation.right_partner_id.name or ''}"
            )

    @api.depends("kind_id")
    def _compute_phrase_id(self):
        for relation in self:
            relation.phrase_id = relation.kind_id.id * 2 if relation.kind_id else False

    @api.depends("left_partner_id", "right_partner_id")
    def _compute_phrase_ids(self):
        phrases = self.env["nestogy.relation.phrase"].search([])
        for relation in self:
            left, right = (
                partner._relation_ends() for partner in (relation.left_partner_id, relation.right_partner_id)
            )
            relation.phrase_ids = phrases.filtered(
                lambda phrase, left=left, right=right: (
                    (not left or phrase.left_end in left) and (not right or phrase.right_end in right)
                )
            )

    @api.depends("date_from", "date_to")
    def _compute_is_current(self):
        today = fields.Date.context_today(self)
        for relation in self:
            relation.is_current = (not relation.date_from or relation.date_from <= today) and (
                not relation.date_to or relation.date_to >= today
            )

    def _search_is_current(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        current = (Domain("date_from", "=", False) | Domain("date_from", "<=", today)) & (
            Domain("date_to", "=", False) | Domain("date_to", ">=", today)
        )
        return current if True in value else ~current

    # ------------------------------------------------------------------
    # What cannot be
    # ------------------------------------------------------------------

    def _validate_fields(self, field_names, excluded_names=()):  # pylint: disable=missing-return
        """What people say who merge two partners counts: the relations of both stay, also when they disagree."""
        if not self.env.context.get("nestogy_relations_merged"):
            super()._validate_fields(field_names, excluded_names)

    @api.constrains("note")
    def _check_note(self):
        for relation in self:
            if len(relation.note or "") > MOST_NOTE:
                raise ValidationError(
                    self.env._("A note on a relation has at most %s characters; shorten it.", MOST_NOTE)
                )

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for relation in self:
            if relation.date_from and relation.date_to and relation.date_to < relation.date_from:
                raise ValidationError(
                    self.env._("“%s” ends before it begins; correct one of the dates.", relation.display_name)
                )

    @api.constrains("left_partner_id", "kind_id", "right_partner_id")
    def _check_ends(self):
        labels = dict(self.env["nestogy.relation.kind"]._fields["left_end"]._description_selection(self.env))
        for relation in self:
            kind = relation.kind_id
            if relation.left_partner_id == relation.right_partner_id:
                raise ValidationError(
                    self.env._("%s cannot be related to itself; choose somebody else.", relation.left_partner_id.name)
                )
            for partner, end in (
                (relation.left_partner_id, kind.left_end),
                (relation.right_partner_id, kind.right_end),
            ):
                if end not in partner._relation_ends():
                    raise ValidationError(
                        self.env._(
                            "%(name)s does not fit “%(kind)s”, which needs there: %(end)s. Choose another relation.",
                            name=partner.name,
                            kind=kind.name,
                            end=labels[end].lower(),
                        )
                    )

    @api.constrains("left_partner_id", "kind_id", "right_partner_id", "date_from", "date_to")
    def _check_doubles(self):
        """Refuse what is said already for a part of the same time, from the other side, too, where that is the same."""
        self.flush_model()
        # SQL: each of many relations is held against the whole table at once
        doubles = self.env.execute_query(
            SQL(
                """
                SELECT mine.id
                  FROM nestogy_relation mine
                  JOIN nestogy_relation_kind kind ON kind.id = mine.kind_id
                  JOIN nestogy_relation other
                    ON other.kind_id = mine.kind_id
                   AND other.id <> mine.id
                   AND other.left_partner_id = ANY(ARRAY[mine.left_partner_id, mine.right_partner_id])
                   AND other.right_partner_id = ANY(ARRAY[mine.left_partner_id, mine.right_partner_id])
                   AND (kind.is_symmetric OR other.left_partner_id = mine.left_partner_id)
                   AND COALESCE(other.date_from, '-infinity') <= COALESCE(mine.date_to, 'infinity')
                   AND COALESCE(mine.date_from, '-infinity') <= COALESCE(other.date_to, 'infinity')
                 WHERE mine.id IN %s
                 LIMIT 1
                """,
                tuple(self.ids),
            )
        )
        if doubles:
            raise ValidationError(
                self.env._(
                    "“%s” is noted already for this time; change that relation, or choose other dates.",
                    self.browse(doubles[0][0]).display_name,
                )
            )

    @api.constrains("left_partner_id", "kind_id", "right_partner_id", "date_from", "date_to")
    def _check_hierarchy(self):
        """Nobody stands above himself on any day."""
        relations = self.filtered("kind_id.is_hierarchy")
        if not relations:
            return
        self.flush_model()
        # SQL: up the line from each relation, as long as all steps hold on a common day; what was saved before has no
        # circle, hence the walk ends
        circles = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE up AS (
                    SELECT id, kind_id, left_partner_id AS bottom, right_partner_id AS top,
                           COALESCE(date_from, '-infinity') AS since, COALESCE(date_to, 'infinity') AS until
                      FROM nestogy_relation
                     WHERE id IN %s
                     UNION
                    SELECT up.id, up.kind_id, up.bottom, next.right_partner_id,
                           GREATEST(up.since, COALESCE(next.date_from, '-infinity')),
                           LEAST(up.until, COALESCE(next.date_to, 'infinity'))
                      FROM up
                      JOIN nestogy_relation next
                        ON next.left_partner_id = up.top
                       AND next.kind_id = up.kind_id
                       AND COALESCE(next.date_from, '-infinity') <= up.until
                       AND COALESCE(next.date_to, 'infinity') >= up.since
                     WHERE up.top <> up.bottom
                ) CYCLE top SET is_seen USING path
                SELECT id FROM up WHERE top = bottom LIMIT 1
                """,
                tuple(relations.ids),
            )
        )
        if circles:
            relation = self.browse(circles[0][0])
            raise ValidationError(
                self.env._(
                    "“%(relation)s” closes a circle: %(name)s stands above %(other)s at that time already, directly or"
                    " over others.",
                    relation=relation.display_name,
                    name=relation.left_partner_id.name,
                    other=relation.right_partner_id.name,
                )
            )

    # ------------------------------------------------------------------
    # Saving
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._read_phrase(dict(vals)) for vals in vals_list])

    def write(self, vals):
        if not vals.get("phrase_id"):
            return super().write(vals)
        for relation in self:
            super(NestogyRelation, relation).write(relation._read_phrase(dict(vals)))
        return True

    def _read_phrase(self, vals):
        """Say in kind and ends what was chosen in words.

        :param dict vals: changed
        """
        phrase = self.env["nestogy.relation.phrase"].browse(vals.pop("phrase_id", False) or [])
        if phrase:
            vals["kind_id"] = phrase.kind_id.id
            if phrase.is_inverse:
                left = vals.get("left_partner_id", self.left_partner_id.id)
                right = vals.get("right_partner_id", self.right_partner_id.id)
                vals |= {"left_partner_id": right, "right_partner_id": left}
        return vals

    def action_end(self):
        """Let the relations end today; those that have ended stay as they are."""
        self.filtered("is_current").date_to = fields.Date.context_today(self)

    def _relation_edge(self, steps):
        """What the map and the list say of this relation, read from the end that is nearer to the middle.

        :param dict steps: partner ids to their distance
        """
        left, right, kind = self.left_partner_id.id, self.right_partner_id.id, self.kind_id
        is_from_right = steps[right] < steps[left] or (steps[right] == steps[left] and right == next(iter(steps)))
        return {
            "id": self.id,
            "kind": kind.id,
            "left": left,
            "right": right,
            "who": right if is_from_right else left,
            "words": kind.inverse_name if is_from_right and not kind.is_symmetric else kind.name,
            "other": left if is_from_right else right,
            "from": fields.Date.to_string(self.date_from) or "",
            "to": fields.Date.to_string(self.date_to) or "",
            "is_current": self.is_current,
            "strength": int(self.strength),
            "note": self.note or "",
        }

    # ------------------------------------------------------------------
    # Merging
    # ------------------------------------------------------------------

    def _client_merge_plan(self, kept, sources):
        """What becomes of the relations of partners that are merged; called in sudo.

        What would relate the kept one to itself is hidden; what is said twice for the same time becomes one relation
        over the whole time, with the notes of all, and the others are hidden.

        :param res.partner kept: the partner that stays
        :param res.partner sources: partners that go
        :return: dict of relation to its values, and the relations that are hidden
        """
        both = kept | sources
        # all that touch them: the kept one's own become doubles of what comes
        relations = self.search(Domain("left_partner_id", "in", both.ids) | Domain("right_partner_id", "in", both.ids))
        hidden = relations.filtered(lambda one: one.left_partner_id in both and one.right_partner_id in both)
        chains = {}
        for relation in (relations - hidden).sorted(lambda one: (one.date_from or date.min, one.id)):
            ends = (relation.left_partner_id, relation.right_partner_id)
            left, right = ((kept if partner in both else partner).id for partner in ends)
            pair = tuple(sorted((left, right))) if relation.kind_id.is_symmetric else (left, right)
            runs = chains.setdefault((relation.kind_id.id, pair), [])
            if runs and (not runs[-1]["until"] or not relation.date_from or relation.date_from <= runs[-1]["until"]):
                runs[-1]["relations"] |= relation
                until = runs[-1]["until"]
                runs[-1]["until"] = until and relation.date_to and max(until, relation.date_to)
            else:
                runs.append({"relations": relation, "until": relation.date_to, "ends": (left, right)})
        values = {}
        for run in (run for runs in chains.values() for run in runs):
            first, *others = run["relations"]
            notes = dict.fromkeys(note for note in run["relations"].mapped("note") if note)
            values[first] = {
                "left_partner_id": run["ends"][0],
                "right_partner_id": run["ends"][1],
                "date_to": run["until"],
                "strength": max(run["relations"].mapped("strength")),
                "note": " · ".join(notes) or False,
            }
            hidden = hidden.union(*others)
        return values, hidden

    def _client_merge_foresee(self, _merge, kept, sources):
        """For the preview of a merge."""
        values, hidden = self._client_merge_plan(kept.sudo(), sources.sudo())  # counted, not shown
        moved = [one for one in values if (one.left_partner_id | one.right_partner_id) & sources.sudo()]  # as above
        rows = [(self.env._("Relations"), len(moved), "")]
        if hidden:
            text = self.env._("Said twice and joined, or between the merged ones themselves.")
            rows.append((self.env._("Relations"), len(hidden), text))
        return rows

    def _client_merge_prepare(self, merge, kept, sources):
        """Hang the relations of the others on the one that is kept."""
        values, hidden = self._client_merge_plan(kept, sources)
        merge._remember(self._table, [*(relation.id for relation in values), *hidden.ids])
        hidden.with_context(nestogy_relations_merged=True).active = False
        for relation, vals in values.items():
            relation.with_context(nestogy_relations_merged=True).write(vals)
        self.flush_model()
