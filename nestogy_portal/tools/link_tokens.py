"""Secrets of magic links: how they are made, recognised, kept and shown."""

import hashlib
import ipaddress
import re
import secrets

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


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
