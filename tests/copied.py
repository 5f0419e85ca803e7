"""A database of its own for tests that commit, or whose processes do."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from odoo.tools import config

from launcher.databases import log_lines

TEMPLATE = os.environ.get("NESTOGY_TEMPLATE", "")


def sql(query):
    subprocess.run(["psql", "-X", "-q", "-d", "postgres", "-c", query], check=True, capture_output=True)


@contextmanager
def copied_database(purpose):
    """The name of a copy of the template, dropped afterwards."""
    name = f"{TEMPLATE.rpartition('own_')[0]}test_{os.getppid()}_{purpose}"
    files = Path(config["data_dir"], "filestore")
    sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    sql(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    shutil.copytree(files / TEMPLATE, files / name, copy_function=os.link, dirs_exist_ok=True)
    try:
        yield name
    finally:
        sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(files / name, ignore_errors=True)


def run_script(script, log, *words):
    """Run a script of this folder in a process of its own; what it says is in the log.

    :return: lines of the log that are errors or worse
    """
    path = Path(__file__).with_name(script)
    with open(log, "wb") as output:
        words = [sys.executable, path, os.environ["NESTOGY_CONF"], *words]
        code = subprocess.run(words, stdout=output, stderr=output, check=False).returncode
    assert code == 0, "\n".join(log.read_text().splitlines()[-30:])
    return log_lines(log, ("ERROR", "CRITICAL"))
