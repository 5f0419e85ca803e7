from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools.client_settings import AGENT
from ...tools.engagement import days_at_least
from .nestogy_engagement_record import LEVELS

OVERRIDE = {"engagement_override", "engagement_override_until", "engagement_override_reason"}
GUARDED = OVERRIDE | {"engagement_override_by_id"}
# What only the clock writes.
COLUMNS = (
    *("engagement_level", "engagement_computed", "engagement_score", "engagement_trend"),
    *("engagement_fell_on", "engagement_touched_at", "engagement_data"),
)
MOST_REASON = 200  # characters
MOST_DAYS = 366  # for which a level is set by hand
HISTORY = 30  # lines of history that the profile draws


class ResPartner(models.Model):
    """How engaged a client is, and why: hot, warm, cold or dormant, by what happened lately or by hand for a time."""

    _inherit = "res.partner"

    engagement_level = fields.Selection(
        LEVELS,
        string="Engagement",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="By the points of what happened lately, or as set by hand. Empty as long as little is known of a new "
        "client.",
    )
    engagement_computed = fields.Selection(
        LEVELS, string="Engagement by Points", readonly=True, copy=False, groups="base.group_user"
    )
    engagement_score = fields.Float(
        digits=(4, 1),
        readonly=True,
        copy=False,
        aggregator="avg",
        groups="base.group_user",
        help="0 to 100: the points of contacts, payments, tickets and the like, which fade day by day.",
    )
    engagement_trend = fields.Selection(
        [("up", "Up"), ("flat", "Steady"), ("down", "Down")],
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The score compared with that of 30 days ago.",
    )
    engagement_fell_on = fields.Date(
        string="Cooling down since", readonly=True, copy=False, groups="base.group_user", help="When the level fell."
    )
    engagement_touched_at = fields.Datetime(
        string="Last in Touch", readonly=True, copy=False, groups="base.group_user", help="What counts is in Settings."
    )
    engagement_data = fields.Json(readonly=True, copy=False, groups="base.group_user")
    engagement_reason = fields.Char(
        string="Engaged Because", compute="_compute_engagement_reason", groups="base.group_user"
    )
    client_engagement = fields.Json(compute="_compute_client_engagement", groups="base.group_user")
    engagement_override = fields.Selection(LEVELS, string="Engagement by Hand", copy=False, groups="base.group_user")
    engagement_override_until = fields.Date(
        string="By Hand until", copy=False, groups="base.group_user", help="The last day on which it holds."
    )
    engagement_override_reason = fields.Char(string="By Hand Because", copy=False, groups="base.group_user")
    engagement_override_by_id = fields.Many2one(
        "res.users",
        string="By Hand of",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        groups="base.group_user",
    )

    _engagement_level_idx = models.Index("(engagement_level, id) WHERE is_client IS TRUE")
    _engagement_fell_idx = models.Index("(engagement_fell_on) WHERE engagement_fell_on IS NOT NULL")
    _engagement_override_idx = models.Index("(engagement_override_until) WHERE engagement_override IS NOT NULL")

    # ------------------------------------------------------------------
    # Why
    # ------------------------------------------------------------------

    def _engagement_settings(self):
        """The company by whose settings each of these partners is judged.

        :return: dict of partner to company, in sudo
        """
        companies_sudo = self.env["res.company"].sudo()  # staff of one company sees clients that all share
        first_sudo = companies_sudo.search([], order="id", limit=1)
        return {partner: partner._get_client().sudo().company_id or first_sudo for partner in self}  # same

    def _engagement_parts(self):
        """What the engagement of these partners consists of, in words.

        :return: dict of partner to a dict of ``reasons`` (text of each) and ``falls`` (level, its label, date from
            which it holds without a new contact)
        """
        labels = dict(self._fields["engagement_level"]._description_selection(self.env))
        # names and settings that explain what the reader may see
        kinds_sudo = self.env["nestogy.engagement.kind"].sudo().with_context(active_test=False)
        names = {kind.id: kind.name for kind in kinds_sudo.search([])}
        settings = self._engagement_settings()
        found = {}
        for partner in self:
            data, setting_sudo = partner.engagement_data or {}, settings[partner]
            faded = 1.0
            if data:
                age = (fields.Date.today() - fields.Date.to_date(data["day"])).days
                faded = 0.5 ** (age / setting_sudo.engagement_half_life)
            reasons = [
                {
                    "name": names.get(part["kind"], ""),
                    "count": part["count"],
                    "date": format_date(self.env, part["last"]),
                    "points": round(part["points"] * faded, 1),
                }
                for part in data.get("kinds") or []
            ]
            falls = []
            steps = [
                ("hot", "warm", setting_sudo.engagement_hot),
                ("warm", "cold", setting_sudo.engagement_warm),
                ("cold", "dormant", setting_sudo.engagement_cold),
            ]
            for level, below, threshold in steps:
                days = days_at_least(data.get("points", 0.0), threshold, setting_sudo.engagement_half_life)
                day = data and fields.Date.add(fields.Date.to_date(data["day"]), days=days)
                if day and day > fields.Date.today():
                    falls.append(
                        {"from": level, "level": below, "label": labels[below], "date": format_date(self.env, day)}
                    )
            found[partner] = {"reasons": reasons, "falls": falls}
        return found

    @api.depends("engagement_data", "engagement_level", "engagement_override", "engagement_override_until")
    @api.depends_context("lang")
    def _compute_engagement_reason(self):
        """The three strongest reasons with their dates, and how the level falls when nothing happens."""
        parts = self._engagement_parts()
        for partner in self:
            partner.engagement_reason = partner._engagement_sentence(**parts[partner])

    def _engagement_sentence(self, reasons, falls):
        labels = dict(self._fields["engagement_level"]._description_selection(self.env))
        if not self.engagement_level:
            return self.is_client and self.env._("No data yet: the client is new, and little has happened so far.")
        sentences = []
        if self.engagement_override and self.engagement_level == self.engagement_override:
            by_sudo = self.engagement_override_by_id.sudo()  # the name of a colleague
            sentences.append(
                self.env._(
                    "%(level)s until %(date)s, set by %(who)s: %(reason)s.",
                    level=labels[self.engagement_level],
                    date=format_date(self.env, self.engagement_override_until),
                    who=by_sudo.name or "",
                    reason=(self.engagement_override_reason or "").rstrip("."),
                )
            )
        level = labels.get(self.engagement_computed, self.env._("No data yet"))
        if not reasons:
            sentences.append(self.env._("%s: nothing that counts has happened lately.", level))
            return " ".join(sentences)
        sentences.append(
            self.env._(
                "%(level)s because of %(reasons)s.",
                level=level,
                reasons="; ".join(
                    self.env._(
                        "%(what)s ×%(count)s, last %(date)s (%(points)s points)",
                        what=reason["name"],
                        count=reason["count"],
                        date=reason["date"],
                        points=reason["points"],
                    )
                    for reason in reasons
                ),
            )
        )
        if falls:
            sentences.append(
                self.env._("Without a new contact: %s.", ", ".join(f"{fall['label']} {fall['date']}" for fall in falls))
            )
        return " ".join(sentences)

    @api.depends("engagement_data", "engagement_level", "engagement_score", "engagement_override")
    @api.depends_context("lang", "uid")
    def _compute_client_engagement(self):
        """What the profile shows: the level, why, how it falls, what was set by hand, and the line of its history."""
        levels = dict(self._fields["engagement_level"]._description_selection(self.env))
        trends = dict(self._fields["engagement_trend"]._description_selection(self.env))
        clients = self.filtered("is_client")
        (self - clients).client_engagement = False
        if not clients:
            return
        parts, settings = clients._engagement_parts(), clients._engagement_settings()
        lines = {client._origin.id: [] for client in clients}
        # the history of clients whose level the reader sees
        records_sudo = self.env["nestogy.engagement.record"].sudo()
        since = fields.Date.subtract(fields.Date.today(), weeks=HISTORY)
        domain = Domain("client_id", "in", clients.ids) & Domain("date", ">=", since)
        for record_sudo in records_sudo.search(domain, order="client_id, date"):
            lines[record_sudo.client_id.id].append(
                {"date": fields.Date.to_string(record_sudo.date), "score": record_sudo.score}
            )
        may_override = self.env.user.has_group(AGENT)
        for client in clients:
            setting_sudo = settings[client]
            override = False
            if client.engagement_override:
                override = {
                    "label": levels[client.engagement_override],
                    "until": format_date(self.env, client.engagement_override_until),
                    # the name of a colleague
                    "by": client.engagement_override_by_id.sudo().name or "",
                    "reason": client.engagement_override_reason or "",
                }
            client.client_engagement = {
                "level": client.engagement_level or "",
                "label": levels.get(client.engagement_level) or self.env._("No data yet"),
                "computed": levels.get(client.engagement_computed) or self.env._("No data yet"),
                "score": client.engagement_score,
                "trend": client.engagement_trend or "flat",
                "trend_label": trends[client.engagement_trend or "flat"],
                "touched": client.engagement_touched_at and format_date(self.env, client.engagement_touched_at),
                "override": override,
                "may_override": may_override,
                "history": lines[client._origin.id],
                "half_life": setting_sudo.engagement_half_life,
                "day_points": setting_sudo.engagement_day_points,
                "thresholds": [
                    {"label": levels["hot"], "from": setting_sudo.engagement_hot},
                    {"label": levels["warm"], "from": setting_sudo.engagement_warm},
                    {"label": levels["cold"], "from": setting_sudo.engagement_cold},
                ],
                **parts[client],
            }

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @api.constrains(*OVERRIDE)
    def _check_engagement_override(self):
        for partner in self:
            if not partner.engagement_override:
                continue
            if not partner.is_client:
                raise ValidationError(
                    self.env._("%s is no client; engagement is set for clients.", partner.display_name)
                )
            if not (partner.engagement_override_reason or "").strip():
                raise ValidationError(self.env._("Say why the engagement of %s is set by hand.", partner.display_name))
            if len(partner.engagement_override_reason) > MOST_REASON:
                raise ValidationError(
                    self.env._("The reason of an engagement set by hand has at most %s characters.", MOST_REASON)
                )
            until = partner.engagement_override_until
            if not until or until < fields.Date.today():
                raise ValidationError(self.env._("Choose the last day on which the level holds, from today on."))
            if until > fields.Date.add(fields.Date.today(), days=MOST_DAYS):
                raise ValidationError(self.env._("A level is set by hand for a year at most."))

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.su:
            return super().create(vals_list)
        if any(vals.get(name) for vals in vals_list for name in OVERRIDE):
            raise UserError(self.env._("Save the client first, then set its engagement by hand."))
        return super().create([self._without_engagement(vals, {*COLUMNS, *GUARDED}) for vals in vals_list])

    @api.model
    def _without_engagement(self, vals, names):
        return {name: value for name, value in vals.items() if name not in names} if vals.keys() & names else vals

    def write(self, vals):
        if not self.env.su:
            vals = self._without_engagement(vals, set(COLUMNS))
        if not vals.keys() & GUARDED or (self.env.su and self.env.context.get("nestogy_engagement_ends")):
            return super().write(vals)
        if not self.env.su and not self.env.user.has_group(AGENT):
            raise AccessError(self.env._("Engagement is set by hand by Client Agents and above."))
        vals = dict(vals)
        vals.pop("engagement_override_by_id", None)  # whoever does it
        if "engagement_override" in vals:
            vals["engagement_override_by_id"] = self.env.uid if vals["engagement_override"] else False
            if not vals["engagement_override"]:
                vals |= {"engagement_override_until": False, "engagement_override_reason": False}
        former = self.filtered("engagement_override")
        result = super().write(vals)
        changed = former | self.filtered("engagement_override")
        if changed and vals.keys() & OVERRIDE:
            self._refresh_engagement(changed.ids)
            changed._message_log_batch({client.id: client._engagement_override_note() for client in changed})
        return result

    def _engagement_override_note(self):
        labels = dict(self._fields["engagement_level"]._description_selection(self.env))
        if not self.engagement_override:
            return self.env._(
                "Engagement is computed again: %s.", labels.get(self.engagement_level) or self.env._("No data yet")
            )
        return self.env._(
            "Engagement set to %(level)s until %(date)s: %(reason)s",
            level=labels[self.engagement_override],
            date=format_date(self.env, self.engagement_override_until),
            reason=self.engagement_override_reason,
        )

    @api.model
    def _end_engagement_overrides(self):
        """Take back the levels whose last day is over, and note it on the clients."""
        domain = Domain("engagement_override", "!=", False) & Domain(
            "engagement_override_until", "<", fields.Date.today()
        )
        over = self.with_context(active_test=False).search(domain)
        if not over:
            return
        labels = dict(self._fields["engagement_level"]._description_selection(self.env))
        notes = {
            client.id: self.env._(
                "The engagement that was set by hand, %(level)s until %(date)s, has ended; it is computed again.",
                level=labels[client.engagement_override],
                date=format_date(self.env, client.engagement_override_until),
            )
            for client in over
        }
        # the clock's own door: a note is written for all of them at once
        over.sudo().with_context(nestogy_engagement_ends=True).write(
            dict.fromkeys([*OVERRIDE, "engagement_override_by_id"], False)
        )
        self._refresh_engagement(over.ids)
        over._message_log_batch(notes)

    def action_engagement_override(self):
        """Ask for the level, the last day and the reason."""
        self.check_access("read")
        clients = self.filtered("is_client")
        if not clients:
            raise UserError(self.env._("Choose at least one client."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Engagement by Hand"),
            "res_model": "nestogy.engagement.set",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_client_ids": clients.ids},
        }

    def action_engagement_compute(self):
        """Let the points decide again."""
        self.write({"engagement_override": False})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_engagement_history(self):
        """How engaged this client was over time."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.nestogy_engagement_record_action")
        return action | {
            "display_name": self.env._("Engagement of %s", self.display_name),
            "domain": [("client_id", "=", self.id)],
            "context": {},
        }

    def _client_export_parts(self):
        """How engaged the person was judged to be, and from what."""
        parts = super()._client_export_parts()
        if not self.engagement_level and not self.engagement_touched_at:
            return parts
        labels = dict(self._fields["engagement_level"]._description_selection(self.env))
        history = self.env["nestogy.engagement.record"].search([("client_id", "=", self.id)])
        rows = [
            {
                self.env._("Date"): fields.Date.today(),
                self.env._("Engagement"): labels.get(self.engagement_level, ""),
                self.env._("Score"): self.engagement_score,
                self.env._("Because"): self.engagement_reason or "",
            }
        ]
        rows += [
            {
                self.env._("Date"): record.date,
                self.env._("Engagement"): labels[record.level],
                self.env._("Score"): record.score,
            }
            for record in history
        ]
        return [*parts, {"key": "engagement", "title": self.env._("Engagement"), "rows": rows}]
