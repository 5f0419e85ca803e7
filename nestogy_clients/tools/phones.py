"""Telephone numbers: one spelling to keep, one to show, and digits to find them by."""

import re
from functools import lru_cache

import phonenumbers

if hasattr(phonenumbers, "enable_pattern_cache"):  # not in all versions
    phonenumbers.enable_pattern_cache()

NUMBER_LIMIT = 40  # characters as typed
EXTENSION = re.compile(r"(?:\s*(?:ext\.?|extension|x|#|;ext=)\s*)(\d{1,8})\s*$", re.IGNORECASE)


class PhoneError(ValueError):
    """What was typed is no telephone number; ``kind`` is ``empty``, ``long`` or ``letters``."""

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


def parse_phone(text, country_code=None):
    """Read a number in any spelling.

    :param str text: as typed, an extension included
    :param str country_code: two letters; says how a number without country code is meant
    :return: dict of ``number`` (international spelling, or as typed when it cannot be a number of the country),
        ``extension`` (digits or empty), ``digits`` (country code and number; without country only what was typed),
        ``is_valid`` (libphonenumber knows such numbers), ``national`` (spelling inside the country)
    :raise PhoneError: no digits, too long, or letters in it
    """
    return dict(_parse(text, country_code))


@lru_cache(maxsize=16_384)  # on its way into the database a number is read several times, in a file with others
def _parse(text, country_code):
    text = " ".join((text or "").split())
    extension = ""
    match = EXTENSION.search(text)
    if match:
        extension, text = match[1], text[: match.start()].strip()
    if not re.search(r"\d", text):
        raise PhoneError("empty")
    if len(text) > NUMBER_LIMIT:
        raise PhoneError("long")
    if re.search(r"[^\d\s()+./\-–]", text):
        raise PhoneError("letters")
    typed = text.replace("(0)", " ") if text.startswith(("+", "00")) else text
    if typed.startswith("00"):
        typed = "+" + typed[2:]
    try:
        number = phonenumbers.parse(typed, (country_code or "").upper() or None, keep_raw_input=False)
    except phonenumbers.NumberParseException:
        return {
            "number": text,
            "national": text,
            "extension": extension,
            "digits": re.sub(r"\D", "", typed),
            "is_valid": False,
        }
    valid = phonenumbers.is_valid_number(number)
    possible = valid or phonenumbers.is_possible_number(number)
    formats = phonenumbers.PhoneNumberFormat
    return {
        "number": phonenumbers.format_number(number, formats.INTERNATIONAL) if possible else text,
        "national": phonenumbers.format_number(number, formats.NATIONAL) if possible else text,
        "extension": extension,
        "digits": f"{number.country_code}{phonenumbers.national_significant_number(number)}",
        "is_valid": valid,
    }


def search_digits(text):
    """The digits by which a number is found, whatever its spelling: no prefix zeros, no ``(0)``.

    :param str text: all or the last digits of a number
    :return: digits, empty when there are fewer than three
    """
    digits = re.sub(r"\D", "", EXTENSION.sub("", text or "").replace("(0)", "")).lstrip("0")
    return digits if len(digits) >= 3 else ""
