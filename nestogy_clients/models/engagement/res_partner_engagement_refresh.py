from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.engagement import LOOKBACK
from .res_partner_engagement import COLUMNS

TREND_DAYS = 30  # with which the score of today is compared
TREND_POINTS = 5  # that a score has to move to be going up or down
RECORD_POINTS = 10  # that a score has to move to be written down before a week is over
RECORD_DAYS = 7
KEPT_DAYS = 730
BACKFILL_WEEKS = 26  # of history that are worked out when there is none yet


class ResPartner(models.Model):
    """Computing how engaged clients are: one statement, for all of them or for one.

    Each touch (:meth:`_client_touches`) with a client, or with a branch of it that is a company of its own, is worth
    the points of its kind. The touches of one kind on one day (UTC) are worth no more than the company's most points a
    day and kind. Points fade: after the company's half-life, in whole days, a half is left, after two half-lives a
    quarter::

        points of a kind on a day = least(number * weight, most) * 0.5 ^ (age in days / half-life)
        score = least(100, sum of points), rounded to a tenth

    The level follows from the score by the company's thresholds. Nobody is called dormant before something happened, or
    the client was made, a half-life ago: until then too little is known, and the level is empty.
    """

    _inherit = "res.partner"

    @api.model
    def _engagement_sql(self, day, client_ids=None):
        """The engagement of clients and of their contacts as of the end of a day.

        SQL, because points are summed over a dozen tables of which the ORM knows no union.

        :param date day: in UTC
        :param list client_ids: only of these and of their contacts; ``None``: of all
        :return: SQL of a list of CTEs, of which one is recursive and the last, ``fresh``, has a row for each partner
            whose fields may have to change: ``id``, ``is_client``, ``score``, ``computed``, ``former`` (the level of 30
            days ago), ``trend``, ``touched_at``, ``data``
        """
        settings_sudo = self.env["res.company"].sudo().search([], order="id")  # staff of one computes for all
        settings_sudo.flush_recordset()
        first_sudo = settings_sudo[:1]  # by whose settings clients of all companies are judged
        self.env["nestogy.engagement.kind"].flush_model()
        self.flush_model(["is_client", "parent_id", "commercial_partner_id", "company_id", "client_status_id"])
        longest = LOOKBACK * max(settings_sudo.mapped("engagement_half_life"))
        since = fields.Date.subtract(day, days=longest)
        if client_ids is None:
            which, only = SQL("is_client"), SQL()
            subjects = SQL(
                "subject.is_client OR scored.subject_id IS NOT NULL OR subject.engagement_touched_at IS NOT NULL"
                " OR subject.engagement_level IS NOT NULL"
            )
        else:
            which = SQL("is_client AND id = ANY(%s)", client_ids)
            # an array, so that each kind of touch is looked up along its index
            only = SQL("AND touch.client_id = ANY(ARRAY(SELECT id FROM member WHERE is_entity))")
            subjects = SQL(
                "subject.commercial_partner_id = ANY(%(ids)s) OR subject.id = ANY(%(ids)s)"
                " OR subject.id = ANY(ARRAY(SELECT id FROM member))",
                ids=client_ids,
            )
        return SQL(
            """
            member (id, client_id, is_entity) AS (
                SELECT id, id, TRUE FROM res_partner WHERE %(which)s
                 UNION
                SELECT person.id, member.client_id, person.commercial_partner_id = person.id
                  FROM member JOIN res_partner person ON person.parent_id = member.id
            ), subject AS (
                SELECT member.id,
                       COALESCE(setting.engagement_half_life, %(half_life)s) AS half_life,
                       COALESCE(setting.engagement_day_points, %(most)s) AS most
                  FROM member
                  JOIN res_partner client ON client.id = member.client_id
                  LEFT JOIN res_company setting ON setting.id = client.company_id
            ), daily AS (
                SELECT side.subject_id, kind.id AS kind_id, kind.weight, touch.date::date AS day,
                       count(*)::int AS number, max(touch.date) AS last
                  FROM (%(touches)s) touch
                  JOIN nestogy_engagement_kind kind ON kind.key = touch.kind AND kind.active AND kind.weight > 0
                  JOIN member entity ON entity.id = touch.client_id AND entity.is_entity
                 CROSS JOIN LATERAL (
                       VALUES (entity.client_id), (NULLIF(touch.contact_id, entity.client_id))
                 ) side (subject_id)
                 WHERE touch.date < %(day)s::date + 1 AND side.subject_id IS NOT NULL %(only)s
                 GROUP BY 1, 2, 3, 4
            ), part AS (
                SELECT daily.subject_id, daily.kind_id, subject.half_life, min(daily.day) AS first,
                       sum(daily.number) AS number, max(daily.last) AS last,
                       sum(LEAST(daily.number * daily.weight, subject.most)
                           * 0.5::float8 ^ ((%(day)s::date - daily.day)::float8 / subject.half_life)
                       ) AS points,
                       sum(LEAST(daily.number * daily.weight, subject.most)
                           * 0.5::float8 ^ ((%(day)s::date - daily.day)::float8 / subject.half_life)
                       ) FILTER (WHERE daily.day <= %(day)s::date - %(trend_days)s) AS old_points
                  FROM daily
                  JOIN subject ON subject.id = daily.subject_id
                 WHERE %(day)s::date - daily.day <= %(lookback)s * subject.half_life
                 GROUP BY 1, 2, 3
            ), ranked AS (
                SELECT part.*, row_number() OVER (PARTITION BY subject_id ORDER BY points DESC, kind_id) AS rank
                  FROM part
            ), scored AS (
                SELECT subject_id, sum(points) AS points, min(first) AS first, max(last) AS last,
                       COALESCE(sum(old_points), 0) * 2::float8 ^ (%(trend_days)s::float8 / min(half_life))
                           AS old_points,
                       jsonb_agg(jsonb_build_object(
                           'kind', kind_id, 'count', number, 'last', last::date, 'points', round(points::numeric, 1)
                       ) ORDER BY rank) FILTER (WHERE rank <= 3) AS kinds
                  FROM ranked GROUP BY subject_id
            ), judged AS (
                SELECT subject.id, subject.is_client IS TRUE AS is_client, scored.points, scored.kinds,
                       setting.engagement_half_life AS half_life,
                       CASE WHEN client.id IS NOT NULL THEN COALESCE(
                           scored.last,
                           CASE WHEN subject.engagement_touched_at
                                     < %(day)s::date - %(lookback)s * setting.engagement_half_life
                                THEN subject.engagement_touched_at END
                       ) END AS touched_at,
                       round(LEAST(100, COALESCE(scored.points, 0))::numeric, 1) AS score,
                       round(LEAST(100, COALESCE(scored.old_points, 0))::numeric, 1) AS old_score,
                       client.id IS NOT NULL AS is_of_client,
                       LEAST(scored.first, CASE WHEN subject.is_client THEN subject.create_date::date END)
                           <= %(day)s::date - setting.engagement_half_life AS is_known,
                       LEAST(scored.first, CASE WHEN subject.is_client THEN subject.create_date::date END)
                           <= %(day)s::date - %(trend_days)s - setting.engagement_half_life AS was_known,
                       setting.engagement_hot AS hot, setting.engagement_warm AS warm, setting.engagement_cold AS cold
                  FROM res_partner subject
                  LEFT JOIN member ON member.id = subject.id
                  LEFT JOIN res_partner client ON client.id = member.client_id
                  LEFT JOIN res_company own ON own.id = client.company_id
                 CROSS JOIN LATERAL (
                       SELECT COALESCE(own.engagement_half_life, %(half_life)s) AS engagement_half_life,
                              COALESCE(own.engagement_hot, %(hot)s) AS engagement_hot,
                              COALESCE(own.engagement_warm, %(warm)s) AS engagement_warm,
                              COALESCE(own.engagement_cold, %(cold)s) AS engagement_cold
                 ) setting
                  LEFT JOIN scored ON scored.subject_id = subject.id
                 WHERE %(subjects)s
            ), fresh AS MATERIALIZED (
                SELECT id, is_client, touched_at, score, half_life, COALESCE(points, 0) AS points,
                       CASE WHEN NOT is_of_client THEN NULL
                            WHEN score >= hot THEN 'hot' WHEN score >= warm THEN 'warm' WHEN score >= cold THEN 'cold'
                            WHEN is_known OR touched_at < %(day)s::date - half_life THEN 'dormant' END AS computed,
                       CASE WHEN NOT is_of_client THEN NULL
                            WHEN old_score >= hot THEN 'hot' WHEN old_score >= warm THEN 'warm'
                            WHEN old_score >= cold THEN 'cold' WHEN was_known THEN 'dormant' END AS former,
                       CASE WHEN NOT is_of_client THEN NULL
                            WHEN score >= old_score + %(trend_points)s THEN 'up'
                            WHEN score <= old_score - %(trend_points)s THEN 'down' ELSE 'flat' END AS trend,
                       CASE WHEN points IS NOT NULL THEN jsonb_build_object(
                           'day', %(day)s::date, 'points', round(points::numeric, 3), 'kinds', kinds
                       ) END AS data
                  FROM judged
            )
            """,
            which=which,
            touches=SQL(" UNION ALL ").join(self._client_touches(since)),
            only=only,
            subjects=subjects,
            day=day,
            half_life=first_sudo.engagement_half_life,
            most=first_sudo.engagement_day_points,
            hot=first_sudo.engagement_hot,
            warm=first_sudo.engagement_warm,
            cold=first_sudo.engagement_cold,
            lookback=LOOKBACK,
            trend_days=TREND_DAYS,
            trend_points=TREND_POINTS,
        )

    @api.model
    def _refresh_engagement(self, client_ids=None):
        """Compute the engagement of clients and their contacts, and write what has changed and a line of history.

        One statement, whether for one client or for all. Neither ``write_date`` nor tracking is touched: nobody has
        edited the partner.

        :param list client_ids: ``None``: of all clients of all companies
        """
        day = fields.Date.today()
        self.env["nestogy.engagement.record"].flush_model()
        self.flush_model([*COLUMNS, "engagement_override", "engagement_override_until"])
        self.env.cr.execute(
            SQL(
                """
                WITH RECURSIVE %(ctes)s, wanted AS MATERIALIZED (
                    SELECT fresh.*, now_is.is_override, now_is.level,
                           CASE WHEN array_position(%(order)s, fresh.computed::text)
                                     < array_position(%(order)s,
                                           COALESCE(partner.engagement_computed, fresh.former)::text)
                                THEN %(day)s::date
                                WHEN partner.engagement_computed IS NULL
                                  OR array_position(%(order)s, fresh.computed::text)
                                     > array_position(%(order)s, partner.engagement_computed::text)
                                THEN NULL
                                ELSE partner.engagement_fell_on END AS fell_on
                      FROM fresh
                      JOIN res_partner partner ON partner.id = fresh.id
                     CROSS JOIN LATERAL (
                           SELECT fresh.is_client AND partner.engagement_override IS NOT NULL
                                  AND partner.engagement_override_until >= %(day)s::date AS is_override
                     ) held
                     CROSS JOIN LATERAL (
                           SELECT held.is_override IS TRUE AS is_override,
                                  CASE WHEN held.is_override THEN partner.engagement_override
                                       ELSE fresh.computed END AS level
                     ) now_is
                ), written AS (
                    UPDATE res_partner partner
                       SET engagement_level = wanted.level, engagement_computed = wanted.computed,
                           engagement_score = wanted.score, engagement_trend = wanted.trend,
                           engagement_fell_on = wanted.fell_on, engagement_touched_at = wanted.touched_at,
                           engagement_data = wanted.data
                      FROM wanted
                     WHERE wanted.id = partner.id
                       AND ((partner.engagement_level, partner.engagement_computed, partner.engagement_score,
                             partner.engagement_trend, partner.engagement_fell_on, partner.engagement_touched_at,
                             partner.engagement_data IS NULL)
                            IS DISTINCT FROM
                            (wanted.level, wanted.computed, wanted.score, wanted.trend, wanted.fell_on,
                             wanted.touched_at, wanted.data IS NULL)
                            -- points above 100 have changed by more than their fading
                            OR abs((partner.engagement_data->>'points')::float8
                                   * 0.5::float8 ^ ((%(day)s::date - (partner.engagement_data->>'day')::date)::float8
                                                    / wanted.half_life)
                                   - wanted.points) > 0.05)
                )
                INSERT INTO nestogy_engagement_record
                       (client_id, date, score, level, is_override, create_uid, create_date, write_uid, write_date)
                SELECT wanted.id, %(day)s, wanted.score, wanted.level, wanted.is_override, %(uid)s, %(now)s, %(uid)s,
                       %(now)s
                  FROM wanted
                  LEFT JOIN LATERAL (
                       SELECT record.date, record.score, record.level
                         FROM nestogy_engagement_record record
                        WHERE record.client_id = wanted.id ORDER BY record.date DESC LIMIT 1
                  ) newest ON TRUE
                 WHERE wanted.is_client AND wanted.level IS NOT NULL
                   AND (newest.date IS NULL OR newest.level <> wanted.level
                        OR abs(newest.score - wanted.score) >= %(record_points)s
                        OR %(day)s::date - newest.date >= %(record_days)s)
                ON CONFLICT (client_id, date) DO UPDATE
                   SET score = excluded.score, level = excluded.level, is_override = excluded.is_override,
                       write_uid = excluded.write_uid, write_date = excluded.write_date
                """,
                ctes=self._engagement_sql(day, client_ids),
                order=["dormant", "cold", "warm", "hot"],
                day=day,
                uid=self.env.uid,
                now=fields.Datetime.now(),
                record_points=RECORD_POINTS,
                record_days=RECORD_DAYS,
            )
        )
        self.invalidate_model([*COLUMNS, "engagement_reason", "client_engagement"], flush=False)
        self.env["nestogy.engagement.record"].invalidate_model(flush=False)

    @api.model
    def _backfill_engagement(self, weeks=range(1, BACKFILL_WEEKS + 1)):
        """Work out the history from what happened before, as of the end of past weeks; without overrides.

        :param weeks: numbers of weeks ago
        """
        self.env["nestogy.engagement.record"].flush_model()
        for week in weeks:
            day = fields.Date.subtract(fields.Date.today(), weeks=week)
            self.env.cr.execute(
                SQL(
                    """
                    WITH RECURSIVE %(ctes)s
                    INSERT INTO nestogy_engagement_record
                           (client_id, date, score, level, is_override, create_uid, create_date, write_uid, write_date)
                    SELECT fresh.id, %(day)s, fresh.score, fresh.computed, FALSE, %(uid)s, %(now)s, %(uid)s, %(now)s
                      FROM fresh WHERE fresh.is_client AND fresh.computed IS NOT NULL
                    ON CONFLICT DO NOTHING
                    """,
                    ctes=self._engagement_sql(day),
                    day=day,
                    uid=self.env.uid,
                    now=fields.Datetime.now(),
                )
            )
        self.env["nestogy.engagement.record"].invalidate_model(flush=False)

    @api.model
    def _refresh_engagement_soon(self):
        """The settings have changed: let the clock compute all clients anew."""
        self.env["ir.config_parameter"].sudo().set_param("nestogy_clients.engagement_day", False)  # set by managers
        self._trigger_engagement()

    @api.model
    def _cron_refresh_engagement(self):
        """Compute those with whom something happened; in the first run of a day all, because time changes them too.

        One job does both, so that they never wait for one another.
        """
        cron = self.env["ir.cron"]
        parameters_sudo = self.env["ir.config_parameter"].sudo()  # where the clock remembers
        today = fields.Date.to_string(fields.Date.today())
        cron._commit_progress(remaining=1)
        if parameters_sudo.get_param("nestogy_clients.engagement_day") != today:
            self._end_engagement_overrides()
            cron._commit_progress()
            if not self.env["nestogy.engagement.record"].search_count([], limit=1):
                parameters_sudo.set_param("nestogy_clients.engagement_weeks", BACKFILL_WEEKS)
            self.env.cr.execute("DELETE FROM nestogy_engagement_change")
            self._refresh_engagement()
            self.env.cr.execute(
                "DELETE FROM nestogy_engagement_record WHERE date < %s",
                [fields.Date.subtract(fields.Date.today(), days=KEPT_DAYS)],
            )
            parameters_sudo.set_param("nestogy_clients.engagement_day", today)
        else:
            self.env.cr.execute("DELETE FROM nestogy_engagement_change RETURNING client_id")
            if client_ids := list({client_id for (client_id,) in self.env.cr.fetchall()}):
                self._refresh_engagement(client_ids)
        weeks = int(parameters_sudo.get_param("nestogy_clients.engagement_weeks") or 0)
        time_left = cron._commit_progress(1, remaining=weeks)
        while weeks and time_left:  # a week at a time, the newest first; what is left is done in the next run
            self._backfill_engagement([BACKFILL_WEEKS + 1 - weeks])
            weeks -= 1
            parameters_sudo.set_param("nestogy_clients.engagement_weeks", weeks)
            time_left = cron._commit_progress(1)
