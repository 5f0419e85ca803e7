"""Statements whose plans PostgreSQL keeps.

To plan a statement of a hundred tables takes several times as long as to run it. So it is prepared, once for each
database connection, and run again with other values. What a connection knows is remembered, and never trusted: a pooler
may have put another server process behind it, and tables may have changed. Then the statement runs as it stands, and
nobody notices but by the time that it takes.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from weakref import WeakKeyDictionary

from psycopg2 import errors
from psycopg2.extensions import AsIs

# One plan for all values: planning is what is to be saved. And a page is read too fast to compile anything for it.
BEGIN = "SAVEPOINT nestogy_plan; SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off"
END = "ROLLBACK TO SAVEPOINT nestogy_plan; RELEASE SAVEPOINT nestogy_plan"  # settings are as before
KNOWN = r"SELECT name FROM pg_prepared_statements WHERE name LIKE 'nestogy\_%'"
CHANGED = (errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement, errors.FeatureNotSupported)
MOST_LOSSES = 3  # after so many a connection is taken for one that leads now here, now there


@dataclass(frozen=True)
class Variable:
    """A parameter of a statement whose value differs from call to call."""

    name: str
    type: str  # in PostgreSQL


class Statement:
    """A SELECT that is asked again and again.

    :param str label: a word that tells it from others in logs
    :param str code: SQL with ``%s`` for its parameters
    :param list params: values and variables, also in tuples and lists
    """

    def __init__(self, label, code, params):
        self.label, self.code, self.params = label, code, params
        self.variables = list(dict.fromkeys(_variables(params)))  # in the order of their first use
        self.name = self.body = None

    def filled(self, values):
        """The parameters, with values instead of variables."""
        return _replace(self.params, {each: values[each.name] for each in self.variables})

    def spell(self, cursor):
        """Write its SQL with literals and numbers of variables, and a name that only the same SQL has."""
        if not self.name:
            places = {each: AsIs(f"${number}") for number, each in enumerate(self.variables, 1)}
            types = f" ({', '.join(each.type for each in self.variables)})" if places else ""
            body = f"{types} AS {cursor.mogrify(self.code, _replace(self.params, places)).decode()}"
            self.body, self.name = body, f"nestogy_{self.label}_{sha256(body.encode()).hexdigest()[:32]}"

    def call(self, cursor, values):
        """SQL that runs it when it is prepared."""
        given = [values[each.name] for each in self.variables]
        arguments = f"({', '.join(['%s'] * len(given))})" if given else ""
        return cursor.mogrify(f"EXECUTE {self.name}{arguments}", given).decode()


@dataclass
class Connection:
    """What a database connection is believed to know."""

    names: OrderedDict = field(default_factory=OrderedDict)  # of statements, the one that was used last at the end
    losses: int = 0


_connections = WeakKeyDictionary()  # of psycopg2; each serves one thread at a time


def execute(cr, statement, values, most):
    """Run a statement: one query, whatever becomes of it.

    :param cr: a cursor of Odoo
    :param dict values: of the variables, by name
    :param int most: statements that a connection keeps; none of which, and this one runs as it stands
    :return: list of dicts
    """
    connection = _connections.setdefault(cr._cnx, Connection())
    if most > 0 and connection.losses < MOST_LOSSES:
        cursor = cr._obj  # the driver's: what belongs to one query counts as one
        statement.spell(cursor)
        steps = [BEGIN]
        if statement.name not in connection.names:
            while len(connection.names) >= most:
                steps.append(f"DEALLOCATE {connection.names.popitem(last=False)[0]}")
            steps.append(f"PREPARE {statement.name}{statement.body}")
        steps.append(statement.call(cursor, values))
        try:
            cr.execute("; ".join(steps), log_exceptions=False)
            rows = cr.dictfetchall()
        except CHANGED as error:
            cursor.execute(END)
            _relearn(cursor, connection, statement, error)
        else:
            cursor.execute(END)
            connection.names[statement.name] = True
            connection.names.move_to_end(statement.name)
            return rows
    cr.execute(statement.code, statement.filled(values))
    return cr.dictfetchall()


def _relearn(cursor, connection, statement, error):
    """Ask the server what it knows after it was something else than was believed."""
    connection.losses += isinstance(error, errors.InvalidSqlStatementName)
    cursor.execute(KNOWN)
    connection.names = OrderedDict.fromkeys((name for (name,) in cursor.fetchall()), True)
    if isinstance(error, errors.FeatureNotSupported) and connection.names.pop(statement.name, None):
        cursor.execute(f"DEALLOCATE {statement.name}")  # its columns have other types now


def _variables(params):
    for param in params:
        if isinstance(param, tuple | list):
            yield from _variables(param)
        elif isinstance(param, Variable):
            yield param


def _replace(params, by_variable):
    return [
        type(param)(_replace(param, by_variable))
        if isinstance(param, tuple | list)
        else by_variable[param]
        if isinstance(param, Variable)
        else param
        for param in params
    ]
