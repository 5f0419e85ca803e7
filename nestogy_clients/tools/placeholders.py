"""The placeholder language of client e-mail templates.

A person writes ``Dear {client}, invoice {number} is due {due}.``; this module turns that text into the two
template languages of Odoo (inline templates for subjects, QWeb for bodies). Whatever the person typed stays
text: only a name from the given list becomes an expression, and that expression is ours.
"""

import re

from lxml import etree, html

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
ENCODED_PLACEHOLDER = re.compile(r"^%7B([a-z][a-z0-9_]*)%7D$", re.IGNORECASE)
EXPRESSION = "object._client_mail_value('%s', '%s')"
KIND = re.compile(r"[a-z][a-z0-9_]*")
SUBJECT_LIMIT = 250  # characters; mail programs cut earlier, servers fold at 998 bytes
BODY_LIMIT = 200_000  # characters of HTML, pictures by data URL included


class TemplateError(ValueError):
    """The text cannot be used; ``kind`` says why: ``unknown``, ``subject``, ``long`` or ``empty``."""

    def __init__(self, kind, names=()):
        super().__init__(kind)
        self.kind = kind
        self.names = list(names)


def placeholders_in(text):
    """Name the placeholders of a text, each once, in their order.

    :param str text: subject or HTML body
    :return: list of names without braces
    """
    return list(dict.fromkeys(PLACEHOLDER.findall(text or "")))


def _check(text, allowed, limit):
    if len(text) > limit:
        raise TemplateError("long")
    unknown = [name for name in placeholders_in(text) if name not in allowed]
    if unknown:
        raise TemplateError("unknown", unknown)


def _expression(name, kind):
    if not KIND.fullmatch(kind):
        raise ValueError(f"no kind of mail: {kind!r}")
    return EXPRESSION % (name, kind)


def compile_subject(text, allowed, kind):
    """Turn a subject with placeholders into an inline template.

    :param str text: one line
    :param allowed: names that may be used
    :param str kind: the kind of mail, which the expressions tell the document
    :return: source of an inline template (``{{ expression }}``)
    :raise TemplateError: ``unknown`` name, line break (``subject``), too ``long`` or ``empty``
    """
    text = (text or "").strip()
    if not text:
        raise TemplateError("empty")
    if re.search(r"[\x00-\x1f\x7f\u2028\u2029]", text):
        raise TemplateError("subject")
    _check(text, allowed, SUBJECT_LIMIT)
    parts, at = [], 0
    for match in PLACEHOLDER.finditer(text):
        # a placeholder in doubled braces is text around an expression: the outer braces stay text
        parts.append(_guard(text[at : match.start()]))
        parts.append("{{ " + _expression(match[1], kind) + " }}")
        at = match.end()
    parts.append(_guard(text[at:]))
    return "".join(parts)


def _guard(text):
    """Let no brace of a person's text open or close an expression, neither alone nor beside one of ours."""
    return re.sub(r"[{}]", lambda match: "{{ '%s' }}" % ("\\x7b" if match[0] == "{" else "\\x7d"), text)


def compile_body(markup, allowed, kind):
    """Turn an HTML body with placeholders into QWeb.

    Directives (``t-`` attributes, ``<t>`` elements, ``{{`` in attributes) of the person's text are taken out or
    made text; placeholders become ``<t t-out="…"/>`` in text and ``t-att-href`` where they are a whole link.

    :param str markup: sanitised HTML fragment
    :param allowed: names that may be used
    :param str kind: the kind of mail, which the expressions tell the document
    :return: QWeb source
    :raise TemplateError: ``unknown`` name or too ``long``
    """
    _check(markup or "", allowed, BODY_LIMIT)
    root = html.fragment_fromstring(markup or "", create_parent="div")
    for element in list(root.iter()):
        if not isinstance(element.tag, str):  # comments and processing instructions carry nothing to a mail
            element.drop_tree()
            continue
        if element.tag == "t" or ":" in element.tag:
            element.tag = "span"
        for name in list(element.attrib):
            if name.startswith("t-") or ":" in name:
                del element.attrib[name]
    for element in [each for each in root.iter() if isinstance(each.tag, str)]:
        href = element.get("href")
        whole = href and (PLACEHOLDER.fullmatch(href) or ENCODED_PLACEHOLDER.match(href))
        if whole:
            if whole[1].lower() not in allowed:
                raise TemplateError("unknown", [whole[1].lower()])
            del element.attrib["href"]
            element.set("t-att-href", _expression(whole[1].lower(), kind))
        _expand(element, kind)
    return etree.tostring(root, encoding="unicode")


def _expand(element, kind):
    """Replace the placeholders of an element's own texts by output elements."""
    for text, place in [(element.text, None)] + [(child.tail, child) for child in element]:
        if not text or not PLACEHOLDER.search(text):
            continue
        index = 0 if place is None else element.index(place) + 1
        last, at = place, 0
        for match in PLACEHOLDER.finditer(text):
            _set_text(element, last, text[at : match.start()])
            last = etree.Element("t")
            last.set("t-out", _expression(match[1], kind))
            element.insert(index, last)
            index += 1
            at = match.end()
        last.tail = text[at:]


def _set_text(element, last, text):
    if last is None:
        element.text = text
    else:
        last.tail = text


class SampleValues(dict):
    """What the placeholders of a preview stand for while there is no document.

    A class of its own, so that no context that came in over RPC can put words into a mail.
    """
