"""Databases, each built once and then copied: Odoo's modules, ours on top, and what works on a copy of those.

A name says what a database was built from: ``core_<digest>`` holds the modules that ours build on,
``own_<digest>`` ours as well, neither with demo data. ``demo`` is the running instance's, ``test_<pid>`` that
of one test run.
"""

import json
import os
import re
import shutil
import time

from . import addons, processes
from .home import INSIDE, REPO, Failure, digest, say, step, write_whole

FORMAT = "2"  # changes when databases of before must not be used any more
DEMO = "demo"
KEPT = {"core_": 2, "own_": 5}  # so many of each, the last used ones
MAIL_DOMAIN = "nestogy.example"
SAMPLE = REPO / "data/sample_clients.csv"
LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (DEBUG|INFO|WARNING|ERROR|CRITICAL) \S+ (\S+): ")
MEND = "mend what the log tells, then call again; what was built before is kept."


class Databases:
    """The databases of one home on its server."""

    def __init__(self, home, server, source, environment):
        self.home, self.server, self.source, self.environment = home, server, source, environment
        self.ours = addons.find()
        self.filestores = home.data / "filestore"
        self.mail_options = {}

    def name(self, short):
        return self.server.prefix + short

    # Templates

    def core(self):
        """:return: name of the database that holds what ours build on"""
        modules = addons.core_modules(self.ours)
        parts = [FORMAT, self.source.identity, self.environment.lock.read_text(), *modules]
        short = "core_" + digest(*parts)[:10]
        if self.name(short) not in self.server.databases():
            with step("Core database", f"installing {len(modules)} modules of Odoo and the OCA, and their needs"):
                new = self._begin(short)
                self._install(new, self.home.log(short), create=True, install=modules)
                self._finish(new, short)
        self._used(short)
        return self.name(short)

    def own_log(self, names=None):
        """:return: the log of the fresh installation of ours, or of the named ones and those below"""
        return self.home.log(self._own_short(names))

    def _own_short(self, names):
        wanted = addons.closure(names or self.ours, self.ours)
        prints = [f"{name} {addon.fingerprint(with_demo=False)}" for name, addon in wanted.items()]
        core = [
            FORMAT,
            self.source.identity,
            self.environment.lock.read_text(),
            *addons.core_modules(self.ours),
        ]
        return "own_" + digest(*core, *prints)[:10]

    def own(self, names=None):
        """:return: name of the database that holds our addons too, all or the named ones and those below"""
        short = self._own_short(names)
        if self.name(short) not in self.server.databases():
            wanted = addons.closure(names or self.ours, self.ours)
            core = self.core()
            with step("Own database", f"installing {', '.join(wanted) or 'nothing'}"):
                new = self._begin(short, core)
                self._install(new, self.home.log(short), install=list(wanted))
                self._finish(new, short)
        self._used(short)
        return self.name(short)

    def _begin(self, short, template=None):
        new = self.name(f"new_{short}")
        self.home.log(short).unlink(missing_ok=True)
        self.drop(new)
        if template:
            self.copy(template, new)
        return new

    def _install(self, database, log, create=False, install=(), update=()):
        """Install or update modules."""
        order = {"create": create, "install": list(install), "update": list(update)}
        what = f"the installation of {', '.join([*install, *update])} failed"
        self.inside("install", database, log, what, **order)

    def _finish(self, new, short):
        """Give a database its name: from now on it is there, whole."""
        name = self.name(short)
        shutil.rmtree(self.filestores / name, ignore_errors=True)
        if (self.filestores / new).exists():
            (self.filestores / new).rename(self.filestores / name)
        self.server.rename(new, name)

    def _used(self, short):
        self.server.remark(self.name(short), f"{time.time():.0f}")

    def prune(self):
        """Drop templates that nobody asked for lately, and what killed runs left."""
        found = self.server.databases()
        for kind, kept in KEPT.items():
            of_kind = sorted((name for name in found if name.startswith(self.name(kind))), key=lambda name: found[name])
            for name in of_kind[:-kept]:
                self.drop(name)
                self.home.log(name.removeprefix(self.server.prefix)).unlink(missing_ok=True)
        for name in found:
            mine = re.fullmatch(re.escape(self.server.prefix) + r"(?:test|bench)_(\d+)([_-].*)?", name)
            if mine and not os.path.exists(f"/proc/{mine[1]}"):
                self.drop(name)

    # Copies

    def copy(self, source, target):
        """Copy a database with its files; the files are shared, as Odoo writes each only once."""
        self.drop(target)
        self.server.copy(source, target)
        if (self.filestores / source).exists():
            shutil.copytree(self.filestores / source, self.filestores / target, copy_function=os.link)

    def drop(self, database):
        self.server.drop(database)
        shutil.rmtree(self.filestores / database, ignore_errors=True)
        self.conf_path(database).unlink(missing_ok=True)

    def drop_run(self, database):
        """Drop the database of a test run with the copies that its processes made of it (``<database>-gw0``)."""
        for name in [name for name in self.server.databases() if name.startswith(f"{database}-")]:
            self.drop(name)
        self.drop(database)

    # The demo firm

    def demo_prints(self):
        """What the demo database was built from, by addon."""
        return {name: addon.fingerprint(with_demo=True) for name, addon in self.ours.items()}

    def built_demo(self):
        """:return: what the demo database remembers of its making; None when there is none"""
        remark = self.server.databases().get(self.name(DEMO))
        return None if remark is None else json.loads(remark or "{}")

    def make_demo(self, empty):
        """Build the database of the running instance.

        :param bool empty: without the demo firm
        """
        own = self.own()
        new = self._begin(DEMO, own)
        if not empty:
            with step("Demo firm", "loading the demo files and the sample clients"):
                order = {"addons": list(self.ours), "sample": str(SAMPLE), "mail_domain": MAIL_DOMAIN}
                what = "the demo firm could not be loaded"
                self.inside("demo", new, self.home.log(DEMO), what, **order)
        self.remember_demo(new, empty)
        self._finish(new, DEMO)

    def remember_demo(self, database, empty):
        remark = {"empty": empty, "prints": self.demo_prints(), "odoo": self.source.identity}
        self.server.remark(database, json.dumps(remark))

    def update_demo(self):
        """Bring the demo database up to the present files.

        :return: names of the addons that were updated or installed
        """
        built = self.built_demo()
        if built.get("odoo") != self.source.identity:
            say("Odoo itself has changed since the demo database was made: ./nestogy reset makes a new one")
        before, now = built.get("prints", {}), self.demo_prints()
        update = [name for name in now if name in before and before[name] != now[name]]
        install = [name for name in now if name not in before]
        if update or install:
            with step("Update", f"our files have changed: {', '.join([*update, *install])}"):
                log = self.home.log("update")
                log.unlink(missing_ok=True)
                self._install(self.name(DEMO), log, install=install, update=update)
                self.remember_demo(self.name(DEMO), built.get("empty", False))
        return [*update, *install]

    # Odoo

    def conf_path(self, database):
        return self.home.root / "conf" / f"{database}.conf"

    def conf(self, database, **more):
        """Write Odoo's configuration for one database.

        :return: its path
        """
        folders = [*self.source.addons, *([REPO] if self.ours else [])]
        options = {
            **{key: value for key, value in self.server.options.items() if value},
            "dbfilter": f"^{re.escape(database)}$",
            "list_db": False,
            "data_dir": self.home.data,
            **({"addons_path": ",".join(str(folder) for folder in folders)} if folders else {}),
            "http_interface": "127.0.0.1",
            "unaccent": True,
            "pg_path": self.server.programs,
            "limit_time_real": 1200,
            "limit_time_cpu": 1200,
            "email_from": f"notifications@{MAIL_DOMAIN}",
            **self.mail_options,
            **more,
        }
        path = self.conf_path(database)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_whole(path, "[options]\n" + "".join(f"{key} = {value}\n" for key, value in options.items()))
        return path

    def environ(self):
        """The environment of everything that runs Odoo: our programs first, then the machine's."""
        folders = [self.home.bin, self.environment.bin, self.server.programs]
        path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
        libpq = {key: value for key, value in self.server.env.items() if key.startswith("PG")}
        return processes.clean_environment(PATH=path, **libpq)

    def inside(self, script, database, log, what, **wanted):
        """Run a script of ``inside/`` on one database.

        :raise Failure: when it fails, or logs an error on the way
        """
        order = {"database": database, "conf": str(self.conf(database)), **wanted}
        argv = [self.environment.python, INSIDE / f"{script}.py", json.dumps(order)]
        processes.run(argv, log, what, MEND, self.environ(), cwd=self.home.root)
        if errors := log_lines(log, ("ERROR", "CRITICAL")):
            raise Failure(f"{what}: an error stands in its log: {errors[0]}", log, MEND)


def log_lines(path, levels, about=None):
    """:return: the lines of a log of Odoo with one of the levels, those that name ``about`` if given"""
    found = []
    for line in path.read_text(errors="replace").splitlines() if path.exists() else ():
        match = LOG_LINE.match(line)
        if match and match[1] in levels and (about is None or about in line):
            found.append(line)
    return found
