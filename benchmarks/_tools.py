"""What benchmarks share: measuring, and filling a database in bulk."""

import statistics
import threading
import time
import tracemalloc

from odoo import Command, fields
from odoo.tools import SQL


def milliseconds(work, times=5, before=None):
    """:return: the median of several runs, after one that warms up

    :param before: called before each run, its time does not count
    """
    found = []
    for _run in range(times + 1):
        if before:
            before()
        begin = time.perf_counter()
        work()
        found.append((time.perf_counter() - begin) * 1000)
    return round(statistics.median(found[1:]), 3)


def queries(env, work):
    """:return: how many queries a piece of work sends with an empty cache"""
    env.flush_all()
    env.invalidate_all()
    before = env.cr.sql_log_count
    work()
    env.flush_all()
    return env.cr.sql_log_count - before


def peak_mb(work):
    """:return: the most memory that Python objects of a piece of work need at the same time"""
    tracemalloc.start()
    try:
        work()
        return round(tracemalloc.get_traced_memory()[1] / 1e6, 1)
    finally:
        tracemalloc.stop()


def fresh(env):
    """A function that empties the caches, for ``before``."""

    def empty():
        env.flush_all()
        env.invalidate_all()

    return empty


def multiply(env, record, count, **changes):
    """Copy a row ``count`` times in SQL: as many records as a big firm has, in seconds.

    :param record: the prototype, made by the ORM so that its columns are as the ORM fills them
    :param changes: SQL expressions for columns, where ``n`` is the number of the copy
    :return: the ids of the copies
    """
    env.flush_all()
    env.cr.execute(
        SQL(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
            record._table,
        )
    )
    columns = [name for (name,) in env.cr.fetchall() if name != "id"]
    values = [SQL(changes[name]) if name in changes else SQL.identifier("proto", name) for name in columns]
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s proto, generate_series(1, %s) n WHERE proto.id = %s RETURNING id",
            SQL.identifier(record._table),
            SQL(", ").join(SQL.identifier(name) for name in columns),
            SQL(", ").join(values),
            SQL.identifier(record._table),
            count,
            record.id,
        )
    )
    ids = [number for (number,) in env.cr.fetchall()]
    env.invalidate_all()
    return ids


def invoice_of(env, client, amount=10.0):
    """:return: a posted invoice of today with one untaxed line, to be multiplied"""
    invoice = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": client.id,
            "invoice_date": fields.Date.today(),
            "invoice_line_ids": [Command.create({"name": "Work", "price_unit": amount, "tax_ids": False})],
        }
    )
    invoice.action_post()
    return invoice


def in_threads(work, count):
    """:return: milliseconds until ``count`` threads that do the same work at the same time are all done"""
    threads = [threading.Thread(target=work) for _number in range(count)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return round((time.perf_counter() - begin) * 1000, 3)
