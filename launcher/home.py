"""The folder that holds everything the launcher fetches or makes, and the words it says on the way."""

import contextlib
import fcntl
import hashlib
import json
import os
import sys
import time
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
INSIDE = REPO / "launcher" / "inside"
_started = time.monotonic()


class Failure(Exception):
    """A step that could not be done, told so that a person can act on it.

    :param str what: what failed, one sentence
    :param Path log: the file with the details
    :param str advice: what to do about it
    """

    def __init__(self, what, log=None, advice=None):
        super().__init__(what)
        self.what, self.log, self.advice = what, log, advice

    def report(self, lines=25):
        """Tell it in full, with the last lines of the log."""
        parts = [f"nestogy: {self.what}"]
        if self.log and Path(self.log).is_file():
            tail = Path(self.log).read_text(errors="replace").splitlines()[-lines:]
            parts += [f"  | {line[:300]}" for line in tail] + [f"Log: {self.log}"]
        if self.advice:
            parts.append(f"What to do: {self.advice}")
        return "\n".join(parts)


class Home:
    """Paths below one home.

    ``parts`` is where fetched things lie (Odoo, Python packages, browser): the home itself, or the home that
    ``NESTOGY_SHARED`` names, so that a second home need not fetch them again.
    """

    def __init__(self, root=None, parts=None):
        environ = os.environ
        self.root = Path(root or environ.get("NESTOGY_HOME") or REPO / ".nestogy").absolute()
        self.parts = Path(parts or environ.get("NESTOGY_SHARED") or self.root).absolute()
        self.logs = self.root / "logs"
        self.data = self.root / "data"
        self.mail = self.root / "mail"
        self.bin = self.parts / "bin"
        self.state_file = self.root / "run.json"

    def make(self):
        """Create the folders; nobody else may look into them (the demo's mails and files lie here)."""
        try:
            for folder in (self.root, self.parts, self.logs, self.data, self.mail, self.bin):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Failure(
                f"the folder {self.root} cannot be made: {error}",
                advice="set NESTOGY_HOME to a folder that you may write to.",
            ) from error
        return self

    def log(self, name):
        return self.logs / f"{name}.log"

    def short(self):
        """A short name of this home, the same at each call."""
        return digest(str(self.root))[:8]

    def read_state(self):
        """What the running instance wrote about itself; empty when there is none."""
        try:
            return json.loads(self.state_file.read_text())
        except (OSError, ValueError):
            return {}

    @contextlib.contextmanager
    def lock(self, name="setup", folder=None):
        """Hold a lock of this home; waits, and says so, while another call holds it."""
        with open((folder or self.root) / f"{name}.lock", "a+") as handle:
            if not try_lock(handle):
                say(f"waiting for another nestogy that holds {name}.lock of this home")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle


def try_lock(handle):
    """:return: True when the file is now locked by us, False when another process holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_whole(path, text):
    """Write a file so that a reader, or a kill, never sees half of it."""
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    part.chmod(0o600)
    part.replace(path)


def digest(*texts):
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def say(text):
    """One line of progress, with the seconds since the start."""
    sys.stderr.flush()
    print(f"[{time.monotonic() - _started:6.1f} s] {text}", flush=True)


@contextlib.contextmanager
def step(name, doing):
    """Announce a step, and tell its time when it is done."""
    say(f"{name}: {doing}")
    begin = time.monotonic()
    yield
    say(f"{name}: done in {time.monotonic() - begin:.1f} s")
