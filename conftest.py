"""What every test run promises: order, no silent skips, no errors in Odoo's log, the log of failures only."""

import inspect
import logging
import os
import shutil
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings

import odoo
from odoo.modules.registry import Registry
from odoo.tests import common

PURE, DATABASE, HTTP, BROWSER, HOUSE = range(5)
BROWSER_CALLS = ("start_tour(", "browser_js(", "ChromeBrowser(")


def kind(item):
    """What a test needs, least first: nothing, a database, the server, a browser; the house's own last."""
    cls = getattr(item, "cls", None)
    if item.get_closest_marker("house"):
        return HOUSE
    if cls is None or not issubclass(cls, common.BaseCase):
        return DATABASE if "env" in getattr(item, "fixturenames", ()) else PURE
    if issubclass(cls, common.HttpCase):
        return BROWSER if any(call in inspect.getsource(item.function) for call in BROWSER_CALLS) else HTTP
    return DATABASE if issubclass(cls, common.TransactionCase) else PURE


class ErrorLog(logging.Handler):
    """Keeps what Odoo logs as an error; ``assertLogs`` and ``mute_logger`` hide the expected ones from it."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines = []

    def emit(self, record):
        if record.name.startswith("odoo"):
            self.lines.append(f"{record.name}: {record.getMessage()}")

    def take(self):
        lines, self.lines = self.lines, []
        return lines


error_log = ErrorLog()


# a machine with much to do draws examples slowly, which says nothing about our code
settings.register_profile("nestogy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("nestogy")


def pytest_configure(config):
    config.addinivalue_line("markers", "house: tests the launcher or the packaging; slow, so it runs last")


def pytest_sessionstart(session):
    logging.getLogger().addHandler(error_log)


def pytest_collection_modifyitems(items):
    """Quick ones first; where processes share them, the slowest first, so that nobody waits for them at the end."""
    shared = "PYTEST_XDIST_WORKER" in os.environ
    items.sort(key=(lambda item: -kind(item)) if shared else kind)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Fail what was skipped for want of a server or browser, and what passed with an error in Odoo's log."""
    report = yield
    errors = error_log.take()
    if report.skipped and not hasattr(report, "wasxfail") and kind(item) in (HTTP, BROWSER):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} did not run: {call.excinfo.value if call.excinfo else 'skipped'}"
    elif report.passed and errors:
        report.outcome = "failed"
        report.longrepr = "errors in Odoo's log:\n" + "\n".join(errors[:5])
    return report


@pytest.fixture(scope="session", autouse=True)
def own_files(load_registry):
    """Give each process files of its own: the test classes clear away files that their own database does not know."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if not worker:
        yield
        return
    shared = Path(odoo.tools.config.filestore(common.get_db_name()))
    own = shared.with_name(f"{shared.name}-{worker}")
    shutil.rmtree(own, ignore_errors=True)
    if shared.exists():
        shutil.copytree(shared, own, copy_function=os.link)
    with mock.patch.object(odoo.tools.config, "filestore", return_value=str(own)):
        yield
    shutil.rmtree(own, ignore_errors=True)


@pytest.fixture
def env():
    """An environment of the superuser on the test database; whatever the test does is rolled back."""
    with Registry(common.get_db_name()).cursor() as cr:
        yield odoo.api.Environment(cr, odoo.SUPERUSER_ID, {})
        cr.rollback()
