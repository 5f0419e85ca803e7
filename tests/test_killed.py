"""Work in the background goes on after ``kill -9`` and after a restart of the database: see ``killing.py``."""

import pytest
from copied import copied_database, run_script

pytestmark = pytest.mark.house


def test_killed_work_goes_on_and_does_nothing_twice(tmp_path):
    with copied_database("killed") as name:
        run_script("killing.py", tmp_path / "killed.log", name)
