"""Secrets of magic links: how they are made, recognised, kept and shown."""

import hashlib
import hmac
import ipaddress
import re
import secrets
from urllib.parse import urlsplit

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that looks like something else
CODE_LENGTH = 8
PATH_LENGTH = 500


def new_token():
    """A secret of 256 bit, 43 characters that need no quoting in an address."""
    return secrets.token_urlsafe(32)


def is_token(value):
    """Say whether a text from outside has the form of a token at all."""
    return isinstance(value, str) and bool(TOKEN.fullmatch(value))


def digest(token):
    """What is kept of a token. 256 random bits need no salt and no slow hash: nobody can guess them."""
    return hashlib.sha256(token.encode()).hexdigest()


def mask_address(address):
    """Show an e-mail address to somebody who may or may not be its owner: ``a•••@acme.com``."""
    local, _at, domain = (address or "").partition("@")
    return f"{local[:1]}•••@{domain}" if domain else "•••"


def rate_key(address):
    """Whom an IP address stands for when attempts are counted: an IPv6 customer usually owns a whole /64."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.version == 6:
        return str(ipaddress.ip_network(f"{ip}/64", strict=False))
    return str(ip)


def short_address(address):
    """An IP address without the part that tells one household from the next, for keeping: /24 and /48."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{ip}/{24 if ip.version == 4 else 48}", strict=False))


def typed_code(secret, request_key):
    """The code of one request: 8 characters, about 39 bit, known to whoever has the server's secret.

    It is computed when it is mailed and again when it is typed, so that it is stored nowhere.

    :param str secret: the server's own
    :param str request_key: what makes the request unlike all others
    """
    number = int.from_bytes(hmac.digest(secret.encode(), f"nestogy code {request_key}".encode(), "sha256"), "big")
    code = ""
    for _position in range(CODE_LENGTH):
        number, digit = divmod(number, len(CODE_ALPHABET))
        code += CODE_ALPHABET[digit]
    return code


def normal_code(value):
    """A typed code without what people add to it: blanks, dashes, small letters."""
    if not isinstance(value, str) or len(value) > 64:
        return ""
    return re.sub(r"[\s-]", "", value).upper()


def local_path(value):
    """A path on our own site that a visitor may be led back to; empty for anything else."""
    if not isinstance(value, str) or not value.startswith("/my") or len(value) > PATH_LENGTH:
        return ""
    parts = urlsplit(value)
    plain = value.isascii() and value.isprintable() and not any(part in value for part in ("\\", " ", ".."))
    inside = parts.path == "/my" or parts.path.startswith("/my/")
    if not plain or not inside or parts.scheme or parts.netloc or parts.path.startswith("/my/link"):
        return ""
    return value
