"""Files of mails: names that are safe, and what Outlook packs into winmail.dat. Pure."""

import os
import re
import unicodedata
from html import escape, unescape

import lxml.html
from tnefparse import TNEF

NAME_CHARACTERS = 120
TAGS = 8_000  # Odoo needs a second to clean so many, several times a mail; no person's mail has more
TEXT_CHARACTERS = 200_000
_BREAK = re.compile(r"(<br\b[^<>]*>|</(?:p|div|tr|li|h\d|table|pre|blockquote)>)", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>")
_TNEF_SIGNATURE = b"\x78\x9f\x3e\x22"


def has_text(html):
    return bool(unescape(_TAGS.sub("", str(html or ""))).strip())


def file_name(name):
    """One line, no path, no control or direction characters, not too long; the ending stays."""
    name = re.split(r"[/\\]", " ".join(str(name or "").split()))[-1]
    name = "".join(each for each in name if unicodedata.category(each)[0] != "C").strip(" .") or "file"
    if len(name) > NAME_CHARACTERS:
        stem, ending = os.path.splitext(name)
        ending = ending[:20]
        name = stem[: NAME_CHARACTERS - len(ending)] + ending
    return name


def unpack(name, content):
    """Open a winmail.dat.

    :return: list of (name, bytes), empty when it is no such file or cannot be read, and its text as HTML
    """
    if not isinstance(content, bytes) or not content.startswith(_TNEF_SIGNATURE):
        return [], ""
    try:
        packed = TNEF(content, do_checksum=False)
        files = [(file_name(each.long_filename() or each.name), bytes(each.data)) for each in packed.attachments]
        html, body = packed.htmlbody, packed.body
    except Exception:  # noqa: BLE001  a file that cannot be opened stays a file
        return [], ""
    if isinstance(html, bytes):
        html = html.decode("utf-8", "replace")
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    return files, html or (f"<pre>{escape(body, quote=False)}</pre>" if body else "")


def plain_text(html):
    """The text of HTML, in lines, as fast as it can be had."""
    html = _BREAK.sub("\\1\n", html)
    try:
        root = lxml.html.fromstring(html)
        for element in root.xpath("//script | //style"):
            element.drop_tree()
        text = root.text_content()
    except Exception:  # noqa: BLE001  whatever it is, it is not HTML
        text = unescape(_TAGS.sub(" ", html))
    lines = (" ".join(line.split()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:TEXT_CHARACTERS]


def lighten(message):
    """Make plain text of HTML that is too big to be cleaned and shown.

    :param email.message.EmailMessage message: changed in place
    :return: list of the HTML that was taken out
    """
    taken = []
    for part in message.walk():
        if part.get_content_type() != "text/html" or part.get_filename():
            continue
        html = part.get_content()
        if html.count("<") > TAGS:
            taken.append(html)
            part.set_content(plain_text(html))
    return taken
