"""Pages as people with a phone, a keyboard or a screen reader meet them: axe-core and our own rules, in a browser."""

import contextlib
import importlib.util
import json
import time
import unittest
from contextlib import contextmanager
from pathlib import Path

from odoo.tests.common import ChromeBrowser

PHONE, DESKTOP = (360, 740), (1400, 900)
QUIET_SECONDS = 0.15
OWN_RULES = Path(__file__).with_name("accessibility.js")

# The body of a mail or an invoice is somebody else's document: what is shown in a frame is looked at as a page of
# its own, and the page of a payment provider not at all.
EXCEPTIONS = {}


def axe_core():
    """The source of axe-core, out of the package that brings it.

    :raise unittest.SkipTest: the package is not installed
    """
    package = importlib.util.find_spec("axe_playwright_python")
    if not package:
        raise unittest.SkipTest("axe-core is missing: pip install --no-deps axe-playwright-python")
    return Path(package.origin).with_name("axe.min.js").read_text()


class Reader:
    """A headless browser that opens pages and says what bars people from them.

    :param odoo.tests.HttpCase test: the running test
    """

    def __init__(self, test):
        self.test = test
        self.axe_core = axe_core()
        self.browser = ChromeBrowser(test)
        self.found = {}
        self.command("Page.addScriptToEvaluateOnNewDocument", source=OWN_RULES.read_text())

    def command(self, method, **params):
        return self.browser._websocket_request(method, params=params, timeout=60)

    def js(self, expression):
        """Evaluate an expression in the page; promises are awaited."""
        answer = self.command("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression[:200]}: {json.dumps(answer['exceptionDetails'])[:500]}")
        return answer["result"].get("value")

    def wait(self, expression, seconds=30):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(AssertionError, TimeoutError, KeyError):  # between two pages
                if self.js(f"!!({expression})"):
                    return
            time.sleep(0.05)
        raise AssertionError(f"never true: {expression}\n{self.js('location.href + document.body.innerText')[:1500]}")

    @contextmanager
    def acting(self):
        """A block in which the browser may ask the server; the test holds the database outside of it."""
        self.test.env.flush_all()
        with self.test.allow_requests(browser=self.browser):
            yield
            self.settle()
            self.test._wait_remaining_requests()
        self.test.env.invalidate_all()

    def enter(self, user=None, session_extra=None):
        """Be somebody else from now on."""
        login = user.login if user else None
        self.test.authenticate(login, login, browser=self.browser, session_extra=session_extra)

    def resize(self, size):
        width, height = size
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=size == PHONE,
        )

    def emulate(self, scheme):
        # without motion nothing is looked at halfway through its fading in
        features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        self.command("Emulation.setEmulatedMedia", features=[{"name": k, "value": v} for k, v in features.items()])

    def open(self, path, size=PHONE):
        self.resize(size)
        self.js("window.isOld = true")
        self.command("Page.navigate", url=self.test.base_url() + path)
        self.wait("!window.isOld && document.readyState === 'complete'")
        self.settle()

    def settle(self):
        """Wait until the page and its scripts have started and have asked for all they show."""
        self.wait("document.readyState === 'complete'")
        self.wait("!window.odoo?.loader || document.body.getAttribute('is-ready') === 'true'")
        self.wait(
            "performance.getEntriesByType('resource').every(each => each.responseEnd < performance.now() - "
            f"{QUIET_SECONDS * 1000})"
        )

    def look(self, name):
        """Keep what bars people from the page that is open: on a phone and a large screen, light and dark."""
        self.command("Runtime.evaluate", expression=self.axe_core)
        barriers = {}
        for size, scheme in ((PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light")):
            self.resize(size)
            self.emulate(scheme)
            options = {"isPhone": size == PHONE, "isDark": scheme == "dark", "exceptions": EXCEPTIONS}
            for barrier in self.js(f"findBarriers({json.dumps(options)})"):
                barriers.setdefault(barrier, []).append(f"{size[0]} {scheme}")
        self.found[name] = [f"{barrier} ({', '.join(where)})" for barrier, where in barriers.items()]
        return self.found[name]

    # ------------------------------------------------------------------
    # Keyboard
    # ------------------------------------------------------------------

    def key(self, key, code=None, text=None):
        """Press a key and let it go."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.command(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=code or key,
                windowsVirtualKeyCode=codes[key],
                **more,
            )

    def press(self):
        self.key("Enter", text="\r")

    def tick(self):
        self.key(" ", code="Space", text=" ")

    def tab_to(self, selector, steps=60):
        """Go on with Tab to the first element that matches, and see where one is at each step.

        :return: names of all stations, the last one included
        """
        stations = []
        for _step in range(steps):
            self.key("Tab")
            name, is_seen, is_there = self.js(f"focusStation({json.dumps(selector)})")
            stations.append(name)
            self.test.assertTrue(is_seen, f"one does not see the focus on {name}: {stations}")
            if is_there:
                return stations
        raise AssertionError(f"{selector} is not reached by keyboard: {stations}")


class AccessibilityMixin:
    """For test cases of pages; ``AccessibilityMixin.setUpClass`` skips where axe-core is missing."""

    browser_size = "360x740"

    @classmethod
    def setUpClass(cls):
        axe_core()
        super().setUpClass()

    @contextmanager
    def reader(self):
        reader = Reader(self)
        self.authenticate(None, None, browser=reader.browser)
        try:
            yield reader
        finally:
            reader.browser.stop()
            self._wait_remaining_requests()

    def assertNoBarriers(self, reader, count):
        """Assert that nothing bars anybody from any of the pages, and that all were looked at."""
        self.assertEqual(len(reader.found), count)
        told = [f"{name}\n    " + "\n    ".join(found) for name, found in reader.found.items() if found]
        self.assertFalse(told, "\n".join(told))
