"""The check command: everything about the code that can be told without running its tests."""

import re
import subprocess
import tempfile
import time
from pathlib import Path

from . import addons, conventions, packages, processes, setup
from .databases import log_lines
from .home import REPO, say

PYTHON = ("launcher", "tests", "benchmarks", "conftest.py", "nestogy")
# One file for each facet of a model is how we keep files small; reading all rows of a settings table is fine.
UNWANTED = "consider-merging-classes-inherited,no-search-all"
DATED = re.compile(r'^"(POT-Creation-Date|PO-Revision-Date):.*$\n', re.MULTILINE)


class Check:
    """One run of all steps; each step gives its findings as lines."""

    def __init__(self, home, fix):
        self.home, self.fix = home, fix
        self.ours = addons.find()
        self.tools = packages.check_tools(home)
        self.findings = []

    def step(self, title, job):
        begin = time.monotonic()
        found = job()
        self.findings += [f"{title}: {line}" for line in found]
        verdict = f"{len(found)} findings" if found else "good"
        say(f"{title}: {verdict} ({time.monotonic() - begin:.1f} s)")

    def tool(self, *words):
        """:return: what a tool of the check environment says, as lines; none when it is content"""
        argv = [str(word) for word in words]
        argv[0] = str(self.tools.bin / argv[0])
        done = subprocess.run(
            argv,
            cwd=REPO,
            env=processes.clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        return (lines or [f"{argv[0]} ended with {done.returncode}"]) if done.returncode else []

    @property
    def python_paths(self):
        return [*(path for path in PYTHON if (REPO / path).exists()), *self.ours]

    def lint(self):
        words = ["ruff", "check", "-q", "--no-cache", "--output-format=concise"]
        return self.tool(*words, *(["--fix"] if self.fix else []), *self.python_paths)

    def formatting(self):
        words = ["ruff", "format", "-q", "--no-cache"]
        words += [] if self.fix else ["--check", "--output-format=concise"]
        found = self.tool(*words, *self.python_paths)
        return [f"{line} (./nestogy check --fix)" for line in found]

    def odoo_lint(self):
        if not self.ours:
            return []
        words = [f"--rcfile={REPO / '.pylintrc'}", f"--disable={UNWANTED}"]
        found = self.tool("pylint", *words, *self.ours)
        return [line for line in found if not line.startswith("****")]

    def manifests(self):
        return [line for addon in self.ours.values() for line in conventions.manifest_findings(addon)]

    def xml(self):
        return [line for addon in self.ours.values() for line in conventions.xml_findings(addon)]

    def translations(self, databases, template):
        """Compare the translation templates with what the installed addons say now."""
        found = []
        with tempfile.TemporaryDirectory() as folder:
            log = self.home.log("export")
            log.unlink(missing_ok=True)
            order = {"addons": list(self.ours), "folder": folder}
            databases.inside("export", template, log, "the translation templates could not be exported", **order)
            for name, addon in self.ours.items():
                now = (Path(folder) / f"{name}.pot").read_text()
                kept = addon.folder / "i18n" / f"{name}.pot"
                if kept.exists() and undated(kept.read_text()) == undated(now):
                    continue
                if self.fix:
                    kept.parent.mkdir(exist_ok=True)
                    kept.write_text(now)
                else:
                    found.append(f"{kept.relative_to(REPO)} is not up to date (./nestogy check --fix)")
        return found

    def installation(self, databases):
        """What the log of a fresh installation has against our addons."""
        lines = log_lines(databases.own_log(), ("WARNING", "ERROR", "CRITICAL"))
        return [line for line in lines if any(name in line for name in self.ours)]


def undated(text):
    return DATED.sub("", text)


def check(home, fix, quick=False):
    """Check everything.

    :param bool fix: mend what can be mended by itself
    :param bool quick: leave out what needs a database
    :return: 1 when something was found
    """
    home.make()
    run = Check(home, fix)
    if quick:
        run.tools.ensure()
    else:
        databases = setup.databases(home, run.tools)
    run.step("Lint", run.lint)
    run.step("Format", run.formatting)
    run.step("Odoo lint", run.odoo_lint)
    run.step("Manifests", run.manifests)
    run.step("XML", run.xml)
    if not quick:
        with home.lock():
            template = databases.own()
            run.step("Installation", lambda: run.installation(databases))
            run.step("Translations", lambda: run.translations(databases, template))
    for line in run.findings:
        print(line)
    say(f"Check: {len(run.findings)} findings" if run.findings else "Check: all good")
    return 1 if run.findings else 0
