"""Runs in a process of its own, on a database of its own: work in the background is killed, and has to go on.

Arguments: configuration, database, names of cases (all when there are none).

A case says how its work is begun and who can tell how much of it is done. The work is done once undisturbed, which
says how many statements that takes. Then it is done again and again, each time by a process that is killed with
``kill -9`` at one of its statements, or just before or after one of its commits. Each time all who can tell have to
agree at once, and a second process does the rest; in the end there is what was there undisturbed.
"""

import base64
import os
import signal
import sys
import time
import traceback
from contextlib import ExitStack, contextmanager, suppress
from unittest.mock import patch

import psycopg2
from smtp_sink import SmtpSink

from odoo import sql_db
from odoo.api import Environment
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tools import config

from odoo.addons.base.models.ir_cron import IrCron

MODELS = "odoo.addons.nestogy_clients.models"
PORTAL = "odoo.addons.nestogy_portal.models"
CLIENTS = 100
BATCH = 20
JOB, QUEUE = "nestogy_clients.ir_cron_work", "mail.ir_cron_mail_scheduler_action"


class Case:
    """Work that is killed; one instance for all its runs."""

    patches = {}  # constants that make batches small
    statements = (0.3, 0.7)  # where it is killed: parts of all its statements
    commits = ()  # before and after which of its commits
    count = CLIENTS
    prepared = 0  # how often

    def prepare(self, env):
        """Make what all runs work on."""
        status = env.ref("nestogy_clients.nestogy_client_status_active")
        self.prepared += 1
        name = f"{type(self).__name__} {self.prepared}-"
        common = {"is_company": True, "client_status_id": status.id}
        values = [
            {"name": f"{name}{n}", "email": f"{n}@{self.prepared}.{type(self).__name__.lower()}.example"}
            for n in range(self.count)
        ]
        self.client_ids = env["res.partner"].create([each | common for each in values]).ids

    def begin(self, env):
        """Queue the work of one run.

        :return: a record of ``nestogy.work.mixin``
        """
        raise NotImplementedError

    def tell(self, env, work):
        """Who can tell how much is done: the same of all whenever nobody works at it.

        :return: dict of who is asked to a number
        """
        raise NotImplementedError

    def look(self, env, work):
        """What is there in the end, without what differs from run to run: the same after each of them."""
        return work.state, work.done_count, work.refused_count

    def work(self, database):
        """Do what was begun, or its rest; called in the process that may be killed."""
        IrCron._process_jobs(database)

    def ended(self, killing, work_id):
        """What else has to hold after the last run, with the database at rest."""


class Bulk(Case):
    """A bulk action on all its clients."""

    deed = None
    patches = {f"{MODELS}.bulk.nestogy_client_bulk.BATCH": BATCH}

    def values(self, env):
        return {}

    def begin(self, env):
        self.since = env["mail.message"].search([], order="id desc", limit=1).id
        bulk = env["nestogy.client.bulk"]._make(self.deed, [("id", "in", self.client_ids)], self.values(env))
        bulk._work_start()
        return bulk

    def tell(self, env, work):
        lines = env["nestogy.client.bulk.line"]
        done = "undone" if work.is_undo else "done"
        return {
            "the count": work.done_count,
            "the lines": lines.search_count([("bulk_id", "=", work.id), ("state", "=", done)]),
        }

    def logged(self, env, words):
        """What the chatter of the clients got in this run: how many lines, and on how many of them."""
        found = env["mail.message"].search(
            [("id", ">", self.since), ("res_id", "in", self.client_ids), ("body", "ilike", words)]
        )
        return {"log lines": len(found), "clients with a log line": len(set(found.mapped("res_id")))}


class AddTags(Bulk):
    deed = "tags_add"
    statements = (0.02, 0.35, 0.65, 0.97)
    commits = (4,)

    def values(self, env):
        return {"tag_ids": env["res.partner.category"].create({"name": "Killed"}).ids}

    def tagged(self, env, work):
        return env["res.partner"].search_count([("category_id", "in", work.values["tag_ids"])])

    def tell(self, env, work):
        return (
            super().tell(env, work)
            | {"tagged clients": self.tagged(env, work)}
            | self.logged(env, "bulk action")  # "Add Tags (bulk action): ..."
        )


