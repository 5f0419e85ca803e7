"""Answers to the part of wkhtmltopdf's command line that Odoo uses, and prints with headless Chromium.

The bodies are printed one after the other, the headers of all pages of all bodies in one go, the footers in
another; the three are laid over each other, and one outline entry for each body lets Odoo part them again.
Exit code 2 and a sentence on standard error when something fails: Odoo takes 1 for a warning and goes on with
an empty file.
"""

import base64
import contextlib
import fcntl
import io
import json
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

VERSION = "wkhtmltopdf 0.12.6 (with patched qt) printed by Chromium"
BROWSERS = (
    "chromium",
    "google-chrome",
    "chromium-browser",
    "google-chrome-stable",
    "chromium-headless-shell",
)
SIZES_MM = {
    **{"A3": (297, 420), "A4": (210, 297), "A5": (148, 210), "A6": (105, 148), "B5": (176, 250)},
    **{
        "Letter": (215.9, 279.4),
        "Legal": (215.9, 355.6),
        "Tabloid": (279.4, 431.8),
        "Executive": (190.5, 254),
    },
}
SWITCHES = {"--disable-local-file-access", "--quiet", "--disable-smart-shrinking", "--header-line"}
MM_PER_INCH = 25.4
PIXELS_PER_INCH = 96
SCALE = 0.85  # letters come out as large as wkhtmltopdf makes them
ANSWER_SECONDS = 90
FLAGS = (
    *(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-quic",
    ),
    *(
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
    ),
    *(
        "--disable-default-apps",
        "--allow-file-access-from-files",
        "--font-render-hinting=none",
        "--mute-audio",
    ),
    "--disable-web-security",  # fonts that a page of a file takes from Odoo's server
    "--remote-debugging-pipe",
)
# Runs before anything of the page: keeps the body as it was before Odoo's own script fits it to one page.
KEEP_BODY = "addEventListener('DOMContentLoaded', () => { window.nestogyBody = document.body.innerHTML; });"
STYLE = """(css => {
    const style = document.createElement('style');
    style.textContent = css;
    document.head.append(style);
    return document.fonts.ready.then(() => true);
})"""
BODY_CSS = "body.container { max-width: none !important; } tr, .o_avoid_break { break-inside: avoid; }"
SHEET_CSS = """
body.container { max-width: none !important; }
html, body { background: transparent !important; height: auto !important; overflow: visible !important; }
.nestogy-sheet { height: %dpx; overflow: hidden; break-inside: avoid; }
.nestogy-sheet + .nestogy-sheet { break-before: page; }
"""
# One sheet for each page: the kept body, fitted by Odoo's own script to that page's numbers.
SHEETS = """(pages => {
    const sheets = pages.map(query => {
        document.body.innerHTML = window.nestogyBody;
        history.replaceState(null, '', '?' + query);
        if (typeof subst === 'function') subst();
        return `<div class="nestogy-sheet">${document.body.innerHTML}</div>`;
    });
    document.body.innerHTML = sheets.join('');
    return Promise.all([...document.images].map(image => image.decode().catch(() => null))).then(() => true);
})"""


class PrintError(Exception):
    """Why there is no PDF, in a sentence."""


def parse(words):
    """:return: options by name, paths of the bodies, path of the PDF"""
    options, files = {"--cookie": []}, []
    words = iter(words)
    try:
        for word in words:
            if word in SWITCHES:
                options[word] = True
            elif word == "--cookie":
                options[word].append((next(words), next(words)))
            elif word.startswith("--"):
                options[word] = next(words)
            else:
                files.append(word)
    except StopIteration:
        raise PrintError("an option lacks its value") from None
    if len(files) < 2:
        raise PrintError("the names of a page and of the PDF are needed")
    return options, files[:-1], files[-1]


def millimetres(value):
    match = re.fullmatch(r"([0-9.]+)\s*(mm|cm|in)?", str(value))
    if not match:
        raise PrintError(f"{value} is no length")
    return float(match[1]) * {"cm": 10, "in": MM_PER_INCH}.get(match[2], 1)


class Paper:
    """Lengths in millimetres, read from the options."""

    def __init__(self, options):
        if "--page-width" in options:
            self.width, self.height = (
                millimetres(options["--page-width"]),
                millimetres(options["--page-height"]),
            )
        else:
            self.width, self.height = SIZES_MM.get(options.get("--page-size", "A4"), SIZES_MM["A4"])
        if options.get("--orientation", "").lower() == "landscape":
            self.width, self.height = self.height, self.width
        sides = ("top", "bottom", "left", "right")
        self.top, self.bottom, self.left, self.right = (millimetres(options.get(f"--margin-{s}", 10)) for s in sides)
        self.header_top = max(self.top - millimetres(options.get("--header-spacing", 0)), 0)

    def area(self, top, bottom):
        """:return: Chromium's print options for what lies between two margins"""
        lengths = {
            "paperWidth": self.width,
            "paperHeight": self.height,
            "marginTop": top,
            "marginBottom": bottom,
            "marginLeft": self.left,
            "marginRight": self.right,
        }
        inches = {name: length / MM_PER_INCH for name, length in lengths.items()}
        return inches | {"scale": SCALE, "printBackground": True}

    def pixels(self, top, bottom):
        """:return: height of that area as the page itself measures it, a little less lest it flows over"""
        return int((self.height - top - bottom) / MM_PER_INCH * PIXELS_PER_INCH / SCALE) - 1


