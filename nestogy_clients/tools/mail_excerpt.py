"""The beginning of a mail as one line that is safe to keep beside it."""

import re

MOST_READ = 20_000  # characters of a body that are looked at
# addresses may carry keys, and so may whatever stands where a mail has a link of its own
_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)\S+|\S*/my/link/\S*|\[\[[^\]]*\]\]", re.IGNORECASE)
_NEXT_ITEM = re.compile(r"</li>\s*(?=<li[\s>])", re.IGNORECASE)
_LONG_WORD = re.compile(r"\S{48,}")  # no word of a language, but keys look so


def items_apart(html):
    """Set a dot between the items of lists, which run into one another where the text becomes one line.

    :param str html: markup, before its tags are taken out
    """
    return _NEXT_ITEM.sub("</li> · ", html or "")


def excerpt(text, limit):
    """Cut a text to one line without addresses and keys.

    :param str text: plain text
    :param int limit: characters
    """
    line = " ".join(_LONG_WORD.sub(" ", _ADDRESS.sub(" ", text[:MOST_READ])).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"
