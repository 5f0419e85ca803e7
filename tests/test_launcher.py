"""The launcher: its small decisions without a database, and one real run from start to SIGTERM."""

import email
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from smtp_sink import SmtpSink

from launcher import addons, conventions, guard, mailbox, odoo_source, postgres, quality, serve, testing
from launcher.databases import log_lines
from launcher.home import REPO, Failure, Home, digest, try_lock, write_whole
from launcher.main import parser

NESTOGY = [sys.executable, str(REPO / "nestogy")]


def plant(folder, name, **manifest):
    """Make a small addon below a folder."""
    addon = folder / name
    addon.mkdir()
    (addon / "__manifest__.py").write_text(repr(manifest))
    return addon


def test_addons_come_after_those_they_depend_on(tmp_path):
    plant(tmp_path, "nestogy_a", depends=["nestogy_c", "account"])
    plant(tmp_path, "nestogy_b", depends=["base"])
    plant(tmp_path, "nestogy_c", depends=["nestogy_b", "sale"])
    found = addons.find(tmp_path)
    assert list(found) == ["nestogy_b", "nestogy_c", "nestogy_a"]
    assert addons.core_modules(found) == ["account", "base", "payment_demo", "sale"]
    assert list(addons.closure(["nestogy_c"], found)) == ["nestogy_b", "nestogy_c"]


