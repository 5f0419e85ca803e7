"""The bench command: scripts of ``benchmarks/`` on a copy of the template, and a table of what they say."""

import json
import os

from . import setup
from .home import REPO, Failure, step

FOLDER = REPO / "benchmarks"
ROWS = 2000
COLUMNS = ("name", "unit", "plain", "ours", "limit", "ours_to_plain", "ours_to_limit", "queries", "peak_mb")


def find():
    """:return: names of the benchmarks; helpers begin with an underscore"""
    return sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))


def ratio(value, other):
    return None if value is None or not other else round(value / other, 3)


def complete(row):
    """:return: a row with all columns, `None` where there is no such thing"""
    row = dict.fromkeys(COLUMNS) | row
    return row | {
        "ours_to_plain": ratio(row["ours"], row["plain"]),
        "ours_to_limit": ratio(row["ours"], row["limit"]),
    }


def table(rows):
    """:return: the lines of a table"""
    cells = [COLUMNS, *([shown(row[name]) for name in COLUMNS] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(COLUMNS))]
    return ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]


def shown(value):
    return "-" if value is None else value if isinstance(value, str) else f"{value:g}"


def bench(home, names, rows, target):
    """Measure.

    :param list names: of the benchmarks, all when empty
    :param int rows: how many clients the database is filled with
    :param str target: a file that gets the figures as JSON
    """
    known = find()
    if unknown := set(names) - set(known):
        raise Failure(f"no such benchmark: {', '.join(sorted(unknown))}", advice=f"known are: {', '.join(known)}")
    rows = rows or ROWS
    databases = setup.databases(home)
    name = databases.name(f"bench_{os.getpid()}")
    measured = home.root / "bench.json"
    measured.unlink(missing_ok=True)
    with home.lock():
        template = databases.own()
        databases.copy(template, name)
    try:
        log = home.log("bench")
        log.unlink(missing_ok=True)
        with step("Benchmarks", f"measuring with {rows} rows"):
            order = {"names": names or known, "rows": rows, "folder": str(FOLDER), "target": str(measured)}
            databases.inside("measure", name, log, "a benchmark failed", **order)
    finally:
        databases.drop(name)
    found = [complete(row) for row in json.loads(measured.read_text())]
    print("\n".join(table(found)))
    if target:
        with open(target, "w") as output:
            json.dump(found, output, indent=2)
            output.write("\n")
    return 0
