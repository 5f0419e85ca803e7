"""The test command: a copy of the template, and pytest on it, in as many processes as help."""

import os
import signal
import subprocess

from . import addons, processes, setup
from .home import REPO, say

PROCESSES = 4  # more of them wait for the one server of PostgreSQL
SHORT_SINGLE = ("-n", "-s", "-x")
SINGLE = {"--numprocesses", "--pdb", "--trace", "--capture", "--exitfirst", "--maxfail", "--co", "--collect-only"}


def addons_of(arguments):
    """:return: the addons that the test paths lie in; None when a path lies elsewhere or there is none"""
    ours = addons.find()
    paths = [word.split("::")[0] for word in arguments if not word.startswith("-")]
    names = {os.path.relpath(path, REPO).split(os.sep)[0] for path in paths if os.path.exists(path)}
    return names if names and names <= set(ours) else None


def parallel(arguments):
    """Say how pytest shares the tests out.

    :param list arguments: what the caller tells pytest; who names tests or looks at them one by one gets one process
    :return: pytest's arguments; the tests of a file stay together, so each class is set up once
    """
    cores = min(len(os.sched_getaffinity(0)), PROCESSES)
    for word in arguments:
        if not word.startswith("-") or word.startswith(SHORT_SINGLE) or word.split("=")[0] in SINGLE:
            return []
    if cores < 2:
        return []
    return ["-n", str(cores), "--dist=loadfile", "--no-loadscope-reorder"]


def test(home, arguments):
    """Run the tests.

    :param list arguments: for pytest; when its paths lie in some of our addons only those are installed
    :return: pytest's exit code
    """
    databases = setup.databases(home)
    name = databases.name(f"test_{os.getpid()}")
    with home.lock():
        databases.prune()
        template = databases.own(addons_of(arguments))
        databases.copy(template, name)
    log = home.log("test")
    log.unlink(missing_ok=True)
    conf = databases.conf(name, log_level="info", logfile=log, screenshots=home.root / "screenshots")
    argv = [
        *(databases.environment.python, "-m", "pytest"),
        *(f"--odoo-config={conf}", f"--odoo-database={name}", "--odoo-http", "--odoo-log-level=info"),
        f"--junitxml={home.root / 'junit.xml'}",
        *parallel(arguments),
        *arguments,
    ]
    environ = databases.environ() | {
        "NESTOGY_HOME": str(home.root),
        "NESTOGY_SHARED": str(home.parts),
        "NESTOGY_TEMPLATE": template,
        "NESTOGY_CONF": str(conf),
    }
    say("Tests: starting")
    child = processes.start(argv, environ, cwd=REPO)
    try:
        return child.wait()
    except processes.Interrupted:
        child.send_signal(signal.SIGINT)  # pytest closes its browser and tells how far it came
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            say("Tests: pytest does not end by itself")
        raise
    finally:
        child.kill()
        child.wait()
        databases.drop_run(name)
