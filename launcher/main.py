"""The commands, their arguments, and how they end."""

import argparse
import os
import sys

from . import processes
from .home import Failure, Home


def _run(home, options):
    from . import serve

    return serve.run(home, options.port, options.empty, options.detach)


def _stop(home, _options):
    from . import serve

    return serve.stop(home)


def _status(home, options):
    from . import serve

    return serve.status(home, options.json)


def _reset(home, options):
    from . import serve

    return serve.reset(home, options.yes)


def _shell(home, _options):
    from . import serve

    return serve.shell(home)


def _update(home, _options):
    from . import serve

    return serve.update(home)


def _mail(home, options):
    from . import mailbox

    return mailbox.mail(home, options.words)


def _test(home, options):
    from . import testing

    return testing.test(home, options.arguments)


def _check(home, options):
    from . import quality

    return quality.check(home, options.fix, options.quick)


def _bench(home, options):
    from . import bench

    return bench.bench(home, options.names, options.rows, options.json)


def parser():
    """The command line; each command carries the function that does it."""
    main_parser = argparse.ArgumentParser(
        prog="nestogy",
        description="Start, test and look after Nestogy for Odoo. All is kept in .nestogy/ or NESTOGY_HOME.",
    )
    commands = main_parser.add_subparsers(required=True, metavar="command")

    def command(name, function, text):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(function=function)
        return sub

    run = command("run", _run, "set up what is missing, then serve Odoo with the demo firm")
    run.add_argument("--port", type=int, help="serve on this port (default: 8069 or the next free one)")
    run.add_argument("--empty", action="store_true", help="when the database is made: without the demo firm")
    run.add_argument("--detach", action="store_true", help="return when it serves, and leave it running")
    command("stop", _stop, "end what `run` started")
    command("status", _status, "tell what runs where, with logins").add_argument("--json", action="store_true")
    reset = command("reset", _reset, "drop the demo database, its files and mails; downloads are kept")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    command("shell", _shell, "a Python shell of Odoo on the demo database")
    command("update", _update, "bring the demo database up to the present files of our addons")
    mail = command("mail", _mail, "list the mails of the demo; `mail 3` shows one; `mail reply 3 TEXT` answers it")
    mail.add_argument("words", nargs="*", metavar="N | reply N TEXT")
    test = command("test", _test, "set up what is missing, then run all tests, or what the pytest arguments choose")
    test.add_argument("arguments", nargs=argparse.REMAINDER, metavar="pytest arguments")
    check = command("check", _check, "lint, conventions, translations and warnings of a fresh installation")
    check.add_argument("--fix", action="store_true", help="format the code and write the translation templates")
    check.add_argument("--quick", action="store_true", help="leave out what needs a database")
    bench = command("bench", _bench, "run the benchmarks, or those that are named")
    bench.add_argument("names", nargs="*", metavar="name")
    bench.add_argument("--rows", type=int, help="how many rows a benchmark works on")
    bench.add_argument("--json", metavar="FILE", help="write the figures there, too")
    return main_parser


def main(argv=None):
    """:return: the exit code; whatever was started in the foreground has ended by then"""
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["test"]:  # argparse would take pytest's own options for its own
        options = argparse.Namespace(function=_test, arguments=argv[1:]) if argv[1:2] != ["--help"] else None
    else:
        options = None
    options = options or parser().parse_args(argv)
    processes.catch_signals()
    os.umask(0o022)
    try:
        return options.function(Home(), options)
    except Failure as failure:
        print(failure.report(), file=sys.stderr, flush=True)
        return 1
    except processes.Interrupted as interrupted:
        print(f"nestogy: ended by {interrupted}", file=sys.stderr, flush=True)
        return 128 + interrupted.number
    finally:
        processes.end_all()
