"""A stand-in for Google's reCAPTCHA on this machine."""

import urllib.parse

from .fake_server import FakeServer


class FakeRecaptcha(FakeServer):
    """Says what ``answer`` holds, whatever that is; see :class:`FakeServer` for faults."""

    def __init__(self):
        self.answer = None
        super().__init__()

    def ask(self, method, url, body, headers):
        with self.lock:
            self.requests.append(dict(urllib.parse.parse_qsl(body)))
            return 200, self.answer
