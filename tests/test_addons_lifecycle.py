"""Our addons update twice and uninstall cleanly on a database with data."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from odoo.tools import config

from launcher import addons
from launcher.databases import log_lines

pytestmark = pytest.mark.house
TEMPLATE = os.environ.get("NESTOGY_TEMPLATE", "")


def sql(query):
    subprocess.run(["psql", "-X", "-q", "-d", "postgres", "-c", query], check=True, capture_output=True)


@pytest.fixture
def copied_database():
    """The name of a copy of the template, dropped afterwards."""
    name = f"{TEMPLATE.rpartition('own_')[0]}test_{os.getppid()}_lifecycle"
    files = Path(config["data_dir"], "filestore")
    sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    sql(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    shutil.copytree(files / TEMPLATE, files / name, copy_function=os.link, dirs_exist_ok=True)
    yield name
    sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(files / name, ignore_errors=True)


def test_addons_update_twice_and_uninstall_cleanly(copied_database, tmp_path):
    log = tmp_path / "lifecycle.log"
    script = Path(__file__).with_name("lifecycle.py")
    words = [sys.executable, script, os.environ["NESTOGY_CONF"], copied_database, *addons.find()]
    with open(log, "wb") as output:
        code = subprocess.run(words, stdout=output, stderr=output, check=False).returncode
    tail = "\n".join(log.read_text().splitlines()[-30:])
    assert code == 0, tail
    assert log_lines(log, ("ERROR", "CRITICAL")) == []
    ours = [line for line in log_lines(log, ("WARNING",)) if any(name in line for name in addons.find())]
    assert ours == []
