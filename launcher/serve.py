"""The running demo: Odoo and its mail catcher, watched until they are told to end."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from . import postgres, processes, setup
from .databases import DEMO
from .home import INSIDE, REPO, Failure, say, step, try_lock, write_whole

HOST = "127.0.0.1"
FIRST_PORT = 8069
PORTS_TRIED = 100
START_SECONDS = 180
STOP_SECONDS = 30
# The users that the demo files make; the first one is Odoo's own.
LOGINS = (
    {"role": "administrator", "login": "admin", "password": "admin"},
    {"role": "manager", "login": "manager", "password": "manager"},
    {"role": "staff", "login": "agent", "password": "agent"},
    {"role": "portal user", "login": "dana@brightwater.example", "password": "portal"},
)


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


def choose_port(wanted):
    """:return: the wanted port, or the first free one when none is wanted"""
    if wanted is None:
        ports = range(FIRST_PORT, FIRST_PORT + PORTS_TRIED)
        if (port := next((port for port in ports if is_free(port)), None)) is not None:
            return port
        raise Failure(f"no port from {ports[0]} to {ports[-1]} is free", advice="name one: ./nestogy run --port N")
    if not is_free(wanted):
        advice = "choose another one, or leave --port out to take the next free one."
        raise Failure(f"port {wanted} cannot be used: it is taken, or reserved for root", advice=advice)
    return wanted


def any_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def running(home):
    """:return: the state of the instance that runs now; empty when none does"""
    path = home.root / "run.lock"
    if not path.exists():
        return {}
    with open(path, "a+") as handle:
        if try_lock(handle):
            return {}
    return home.read_state() or {"running": True}  # it holds the lock, and will tell in a moment


def describe(state):
    """Print where the instance is and who may log in."""
    print(f"\n  Nestogy runs at {state['url']}\n")
    for login in state["logins"]:
        print(f"    {login['role']:14}  {login['login']:26}  password {login['password']}")
    print(f"\n  Mails of the demo: ./nestogy mail   (kept in {state['mail_folder']})", flush=True)


def run(home, port, empty, detach):
    """Serve until told to end; with ``detach`` return as soon as it serves."""
    home.make()
    if state := running(home):
        if not state.get("url"):
            raise Failure("another ./nestogy run is just starting", advice="wait for it: ./nestogy status")
        say("already running")
        describe(state)
        return 0
    if port is not None:
        choose_port(port)
    if detach:
        return _detach(home, port, empty)
    with open(home.root / "run.lock", "a+") as lock:
        if not try_lock(lock):
            raise Failure("another ./nestogy run was faster", advice="see ./nestogy status")
        write_whole(home.state_file, json.dumps({"pid": os.getpid(), "running": True}))
        try:
            _Instance(home, port).serve(empty)
        finally:
            processes.end_all()
            home.state_file.unlink(missing_ok=True)


def _detach(home, port, empty):
    """Start ``run`` as a process of its own and repeat what it says until it serves."""
    words = [sys.executable, REPO / "nestogy", "run"]
    words += ["--port", port] if port is not None else []
    words += ["--empty"] if empty else []
    environ = processes.clean_environment(NESTOGY_HOME=home.root, NESTOGY_SHARED=home.parts)
    log = home.log("run")
    with open(log, "w") as output, open(log) as told:
        child = subprocess.Popen(
            [str(word) for word in words],
            env=environ | {key: value for key, value in os.environ.items() if key.startswith("PG")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while True:
                ended = child.poll() is not None
                state = home.read_state()
                sys.stdout.write(told.read())
                sys.stdout.flush()
                if ended:
                    return child.returncode or 1
                if state.get("pid") == child.pid and state.get("url"):
                    print("\n  It keeps running: ./nestogy stop ends it.")
                    return 0
                time.sleep(0.1)
        except processes.Interrupted:
            child.terminate()
            child.wait()
            raise


class _Instance:
    """One run: what it started and what it tells about itself."""

    def __init__(self, home, port):
        self.home, self.port = home, port
        self.databases = setup.databases(home)
        self.name = self.databases.name(DEMO)
        self.mail_port = None
        self.catcher = None
        self.log = home.log("odoo")

    def serve(self, empty):
        """Bring the database up, start the programs and watch them; does not return while they run."""
        self.mail_port = any_port()
        self._start_catcher()  # before the demo firm is made, as that sends mails, too
        self.databases.mail_options = {"smtp_server": HOST, "smtp_port": self.mail_port}
        with self.home.lock():
            if self.databases.built_demo() is None:
                self.databases.make_demo(empty)
                self.databases.prune()
            else:
                self.databases.update_demo()
        self.port = choose_port(self.port)
        with step("Odoo", f"starting on port {self.port}"):
            odoo = self._start_odoo()
            self._wait(odoo)
        state = self._state()
        describe(state)
        write_whole(self.home.state_file, json.dumps(state, indent=2))
        self._watch(odoo)

    def _watch(self, odoo):
        """Keep both programs running; SIGUSR1 starts Odoo anew, so that it reads changed code."""
        stale = []
        signal.signal(signal.SIGUSR1, lambda *_: stale.append(True))
        while odoo.poll() is None:
            if stale:
                stale.clear()
                with step("Odoo", "starting again"):
                    odoo.terminate()
                    odoo.wait()
                    odoo = self._start_odoo()
                    self._wait(odoo)
            if self.catcher.poll() is not None:
                say("Mail catcher: it ended, starting it again")
                self._start_catcher()
            time.sleep(0.5)
        raise Failure(f"Odoo ended (exit code {odoo.returncode})", self.log, "./nestogy run starts it again.")

    def _start_catcher(self):
        words = [self.databases.environment.python, INSIDE / "mailcatcher.py", self.mail_port, self.home.mail]
        with open(self.home.log("mail"), "ab") as output:
            self.catcher = processes.start(words, stdout=output, stderr=output, stdin=subprocess.DEVNULL)

    def _start_odoo(self):
        # Links in mails lead to where this run serves, whatever port an earlier one had.
        key, url = postgres.literal("web.base.url"), postgres.literal(self.url)
        self.databases.server.sql(
            f"UPDATE ir_config_parameter SET value = {url} WHERE key = {key} AND value <> {url}", self.name
        )
        conf = self.databases.conf(
            self.name,
            http_port=self.port,
            gevent_port=any_port(),
            max_cron_threads=1,
            logfile=self.log,
        )
        words = [self.databases.environment.python, "-m", "odoo", "-c", conf, "-d", self.name]
        with open(self.log, "wb") as output:
            return processes.start(
                words,
                self.databases.environ(),
                cwd=self.home.root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def url(self):
        return f"http://{HOST}:{self.port}"

    def _wait(self, odoo):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if odoo.poll() is not None:
                raise Failure(f"Odoo does not start (exit code {odoo.returncode})", self.log)
            try:
                with urllib.request.urlopen(f"{self.url}/web/login", timeout=60) as page:
                    page.read()
                return
            except urllib.error.HTTPError as error:
                raise Failure(f"Odoo's login page answers {error.code}", self.log) from error
            except OSError:
                time.sleep(0.1)
        raise Failure(f"Odoo does not answer after {START_SECONDS} s", self.log)

    def _state(self):
        is_empty = self.databases.built_demo().get("empty")
        return {
            "url": self.url,
            "port": self.port,
            "database": self.name,
            "home": str(self.home.root),
            "logins": list(LOGINS[:1] if is_empty else LOGINS),
            "smtp": {"host": HOST, "port": self.mail_port},
            "mail_folder": str(self.home.mail),
            "log": str(self.log),
            "running": True,
            "pid": os.getpid(),
            "versions": {"odoo": "19.0"} | {name: a.manifest["version"] for name, a in self.databases.ours.items()},
        }


def status(home, as_json):
    """:return: 0 when an instance runs, else 3 as init scripts do"""
    state = running(home)
    if as_json:
        empty = dict.fromkeys(("url", "port", "database", "smtp", "pid"))
        known = {
            "home": str(home.root),
            "mail_folder": str(home.mail),
            "logins": [],
            "versions": {},
            "running": False,
        }
        print(json.dumps(empty | known | state, indent=2))
    elif state.get("url"):
        describe(state)
    else:
        print("Nestogy is starting." if state else "Nestogy does not run; ./nestogy run starts it.")
    return 0 if state else 3


def stop(home):
    """End the running instance, and an embedded PostgreSQL that lost its launcher."""
    home.make()
    state = running(home)
    pid = state.get("pid")
    if pid:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while running(home):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)  # its guard still ends what it started
            time.sleep(0.05)
    postgres.stop_orphan(home, setup.packages.runtime(home))
    print("Stopped." if pid else "Nothing was running.")
    return 0


def reset(home, sure):
    """Drop the demo: its database, files and mails."""
    if running(home):
        raise Failure("the demo is running", advice="./nestogy stop, then reset.")
    if not sure:
        print(f"This drops the demo database with its files, and the mails in {home.mail}.")
        if input("Type yes to go on: ").strip().lower() != "yes":
            print("Nothing was changed.")
            return 1
    databases = setup.databases(home)
    with home.lock():
        databases.drop(databases.name(DEMO))
        shutil.rmtree(home.mail, ignore_errors=True)
    print("The demo is gone; ./nestogy run makes a new one.")
    return 0


def _demo(home):
    databases = setup.databases(home)
    if databases.built_demo() is None:
        raise Failure("there is no demo database yet", advice="./nestogy run makes it.")
    return databases


def shell(home):
    """A shell of Odoo on the demo database, beside a running instance or without."""
    databases = _demo(home)
    name = databases.name(DEMO)
    path = databases.conf_path(name)
    conf = path if running(home) and path.exists() else databases.conf(name)
    words = [
        databases.environment.python,
        "-m",
        "odoo",
        "shell",
        "-c",
        conf,
        "-d",
        name,
        "--no-http",
        "--logfile=",
    ]
    child = processes.start([*words, "--log-level=warn"], databases.environ())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the shell
    return child.wait()


def update(home):
    """Bring the demo database up to the present files; a running Odoo starts anew with them."""
    databases = _demo(home)
    with home.lock():
        done = databases.update_demo()
    if done and (pid := running(home).get("pid")):
        os.kill(pid, signal.SIGUSR1)
    print(f"Updated: {', '.join(done)}." if done else "Nothing has changed.")
    return 0