class TakeBackTags(AddTags):
    """The undoing of it."""

    statements = (0.5,)
    commits = ()

    def begin(self, env):
        bulk = env["nestogy.client.bulk"]._make(self.deed, [("id", "in", self.client_ids)], self.values(env))
        bulk._work_now()
        self.since = env["mail.message"].search([], order="id desc", limit=1).id
        bulk._work_start(undo=True)
        return bulk

    def tell(self, env, work):
        untagged = {"clients without the tag": self.count - self.tagged(env, work)}
        return Bulk.tell(self, env, work) | untagged | self.logged(env, "taken back")


class Emails(Bulk):
    """One mail a client, queued."""

    deed = "email"
    count = 20
    statements = (0.6,)
    patches = {f"{MODELS}.bulk.res_partner_bulk.EMAIL_BATCH": 5}

    def values(self, env):
        env["mail.mail"].search([("state", "=", "outgoing")]).unlink()  # those of the run before
        kind = env.ref("nestogy_clients.nestogy_message_kind_survey")
        subject = f"Survey after {self.since}"
        return {"message_kind_id": kind.id, "subject": subject, "body": "<p>Dear {contact}</p>"}

    def tell(self, env, work):
        mails = env["mail.mail"].search([("subject", "=", work.values["subject"]), ("state", "=", "outgoing")])
        readers = mails.recipient_ids & env["res.partner"].browse(self.client_ids)
        return super().tell(env, work) | {"mails": len(mails), "readers": len(readers)}

    def ended(self, killing, work_id):
        with killing.env() as env:
            subject = env["nestogy.client.bulk"].browse(work_id).values["subject"]
        killing.send_mails(lambda mail: mail["Subject"] == subject, self.count)


class Invitations(Bulk):
    """Access to the portal, and one mail to each."""

    deed = "portal_invite"
    count = 12
    statements = (0.6,)
    patches = {f"{PORTAL}.login.res_partner_bulk.BATCH": 4}

    def begin(self, env):
        env["mail.mail"].search([("state", "=", "outgoing")]).unlink()  # those of the run before
        self.prepare(env)  # others each time: who was invited before is invited again
        return super().begin(env)

    def tell(self, env, work):
        users = env["res.users"].sudo().search([("partner_id", "in", self.client_ids)])
        users = users.filtered("nestogy_invited_at")
        mails = env["mail.mail"].search([("model", "=", "res.users"), ("res_id", "in", users.ids)])
        rows = env["nestogy.portal.access.log"].sudo().search([("partner_id", "in", self.client_ids)])
        return super().tell(env, work) | {
            "users": len(users),
            "queued mails": len(mails.filtered(lambda mail: mail.state == "outgoing")),
            "rows of the access log": len(rows.filtered(lambda row: row.event == "invited")),
        }

    def ended(self, killing, work_id):
        killing.send_mails(lambda mail: "invitations" in mail["To"], self.count)


class Import(Case):
    """Clients with a contact and a phone each, out of a file."""

    count = 20
    statements = (0.3, 0.8)
    commits = (4,)
    patches = {
        f"{MODELS}.imports.nestogy_client_import_run.BATCH": 5,
        f"{MODELS}.imports.nestogy_client_import_undo.BATCH": 5,
        f"{MODELS}.imports.nestogy_client_import.AT_ONCE": 0,
        f"{MODELS}.imports.nestogy_client_import_undo.AT_ONCE": 0,
    }

    def prepare(self, env):
        """Nothing is there before."""

    def begin(self, env):
        self.prepared += 1
        kind = type(self).__name__.lower()
        self.name = f"{kind} {self.prepared}-"
        rows = [
            f"{self.name}{n},{n}@{kind}{self.prepared}.example,+1 207 555 {self.prepared:02}{n:02},Ann {n},New"
            for n in range(self.count)
        ]
        text = "\n".join(["name,email,phone,contact_1_name,tags", *rows])
        file = env["nestogy.client.import"].create(
            {"file": base64.b64encode(text.encode()), "filename": f"killed{self.prepared}.csv"}
        )
        file.action_check()
        assert (file.create_count, file.error_count) == (self.count, 0)
        file.action_start()
        return file

    def tell(self, env, work):
        clients = env["res.partner"].search([("name", "=like", f"{self.name}%"), ("is_client", "=", True)])
        rows = env["nestogy.client.import.row"].search([("import_id", "=", work.id)])
        return {
            "the count": work.done_count,
            "the rows": len(rows.filtered(lambda row: row.state == "done")),
            "the clients of the rows": len(rows.client_id),
            "clients": len(clients),
            "Client IDs": len(set(clients.mapped("client_number"))),
            "contacts": len(clients.client_contact_ids),
            "phones": env["nestogy.phone.number"].search_count([("partner_id", "in", clients.ids)]),
        }


