"""Where in a mail the new text ends and what it quotes or signs with begins.

Built on quotequail, which knows the lines that mail programs write above a quotation in many languages; what it does
not know is added here. Pure: strings in, strings out.
"""

import re
from html import escape, unescape

import quotequail

# the mark by which Odoo's conversations fold a part away
FOLDED = '<div data-o-mail-quote="1" data-o-mail-quote-container="1">'
_FOLDED = re.compile(r'<div\b(?=[^<>]*data-o-mail-quote="1")(?=[^<>]*data-o-mail-quote-container="1")[^<>]*>')
CHARACTERS = 500_000  # what is longer is not searched: no person wrote it
SEARCHED_LINES = 2_000
SEARCHED_TAGS = 6_000
SLOW_WORDS = 100  # quotequail looks at each pair of these in a line: who writes more of them wants to keep us busy
LINES = 1_000_000  # quotequail folds what is longer, a log for example; we do not

_PLAIN = re.compile(r"\s*<pre>(.*)</pre>\s*", re.DOTALL)
_TEXT_MARKS = re.compile(
    r"^(?:"
    r"-- ?"  # the signature, as RFC 3676 says
    r"|On .{5,200} wrote:|Am .{5,200} schrieb .{1,200}:|Le .{5,200} a écrit :|El .{5,200} escribió:"
    r"|_{20,}"
    r"|-{3,} ?(?:Original(?: Message|nachricht)|Ursprüngliche Nachricht|Message d'origine|Mensaje original) ?-{3,}"
    r"|(?:Sent from my|Sent from Outlook|Get Outlook for|Von meinem .{2,30} gesendet|Gesendet von|"
    r"Envoyé (?:de|depuis) mon|Enviado desde mi)\b.*"
    r"|\*?(?:From|Von|De|Da) ?:\*?[^\n]+\n\*?(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado(?: el)?|Fecha) ?:[^\n]+"
    r")[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_QUOTED_LINES = re.compile(r"(?:^[ \t]*>.*(?:\n|\Z))+", re.MULTILINE)
_SLOW_WORDS = re.compile(r" (?:schrieb|skrev|schreef|heeft|het volgende|geschreven)")
_HTML_SPACE = re.compile(r"(écrit)(?:&nbsp;|\xa0|&#160;|\u202f):", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>")
# what Outlook writes above its quotation, or the mark that Odoo has put in its place
_OUTLOOK_WEB = re.compile(r'<(?:hr|div)\b[^<>]*(?:data-o-mail-quote="1"|id="(?:divRplyFwdMsg|appendonsend)")[^<>]*>')


def _has_text(html):
    return bool(unescape(_TAGS.sub("", html)).replace("\xa0", " ").strip())


def _as_html(text, attributes=""):
    """Plain text with its lines, which break where there is no room."""
    return f'<pre style="white-space: pre-wrap"{attributes}>{escape(text, quote=False)}</pre>' if text.strip() else ""


def _split_text(text):
    """:return: the new text and the rest"""
    normal = text.replace("\r\n", "\n").replace("\xa0", " ").replace("\u202f", " ")
    # an answer begins above: what stands after thousands of lines is no quotation
    head = "\n".join(normal.split("\n", SEARCHED_LINES)[:SEARCHED_LINES])
    top = quotequail.quote(head, limit=LINES, quote_intro_line=True)
    end = len(top[0][1]) if len(top) > 1 else len(normal)
    match = _TEXT_MARKS.search(normal)
    if match:
        end = min(end, match.start())
    return normal[:end], normal[end:]


def _fold_text(text):
    top, rest = _split_text(text)
    answers = _QUOTED_LINES.split(rest)
    if len(answers) > 1 and not rest.lstrip().startswith("-- "):
        # what comes after the quotation, but its introduction and the signature, was written under it
        under = "\n".join(answers[1:])
        if _split_text(under)[0].strip():
            top, rest = "", top + rest
    if not top.strip():
        # answered between or below the lines: only these are folded
        text, parts, end = top + rest, [], 0
        for match in _QUOTED_LINES.finditer(text):
            parts.append(_as_html(text[end : match.start()]))
            parts.append(_as_html(match.group(), ' data-o-mail-quote="1"'))
            end = match.end()
        own = _QUOTED_LINES.sub("", text)
        if parts and own.strip():
            return "".join([*parts, _as_html(text[end:])]), ""
        return _as_html(text), ""
    return _as_html(top.rstrip()), _as_html(rest.strip())


def split(body):
    """Split the HTML of a mail, as Odoo's gateway reads it, into new text and the rest.

    :param str body: HTML; a plain text is in one ``pre``
    :return: tuple of two pieces of HTML; the second is empty when all is new, or nothing but the quotation is there,
        as in a forwarded mail
    """
    body = str(body or "")
    if len(body) > CHARACTERS or not body.strip() or len(_SLOW_WORDS.findall(body)) > SLOW_WORDS:
        return body, ""
    plain = _PLAIN.fullmatch(body)
    if plain and "<pre" not in plain.group(1):
        return _fold_text(unescape(plain.group(1)))
    if body.count("<") > SEARCHED_TAGS:
        return body, ""
    try:
        parts = quotequail.quote_html(_HTML_SPACE.sub(r"\1 :", body), limit=LINES, quote_intro_line=True)
    except Exception:  # noqa: BLE001  whatever a mail contains, it is shown whole rather than lost
        return body, ""
    if len(parts) > 1:
        top, rest = parts[0][1], parts[1][1]
    else:
        mark = _OUTLOOK_WEB.search(body)
        top, rest = (body[: mark.start()], body[mark.start() :]) if mark else (body, "")
    if not _has_text(top):
        return body, ""
    return top, rest


def fold(body):
    """The same HTML with all that is not new in one part that Odoo's conversations fold away."""
    top, rest = split(body)
    return f"{top}{FOLDED}{rest}</div>" if rest else top


def unfold(body):
    """Take apart what :func:`fold` joined.

    :return: tuple of the new text and the rest
    """
    body = str(body or "")
    mark = _FOLDED.search(body)
    return (body[: mark.start()], body[mark.end() :].removesuffix("</div>")) if mark else (body, "")
