"""Programs that the launcher starts, and the promise that none of them outlives it."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import uuid

from . import guard
from .home import Failure

_mark = uuid.uuid4().hex
_guard = None
_held = []
_guard_lock = threading.Lock()


class Interrupted(BaseException):
    """SIGINT or SIGTERM arrived; not an Exception, so that no handler of errors swallows it."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.number = number


def catch_signals():
    """End in good order on SIGINT and SIGTERM, even if whoever started us had SIGINT ignored."""

    def interrupt(number, _frame):
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)  # cleaning up is not interrupted again
        raise Interrupted(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)


def clean_environment(**more):
    """Our environment without what leads a child astray: variables of PostgreSQL, Python, an older mark."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PG") and name not in ("PYTHONPATH", "PYTHONHOME", "ODOO_RC", guard.MARK)
    }
    environ.setdefault("LC_ALL", "C.UTF-8")
    return environ | {name: str(value) for name, value in more.items()}


def watch():
    """Start the guard, once; every child that ``start`` makes is its business from then on."""
    global _guard
    with _guard_lock:
        if _guard is None:
            _guard = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, _mark],
                stdin=subprocess.PIPE,
                env=clean_environment(),
                cwd="/",
                start_new_session=True,
                text=True,
            )
        return _guard


def on_end(order, handle):
    """Tell the guard about a shared server, see ``guard``.

    :param handle: the open file by which we hold the lock of the server, closed when we end
    """
    _held.append(handle)
    pipe = watch().stdin
    pipe.write(json.dumps(order) + "\n")
    pipe.flush()


def end_all():
    """End everything that was started here; returns when it has ended."""
    global _guard
    with _guard_lock:
        if _guard is not None:
            while _held:
                _held.pop().close()
            _guard.stdin.close()
            _guard.wait()
            _guard = None


def start(argv, env=None, **options):
    """Start a program that ends with the launcher."""
    watch()
    env = (clean_environment() if env is None else env) | {guard.MARK: _mark}
    return subprocess.Popen([str(word) for word in argv], env=env, **options)


def run(argv, log, what, advice=None, env=None, timeout_seconds=None, **options):
    """Run a program to its end, its output into a log.

    :param Path log: gets the output, after what it already holds
    :param str what: the sentence of the Failure when it does not end well
    :raise Failure: when the program cannot be started, ends with an error or takes too long
    """
    with open(log, "ab") as output:
        try:
            child = start(argv, env, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)
        except OSError as error:
            raise Failure(f"{what}: {error}", log, advice) from error
        try:
            code = child.wait(timeout_seconds)
        except subprocess.TimeoutExpired as error:
            child.kill()
            child.wait()
            raise Failure(f"{what}: not done after {timeout_seconds} s", log, advice) from error
    if code:
        raise Failure(f"{what} (exit code {code})", log, advice)


def ask(argv, **options):
    """:return: what a short program prints, or an empty text when it fails or does not exist"""
    try:
        done = subprocess.run(
            [str(word) for word in argv], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options
        )
    except OSError:
        return ""
    return "" if done.returncode else done.stdout


def in_parallel(*jobs):
    """Do all jobs at the same time; the first failure is raised at once, the others end with the launcher."""
    results = queue.SimpleQueue()

    def work(job):
        try:
            job()
            results.put(None)
        except BaseException as error:
            results.put(error)

    for job in jobs:
        threading.Thread(target=work, args=(job,), daemon=True).start()
    for _job in jobs:
        if error := results.get():
            raise error