class TakeBackImport(Import):
    statements = (0.4,)
    commits = ()

    def begin(self, env):
        file = super().begin(env)
        file._work_now()
        file.action_undo()
        return file

    def tell(self, env, work):
        found = super().tell(env, work)
        rows = env["nestogy.client.import.row"].search_count([("import_id", "=", work.id), ("state", "=", "undone")])
        left = {name: self.count - found[name] for name in ("clients", "contacts", "phones")}
        return {"the count": work.done_count, "the rows": rows, **left}


class Deletion(Case):
    """A client with all that hangs on it, step by step."""

    count = 12  # what of it is counted: its log
    statements = (0.05, 0.3, 0.6, 0.9)

    def prepare(self, env):
        """Each run has a client of its own."""

    def begin(self, env):
        self.prepared += 1
        status = env.ref("nestogy_clients.nestogy_client_status_active")
        client = env["res.partner"].create(
            {
                "name": f"Gone {self.prepared}",
                "is_company": True,
                "client_status_id": status.id,
                "child_ids": [Command.create({"name": f"Person {n}"}) for n in range(5)],
                "category_id": [Command.create({"name": f"Tag {self.prepared}"})],
            }
        )
        logs = [
            {"name": f"Call {n}", "kind": "call", "direction": "in", "client_id": client.id} for n in range(self.count)
        ]
        env["nestogy.communication"].create(logs)
        self.client_ids = (client | client.child_ids).ids
        deletion = env["nestogy.client.deletion"]._prepare(client)
        deletion.typed_name = client.name
        deletion.action_start()
        return deletion

    def tell(self, env, work):
        logs = env["nestogy.communication"].with_context(active_test=False)
        line = work.line_ids.filtered(lambda each: (each.key, each.kind) == ("communications", "goes"))
        return {
            "the line of the plan": line.done,
            "rows gone": self.count - logs.search_count([("client_id", "in", self.client_ids)]),
        }

    def look(self, env, work):
        people = env["res.partner"].browse(self.client_ids).exists()
        lines = [(line.kind, line.name, line.planned, line.done) for line in work.line_ids]
        return super().look(env, work), len(people), bool(work.certificate), sorted(lines)


class Merge(Case):
    """Three clients become one, in a single transaction: all of it or nothing."""

    count = 1
    statements = (0.5,)
    commits = (1,)

    def prepare(self, env):
        """Each run has clients of its own."""

    def begin(self, env):
        self.prepared += 1
        status = env.ref("nestogy_clients.nestogy_client_status_active")
        common = {"is_company": True, "client_status_id": status.id}
        clients = env["res.partner"].create([{"name": f"Twin {self.prepared} {n}"} | common for n in range(3)])
        env["res.partner"].create([{"name": f"Person of {each.name}", "parent_id": each.id} for each in clients])
        logs = [
            {"name": "Call", "kind": "call", "direction": "in", "client_id": each.id}
            for each in clients
            for _n in range(3)
        ]
        env["nestogy.communication"].create(logs)
        self.client_ids = clients.ids
        values = {"partner_ids": [Command.set(clients.ids)], "target_id": clients[0].id}
        merge = env["nestogy.client.merge"].create(values)
        self.merge_id = merge.id
        return merge

    def work(self, database):
        with Registry(database).cursor() as cr:
            admin = Environment(cr, 1, {}).ref("base.user_admin")
            merge = Environment(cr, admin.id, {})["nestogy.client.merge"].browse(self.merge_id)
            if merge.state == "draft":
                merge._merge()

    def tell(self, env, work):
        clients = env["res.partner"].with_context(active_test=False).browse(self.client_ids)
        logs = env["nestogy.communication"].search([("client_id", "in", clients.ids)])
        assert len(logs) == 9, f"{len(logs)} of 9 rows of the log"
        return {
            "the merge": int(work.state == "done"),
            "records that are merged into it": int(clients[1:].merged_into_id == clients[0]),
            "rows of the log": int(logs.client_id == clients[0]),
            "people": int(len(clients[0].child_ids) == 3),
        }

    def look(self, env, work):
        clients = env["res.partner"].with_context(active_test=False).browse(self.client_ids)
        lines = env["nestogy.client.merge.line"].search_count([("merge_id", "=", work.id)])
        return work.state, clients.mapped("active"), lines


