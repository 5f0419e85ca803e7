"""What an error of the database says about who is to blame."""

import psycopg2


def is_trouble(error):
    """Say whether the database, the way to it or others at the same rows are at fault, so that it may work later.

    A text that is too long for an index is an error of operation to the database, and yet will never fit.

    :param error: an exception, of whatever kind
    """
    if isinstance(error, psycopg2.errors.ProgramLimitExceeded):
        return False
    return isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
