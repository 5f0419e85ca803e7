"""The mails that the demo sent: list them, read one, answer one as its recipient would."""

import email
import email.policy
import html.parser
import json
import re
import sys
import urllib.error
import urllib.request
from email.message import EmailMessage
from email.utils import make_msgid, parseaddr
from http.cookiejar import CookieJar

from . import serve
from .home import Failure

TIMEOUT_SECONDS = 60
MODERN = email.policy.default


class _Text(html.parser.HTMLParser):
    """The words of an HTML mail, with the addresses of its links."""

    def __init__(self):
        super().__init__()
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attrs):
        if tag in ("style", "script", "head"):
            self.hidden += 1
        elif tag in ("p", "div", "tr", "br", "li", "h1", "h2", "h3"):
            self.parts.append("\n")
        elif tag == "a" and (href := dict(attrs).get("href")):
            self.parts.append(f" [{href}] ")

    def handle_endtag(self, tag):
        if tag in ("style", "script", "head"):
            self.hidden -= 1

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def readable(markup):
    """:return: the text of an HTML body, without runs of empty lines"""
    parser = _Text()
    parser.feed(markup)
    return tidy("".join(parser.parts))


def tidy(text):
    """:return: text without the invisible characters that fill a mail's preview, and without runs of empty lines"""
    visible = re.sub("[\u00ad\u034f\u200b-\u200f\u2060\ufeff]", "", text)
    lines = [re.sub(r"[ \t\r\xa0]+", " ", line).strip() for line in visible.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def files(folder):
    """:return: the kept mails by number"""
    return {int(path.name.split("-")[0]): path for path in sorted(folder.glob("[0-9]*-*.eml"))}


def read(path):
    return email.message_from_bytes(path.read_bytes(), policy=MODERN)


def show(path):
    """Print one mail as a person reads it."""
    message = read(path)
    for name in ("Date", "From", "To", "Cc", "Reply-To", "Subject"):
        if message[name]:
            print(f"{name}: {message[name]}")
    body = message.get_body(("plain", "html"))
    if body:
        text = body.get_content()
        print("\n" + (readable(text) if body.get_content_type() == "text/html" else tidy(text)))
    for part in message.iter_attachments():
        print(f"\nAttachment: {part.get_filename() or part.get_content_type()}")
    print(f"\nFile: {path}")


def answer_to(message, text):
    """:return: the mail by which the recipient of a mail answers it"""
    reply = EmailMessage(policy=MODERN.clone(cte_type="7bit", max_line_length=998))
    reply["From"] = str(message["To"])
    reply["To"] = str(message["Reply-To"] or message["From"])
    subject = str(message["Subject"] or "")
    reply["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    original = str(message["Message-Id"] or "").strip()
    if original:
        reply["In-Reply-To"] = original
        reply["References"] = " ".join([*str(message["References"] or "").split(), original])
    reply["Message-Id"] = make_msgid(domain=parseaddr(reply["From"])[1].rpartition("@")[2] or "localhost")
    reply["Date"] = email.utils.localtime()
    reply.set_content(text)
    return reply


class Gateway:
    """Odoo's door for incoming mail, opened as the administrator of the demo."""

    def __init__(self, url):
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def call(self, path, **params):
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        try:
            with self.opener.open(request, timeout=TIMEOUT_SECONDS) as response:
                answer = json.load(response)
        except urllib.error.URLError as error:
            raise Failure(f"Odoo does not answer: {error}", advice="see ./nestogy status") from error
        if "error" in answer:
            raise Failure(f"Odoo refused: {answer['error'].get('data', {}).get('message', answer['error'])}")
        return answer["result"]

    def deliver(self, message, state):
        admin = state["logins"][0]
        credentials = {"login": admin["login"], "password": admin["password"]}
        self.call("/web/session/authenticate", db=state["database"], **credentials)
        args = [False, message.as_string()]
        path = "/web/dataset/call_kw/mail.thread/message_process"
        return self.call(path, model="mail.thread", method="message_process", args=args, kwargs={})


def mail(home, words):
    """Do what the words after ``mail`` say: nothing, a number, or ``reply`` with a number and a text."""
    kept = files(home.mail)
    if not words:
        for number, path in kept.items():
            message = read(path)
            fields = [str(message[name] or "")[:40] for name in ("Date", "From", "To")]
            print(f"{number:5d}  {fields[0]:31}  {fields[1]:40}  {fields[2]:40}  {message['Subject']}")
        if not kept:
            print("No mail yet: whatever the running demo sends is kept here.")
        return 0
    is_reply = words[0] == "reply"
    number = words[1] if is_reply and len(words) > 1 else words[0]
    if not number.isdigit() or int(number) not in kept:
        raise Failure(f"there is no mail {number}", advice="./nestogy mail lists the numbers.")
    path = kept[int(number)]
    if not is_reply:
        show(path)
        return 0
    if len(words) < 3:
        raise Failure("an answer needs a text", advice=f'./nestogy mail reply {number} "Thank you"  (or - to read it)')
    state = serve.running(home)
    if not state.get("url"):
        raise Failure("no demo runs that could take the answer", advice="./nestogy run starts it.")
    text = sys.stdin.read() if words[2:] == ["-"] else " ".join(words[2:])
    thread = Gateway(state["url"]).deliver(answer_to(read(path), text), state)
    if not thread:
        raise Failure("Odoo took the answer, but no record wanted it", advice="see Settings > Technical > Aliases.")
    print(f"Delivered: the answer now stands at record {thread}.")
    return 0
