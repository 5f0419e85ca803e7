from datetime import datetime, timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime, ormcache

from ...tools.plans import Statement, Variable, execute

# Kept SQL is made about a client that is not there, at a time that never comes again; a shift from it is kept.
NOBODY = -2147480000
NEVER = datetime(1000, 1, 1)
LONG_AGO = datetime(1100, 1, 1)
CLIENT, USER, PERSON = (Variable(name, "int") for name in ("client", "user", "person"))
MOST_PLANS = 8  # that a database connection keeps, of up to ten megabytes each


class ResPartner(models.Model):
    """How the profile asks: what its cards want to know goes to the database in one statement.

    Twenty cards that ask for themselves, each with the look-ups that belong to it, cost a hundred queries; most of that
    time is spent on the way there and back. So a card names its questions, and gets the answers as rows. Making their
    SQL takes longer than answering it; most of it is kept (see ``kept`` in ``tools/cards.py``), and so is its plan in
    PostgreSQL (see ``tools/plans.py``).
    """

    _inherit = "res.partner"

    def _client_ask(self, questions):
        """Ask several questions at once.

        :param dict questions: name to a function without arguments that returns the SQL of a SELECT
        :return: dict of name to a list of dicts; numbers are floats or ints, dates and times ISO texts
        """
        if not questions:
            return {}
        kept = self._client_kept_questions(fields.Date.context_today(self))
        names = tuple((name, self._client_kept_name(question)) for name, question in questions.items())
        statement = kept.get(names)
        if not statement:
            columns = [
                SQL("%s AS %s", self._client_answer(question, kept), SQL.identifier(name))
                for name, question in questions.items()
            ]
            statement = self._client_generalized("questions", SQL("SELECT %s", SQL(", ").join(columns)))
            if all(kept_name in kept for _name, kept_name in names):
                kept[names] = statement
        [row] = self._client_rows(statement, is_kept=names in kept)
        return {name: row[name] or [] for name in questions}

    def _client_generalized(self, label, sql):
        """A statement about whatever client and user, out of SQL that was made about one (or nobody).

        Its text is the same for all users with the same rights, who so share the plan that is kept of it.
        """
        variables = {self._client_user_person(): PERSON, self.env.uid: USER, NOBODY: CLIENT}

        def general(param):
            if isinstance(param, tuple | list):
                return type(param)(map(general, param))
            if isinstance(param, datetime) and param < LONG_AGO:
                return Variable(param - NEVER, "timestamp")
            return variables.get(param, param) if type(param) is int else param  # a bool is none

        return Statement(label, sql.code, general(sql.params))

    @ormcache("self.env.uid")
    def _client_user_person(self):
        """The partner of the user, of which rules speak as much as of him."""
        return self.env.user.partner_id.id

    def _client_rows(self, statement, is_kept, **values):
        """The rows of a statement as dicts.

        :param bool is_kept: it will be asked again, so that its plan is worth to be kept
        :param values: of its variables
        """
        self.env.flush_all()  # kept SQL has forgotten what it reads
        now = fields.Datetime.now()
        shifts = [each.name for each in statement.variables if isinstance(each.name, timedelta)]
        values |= {CLIENT.name: self.id, USER.name: self.env.uid, PERSON.name: self._client_user_person()}
        values |= {shift: now + shift for shift in shifts}
        most = self._client_most_plans()
        return execute(self.env.cr, statement, values, most if is_kept else 0)

    def _client_most_plans(self):
        """How many plans a database connection keeps; 0 where connections lead to a pooler."""
        parameters_sudo = self.env["ir.config_parameter"].sudo()  # about the server, told to nobody
        value = parameters_sudo.get_param("nestogy_clients.kept_plans")
        return int(value) if value and value.isdecimal() else MOST_PLANS

    @ormcache(
        *("day", "self.env.uid", "self.env.su", "self.env.lang", "tuple(self.env.companies.ids)"),
        "self.env.context.get('active_test', True)",
    )
    def _client_kept_questions(self, day):
        """SQL by name of a question for this user, emptied whenever Odoo forgets what it knows of rules and groups."""
        return {}

    def _client_kept_name(self, question):
        return question.__name__ if getattr(question, "is_kept", False) else None

    def _client_answer(self, question, kept):
        """SQL of all rows of a question in one value."""
        name = self._client_kept_name(question)
        if name in kept:
            return kept[name]
        before = self.env.cr.sql_log_count
        sql = getattr(self.browse(NOBODY), name)() if name else question()
        sql = SQL("(SELECT json_agg(answer) FROM (%s) answer)", sql)
        if name and self.env.cr.sql_log_count == before:  # it follows from what Odoo keeps itself
            kept[name] = sql
        return sql

    def _client_now(self):
        """The time for a question that is kept."""
        return NEVER if self.id == NOBODY else fields.Datetime.now()

    def _client_question(self, model, domain, columns, by=0, order=None, limit=None):
        """SQL that reads records which the user may see.

        :param str model: whose rules and field rights hold
        :param dict columns: name in the answer to what is read: a field, a path over many2one fields
            (``"stage_id.name"``; as in lists, the name of a linked record may be read by whoever reads the link),
            ``SQL`` or a function of records and query that makes it, or a tuple of an aggregate, a path (``None``: the
            rows) and maybe a domain of the rows that count
        :param int by: group by so many of the first columns
        :param order: as in ``search``, or SQL
        :return: SQL
        """
        records = self.env[model]
        is_sql = isinstance(order, SQL)
        query = records._search(Domain(domain), order=None if is_sql else order, limit=limit)
        if is_sql:
            query.order = order
        found = [
            SQL("%s AS %s", self._client_column(records, query, column), SQL.identifier(name))
            for name, column in columns.items()
        ]
        if by:
            query.groupby = SQL(", ").join(SQL(str(number)) for number in range(1, by + 1))
        return query.select(*found)

    def _client_column(self, records, query, column):
        if isinstance(column, SQL):
            return column
        if callable(column):
            return column(records, query)
        if isinstance(column, str):
            return self._client_path(records, query, column)
        function, path, *domain = column
        value = self._client_path(records, query, path) if path else SQL("*")
        sql = SQL("%s(%s)", SQL(function), value)
        if domain:
            condition = Domain(domain[0]).optimize_full(records)._to_sql(records, query.table, query)
            sql = SQL("%s FILTER (WHERE %s)", sql, condition)
        return sql

    def _client_path(self, records, query, path):
        alias = query.table
        *links, name = path.split(".")
        for link in links:
            records._check_field_access(records._fields[link], "read")
            comodel = records[link]
            alias = query.left_join(alias, link, comodel._table, "id", link)
            records = comodel.sudo()  # as in lists, whoever may read a link reads the name of what it leads to
        return records._field_to_sql(alias, name, query)

    def _client_question_sudo(self, *args, **kwargs):
        """A question whose answer is told to whoever asks it, whatever he may read."""
        return self.sudo()._client_question(*args, **kwargs)  # each caller says why

    def _client_family_domain(self, name):
        """What belongs to the client, to its contacts or to its branches: ``child_of`` without its queries."""
        return Domain(
            name,
            "in",
            SQL(
                """(WITH RECURSIVE family AS (
                        SELECT %s AS id
                         UNION
                        SELECT partner.id FROM res_partner partner JOIN family ON partner.parent_id = family.id
                    ) SELECT id FROM family)""",
                self.id,
            ),
        )

    def _client_currency(self, currency_id):
        """A currency that is read together with all others that amounts may be in."""
        currencies = self.env["res.currency"]
        return currencies.browse(currency_id).with_prefetch((currency_id, *currencies.get_all_currencies()))

    def _client_day(self, text):
        """The day of an answer as the user reads it; of a moment that in the user's time zone."""
        if not text:
            return ""
        if len(text) > len("2026-01-01"):
            return format_date(self.env, fields.Datetime.context_timestamp(self, datetime.fromisoformat(text)).date())
        return format_date(self.env, text)

    def _client_moment(self, text):
        """The moment of an answer as the user reads it."""
        if not text:
            return ""
        return format_datetime(self.env, datetime.fromisoformat(text), tz=self.env.tz.zone, dt_format="short")
