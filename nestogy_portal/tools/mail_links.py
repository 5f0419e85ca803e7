"""Find the places of an outgoing mail where a reader's own link belongs.

Documents are mailed with a *marker*, ``<base>/my/link/to/<model>/<id>``: an address without any secret that
leads to the document after an ordinary login. For each reader who is a client's contact the markers of his
copy become his own magic link, and so do the addresses in which Odoo would put a document's access token.

A marker is replaced only where it is the whole ``href`` of a tag, or stands alone in running text. Anywhere
else, in the midst of another attribute for instance, it stays as it is: text that somebody else wrote around
it can therefore never carry a link away.
"""

import re
from urllib.parse import parse_qs, urlsplit

SECRETS = ("access_token", "auth_signup_token", "hash", "pid", "auth_login")
# mail filters rewrite addresses: the slashes of the original come as %2F, %252F or _
_SLASH = r"(?:[/_]|%(?:25)*2F)"
STORED_LINK = re.compile(rf"({_SLASH}my{_SLASH}link{_SLASH})(?!to{_SLASH})[A-Za-z0-9_-]{{43}}", re.IGNORECASE)
# in this order: comments, elements whose content is no HTML, tags; a tag that never ends takes all the rest,
# so that nothing in it passes for text
_TAG = re.compile(
    r"""<!--.*?(?:-->|\Z)"""
    r"""|<(style|script|title|textarea)\b.*?(?:</\1|\Z)"""
    r"""|<[a-z/!?](?:[^<>"']|"[^"]*"|'[^']*')*+(?:>|.*)""",
    re.IGNORECASE | re.DOTALL,
)
# a quoted text of its own is taken as well, so that no attribute is found within it
_ATTRIBUTE = re.compile(r"""(?<=[\s/])([^\s"'<>/=]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>]+)|"[^"]*"|'[^']*'""")
_ANCHOR = re.compile(r"<(/?)a(?=[\s>])", re.IGNORECASE)
_MARKER = r"/my/link/to/([a-z0-9_.]{1,64})/([0-9]{1,9})"


def marker(base, model, document_id):
    """The address, free of secrets, that stands for a reader's own link to a document."""
    return f"{base}/my/link/to/{model}/{document_id}"


def without_tokens(text):
    """Take the tokens of magic links out of a text, a quoted mail for instance, before it is kept.

    :param text: str or Markup
    :return: the same type
    """
    return type(text)(STORED_LINK.sub(r"\1removed", text))


def needs_links(body):
    """Say quickly whether a mail has anything to replace."""
    return "/my/link/to/" in body or any(f"{secret}=" in body for secret in SECRETS[:3])


def _any_of(bases):
    return "(?:" + "|".join(re.escape(base) for base in bases) + ")"


def _standing_alone(bases, rest):
    return re.compile(rf"(?<![^\s\"'>(])({_any_of(bases)}{rest})(?=[\s\"'<)]|$)")


def replace_token_addresses(body, bases, document_of):
    """Turn the addresses that carry one of Odoo's secrets into markers, or strip the secrets.

    :param str body: HTML
    :param bases: our own addresses, without a slash at the end; the first is that of markers
    :param document_of: called with path and query (a dict of lists), gives ``(model, id)`` or ``None``
    :return: HTML
    """

    def replace(match):
        address = match[1].replace("&amp;", "&")
        parts = urlsplit(address)
        query = parse_qs(parts.query, keep_blank_values=True)
        if not any(secret in query for secret in SECRETS):
            return match[0]
        document = document_of(parts.path, query)
        if document:
            return marker(bases[0], *document)
        kept = [pair for pair in parts.query.split("&") if pair.partition("=")[0] not in SECRETS]
        return f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?" + "&amp;".join(kept) if kept else "")

    return _standing_alone(bases, r"/(?:mail/view|my/)[^\s\"'<>()]*\?[^\s\"'<>()]*").sub(replace, body)


def replace_markers(body, bases, link_to, label):
    """Put a reader's own links in the place of markers.

    A marker in running text becomes a link with a label, because mail programs show the whole address
    otherwise.

    :param bases: our own addresses, without a slash at the end
    :param link_to: called with model and id, gives the address or an empty text (the marker stays)
    :param str label: escaped HTML
    :return: HTML
    """

    whole = re.compile(_any_of(bases) + _MARKER)
    alone = _standing_alone(bases, _MARKER)

    def in_attribute(match):
        if (match[1] or "").lower() != "href":
            return match[0]
        value = match[2].strip("\"'")
        marked = whole.fullmatch(value)
        link = marked and link_to(marked[1], int(marked[2]))
        return match[0].replace(value, link) if link else match[0]

    def in_text(text, is_label):
        def replace(match):
            link = link_to(match[2], int(match[3]))
            if not link:
                return match[0]
            return label if is_label else f'<a href="{link}">{label}</a>'

        return alone.sub(replace, text)

    pieces, position, is_label = [], 0, False
    for tag in _TAG.finditer(body):
        pieces.append(in_text(body[position : tag.start()], is_label))
        is_opaque = tag[1] or tag[0].startswith("<!")
        pieces.append(tag[0] if is_opaque else _ATTRIBUTE.sub(in_attribute, tag[0]))
        if anchor := _ANCHOR.match(tag[0]):
            is_label = not anchor[1]
        position = tag.end()
    pieces.append(in_text(body[position:], is_label))
    return "".join(pieces)
