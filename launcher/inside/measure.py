"""Run benchmarks one after the other; what each writes into the database is rolled back.

A benchmark is a module with ``run(env, rows)``, which returns one row or more, see ``launcher/bench``.
"""

import importlib
import json
import sys
from pathlib import Path

from session import configure, environment, order


def main(wanted):
    sys.path.insert(0, wanted["folder"])
    configure(wanted["conf"], wanted["database"], "--log-level=warn")
    results = []
    for name in wanted["names"]:
        with environment(wanted["database"]) as env:
            rows = importlib.import_module(name).run(env, wanted["rows"])
            env.cr.rollback()
        results += [{"name": name} | row for row in (rows if isinstance(rows, list) else [rows])]
    Path(wanted["target"]).write_text(json.dumps(results))


if __name__ == "__main__":
    main(order())