CASES = [AddTags, TakeBackTags, Emails, Invitations, Import, TakeBackImport, Deletion, Merge]


class Killing:
    """Processes that work at a database, and are killed."""

    def __init__(self, database):
        self.database = database
        self.registry = Registry(database)
        self.sink = SmtpSink()

    @contextmanager
    def env(self):
        """An environment of the administrator, committed at the end; nothing stays connected."""
        with self.registry.check_signaling().cursor() as cr:
            admin = Environment(cr, 1, {}).ref("base.user_admin")
            yield Environment(cr, admin.id, {})
            cr.flush()
        sql_db.close_all()

    def connected(self, end=False):
        """How many connections the database has.

        :param bool end: cut them
        """
        what = "count(pg_terminate_backend(pid))" if end else "count(*)"
        with sql_db.db_connect("postgres").cursor() as cr:
            cr.execute(f"SELECT {what} FROM pg_stat_activity WHERE datname = %s", [self.database])
            [number] = cr.fetchone()
        sql_db.close_all()
        return number

    def start(self, work, stop=None):
        """Begin a process that works.

        :param work: function of the name of the database
        :param tuple stop: kind (``statement``, ``before`` or ``after`` a commit) and number: there it waits
        :return: tuple of its id, a pipe to hear from it, and one to let it go on
        """
        hear, said = os.pipe()
        told, go = os.pipe()
        pid = os.fork()
        if pid:
            os.close(said)
            os.close(told)
            return pid, hear, go
        try:
            os.close(hear)
            os.close(go)
            counts = self.watch(stop, said, told)
            if stop and stop[0] == "cut":
                with suppress(psycopg2.Error):  # the next time it is connected again
                    work(self.database)
            work(self.database)
            os.write(said, " ".join(map(str, counts.values())).encode())
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    def watch(self, stop, said, told):
        """Count the statements and commits of this process, and wait at one of them."""
        counts = {"statement": 0, "commit": 0}
        execute, commit = sql_db.Cursor.execute, sql_db.Cursor.commit

        def here(kind, number):
            if stop == (kind, number):
                os.write(said, b".")
                os.read(told, 1)

        def watched_execute(cr, *args, **kwargs):
            counts["statement"] += 1
            here("statement", counts["statement"])
            here("cut", counts["statement"])
            return execute(cr, *args, **kwargs)

        def watched_commit(cr):
            counts["commit"] += 1
            number = counts["commit"]  # others may commit within
            here("before", number)
            commit(cr)
            here("after", number)

        sql_db.Cursor.execute, sql_db.Cursor.commit = watched_execute, watched_commit
        return counts

    def finish(self, work):
        """Let a process work to the end.

        :return: how many statements and commits that took
        """
        pid, hear, go = self.start(work)
        said = os.read(hear, 100).decode()
        _pid, status = os.waitpid(pid, 0)
        assert not status, f"the process ended with {status}"
        os.close(hear)
        os.close(go)
        return [int(word) for word in said.split()]

    def kill(self, work, stop):
        """Let a process work until it waits there, and kill it; or cut its connections, and let it go on."""
        pid, hear, go = self.start(work, stop)
        said = os.read(hear, 100)
        is_there = said == b"."
        # with warmer caches it takes fewer statements: then it has ended by itself
        assert is_there or (said and stop[0] in ("statement", "cut")), f"{stop} was not reached: {said}"
        if not is_there:
            pass
        elif stop[0] == "cut":
            assert self.connected(end=True)
            os.write(go, b".")
        else:
            os.kill(pid, signal.SIGKILL)
        _pid, status = os.waitpid(pid, 0)
        os.close(hear)
        os.close(go)
        assert os.WIFSIGNALED(status) == (is_there and stop[0] != "cut"), status
        end = time.monotonic() + 10
        while self.connected():  # PostgreSQL takes a moment to notice
            assert time.monotonic() < end, "the connections of the killed process are still there"
            time.sleep(0.005)

    def prepare(self):
        """Leave the one job alone, and let mail leave to the sink."""
        with self.env() as env:
            jobs = env["ir.cron"].search([]) - env.ref(JOB)
            jobs.active = False
            env["ir.mail_server"].search([]).unlink()
            env["ir.mail_server"].create({"name": "sink", "smtp_host": self.sink.host, "smtp_port": self.sink.port})
            env.company.email = "office@kill.example"

    def run(self, case_class):
        """Work once undisturbed, then with each kill."""
        case = case_class()
        with ExitStack() as stack:
            for name, value in case.patches.items():
                stack.enter_context(patch(name, value))
            with self.env() as env:
                case.prepare(env)
            self.one_run(case, None)  # it fills the caches, and takes more statements than all after it
            statements, _commits = self.one_run(case, None)
            stops = [("statement", int(statements * part)) for part in case.statements]
            stops += [(where, number) for number in case.commits for where in ("before", "after")]
            stops += [("cut", int(statements * part)) for part in case.statements[-1:]]
            amid = [self.one_run(case, stop) for stop in stops]
            case.ended(self, self.work_id)
        in_middle = any(0 < number < case.count for number in amid)
        assert in_middle or {0, case.count} <= set(amid), f"never killed in the middle: {amid}"
        return stops

    def one_run(self, case, stop):
        """
        :return: statements and commits that it took; or how much was done when it was killed
        """
        with self.env() as env:
            work = case.begin(env)
            work_id, model = work.id, work._name
        done = case.count if stop and stop[0] == "cut" else None  # it goes on by itself
        if stop:
            self.kill(case.work, stop)
            told = self.tell(case, model, work_id)
            assert len(set(told.values())) == 1, f"{stop}: they do not agree: {told}"
            assert done in (None, *told.values()), f"{stop}: {told}"
            done = min(told.values())
        took = self.finish(case.work)
        told = self.tell(case, model, work_id)
        assert set(told.values()) == {case.count}, f"{stop}: {told}"
        with self.env() as env:
            seen = case.look(env, env[model].browse(work_id))
        if stop is None:
            self.seen = seen
        assert seen == self.seen, f"{stop}: {seen} instead of {self.seen}"
        self.work_id = work_id
        return done if stop else took

    def tell(self, case, model, work_id):
        with self.env() as env:
            return case.tell(env, env[model].browse(work_id))

    def send_mails(self, is_meant, count):
        """Let Odoo's queue of mails leave, kill it in the middle, let it leave again.

        No mail leaves twice; one that may have left when the process was killed is kept for somebody to decide.
        """
        for stop in (("after", count // 2), None):
            with self.env() as env:
                env["ir.cron"].browse(env.ref(QUEUE).id).write({"active": True, "nextcall": "2020-01-01"})
            if stop:
                self.kill(IrCron._process_jobs, stop)
            else:
                self.finish(IrCron._process_jobs)
        with self.env() as env:
            env.ref(QUEUE).active = False
            kept = env["mail.mail"].search([("state", "in", ("outgoing", "exception"))])
            kept_count = len(kept)
            kept.unlink()
        got = [mail["To"] for mail in self.sink.messages if is_meant(mail)]
        assert len(got) == len(set(got)), f"some of these left twice: {sorted(got)}"
        assert kept_count <= 1 and len(got) + kept_count == count, f"{len(got)} and {kept_count} mails, not {count}"
        self.sink.messages.clear()


def main(conf, database, *names):
    config.parse_config(["-c", conf, "-d", database, "--no-http", "--logfile="], setup_logging=True)
    killing = Killing(database)
    with killing.sink:
        killing.prepare()
        for case_class in CASES:
            if not names or case_class.__name__ in names:
                begin = time.monotonic()
                stops = killing.run(case_class)
                print(f"{case_class.__name__}: {len(stops)} kills, {time.monotonic() - begin:.1f} s", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
