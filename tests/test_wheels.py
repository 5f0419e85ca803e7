"""Each addon builds as a wheel that holds all that Odoo needs of it, without a network."""

import shutil
import subprocess
import zipfile

import pytest

from launcher import addons, packages, processes
from launcher.home import Home

pytestmark = pytest.mark.house
OURS = addons.find()
NOT_SHIPPED = {".po", ".pyc"}


@pytest.fixture(scope="module")
def builder():
    """The environment that holds the builder."""
    tools = packages.check_tools(Home().make())
    tools.ensure()
    yield tools
    processes.end_all()


@pytest.mark.parametrize("name", OURS)
def test_wheel_holds_the_whole_addon(builder, name, tmp_path):
    # Outside of the checkout: the builder asks git there, which knows nothing of files not yet added.
    folder = tmp_path / name
    shutil.copytree(OURS[name].folder, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    words = [builder.python, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, folder]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob(f"odoo_addon_{name}-{OURS[name].manifest['version']}*.whl")
    with zipfile.ZipFile(wheel) as archive:
        shipped = {entry.removeprefix(f"odoo/addons/{name}/") for entry in archive.namelist()}
        metadata = next(entry for entry in archive.namelist() if entry.endswith("/METADATA"))
        needs = archive.read(metadata).decode()
    rooms = [folder / room for room in ("data", "demo", "views", "security", "static", "models", "i18n")]
    wanted = {
        str(path.relative_to(folder))
        for room in rooms
        for path in room.rglob("*")
        if path.is_file() and path.suffix not in NOT_SHIPPED
    }
    assert wanted - shipped == set()
    assert "__manifest__.py" in shipped
    required = [line.replace("_", "-") for line in needs.splitlines() if line.startswith("Requires-Dist:")]
    for below in filter(OURS.get, OURS[name].depends):
        assert any(f"odoo-addon-{below.replace('_', '-')}" in line for line in required), below
