"""Ends what a launcher left running, however the launcher itself ended, SIGKILL included.

Started by ``processes`` with the launcher's mark as argument; standard input is a pipe whose other end only
the launcher holds. When that closes, every process that carries the mark in its environment is ended, then
the orders that the launcher sent are followed, one JSON object a line: ``{"lock": file, "argv": [...],
"user": name, "group": number}`` is a server that several launchers share, stopped when nobody else holds
its lock.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time

MARK = "NESTOGY_MARK"
PATIENCE_SECONDS = 8


def marked(mark):
    """:return: ids of the running processes that carry the mark, ours not among them"""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as environ:
                if wanted in environ.read().split(b"\0"):
                    found.append(int(entry))
        except OSError:
            continue  # it ended meanwhile, or belongs to somebody else
    return found


def send(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def end_marked(mark):
    """Ask them all to end, wait, then kill the rest; a zombie has no environment and so is not waited for."""
    send(marked(mark), signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    while left:
        send(left, signal.SIGKILL)
        time.sleep(0.05)
        left = marked(mark)


def stop_server(order):
    with open(order["lock"], "a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # another launcher uses it
        who = {"user": order["user"], "group": order["group"], "extra_groups": []} if order.get("user") else {}
        subprocess.run(order["argv"], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who)


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    orders = sys.stdin.read().splitlines()
    end_marked(sys.argv[1])
    for order in orders:
        stop_server(json.loads(order))


if __name__ == "__main__":
    main()
