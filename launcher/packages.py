"""Python environments: one that runs Odoo and the tests, one with the tools of ``check``."""

import shutil
import sys

from . import processes
from .home import INSIDE, REPO, Failure, digest, step, write_whole

ADVICE = "check that pip reaches its package index (pip download wheel), then call again."


class Environment:
    """A virtual environment that holds exactly what a lock file names."""

    def __init__(self, home, name, lock, title):
        self.home, self.title = home, title
        self.lock = REPO / lock
        self.folder = home.parts / name
        self.bin = self.folder / "bin"
        self.python = self.bin / "python"
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        self.site = self.folder / "lib" / version / "site-packages"
        self.stamp = self.folder / "ready"

    @property
    def identity(self):
        return digest(self.lock.read_text(), sys.version)

    def ensure(self):
        if self.stamp.exists() and self.stamp.read_text() == self.identity and self.python.exists():
            return
        with step(self.title, f"installing {self.lock.name}"):
            self._install()

    def _install(self):
        log = self.home.log(self.folder.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        try:
            processes.run([sys.executable, "-m", "venv", self.folder], log, "no environment could be made")
            pip = [self.python, "-m", "pip"]
        except Failure:
            # Where ensurepip is missing (it is a package of its own), the machine's pip can do it.
            shutil.rmtree(self.folder, ignore_errors=True)
            what = "no Python environment could be made"
            advice = "install the package python3-venv (or python3-pip), then call again."
            processes.run([sys.executable, "-m", "venv", "--without-pip", self.folder], log, what, advice)
            processes.run([sys.executable, "-m", "pip", "--version"], log, what, advice)
            pip = [sys.executable, "-m", "pip", "--python", self.python]
        # Every dependency is in the lock, so nothing is resolved and the order of the lines does not matter.
        words = ["install", "-q", "--disable-pip-version-check", "--no-input", "--no-deps", "-r", self.lock]
        processes.run([*pip, *words], log, f"the packages of {self.lock.name} could not be installed", ADVICE)
        self.stamp.write_text(self.identity)


def runtime(home):
    return Environment(home, "venv", "requirements.txt", "Python packages")


def check_tools(home):
    return Environment(home, "venv-check", "requirements-check.txt", "Check tools")


def join_odoo(environment, source):
    """Make the environment see Odoo's code without copying or linking it.

    ``odoo`` is a namespace package: addons from wheels lie in the environment, the core stays where it is.
    """
    path = environment.site / "odoo-core.pth"
    line = f"{source.site}\n"
    if not path.exists() or path.read_text() != line:
        write_whole(path, line)


def put_printer(home, environment):
    """Put our PDF printer on the path under the name by which Odoo calls for it."""
    script = home.bin / "wkhtmltopdf"
    text = f"#!{environment.python}\n" + (INSIDE / "wkhtmltopdf.py").read_text()
    if not script.exists() or script.read_text() != text:
        write_whole(script, text)
        script.chmod(0o755)
