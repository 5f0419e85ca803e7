"""What can be said about the source of a mail however odd it is, and a readable version of one that is broken.

Pure: bytes in, plain values out, no database, no framework. Nothing in here raises because of what a mail contains.
"""

import email
import email.header
import email.policy
import hashlib
import re
from email.message import EmailMessage

from . import mail_files

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_ADDRESS = re.compile(r"[^\s<>\"'(),:;\[\]@]+@[^\s<>\"'(),:;\[\]@]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_KEPT_HEADERS = (
    *("Date", "Message-Id", "In-Reply-To", "References", "Return-Path", "Auto-Submitted", "Precedence"),
    *("List-Id", "X-Loop", "X-Autoreply", "X-Auto-Response-Suppress", "Authentication-Results"),
)
SUBJECT_CHARACTERS = 250
ADDRESSES_CHARACTERS = 1000
TEXT_CHARACTERS = 100_000
HEADERS_CHARACTERS = 20_000


def clean(text):
    """Text that PostgreSQL and an XML parser take."""
    return _CONTROL.sub("", str(text or ""))


def _bytes_of(value):
    """The bytes of a header or part that the parser could not decode and kept with surrogates."""
    return str(value).encode("utf-8", "surrogateescape")


def guess(data):
    """The text of bytes in an unknown charset: UTF-8 if it is that, else what most old mail clients write."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def header(message, name):
    """One header in one line, decoded as far as it can be; empty when it is missing."""
    value = next((value for key, value in message.raw_items() if key.lower() == name.lower()), "")
    try:
        parts = email.header.decode_header(value)
    except (email.errors.HeaderParseError, ValueError):
        parts = [(value, None)]
    words = []
    for data, charset in parts:
        if isinstance(data, str):
            words.append(guess(_bytes_of(data)))
            continue
        try:
            words.append(data.decode(charset or "ascii"))
        except (LookupError, UnicodeError):
            words.append(guess(data))
    return " ".join(clean("".join(words)).split())


def parse(source):
    """The mail as the old, lenient parser sees it."""
    return email.message_from_bytes(source, policy=email.policy.compat32)


def facts(source):
    """What the list of received mails shows, and by what the same mail is known again.

    :param bytes source: the mail as it was received
    :return: dict of ``message_id`` (empty when there is none), ``sender``, ``sender_address``, ``recipients``,
        ``subject`` and ``digest``, which is the same for copies of one text whatever way they came
    """
    message = parse(source)
    sender = header(message, "From")
    found = _ADDRESS.findall(sender)
    identifier = _MESSAGE_ID.search(header(message, "Message-Id"))
    recipients = ", ".join(filter(None, (header(message, name) for name in ("Delivered-To", "To", "Cc"))))
    body = _BLANK_LINE.split(source, maxsplit=1)[-1]
    text = b"\n".join(line.rstrip() for line in body.splitlines()).strip()
    return {
        "message_id": (identifier.group() if identifier else header(message, "Message-Id"))[:SUBJECT_CHARACTERS],
        "sender": sender[:SUBJECT_CHARACTERS],
        "sender_address": (found[-1].lower() if found else "")[:SUBJECT_CHARACTERS],
        "recipients": recipients[:ADDRESSES_CHARACTERS],
        "subject": header(message, "Subject")[:SUBJECT_CHARACTERS],
        "digest": hashlib.sha256(text).hexdigest(),
    }


def headers(source):
    """The headers as they came, for a person to look at."""
    return clean(guess(_BLANK_LINE.split(source, maxsplit=1)[0]))[:HEADERS_CHARACTERS]


def _part_bytes(part):
    try:
        data = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001  the content decides what breaks in here
        data = None
    if data is None:
        payload = part.get_payload()
        data = _bytes_of(payload) if isinstance(payload, str) else b""
    return data


def _part_text(part):
    data = _part_bytes(part)
    try:
        return clean(data.decode(part.get_content_charset() or "utf-8"))
    except (LookupError, UnicodeError):
        return clean(guess(data))


def _leaves(source):
    """The parts of a mail that are no containers, and whether each is a text to read."""
    for part in parse(source).walk():
        if part.is_multipart():
            continue
        name = part.get_filename()
        yield part, part.get_content_maintype() == "text" and not name


def text(source):
    """The text of a mail for a person to look at, without any markup being obeyed.

    :return: the plain parts, else the source of the HTML parts without its tags
    """
    plain, html = [], []
    for part, is_text in _leaves(source):
        if is_text:
            (html if part.get_content_subtype() == "html" else plain).append(_part_text(part))
    if not "".join(plain).strip():
        plain = [mail_files.plain_text(each) for each in html]
    return "\n\n".join(each.strip() for each in plain if each.strip())[:TEXT_CHARACTERS]


def repaired(source):
    """A sound mail with what can be read of a broken one: its first headers, its text, its files.

    :param bytes source: the mail as it was received
    :return: the source of the new mail
    """
    old = parse(source)
    new = EmailMessage(policy=email.policy.SMTP)
    for name, limit in (("From", 250), ("To", 1000), ("Cc", 1000), ("Subject", 900)):
        value = header(old, name)[:limit]
        if name in ("From", "To", "Cc"):
            value = ", ".join(_ADDRESS.findall(value))
        if value:
            new[name] = value
    for name in _KEPT_HEADERS:
        value = header(old, name)[:900].encode("ascii", "ignore").decode()
        if value:
            new.add_header(name, value)
    new.set_content(text(source) or "")
    for number, (part, is_text) in enumerate(_leaves(source), 1):
        data = _part_bytes(part)
        if is_text or not data:
            continue
        try:
            name = clean(part.get_filename() or "")
        except Exception:  # noqa: BLE001  a name that cannot be decoded is no reason to lose the file
            name = ""
        name = re.sub(r"[\r\n/\\\"]+", "_", name)[:100] or f"file-{number}"
        new.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return new.as_bytes()


def delivery_report(message, text=""):
    """What a mail server reports about one of our mails that it did not deliver.

    :param message: the report
    :param str text: its text, for reports in no known form
    :return: ``hard`` when the address does not exist, ``soft`` when it may work later, and why
    """
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        for block in part.get_payload():
            status, action = str(block.get("Status") or "").strip(), str(block.get("Action") or "").strip().lower()
            if not status and not action:
                continue
            reason = clean(str(block.get("Diagnostic-Code") or status or action).split(";", 1)[-1]).strip()
            # 5.2.2 is a mailbox that is full, 5.3 a server that is, 5.4 a way that is broken, 5.7 a rule against us
            is_hard = status.startswith(("5.0", "5.1", "5.2.0", "5.2.1", "5.6")) or (action == "failed" and not status)
            return ("hard" if is_hard else "soft"), " ".join(reason.split())[:250]
    words = re.sub(r"<[^<>]*>", " ", str(text or ""))
    match = re.search(r"(?<![\d.])(5\.1\.\d{1,3}|550|551|553)(?![\d.])[^\n]{0,200}", words)
    return ("hard" if match else "soft"), " ".join(clean(match.group() if match else "").split())[:250]