def test_fingerprint_sees_what_a_database_is_built_from(tmp_path):
    folder = plant(tmp_path, "nestogy_a", depends=[])
    for name in (
        "models/a.py",
        "tests/test_a.py",
        "demo/a.xml",
        "i18n/nestogy_a.pot",
        "static/description/icon.png",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("1")
    addon = addons.Addon(folder)
    before = addon.fingerprint(with_demo=False), addon.fingerprint(with_demo=True)
    for name in ("tests/test_a.py", "i18n/nestogy_a.pot", "static/description/icon.png"):
        (folder / name).write_text("2")
    assert (addon.fingerprint(with_demo=False), addon.fingerprint(with_demo=True)) == before
    (folder / "demo/a.xml").write_text("2")
    assert addon.fingerprint(with_demo=False) == before[0]
    assert addon.fingerprint(with_demo=True) != before[1]
    (folder / "models/a.py").write_text("2")
    assert addon.fingerprint(with_demo=False) != before[0]


def test_a_wanted_port_that_is_taken_is_refused():
    with socket.socket() as taken:
        taken.bind((serve.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Failure, match=f"port {port} cannot be used"):
            serve.choose_port(port)


def test_the_next_free_port_is_taken_when_none_is_wanted(monkeypatch):
    monkeypatch.setattr(serve, "is_free", lambda port: port == serve.FIRST_PORT + 2)
    assert serve.choose_port(None) == serve.FIRST_PORT + 2
    monkeypatch.setattr(serve, "is_free", lambda port: False)
    with pytest.raises(Failure, match="no port"):
        serve.choose_port(None)


def test_a_lock_is_held_once(tmp_path):
    home = Home(tmp_path)
    with home.lock("x") as handle, open(handle.name, "a+") as other:
        assert not try_lock(other)
    with open(tmp_path / "x.lock", "a+") as other:
        assert try_lock(other)


def test_a_file_is_written_whole(tmp_path):
    write_whole(tmp_path / "a.json", "{}")
    assert (tmp_path / "a.json").read_text() == "{}"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_digest_keeps_parts_apart():
    assert digest("a", "bc") != digest("ab", "c")


def test_failure_tells_log_and_advice(tmp_path):
    log = tmp_path / "x.log"
    log.write_text("one\ntwo\n")
    report = Failure("It broke", log, "Mend it.").report(lines=1)
    assert report == f"nestogy: It broke\n  | two\nLog: {log}\nWhat to do: Mend it."


def test_status_of_a_home_without_a_run(tmp_path, capsys):
    assert serve.status(Home(tmp_path), as_json=True) == 3
    state = json.loads(capsys.readouterr().out)
    assert state["running"] is False
    assert state["home"] == str(tmp_path)
    assert {"url", "port", "database", "logins", "smtp", "mail_folder", "pid", "versions"} <= set(state)


def test_error_lines_of_a_log_are_found(tmp_path):
    log = tmp_path / "x.log"
    log.write_text(
        "2026-01-01 10:00:00,000 12 INFO demo odoo.modules: ERROR is only a word here\n"
        "2026-01-01 10:00:01,000 12 WARNING demo odoo.addons.nestogy_a.models: watch out\n"
        "2026-01-01 10:00:02,000 12 ERROR ? odoo.sql_db: bad query\n"
    )
    assert [line.split()[3] for line in log_lines(log, ("WARNING", "ERROR"))] == ["WARNING", "ERROR"]
    assert log_lines(log, ("ERROR",), about="nestogy_a") == []


def test_paths_choose_the_addons_to_install(monkeypatch):
    monkeypatch.chdir(REPO)
    assert testing.addons_of(["nestogy_clients/tests", "-k", "x"]) == {"nestogy_clients"}
    assert testing.addons_of(["nestogy_clients/tests", "tests/test_launcher.py"]) is None
    assert testing.addons_of([]) is None


@pytest.mark.parametrize(
    "words", [["-k", "pay"], ["tests/test_main_road.py"], ["-n0"], ["--pdb"], ["--maxfail=1"], ["-x"]]
)
def test_who_chooses_tests_gets_one_process(words):
    assert testing.parallel(words) == []


def test_all_tests_run_in_as_many_processes_as_there_are_cores(monkeypatch):
    for cores, processes_wanted in ((1, None), (2, "2"), (64, "4")):
        monkeypatch.setattr(testing.os, "sched_getaffinity", lambda _pid, cores=cores: set(range(cores)))
        words = testing.parallel(["-q", "--color=yes"])
        assert words[:2] == (["-n", processes_wanted] if processes_wanted else [])


def test_translation_templates_differ_by_more_than_their_date():
    old, new = '"POT-Creation-Date: 2026\\n"\nmsgid "a"\n', '"POT-Creation-Date: 2027\\n"\nmsgid "a"\n'
    assert quality.undated(old) == quality.undated(new)
    assert quality.undated(old) != quality.undated(new.replace('"a"', '"b"'))


def test_each_command_has_a_help_text():
    text = parser().format_help()
    for name in ("run", "stop", "status", "reset", "shell", "update", "mail", "test", "check", "bench"):
        assert re.search(rf"^    {name} ", text, re.MULTILINE)


def test_sources_are_pinned():
    assert all(re.fullmatch(r"[0-9a-f]{64}", value) for value in odoo_source.PACKAGES.values())
    for name in ("requirements.txt", "requirements-check.txt"):
        lines = [line for line in (REPO / name).read_text().splitlines() if line and not line.startswith("#")]
        assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines), name


def test_production_settings_are_known_to_odoo():
    from odoo.tools.config import configmanager

    known = set(configmanager().options) | set(configmanager()._default_options)
    named = re.findall(r"^#? ?(\w+) = ", (REPO / "odoo.conf").read_text(), re.MULTILINE)
    assert len(named) > 20
    assert set(named) - known == set()
    assert not re.search(r"^\w*(passw|secret)\w* *=", (REPO / "odoo.conf").read_text(), re.MULTILINE)


def test_faults_in_xml_are_found(tmp_path):
    folder = plant(tmp_path, "nestogy_a")
    (folder / "views").mkdir()
    view = folder / "views/a_views.xml"

    def findings(text):
        view.write_text(text)
        return conventions.xml_findings(addons.Addon(folder))

    assert findings('<odoo>\n    <record id="a" model="b"/>\n</odoo>\n') == []
    assert "not well-formed" in findings("<odoo>")[0]
    assert "the root is <openerp>" in findings("<openerp/>")[0]
    assert "instead of 4 spaces" in findings('<odoo>\n  <record id="a" model="b"/>\n</odoo>\n')[0]
    assert "repeats" in findings('<odoo>\n    <record id="nestogy_a.a" model="b"/>\n</odoo>\n')[0]
    twice = '    <record id="a" model="b"/>\n' * 2
    assert "defined 2 times" in findings(f"<odoo>\n{twice}</odoo>\n")[0]


def test_faults_in_manifests_are_found(tmp_path):
    folder = plant(tmp_path, "nestogy_a", author="X", license="MIT", version="1.0", data=["views/gone.xml"])
    (folder / "views").mkdir()
    (folder / "views/extra.xml").write_text("<odoo/>")
    found = "\n".join(conventions.manifest_findings(addons.Addon(folder)))
    for words in (
        "author",
        "license",
        "version",
        "gone.xml is listed",
        "extra.xml: not listed",
        "README.rst: missing",
    ):
        assert words in found


def test_marked_processes_are_ended():
    mark = f"test-{os.getpid()}"
    words = ["sh", "-c", "trap '' TERM; sleep 60 & wait; sleep 60"]
    child = subprocess.Popen(words, env=os.environ | {guard.MARK: mark}, start_new_session=True)
    other = subprocess.Popen(["sleep", "60"], env=os.environ | {guard.MARK: mark + "0"})
    try:
        deadline = time.monotonic() + 10
        while len(guard.marked(mark)) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        patience, guard.PATIENCE_SECONDS = guard.PATIENCE_SECONDS, 0.2
        try:
            guard.end_marked(mark)
        finally:
            guard.PATIENCE_SECONDS = patience
        assert child.wait(5) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


MAIL = b"""From: Agent <agent@firm.example>\r
To: Dana <dana@client.example>\r
Reply-To: support@firm.example\r
Subject: Your ticket\r
Message-Id: <1@firm.example>\r
References: <0@firm.example>\r
Content-Type: text/html\r
\r
<p>Hello <a href="http://x/y">here</a></p><style>p {}</style>\r
"""


def test_an_answer_goes_where_the_mail_wants_it():
    reply = mailbox.answer_to(email.message_from_bytes(MAIL, policy=mailbox.MODERN), "Danke, schön")
    assert reply["To"] == "support@firm.example"
    assert reply["From"] == "Dana <dana@client.example>"
    assert reply["Subject"] == "Re: Your ticket"
    assert reply["In-Reply-To"] == "<1@firm.example>"
    assert reply["References"] == "<0@firm.example> <1@firm.example>"
    assert reply.as_bytes().isascii()


def test_html_mails_are_readable():
    assert mailbox.readable("<p>Hello <a href='http://x/y'>here</a></p><style>p {}</style>") == (
        "Hello [http://x/y] here"
    )


def test_what_fills_the_preview_of_a_mail_is_left_out():
    padding = "\u034f \u200b " * 40
    assert mailbox.tidy(f"Your invoice\n{padding}\n\n\n\n  due\xa0today \n") == "Your invoice\n\ndue today"


def test_the_sink_takes_mails():
    import smtplib

    with SmtpSink() as sink, smtplib.SMTP(sink.host, sink.port) as client:
        client.sendmail("a@x.example", ["b@y.example"], MAIL)
        assert sink.messages[0]["Subject"] == "Your ticket"
        assert sink.envelopes == [("a@x.example", ["b@y.example"])]


def test_the_catcher_keeps_mails_in_files(tmp_path):
    import smtplib

    port = serve.any_port()
    script = REPO / "launcher/inside/mailcatcher.py"
    catcher = subprocess.Popen([sys.executable, script, str(port), tmp_path])
    try:
        deadline = time.monotonic() + 20
        while serve.is_free(port) and time.monotonic() < deadline:
            time.sleep(0.05)
        with smtplib.SMTP(serve.HOST, port) as client:
            for subject in (b"Your ticket", b"../../A b/c?"):
                client.sendmail("a@x.example", ["b@y.example"], MAIL.replace(b"Your ticket", subject))
    finally:
        catcher.terminate()
        assert catcher.wait(10) == 0
    kept = mailbox.files(tmp_path)
    assert [path.name for path in kept.values()] == ["0001-Your-ticket.eml", "0002-A-b-c.eml"]
    assert mailbox.read(kept[1])["Delivered-To"] == "b@y.example"


def processes_of(folder):
    """:return: command lines of the processes that work for a home"""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words:
            found.append(words)
    return found


def gone(folder, seconds=30):
    """:return: whether no process works for a home any more, waiting a while for the last ones"""
    deadline = time.monotonic() + seconds
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not processes_of(folder)


@pytest.fixture
def second_home(tmp_path_factory):
    """A home beside the one of this test run; only what was fetched is shared."""
    return Home(tmp_path_factory.mktemp("h")).make()


@pytest.mark.house
def test_the_embedded_server_ends_with_a_killed_launcher(second_home):
    code = (
        "import time\n"
        "from launcher import packages, postgres\n"
        "from launcher.home import Home\n"
        "home = Home()\n"
        "server = postgres.connect(home, packages.runtime(home))\n"
        "print(server.sql('SELECT 40 + 2')[0][0], flush=True)\n"
        "time.sleep(60)\n"
    )
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PG") and key != guard.MARK}
    environ["NESTOGY_HOME"] = str(second_home.root)
    with subprocess.Popen([sys.executable, "-c", code], cwd=REPO, env=environ, stdout=subprocess.PIPE) as launcher:
        try:
            assert launcher.stdout.readline() == b"42\n"
            assert processes_of(second_home.root)
        finally:
            launcher.kill()
    assert gone(second_home.root)


@pytest.mark.house
def test_a_detached_run_serves_and_leaves_nothing_behind(second_home):
    """On this test run's server, as on any configured one, with a copy of the template as its database."""
    template = os.environ["NESTOGY_TEMPLATE"]
    name = f"nestogy_{second_home.short()}_demo"
    prints = {each: addon.fingerprint(with_demo=True) for each, addon in addons.find().items()}
    remark = {"empty": True, "prints": prints, "odoo": odoo_source.OdooSource(second_home).identity}
    server = postgres.Server(Path(shutil.which("psql")).parent, {})
    server.env = dict(os.environ)
    server.copy(template, name)
    server.remark(name, json.dumps(remark))
    files = Path(os.environ["NESTOGY_HOME"], "data/filestore", template)
    shutil.copytree(files, second_home.data / "filestore" / name, copy_function=os.link)
    environ = {key: value for key, value in os.environ.items() if key != guard.MARK}
    environ["NESTOGY_HOME"] = str(second_home.root)

    def nestogy(*words):
        return subprocess.run([*NESTOGY, *words], env=environ, capture_output=True, text=True, check=False)

    try:
        done = nestogy("run", "--detach")
        assert done.returncode == 0, done.stdout + done.stderr
        state = json.loads(nestogy("status", "--json").stdout)
        assert state["running"] and state["home"] == str(second_home.root) and state["database"] == name
        assert [login["login"] for login in state["logins"]] == ["admin"]
        with urllib.request.urlopen(f"{state['url']}/web/login", timeout=60) as page:
            assert b"login" in page.read()
        assert processes_of(second_home.root)
        os.kill(state["pid"], signal.SIGTERM)
        assert gone(second_home.root)
        assert nestogy("status").returncode == 3
    finally:
        nestogy("stop")
        server.drop(name)