class Chromium:
    """A browser that we talk to through two pipes; it ends by itself when they close, however we end."""

    def __init__(self, folder):
        program = next(filter(None, map(shutil.which, BROWSERS)), None)
        if not program:
            raise PrintError(f"no browser is on the path: {', '.join(BROWSERS)}")
        # Odoo limits its own address space; Chromium reserves far more than it ever uses.
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        theirs_in, self.to_browser = (self._high(end) for end in os.pipe())
        self.from_browser, theirs_out = (self._high(end) for end in os.pipe())
        self.errors = open(folder / "errors.txt", "w+b")

        def take_pipes():
            os.dup2(theirs_in, 3)  # the numbers that Chromium expects
            os.dup2(theirs_out, 4)

        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=self.errors,
            stderr=self.errors,
            pass_fds=(3, 4),
            preexec_fn=take_pipes,
            start_new_session=True,
            env=os.environ | {"HOME": str(folder)},
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.number, self.buffer, self.events, self.session = 0, b"", [], None
        self.files, self.origin, self.cookies = set(), None, ""

    def attach(self, files, origin, cookies):
        """Open the one page that all is printed with.

        :param files: the only files that a page may read
        :param str origin: Odoo's address, the only one that gets to see the cookies
        """
        self.files = {Path(path).absolute().as_uri() for path in files}
        self.origin, self.cookies = origin, "; ".join(f"{name}={value}" for name, value in cookies)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Fetch.enable", patterns=[{"urlPattern": "file:*"}, {"urlPattern": f"{origin}/*"}])
        self.call("Page.addScriptToEvaluateOnNewDocument", source=KEEP_BODY)

    @staticmethod
    def _high(descriptor):
        """Out of the way of 3 and 4."""
        high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
        os.close(descriptor)
        return high

    def _receive(self, deadline):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.from_browser], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise PrintError(f"the browser gave no answer for {ANSWER_SECONDS} s")
            chunk = os.read(self.from_browser, 1 << 20)
            if not chunk:
                self.errors.seek(0)
                said = self.errors.read().decode(errors="replace").strip()[-800:]
                raise PrintError(f"the browser ended: {said or 'it said nothing'}")
            self.buffer += chunk
        message, _, self.buffer = self.buffer.partition(b"\0")
        message = json.loads(message)
        if message.get("method") == "Fetch.requestPaused":
            self._judge(**message["params"])
        return message

    def _judge(self, requestId, request, **_more):
        """Let a request go on: to Odoo with our cookies, which the browser keeps from pages of files."""
        url = request["url"]
        if url.startswith("file:"):
            if url.partition("?")[0] in self.files:
                self._send("Fetch.continueRequest", requestId=requestId)
            else:
                self._send("Fetch.failRequest", requestId=requestId, errorReason="AccessDenied")
            return
        headers = request["headers"] | ({"Cookie": self.cookies} if self.cookies else {})
        headers = [{"name": name, "value": value} for name, value in headers.items()]
        self._send("Fetch.continueRequest", requestId=requestId, headers=headers)

    def _send(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self.to_browser, data) :]
        except BrokenPipeError:
            pass  # reading tells why
        return self.number

    def call(self, method, **params):
        """:return: the answer to one command; events that arrive meanwhile are kept"""
        number = self._send(method, **params)
        deadline = time.monotonic() + ANSWER_SECONDS
        while (answer := self._receive(deadline)).get("id") != number:
            self.events.append(answer.get("method"))
        if "error" in answer:
            raise PrintError(f"the browser refused {method}: {answer['error'].get('message')}")
        return answer["result"]

    def run(self, function, argument):
        """:return: what a JavaScript function gives for one argument"""
        expression = f"{function}({json.dumps(argument)})"
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PrintError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def open(self, path, css):
        """Load a page with all that it names, and its fonts."""
        self.events.clear()
        answer = self.call("Page.navigate", url=Path(path).absolute().as_uri())
        if answer.get("errorText"):
            raise PrintError(f"{path} cannot be opened: {answer['errorText']}")
        deadline = time.monotonic() + ANSWER_SECONDS
        while "Page.loadEventFired" not in self.events:
            self.events.append(self._receive(deadline).get("method"))
        self.run(STYLE, css)

    def print(self, area):
        """:return: a reader of the printed pages"""
        data = self.call("Page.printToPDF", **area)["data"]
        return PdfReader(io.BytesIO(base64.b64decode(data)))

    def close(self):
        """End the browser and its helpers, whatever state they are in."""
        os.close(self.to_browser)
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            pass
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.from_browser)
        self.errors.close()


def odoo_cookies(options):
    """:return: the cookies by which the pages fetch their pictures as the user who prints"""
    cookies = list(options["--cookie"])
    if jar := options.get("--cookie-jar"):
        session = re.match(r"session_id=([^;]+)", Path(jar).read_text())
        cookies += [("session_id", session[1])] if session else []
    return cookies


def odoo_origin(body):
    """:return: the address that the links of a page are relative to, without a path"""
    base = re.search(r'<base href="(https?://[^"/]+)', Path(body).read_text("utf-8", "replace"))
    return base[1] if base else "http://127.0.0.1"


def page_queries(bodies, counts):
    """:return: for each page of all bodies the arguments that wkhtmltopdf gives to headers and footers"""
    total = sum(counts)
    queries = []
    for body, count in zip(bodies, counts, strict=True):
        for number in range(1, count + 1):
            place = {"page": len(queries) + 1, "topage": total, "frompage": 1, "webpage": Path(body).name}
            site = {
                "sitepage": number,
                "sitepages": count,
                "section": "",
                "subsection": "",
                "subsubsection": "",
            }
            queries.append(urllib.parse.urlencode(place | site))
    return queries


def overlay(chromium, path, queries, paper, top, bottom, css=""):
    """:return: one printed page of a header or footer for each query"""
    chromium.open(path, SHEET_CSS % paper.pixels(top, bottom) + css)
    chromium.run(SHEETS, queries)
    pages = chromium.print(paper.area(top, bottom)).pages
    if len(pages) != len(queries):
        raise PrintError(f"{path} gave {len(pages)} pages instead of {len(queries)}")
    return pages


def add_outline(writer, starts):
    """One entry for each body with a named destination, as wkhtmltopdf does: Odoo parts the file by them."""
    names = [NameObject(f"/document{number}") for number in range(len(starts))]
    entries = [
        writer._add_object(
            DictionaryObject({NameObject("/Title"): TextStringObject(name[1:]), NameObject("/Dest"): name})
        )
        for name in names
    ]
    outline = writer._add_object(DictionaryObject({NameObject("/Type"): NameObject("/Outlines")}))
    for number, entry in enumerate(entries):
        links = {"/Parent": outline}
        if number:
            links["/Prev"] = entries[number - 1]
        if number + 1 < len(entries):
            links["/Next"] = entries[number + 1]
        entry.get_object().update({NameObject(key): value for key, value in links.items()})
    outline.get_object().update({NameObject("/First"): entries[0], NameObject("/Last"): entries[-1]})
    places = {
        name: ArrayObject([NumberObject(start), NameObject("/Fit")]) for name, start in zip(names, starts, strict=True)
    }
    writer.root_object[NameObject("/Outlines")] = outline
    writer.root_object[NameObject("/Dests")] = writer._add_object(DictionaryObject(places))


def print_pdf(chromium, options, bodies, target):
    """Print all bodies with their headers and footers into one file."""
    paper = Paper(options)
    extra = [options[name] for name in ("--header-html", "--footer-html") if name in options]
    chromium.attach([*bodies, *extra], odoo_origin(bodies[0]), odoo_cookies(options))
    documents = []
    for body in bodies:
        chromium.open(body, BODY_CSS)
        documents.append(chromium.print(paper.area(paper.top, paper.bottom)))
    counts = [len(document.pages) for document in documents]
    queries = page_queries(bodies, counts)
    overlays = []
    if "--header-html" in options:
        line = ".nestogy-sheet > * { border-bottom: 1px solid; }" if "--header-line" in options else ""
        overlays.append(overlay(chromium, options["--header-html"], queries, paper, paper.header_top, 0, line))
    if "--footer-html" in options:
        top = paper.height - paper.bottom
        overlays.append(overlay(chromium, options["--footer-html"], queries, paper, top, 0))
    writer = PdfWriter()
    starts = []
    for document in documents:
        starts.append(len(writer.pages))
        for page in document.pages:
            for pages in overlays:
                page.merge_page(pages[len(writer.pages)])
            writer.add_page(page)
    for page in writer.pages:
        page.compress_content_streams()
    add_outline(writer, starts)
    writer.compress_identical_objects(remove_identicals=True, remove_orphans=True)
    writer.write(target)


def main(words):
    if "--version" in words or "-V" in words:
        print(VERSION)
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # through the finally below
    try:
        options, bodies, target = parse(words)
        with tempfile.TemporaryDirectory(suffix="_print", ignore_cleanup_errors=True) as folder:
            chromium = Chromium(Path(folder))
            try:
                print_pdf(chromium, options, bodies, target)
            finally:
                chromium.close()
    except (PrintError, OSError) as error:
        print(f"wkhtmltopdf: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
