"""Words out of the address of a page, of which any may be typed by hand."""

from datetime import datetime


def known(word, words):
    """
    :return: the word, ``None`` if the page does not know it
    """
    return word if isinstance(word, str) and word in words else None


def is_date(text):
    try:
        return 1 < datetime.fromisoformat(text).year < 9999
    except (TypeError, ValueError):
        return False


def known_period(begin, end):
    """
    :return: tuple of the two dates as they were given, or of ``None`` unless both are dates
    """
    return (begin, end) if is_date(begin) and is_date(end) else (None, None)
