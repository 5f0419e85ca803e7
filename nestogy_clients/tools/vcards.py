"""vCards 2.1, 3.0 and 4.0 as rows of a table: one card a row."""

import re

import vobject

NUMBERS = ("phone", "mobile", "fax")
ADDRESS = ("street", "street2", "zip", "city", "state", "country")
PERSON = ("name_title", "first_name", "last_name", "function", "department", "email", "phone", "mobile")
HEADER = (
    *("name", "is_company", "email", *NUMBERS, "website", *ADDRESS),
    *(f"delivery_{part}" for part in ADDRESS),
    *("tags", "notes"),
    *(f"contact1_{part}" for part in ("name", *PERSON)),
)
# pictures, keys and sounds are large and not wanted
UNWANTED = re.compile(r"^(?:[\w-]+\.)?(?:PHOTO|LOGO|KEY|SOUND)\b", re.IGNORECASE)
CARD_LINES = 5_000


def read_cards(stream, limit):
    """Go through the cards of a file.

    :param stream: lines of text
    :param int limit: characters of a card without its pictures
    :return: iterator of ``(line, cells, problem)``: number of the line on which the card begins, the texts below
        :data:`HEADER`, and what is wrong with it, if it cannot be read
    """
    for line, text in _split_cards(stream, limit):
        if text is None:
            yield line, [], "END:VCARD"
            return
        try:
            card = vobject.readOne(text, allowQP=True)
            values = _card_values(card) if card is not None else {}
        except Exception as error:  # pylint: disable=broad-except
            # vobject answers a broken card with whatever happens to go wrong inside
            yield line, [], str(error)[:200]
            return
        yield line, [values.get(name, "") for name in HEADER], ""


def _split_cards(stream, limit):
    """Cut the text into cards without their pictures, so that one card is in memory at a time.

    :return: iterator of ``(line, text)``; the text is ``None`` for a card that does not end
    """
    lines, begin, skips, size = [], 0, False, 0
    for number, raw in enumerate(stream, 1):
        line = raw.rstrip("\r\n")
        bare = line.strip().upper()
        if bare == "BEGIN:VCARD":
            if lines:
                yield begin, None
                return
            lines, begin, skips, size = [line.strip()], number, False, 0
        elif not lines:
            continue
        elif bare == "END:VCARD":
            yield begin, "\r\n".join([*_folded(lines), line.strip()]) + "\r\n"
            lines = []
        elif len(lines) > CARD_LINES or size > limit:
            yield begin, None
            return
        else:
            # a picture goes on in lines that begin with a blank, in version 2.1 until an empty line
            skips = bool(UNWANTED.match(line)) or (skips and (not line or line[0] in " \t"))
            if not skips and line:
                lines.append(line)
                size += len(line)
    if lines:
        yield begin, None


def _folded(lines):
    """Join quoted-printable lines that go on after a trailing ``=``."""
    joined, goes_on = [], False
    for line in lines:
        if goes_on:
            joined[-1] = joined[-1][:-1] + line
        else:
            joined.append(line)
        head = joined[-1].partition(":")[0].upper()
        goes_on = "QUOTED-PRINTABLE" in head and joined[-1].endswith("=")
    return joined


def _card_values(card):
    values = {"notes": [], "tags": []}
    company, department = _organisation(card)
    person = _person(card)
    shown = _first(card, "fn")
    is_company = bool(company) and (
        _first(card, "kind").lower() == "org"
        or _first(card, "x-abshowas").upper() == "COMPANY"
        or not person
        and shown in ("", company)
    )
    person_name = shown or " ".join(filter(None, (person.get("first_name"), person.get("last_name"))))
    values["name"] = company or person_name
    values["is_company"] = "company" if company else "person"
    # what is said on the card of a person in a firm is said about the person
    prefix = "contact1_" if company and not is_company else ""
    if prefix:
        values |= {f"contact1_{name}": text for name, text in person.items()}
        values["contact1_name"] = person_name
        values["contact1_function"] = _first(card, "title") or _first(card, "role")
        values["contact1_department"] = department
    _numbers(card, values, prefix)
    emails = [each for each in (_text(line) for line in _sorted(card, "email")) if each]
    if emails:
        values[f"{prefix}email"] = emails[0]
        values["notes"] += [f"E-mail: {email}" for email in emails[1:]]
    values["website"] = _first(card, "url")
    _addresses(card, values)
    for line in card.contents.get("categories", []):
        parts = line.value if isinstance(line.value, list) else str(line.value).split(",")
        values["tags"] += [str(part).strip() for part in parts if str(part).strip()]
    if birthday := _first(card, "bday"):
        values["notes"].append(f"Birthday: {birthday}")
    values["notes"] += [text for text in (_text(line) for line in card.contents.get("note", [])) if text]
    return values | {"notes": "\n".join(values["notes"]), "tags": ", ".join(values["tags"])}


def _organisation(card):
    for line in card.contents.get("org", []):
        parts = line.value if isinstance(line.value, list) else str(line.value).split(";")
        parts = [str(part).strip() for part in parts]
        if any(parts):
            return parts[0], ", ".join(filter(None, parts[1:]))
    return "", ""


def _person(card):
    for line in card.contents.get("n", []):
        name = line.value
        person = {
            "name_title": _words(name.prefix),
            "first_name": " ".join(filter(None, (_words(name.given), _words(name.additional)))),
            "last_name": " ".join(filter(None, (_words(name.family), _words(name.suffix)))),
        }
        if person["first_name"] or person["last_name"]:
            return {key: text for key, text in person.items() if text}
    return {}


def _numbers(card, values, prefix):
    for line in _sorted(card, "tel"):
        number = re.sub(r"^tel:", "", _text(line), flags=re.IGNORECASE).replace(";ext=", " ext. ")
        kinds = _kinds(line)
        if not number:
            continue
        kind = "fax" if "FAX" in kinds else "mobile" if {"CELL", "MOBILE", "IPHONE"} & kinds else "phone"
        key = kind if kind == "fax" else f"{prefix}{kind}"
        if values.get(key):
            values["notes"].append(f"{kind.capitalize()}: {number}")
        else:
            values[key] = number


def _addresses(card, values):
    for number, line in enumerate(_sorted(card, "adr")[:2]):
        address = line.value
        prefix = "delivery_" if number else ""
        parts = {
            "street": ", ".join(filter(None, map(str.strip, _words(address.street).splitlines()))),
            "street2": ", ".join(filter(None, (_words(address.extended), _words(address.box)))),
            "zip": _words(address.code),
            "city": _words(address.city),
            "state": _words(address.region),
            "country": _words(address.country),
        }
        values |= {f"{prefix}{name}": text for name, text in parts.items()}


def _sorted(card, name):
    """The lines of a kind, the preferred ones first, those of work before the others."""

    def rank(line):
        kinds = _kinds(line)
        preferred = "PREF" in kinds or "1" in [str(value) for value in line.params.get("PREF", [])]
        return (not preferred, "WORK" not in kinds)

    return sorted(card.contents.get(name, []), key=rank)


def _kinds(line):
    words = [*line.params.get("TYPE", []), *getattr(line, "singletonparams", [])]
    return {part.strip(' "').upper() for word in words for part in str(word).split(",")}


def _first(card, name):
    for line in card.contents.get(name, []):
        if text := _text(line):
            return text
    return ""


def _text(line):
    value = line.value
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value)).strip()


def _words(value):
    return " ".join(map(str, value)).strip() if isinstance(value, list | tuple) else str(value or "").strip()
