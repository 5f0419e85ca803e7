"""What the headers of an incoming mail tell: was it written by a machine, and is its sender proven?

Pure: headers come as pairs, no database, no framework.
"""

import re

_ROBOT_LOCAL_PART = re.compile(r"(mailer-daemon|postmaster|(no|do[-_.]?not)[-_.]?reply|bounces?)([-+_.=].*)?")
_BULK_PRECEDENCE = frozenset({"bulk", "list", "junk", "auto_reply", "auto-reply"})
_ROBOT_HEADERS = frozenset(
    {
        "list-id",
        "list-unsubscribe",
        "x-loop",
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-auto-reply-from",
    }
)
_ADDRESS = re.compile(r"<([^<>]*)>")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()]*\)")
_VERDICT = re.compile(r"(?<![\w-])dmarc\s*=\s*([a-z]+)")
HEADER_CHARACTERS = 4096


def _address(value):
    """The bare address of a From or Return-Path value; empty for ``<>``."""
    match = _ADDRESS.search(value or "")
    return (match.group(1) if match else (value or "")).strip().lower()


def automatic_reason(headers, content_type=""):
    """Tell why a mail must be taken for one that no person wrote.

    Such a mail is kept and shown, but never answered by a machine (RFC 3834).

    :param headers: iterable of (name, value) pairs, names in any case, a name may come more than once
    :param str content_type: the main content type, e.g. ``multipart/report``
    :return: the name of the header that decided, or an empty string for a mail by a person
    """
    for name, value in headers:
        header, text = name.strip().lower(), str(value or "").strip()
        lowered = text.lower()
        if header == "auto-submitted" and lowered.split(";")[0].strip() != "no" and lowered:
            return name
        if header == "x-auto-response-suppress" and lowered not in ("", "none"):
            return name
        if header == "precedence" and lowered in _BULK_PRECEDENCE:
            return name
        if header in _ROBOT_HEADERS and lowered not in ("", "no"):
            return name
        if header == "return-path" and not _address(text):
            return name
        if header in ("from", "sender") and _ROBOT_LOCAL_PART.fullmatch(_address(text).partition("@")[0]):
            return name
    if content_type.lower() == "multipart/report":
        return "Content-Type"
    return ""


def sender_is_proven(authentication_results, authserv_id):
    """Tell whether our own mail server found the From address to be genuine (``dmarc=pass``).

    Anybody can write an Authentication-Results header; only those that bear the name of our own server count,
    and our server removes forged ones that bear its name (RFC 8601, 5).

    :param authentication_results: the values of all such headers
    :param str authserv_id: the name our mail server signs with; when empty nothing is ever proven
    """
    return _verdict(authentication_results, authserv_id) == "pass"


def sender_is_refuted(authentication_results, authserv_id):
    """Tell whether our own mail server found that the From address may be forged (``dmarc=fail``).

    Not the contrary of :func:`sender_is_proven`: of most mails nothing is known.
    """
    return _verdict(authentication_results, authserv_id) in ("fail", "doubtful")


def _verdict(authentication_results, authserv_id):
    """:return: ``pass``, ``fail``, ``doubtful`` when the header contradicts itself, empty when nothing is known"""
    wanted = (authserv_id or "").strip().lower()
    if not wanted:
        return ""
    verdicts = set()
    for value in authentication_results:
        given = str(value or "").lower()
        text = _QUOTED.sub(" ", given[:HEADER_CHARACTERS])
        while _COMMENT.search(text):
            text = _COMMENT.sub(" ", text)
        server, *parts = (part.strip() for part in text.split(";"))
        if server.split()[:1] != [wanted]:
            continue
        stated = {match.group(1) for part in parts if (match := _VERDICT.match(part))}
        # addresses and comments of the header repeat what the sender wrote: where they, or a second header,
        # contradict the verdict nothing is proven
        if len(given) > HEADER_CHARACTERS or (set(_VERDICT.findall(given)) - {"pass"} and "pass" in stated):
            verdicts.add("doubtful")
        verdicts |= stated
    if "doubtful" in verdicts or len(verdicts & {"pass", "fail"}) > 1:
        return "doubtful"
    return next(iter(verdicts & {"pass", "fail"}), "")
