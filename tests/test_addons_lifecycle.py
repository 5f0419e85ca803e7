"""Our addons update twice and uninstall cleanly on a database with data."""

import pytest
from copied import copied_database, run_script

from launcher import addons
from launcher.databases import log_lines

pytestmark = pytest.mark.house


def test_addons_update_twice_and_uninstall_cleanly(tmp_path):
    log = tmp_path / "lifecycle.log"
    with copied_database("lifecycle") as name:
        assert run_script("lifecycle.py", log, name, *addons.find()) == []
    ours = [line for line in log_lines(log, ("WARNING",)) if any(name in line for name in addons.find())]
    assert ours == []
