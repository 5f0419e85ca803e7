"""What strangers send to a website form: limits, links, addresses of websites."""

import hashlib
import json
import re
from urllib.parse import urlsplit

LINE_LIMIT = 200  # characters of a text of one line
MESSAGE_LIMIT = 5000  # characters of a message
MOST_TEXTS = 100  # texts of one field
# what no text holds, and no database takes: control characters and halves of a character
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
LINK = re.compile(r"https?:|www\.|\[url|<a\s", re.IGNORECASE)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*{_LABEL}")
SITE = re.compile(rf"(?:https?://)?(?:{_LABEL}\.)+[a-z]{{2,63}}(?::\d{{1,5}})?(?:[/?#][^\s]*)?", re.IGNORECASE)
LOCAL_HOSTS = ("localhost", "127.0.0.1")
ADDRESS_LIMIT = 500  # characters


def as_texts(value):
    """What somebody sent for a field, as the texts that a form would send.

    :param value: out of JSON
    :return: list of texts
    :raise ValueError: it is neither a text, a number, yes or no, nor a list of these
    """
    if value is None:
        return []
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, str):
        return [value]
    if isinstance(value, int | float):
        return [str(value)[:LINE_LIMIT]]
    if isinstance(value, list) and len(value) <= MOST_TEXTS:
        texts = [as_texts(each) for each in value if not isinstance(each, list)]
        if len(texts) == len(value):
            return [text for each in texts for text in each]
    raise ValueError("no text")


def clean_line(text):
    """One line without control characters and double blanks."""
    return " ".join(CONTROL.sub(" ", text).split())


def clean_text(text):
    """Lines without control characters, and without blanks around the whole."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def count_links(texts):
    """How often texts lead somewhere else; a message of a person does so seldom."""
    return sum(len(LINK.findall(text)) for text in texts)


def is_site(text):
    """Say whether a text can be the address of a website, with or without https://."""
    return bool(SITE.fullmatch(text))


def clean_origin(text):
    """The address of a website as browsers name it: scheme and host, and a port where it has one of its own.

    :param str text: as somebody wrote it
    :raise ValueError: it is none, or one without TLS that is not on this machine
    """
    parts = urlsplit(text.strip().rstrip("/"))
    host = (parts.hostname or "").lower()
    if not _HOST.fullmatch(host) or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(text)
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOCAL_HOSTS):
        raise ValueError(text)
    port = parts.port  # raises ValueError for one that is none
    if port in (None, {"https": 443, "http": 80}[parts.scheme]):
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def clean_page(text):
    """The address of a page to which visitors are led: https, of a host, without a password.

    :raise ValueError: it is none
    """
    text = text.strip()
    parts = urlsplit(text)
    plain = text.isascii() and text.isprintable() and not re.search(r"[\s\"'<>\\;,]", text)
    if not plain or len(text) > ADDRESS_LIMIT or parts.scheme != "https":
        raise ValueError(text)
    clean_origin(f"https://{parts.netloc}")
    return text


def digest_of(*values):
    """A short name for values, the same for the same."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
