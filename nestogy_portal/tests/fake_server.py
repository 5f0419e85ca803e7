"""A stand-in for a payment provider on this machine: answers, and fails as it is asked to."""

import json
import threading
import time
import urllib.parse
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeServer:
    """``faults`` is a list of triples: method, beginning of the path, and what goes wrong the next time.

    ``drop``: nothing is done and nobody answers; ``drop after``: it is done and nobody answers; ``500``: nothing is
    done; ``500 after``: it is done; a number: it is done, and answered after so many seconds.
    """

    prefix = "/"

    def __init__(self):
        self.store, self.requests, self.faults = {}, [], []
        self.lock = threading.RLock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do(self):
                url = urllib.parse.urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                fault = fake.next_fault(self.command, url.path)
                if fault in ("drop", "500"):
                    fake.requests.append((self.command, url.path))
                    return None if fault == "drop" else self.answer(500, {"error": {"message": "broken"}})
                status, content = fake.ask(self.command, url, body, self.headers)
                if fault == "drop after":
                    return None
                if fault == "500 after":
                    return self.answer(500, {"error": {"message": "broken"}})
                if fault:
                    time.sleep(fault)
                return self.answer(status, content)

            do_GET = do_POST = do_DELETE = do

            def answer(self, status, content):
                raw = json.dumps(content).encode()
                with suppress(OSError):  # whoever asked has gone
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(raw)))
                    self.end_headers()
                    self.wfile.write(raw)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def forget(self):
        """A new account, for a test whose database knows nothing of the last one."""
        with self.lock:
            for each in (self.store, self.requests, self.faults):
                each.clear()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def next_fault(self, method, path):
        with self.lock:
            for fault in self.faults:
                if fault[0] == method and path.startswith(f"{self.prefix}{fault[1]}"):
                    self.faults.remove(fault)
                    return fault[2]
        return None

    def ask(self, method, url, body, headers):
        """Answer a request.

        :param url: its address, split
        :return: tuple of the status and what is sent as JSON
        """
        raise NotImplementedError
