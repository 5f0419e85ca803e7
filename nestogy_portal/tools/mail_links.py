"""Find the places of an outgoing mail where a reader's own link belongs.

Documents are mailed with a *marker*, ``<base>/my/link/to/<model>/<id>``: an address without any secret that
leads to the document after an ordinary login. For each reader who is a client's contact the markers of his
copy become his own magic link, and so do the addresses in which Odoo would put a document's access token.

Only an address that begins with our own base and stands alone (between quotes, blanks or tags) is touched:
text that somebody else wrote around it can therefore never carry a link away.
"""

import re
from urllib.parse import parse_qs, urlsplit

SECRETS = ("access_token", "auth_signup_token", "hash", "pid", "auth_login")
STORED_LINK = re.compile(r"(/my/link/)(?!to/)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")


def marker(base, model, document_id):
    """The address, free of secrets, that stands for a reader's own link to a document."""
    return f"{base}/my/link/to/{model}/{document_id}"


def without_tokens(text):
    """Take the tokens of magic links out of a text, a quoted mail for instance, before it is kept."""
    return STORED_LINK.sub(r"\1removed", text)


def needs_links(body):
    """Say quickly whether a mail has anything to replace."""
    return "/my/link/to/" in body or any(f"{secret}=" in body for secret in SECRETS[:3])


def _standing_alone(base, rest):
    return re.compile(rf"(?<![^\s\"'>(])({re.escape(base)}{rest})(?=[\s\"'<)]|$)")


def replace_token_addresses(body, base, document_of):
    """Turn the addresses that carry one of Odoo's secrets into markers, or strip the secrets.

    :param str body: HTML
    :param str base: our own address, without a slash at the end
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
            return marker(base, *document)
        kept = [pair for pair in parts.query.split("&") if pair.partition("=")[0] not in SECRETS]
        return f"{base}{parts.path}" + ("?" + "&amp;".join(kept) if kept else "")

    return _standing_alone(base, r"/(?:mail/view|my/)[^\s\"'<>()]*\?[^\s\"'<>()]*").sub(replace, body)


def replace_markers(body, base, link_to, label):
    """Put a reader's own links in the place of markers.

    A marker in running text becomes a link with a label, because mail programs show the whole address
    otherwise.

    :param link_to: called with model and id, gives the address or an empty text (the marker stays)
    :param str label: escaped HTML
    :return: HTML
    """

    def replace(match):
        link = link_to(match[2], int(match[3]))
        if not link:
            return match[0]
        quoted = body[: match.start()].endswith(('"', "'"))
        inside = body.rfind("<a ", 0, match.start()) > body.rfind("</a", 0, match.start())
        if quoted:
            return link
        return label if inside else f'<a href="{link}">{label}</a>'

    return _standing_alone(base, r"/my/link/to/([a-z0-9_.]{1,64})/([0-9]{1,9})").sub(replace, body)
