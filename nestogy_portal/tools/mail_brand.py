"""Put a brand's head and foot around an outgoing mail."""

import re

# where the visible part of a mail begins: behind the hidden line that mail programs show in their lists
_START = re.compile(
    r"""\s*(?:<html\b[^>]*>.*?<body\b[^>]*>)?\s*(?:<div style="display: ?none;[^>]*>[^<]*</div>)?""",
    re.IGNORECASE | re.DOTALL,
)


def company_logos(bases):
    """A pattern for the pictures of the company's own logo, by local or whole address."""
    prefix = "|".join(re.escape(base) for base in bases)
    path = r"/(?:logo(?:\.png)?|web/binary/company_logo)(?:\?[^\"'<>]*)?"
    return re.compile(rf"<img\b[^<>]*\bsrc=([\"'])(?:{prefix})?{path}\1[^<>]*>", re.IGNORECASE)


def _end(body):
    """Where the visible part of a mail ends; without a pattern, which would try each of many blanks anew."""
    shown = body.rstrip()
    for tag in ("</html>", "</body>"):
        if shown[-len(tag) :].lower() == tag:
            shown = shown[: -len(tag)].rstrip()
    return len(shown)


def wrap(body, head, foot, bases):
    """Give a mail a head and foot; the company's own logo goes, since the head has the brand's.

    :param str body: HTML, a whole document or a piece of one
    :param bases: addresses of our own hosts
    """
    body = company_logos(bases).sub("", body)
    start, end = _START.match(body).end(), _end(body)
    end = max(start, end)
    return f"{body[:start]}{head}{body[start:end]}{foot}{body[end:]}"
