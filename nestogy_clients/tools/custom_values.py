"""Values of custom fields: from what a person, a file or a program gives to what is stored."""

import math
import re
from datetime import date, datetime

LINE_LIMIT = 500  # characters of a text of one line
TEXT_LIMIT = 10_000  # characters of a long text
NUMBER_LIMIT = 10**15
NUMBER = re.compile(r"^[+-]?\d{1,16}(\.\d{1,12})?$")
# what no text holds, and no database takes: control characters and halves of a character
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
YES = {"yes", "true", "1", "on", "x", "y"}
NO = {"no", "false", "0", "off", "n"}


class CustomValueError(ValueError):
    """A value does not fit its field.

    :ivar kind: ``text``, ``control``, ``long``, ``integer``, ``number``, ``large``, ``date``, ``datetime``, ``boolean``
        or ``option``
    :ivar detail: the part of the value that does not fit, or the limit
    """

    def __init__(self, kind, detail=""):
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


def is_empty(value):
    """Say whether a stored value is none; zero is a value."""
    return value is None or value is False or value in ("", [])


def clean_value(kind, value, options=()):
    """Bring a value into the form in which it is stored.

    Texts are understood for every kind, so that a cell of a file and an answer of a form come the same way.

    :param str kind: one of the kinds of ``nestogy.custom.field`` but ``link``
    :param value: as it came
    :param options: pairs of key and label for the kinds ``choice``, ``choices`` and ``tags``
    :return: a value for JSON; ``False`` for no value
    :raise CustomValueError: it does not fit
    """
    if isinstance(value, str):
        value = value.strip()
    if is_empty(value):
        return False
    return CLEANERS[kind](value, options)


def _clean_line(value, _options):
    return " ".join(_text(value, LINE_LIMIT).split())


def _clean_text(value, _options):
    return _text(value, TEXT_LIMIT).replace("\r\n", "\n").replace("\r", "\n")


def _text(value, limit):
    if not isinstance(value, str):
        raise CustomValueError("text", str(value)[:40])
    if len(value) > limit:
        raise CustomValueError("long", str(limit))
    if CONTROL.search(value):
        raise CustomValueError("control")
    return value


def _clean_integer(value, _options):
    number = _number(value, "integer")
    if number != int(number):
        raise CustomValueError("integer", str(value)[:40])
    return int(number)


def _clean_float(value, _options):
    return float(_number(value, "number"))


def _number(value, kind):
    if isinstance(value, str):
        if not NUMBER.match(value) or not value.isascii():
            raise CustomValueError(kind, value[:40])
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CustomValueError(kind, str(value)[:40])
    if abs(value) > NUMBER_LIMIT:
        raise CustomValueError("large", str(NUMBER_LIMIT))
    return value


def _clean_date(value, _options):
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    try:
        return date.fromisoformat(value[:10] if _is_datetime(value) else value).isoformat()
    except (TypeError, ValueError):
        raise CustomValueError("date", str(value)[:40]) from None


def _is_datetime(value):
    return isinstance(value, str) and re.match(r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d", value)


def _clean_datetime(value, _options):
    if not isinstance(value, datetime):
        try:
            value = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise CustomValueError("datetime", str(value)[:40]) from None
    if value.tzinfo:
        raise CustomValueError("datetime", str(value)[:40])
    return value.replace(microsecond=0).isoformat(sep=" ")


def _clean_boolean(value, _options):
    if value is True or value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in YES | NO:
        return value.lower() in YES
    raise CustomValueError("boolean", str(value)[:40])


def _clean_choice(value, options):
    return _option(value, options)


def _clean_choices(value, options):
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise CustomValueError("option", str(value)[:40])
    chosen = {_option(part, options) for part in parts if part}
    return [key for key, _label in options if key in chosen] or False


def _option(value, options):
    if isinstance(value, str):
        for key, label in options:
            if value == key or value.lower() == label.lower():
                return key
    raise CustomValueError("option", str(value)[:40])


CLEANERS = {
    "char": _clean_line,
    "text": _clean_text,
    "integer": _clean_integer,
    "float": _clean_float,
    "monetary": _clean_float,
    "date": _clean_date,
    "datetime": _clean_datetime,
    "boolean": _clean_boolean,
    "choice": _clean_choice,
    "choices": _clean_choices,
    "tags": _clean_choices,
}
