"""A person with a browser of his own, for journeys in which several people and devices meet.

Odoo's tours run one user in one fresh browser; a visitor keeps his browser, with its cookies, downloads and history,
while others act.
"""

import json
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from odoo.tests.common import ChromeBrowser

COUNT_REQUESTS = """
    window.pendingRequests = 0;
    window.lastRequest = 0;
    const begin = () => { window.pendingRequests++; window.lastRequest = performance.now(); };
    const end = () => { window.pendingRequests--; window.lastRequest = performance.now(); };
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (...args) {
        begin();
        this.addEventListener("loadend", end);
        return send.apply(this, args);
    };
    const original = window.fetch;
    window.fetch = (...args) => { begin(); return original(...args).finally(end); };
"""
QUIET_MS = 400


class Visitor:
    """A headless browser of its own inside a test of ``HttpCase``; nobody is logged in.

    :param odoo.tests.HttpCase test: the running test
    :param str size: the window, ``360x740`` is a phone
    """

    def __init__(self, test, size="360x740"):
        self.test = test
        self.downloads = Path(tempfile.mkdtemp(prefix="nestogy_visitor_"))
        self._stack = ExitStack()
        self._stack.callback(self._remove_downloads)
        former, test.browser_size = test.browser_size, size
        self.browser = ChromeBrowser(test)
        test.browser_size = former
        self._stack.callback(self.browser.stop)
        test.authenticate(None, None, browser=self.browser)
        self.browser._websocket_request("Page.addScriptToEvaluateOnNewDocument", params={"source": COUNT_REQUESTS})
        self.browser._websocket_request(
            "Browser.setDownloadBehavior",
            params={"behavior": "allow", "downloadPath": str(self.downloads), "eventsEnabled": False},
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stack.close()

    def _remove_downloads(self):
        for path in self.downloads.iterdir():
            path.unlink()
        self.downloads.rmdir()

    @contextmanager
    def acting(self):
        """A block in which the browser may ask the server; tests hold the database outside of it."""
        self.test.env.flush_all()
        with self.test.allow_requests(browser=self.browser):
            yield
            self.settle()
            self.test._wait_remaining_requests()
        self.test.env.invalidate_all()

    def settle(self):
        """Wait until the page and its scripts have started and ask for nothing more.

        Whoever leaves a page earlier breaks off its requests, which the page reports as errors.
        """
        self.wait("document.readyState === 'complete'")
        self.wait("!window.odoo?.loader || document.body.getAttribute('is-ready') === 'true'")
        self.wait(f"!window.pendingRequests && performance.now() - window.lastRequest > {QUIET_MS}")

    def js(self, expression):
        """Evaluate an expression in the page and return its value; promises are awaited."""
        answer = self.browser._websocket_request(
            "Runtime.evaluate",
            params={"expression": expression, "awaitPromise": True, "returnByValue": True},
            timeout=30,
        )
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {json.dumps(answer['exceptionDetails'])[:500]}")
        return answer["result"].get("value")

    def wait(self, expression, seconds=30):
        """Wait until an expression holds in the page, over page loads.

        :raise AssertionError: it does not in time; the page's text is told
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if self.js(f"!!({expression})"):
                    return
            except (AssertionError, TimeoutError, KeyError):
                pass  # between two pages
            time.sleep(0.1)
        raise AssertionError(f"never true: {expression}\n{self.url()}\n{self.text()[:1500]}")

    def open(self, url):
        """Go to an address and wait for the page."""
        self.browser.navigate_to(url, wait_stop=True)
        self.settle()

    def url(self):
        return self.js("location.href")

    def text(self):
        """What the page says, as a person sees it."""
        return self.js("document.body.innerText") or ""

    def click(self, selector):
        """Press the first element that matches and can be seen, as soon as it is there."""
        found = f"[...document.querySelectorAll({json.dumps(selector)})].find((each) => each.offsetParent)"
        self.wait(f"!!{found}")
        self.js(f"{found}.click()")

    def assertNoSidewaysScroll(self):
        """Assert that the page is not wider than the window."""
        width, window = self.js("[document.documentElement.scrollWidth, window.innerWidth]")
        self.test.assertLessEqual(width, window, f"{self.url()} scrolls sideways")

    def assertNoConsoleError(self):
        """Assert that the browser has reported no error so far."""
        self.test.assertFalse(self.browser.had_failure, "the browser's console shows an error, see the log")

    def downloaded(self, seconds=30):
        """Wait for the one file that was downloaded and return its bytes."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            files = [path for path in self.downloads.iterdir() if not path.name.endswith(".crdownload")]
            if files and files[0].stat().st_size:
                return files[0].name, files[0].read_bytes()
            time.sleep(0.1)
        raise AssertionError("nothing was downloaded")
