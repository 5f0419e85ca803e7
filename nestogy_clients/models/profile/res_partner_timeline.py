from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_amount, ormcache
from odoo.tools.sql import escape_psql

from ...tools.plans import Variable
from ...tools.timeline import BEFORE_DAY, BEFORE_MOMENT, Place, before, before_id, parse_place
from .res_partner_question import NOBODY

PAGE = 30
MOST_ROWS = 100
MOST_PINNED = 20
MOST_TEXT = 100  # characters that are looked for
SHOWN_TEXT = 300  # characters of a text that are shown
LIMIT, IS_FIRST = Variable("limit", "int"), Variable("is_first", "bool")
FAMILY, ENTITY = Variable("family", "int[]"), Variable("entity", "int[]")
END_DAY, END_MOMENT = Variable("end_day", "date"), Variable("end_moment", "timestamp")
FILTERS = ("kinds", "person", "user", "date_from", "date_to", "text", "upcoming")


class ResPartner(models.Model):
    """Everything that happened with a client, newest first, in one list that is read page by page.

    The list is one query that unites sources. Each source is cut to the page by itself, along an index on its owner,
    date and id, so that the hundredth page costs what the first one costs; and the next page begins behind the last
    event, not after a number of them, so that new events move nothing.
    """

    _inherit = "res.partner"

    # ------------------------------------------------------------------
    # For the screen
    # ------------------------------------------------------------------

    def get_client_timeline(self, filters=None, cursor=None, limit=PAGE):
        """One page of the timeline.

        :param dict filters: all of them may be missing: ``kinds`` (list of kinds), ``person`` (id of a contact),
            ``user`` (id of a colleague), ``date_from`` and ``date_to`` (days in the user's time zone, both included),
            ``text``, ``upcoming`` (also what is still to come)
        :param str cursor: where the page before ended, nothing for the first one
        :param int limit: 1 to 100 events
        :return: dict of ``items``, ``pinned`` (events that stay on top; of the first page alone), ``cursor`` for the
            next page and ``more`` (whether there is one). An item is a dict of ``key``, ``source``, ``kind``,
            ``model`` and ``id`` (what it opens, ``False`` for nothing), ``date`` (UTC), ``is_day`` (there is no hour),
            ``title``, ``what`` (kind and state in a few words), ``text``, ``person``, ``person_id``, ``user``,
            ``user_id``, ``icon``, ``tone``, ``amount``
        :raise AccessError: the user may not see the client
        :raise UserError: the partner is no client, or an argument makes no sense
        """
        family = self._check_timeline()
        place = self._timeline_place(cursor)
        filters = self._timeline_filters(filters)
        if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= MOST_ROWS:
            raise UserError(self.env._("A page of the timeline has 1 to %s events.", MOST_ROWS))
        sources = {source.key: source for source in self._client_timeline_sources()}
        rows = self._timeline_rows(list(sources.values()), family, filters, place, limit + 1)
        pinned = [row for row in rows if row["is_top"]]
        rows = [row for row in rows if not row["is_top"]]
        more, rows = len(rows) > limit, rows[:limit]
        last = rows[-1] if rows else None
        self._timeline_fetch_currencies(rows)
        return {
            "items": [self._timeline_item(sources[row["source"]], row) for row in rows],
            "pinned": [self._timeline_item(sources[row["source"]], row) for row in pinned],
            "cursor": str(Place(last["date"], last["source"], last["id"])) if last else cursor or False,
            "more": more,
        }

    def get_client_timeline_options(self):
        """What the timeline of this client can be filtered by, for the user.

        :return: dict of ``kinds`` (dicts of ``key``, ``label`` and ``icon``), ``persons`` and ``users`` (dicts of
            ``id`` and ``name``)
        :raise AccessError: the user may not see the client
        :raise UserError: the partner is no client
        """
        self._check_timeline()
        kinds = {}
        for source in self._client_timeline_sources():
            for kind, (label, icon) in source.kinds.items():
                kinds.setdefault(kind, {"key": kind, "label": label, "icon": icon})
        people = self.with_context(active_test=False).search_fetch(
            [("id", "child_of", self.id), ("is_company", "=", False), ("type", "=", "contact")],
            ["name"],
            order="name, id",
            limit=MOST_ROWS,
        )
        users = self.env["res.users"].search_fetch([("share", "=", False)], ["name"], order="name, id", limit=MOST_ROWS)
        return {
            "kinds": list(kinds.values()),
            "persons": [{"id": person.id, "name": person.name} for person in people if person.name],
            "users": [{"id": user.id, "name": user.name} for user in users],
        }

    def action_client_timeline(self):
        """Open the timeline as a page of its own."""
        self._check_timeline()
        action = self.env["ir.actions.actions"]._for_xml_id("nestogy_clients.res_partner_action_timeline")
        name = self.env._("Activity of %s", self.display_name)
        return action | {"name": name, "display_name": name, "context": {"active_id": self.id}}

    def _client_quick_actions(self):
        actions = super()._client_quick_actions()
        if self.is_client:
            label = self.env._("Activity")
            actions.append(self._client_quick_action("activity", 11, label, "fa-history", "action_client_timeline"))
        return actions

    def _timeline_fetch_currencies(self, rows):
        """Read the currencies of all amounts at once."""
        currencies = self.env["res.currency"].browse({row["currency_id"] for row in rows if row["currency_id"]})
        currencies.fetch(["symbol", "position", "rounding", "decimal_places"])

    def _check_timeline(self):
        """Ask for the rights on the client, and for its family, in one query.

        :return: dict of the ids of the client, its contacts and branches to those of their commercial partners
        :raise AccessError: the user may not see the client
        :raise UserError: the partner is no client
        """
        self.ensure_one()
        self._check_field_access(self._fields["is_client"], "read")
        statement, is_kept = self._timeline_keep("family", type(self)._timeline_family)
        rows = self._client_rows(statement, is_kept)
        if not rows:
            self.check_access("read")
        if not any(row["is_client"] for row in rows):
            raise UserError(self.env._("%s is not a client.", self.name))
        return {row["id"]: row["entity_id"] for row in rows}

    def _timeline_family(self):
        """SQL of the client, if the user may see it, with its contacts and branches."""
        query = self.with_context(active_test=False)._search([("id", "in", self.ids)])
        return SQL(
            """
            WITH RECURSIVE family(id, entity_id, is_client) AS (
                SELECT id, commercial_partner_id, is_client FROM res_partner WHERE id IN %s
                 UNION
                SELECT member.id, member.commercial_partner_id, NULL
                  FROM family JOIN res_partner member ON member.parent_id = family.id
            ) SELECT id, entity_id, is_client FROM family
            """,
            query.subselect(),
        )

    def _timeline_keep(self, name, make):
        """A statement of the timeline, kept under the same condition as frames (see :meth:`_timeline_frame`).

        :param make: a method of a client that returns its SQL, or ``None``; it is called for nobody
        :return: the statement or ``None``, and whether it is kept
        """
        kept = self._timeline_kept()
        if name in kept:
            return kept[name], True
        if not self.env.su:
            self._client_fetch_companies()  # of which rules speak; they never move among each other
        before = self.env.cr.sql_log_count
        sql = make(self.browse(NOBODY))
        statement = sql and self._client_generalized("timeline", sql)
        is_kept = self.env.cr.sql_log_count == before
        if is_kept:
            kept[name] = statement
        return statement, is_kept

    def _timeline_place(self, cursor):
        if not cursor:
            return None
        try:
            return parse_place(cursor)
        except ValueError:
            raise UserError(self.env._("The timeline has no such place; load it again from the beginning.")) from None

    def _timeline_filters(self, filters):
        """Check what came from outside.

        :return: dict with all of ``FILTERS``, days as dates
        :raise UserError: says which filter makes no sense
        """
        filters = filters or {}
        if not isinstance(filters, dict) or set(filters) - set(FILTERS):
            raise UserError(self.env._("The timeline can be filtered by %s only.", ", ".join(FILTERS)))
        values = dict.fromkeys(FILTERS) | {key: value for key, value in filters.items() if value}
        kinds = values["kinds"]
        if kinds and not (isinstance(kinds, list | tuple) and all(isinstance(kind, str) for kind in kinds)):
            raise UserError(self.env._("The kinds of the timeline are a list of names."))
        for key in ("person", "user"):
            number = values[key]
            if number and (not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**31):
                raise UserError(self.env._("Choose the person or colleague whose events you want to see again."))
        for key in ("date_from", "date_to"):
            if values[key]:
                try:
                    values[key] = date.fromisoformat(values[key])
                except (TypeError, ValueError):
                    raise UserError(self.env._("Write the days of the timeline as year-month-day.")) from None
                if not 1900 <= values[key].year <= 2200:
                    raise UserError(self.env._("The days of the timeline are between the years 1900 and 2200."))
        if values["date_from"] and values["date_to"] and values["date_from"] > values["date_to"]:
            raise UserError(self.env._("The first day is after the last one; change one of them."))
        text = values["text"]
        if text and (not isinstance(text, str) or len(text) > MOST_TEXT or "\x00" in text):
            raise UserError(self.env._("Search the timeline for at most %s characters.", MOST_TEXT))
        values["text"] = text and " ".join(text.split())
        return values

    # ------------------------------------------------------------------
    # The query
    # ------------------------------------------------------------------

    def _timeline_rows(self, sources, family, filters, place, limit):
        """Rows of all sources as dicts, those that stay on top first."""
        statement, is_kept = self._timeline_statement(sources, filters)
        if not statement:
            return []
        last = self._timeline_last_day(filters)
        return self._client_rows(
            statement,
            is_kept,
            family=list(family),
            entity=list(set(family.values())),
            limit=limit,
            is_first=not place,
            end_day=last,
            end_moment=last and self._timeline_midnight(last),
            **before(place, sources),
        )

    def _timeline_statement(self, sources, filters):
        """The statement that reads a page.

        That without filters, which nearly everybody asks for, is kept.

        :return: the statement, ``None`` where nothing is left to read; and whether it is kept
        """
        if any(filters.values()):
            sql = self._timeline_sql(sources, filters)
            return sql and self._client_generalized("timeline", sql), False
        name = self.env.tz.zone, *(source.key for source in sources)
        return self._timeline_keep(
            name, lambda nobody: nobody._timeline_sql(nobody._client_timeline_sources(), filters)
        )

    def _timeline_sql(self, sources, filters):
        """SQL of a page, with variables for the client and its family, the place and the number of events."""
        sources = [each for each in sources if not filters["kinds"] or set(each.kinds) & set(filters["kinds"])]
        branches = [self._timeline_branch(source, filters) for source in sources]
        branches = [branch for branch in branches if branch]
        if not branches:
            return None
        union = SQL(
            '(SELECT * FROM (%s) event ORDER BY date DESC, source COLLATE "C" DESC, id DESC LIMIT %s)',
            SQL(" UNION ALL ").join(branches),
            LIMIT,
        )
        pinned = [self._timeline_branch(source, filters, is_top=True) for source in sources if source.pin]
        return SQL(
            """
            WITH family(id) AS MATERIALIZED (SELECT UNNEST(%s)), entity(id) AS MATERIALIZED (SELECT UNNEST(%s)),
            found AS (%s)
            SELECT found.*, person.name AS person, colleague_partner.name AS colleague
              FROM found
              LEFT JOIN res_partner person ON person.id = found.person_id
              LEFT JOIN res_users colleague ON colleague.id = found.user_id
              LEFT JOIN res_partner colleague_partner ON colleague_partner.id = colleague.partner_id
             ORDER BY is_top DESC, date DESC, source COLLATE "C" DESC, id DESC
            """,
            FAMILY,
            ENTITY,
            SQL(" UNION ALL ").join([union, *(branch for branch in pinned if branch)]),
        )

    def _timeline_branch(self, source, filters, is_top=False):
        """SQL of the newest rows of one source behind a place; nothing where the filters leave none.

        :param bool is_top: instead those that stay on top, on the first page
        """
        frame = self._timeline_frame(source)
        if not frame:
            return None
        column = frame["columns"]
        day, number = column["date"], column["id"]
        conditions = [each for each in (frame["where"], source.where) if each]
        conditions += self._timeline_window(source, day, filters)
        if filters["kinds"] and source.kind:
            conditions.append(SQL("%s IN %s", column["kind"], tuple(set(filters["kinds"]) & set(source.kinds))))
        if is_top:
            conditions += [column["pin"], SQL("%s", IS_FIRST)]
        else:
            behind = BEFORE_DAY if source.is_day else BEFORE_MOMENT
            conditions.append(SQL("(%s, %s) < (%s, %s)", day, number, behind, before_id(source)))
        for name in ("person", "user"):
            if filters[name]:
                if not getattr(source, name):
                    return None
                conditions.append(SQL("%s = %s", column[name], filters[name]))
        if filters["text"]:
            conditions.append(self._timeline_text(frame["found_by"], filters["text"]))
        own = {"entity": SQL("entity AS own"), "person": SQL("family AS own")}.get(source.scope)
        if own:  # each along the index by itself
            conditions.append(SQL("%s = own.id", column["owner"]))
        elif source.scope == "client":
            conditions.append(SQL("%s = %s", column["owner"], self.id))
        rows = SQL(
            """
            SELECT %(is_top)s AS is_top, %(moment)s AS date, %(key)s::text AS source, %(id)s AS id, %(kind)s AS kind,
                   %(person)s::int AS person_id, %(user)s::int AS user_id, %(amount)s::numeric AS amount,
                   %(currency)s::int AS currency_id, jsonb_build_object(%(facts)s) AS facts
              FROM %(tables)s WHERE %(conditions)s ORDER BY %(day)s DESC, %(id)s DESC LIMIT %(limit)s
            """,
            is_top=is_top,
            moment=SQL("%s + interval '12 hours'", day) if source.is_day else day,
            key=source.key,
            id=number,
            kind=SQL("%s::text", column["kind"]) if source.kind else SQL("%s::text", next(iter(source.kinds))),
            person=column["person"],
            user=column["user"],
            amount=column["amount"],
            currency=column["currency"],
            facts=frame["facts"],
            tables=frame["tables"],
            conditions=SQL(" AND ").join(conditions),
            day=day,
            limit=MOST_PINNED if is_top else LIMIT,
        )
        if own:
            return SQL("(SELECT cut.* FROM %s CROSS JOIN LATERAL (%s) cut)", own, rows)
        return SQL("(%s)", rows)

    @ormcache("self.env.uid", "self.env.su", "self.env.lang", "tuple(self.env.companies.ids)")
    def _timeline_kept(self):
        """Frames of sources for this user, emptied whenever Odoo forgets what it knows of rules and groups."""
        return {}

    def _timeline_frame(self, source):
        """The part of a source's SQL that is the same for all clients and pages: its rules and its columns.

        It is kept, as most of the time of a page would go there; but only if nothing had to be read from the database
        to make it: then it follows from what Odoo keeps itself, above all the domains of record rules.

        :return: dict; ``None`` where the rules leave nothing
        """
        kept = self._timeline_kept()
        if source.key not in kept:
            before = self.env.cr.sql_log_count
            frame = self._timeline_make_frame(source)
            if self.env.cr.sql_log_count != before:
                return frame
            kept[source.key] = frame
        return kept[source.key]

    def _timeline_make_frame(self, source):
        # for columns: who sees a row sees what the timeline shows of it; a trusted source asks for the rights itself
        model_sudo = self.env[source.model].sudo().with_context(active_test=False)
        model = model_sudo if source.is_trusted else model_sudo.with_env(self.env).with_context(active_test=False)
        query = model._search(source.domain() if callable(source.domain) else Domain(list(source.domain)))
        join = source.join() if source.join else None
        if query.is_empty() or (source.join and not join):
            return None
        if join:
            query.add_join("JOIN", "joined", *join)
        table = query.table

        def column(name):
            if not name:
                return SQL("NULL")
            # whoever sees the row sees what the timeline shows of it
            return name if isinstance(name, SQL) else model_sudo._field_to_sql(table, name, query)

        names = ("date", "owner", "kind", "person", "user", "amount", "currency", "pin")
        columns = {name: column(getattr(source, name)) for name in names} | {"id": SQL.identifier(table, "id")}
        facts = SQL(", ").join(SQL("%s, %s", key, column(value)) for key, value in source.facts.items())
        return {
            "columns": columns,
            "facts": facts,
            "found_by": [column(name) for name in source.found_by],
            "tables": query.from_clause,
            "where": query.where_clause or None,
        }

    def _timeline_last_day(self, filters):
        """The day before which events are shown; nothing for all, also those to come."""
        last = filters["date_to"] or (None if filters["upcoming"] else fields.Date.context_today(self))
        return last and last + timedelta(days=1)

    def _timeline_window(self, source, day, filters):
        """SQL conditions on the date of a source, each of which its index understands."""
        conditions = []
        if first := filters["date_from"]:
            conditions.append(SQL("%s >= %s", day, first if source.is_day else self._timeline_midnight(first)))
        if filters["date_to"] or not filters["upcoming"]:
            conditions.append(SQL("%s < %s", day, END_DAY if source.is_day else END_MOMENT))
        else:
            conditions.append(SQL("%s IS NOT NULL", day))
        return conditions

    def _timeline_midnight(self, day):
        """The moment at which a day begins for the user, in UTC."""
        zone = ZoneInfo(self.env.tz.zone)
        return datetime.combine(day, time.min, zone).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)

    def _timeline_text(self, columns, text):
        """SQL condition: every word is in one of the columns."""
        unaccent = self.env.registry.unaccent
        haystack = SQL(" || ' ' || ").join(SQL("COALESCE(%s::text, '')", column) for column in columns) or SQL("''")
        haystack = unaccent(haystack)
        return SQL(" AND ").join(
            SQL("%s ILIKE %s", haystack, unaccent(SQL("%s", f"%{escape_psql(word)}%"))) for word in text.split()
        )

    def _timeline_item(self, source, row):
        """What the screen shows of a row."""
        label, icon = source.kinds.get(row["kind"], next(iter(source.kinds.values())))
        currency = self.env["res.currency"].browse(row["currency_id"] or [])
        item = {
            "key": f"{row['source']}-{row['id']}",
            "source": row["source"],
            "kind": row["kind"],
            "kind_label": label,
            "model": source.model,
            "id": row["id"],
            "date": fields.Datetime.to_string(row["date"]),
            "is_day": source.is_day,
            "title": label,
            "what": "",
            "text": "",
            "person": row["person"] or "",
            "person_id": row["person_id"] or False,
            "user": row["colleague"] or "",
            "user_id": row["user_id"] or False,
            "icon": icon,
            "tone": "",
            "is_pinned": row["is_top"],
            "amount": format_amount(self.env, row["amount"], currency) if currency and row["amount"] else "",
        }
        item |= source.draw(row | row["facts"] | {"amount_text": item["amount"]})
        item["text"] = " ".join((item["text"] or "").split())[:SHOWN_TEXT]
        return item

    # ------------------------------------------------------------------
    # The sources
    # ------------------------------------------------------------------

    def _client_timeline_sources(self):
        """The sources that the timeline unites; facets and addons add theirs with ``super()``.

        :return: list of ``TimelineSource`` (see ``tools/timeline.py``), each only if the user may read its records
        """
        self.ensure_one()
        return []

    def _timeline_readable(self, *sources):
        """Leave out the sources of which the user may read nothing."""
        return [source for source in sources if source.is_trusted or self.env[source.model].has_access("read")]

    def _timeline_name(self, model, field_name, name="name"):
        """SQL of a name behind a many2one of a source's model, in the user's language."""
        records_sudo = self.env[model].sudo()  # whoever sees the row sees the name
        comodel_sudo = records_sudo[field_name]
        return SQL(
            "(SELECT %s FROM %s named WHERE named.id = %s)",
            comodel_sudo._field_to_sql("named", name),
            SQL.identifier(comodel_sudo._table),
            records_sudo._field_to_sql(records_sudo._table, field_name),
        )
