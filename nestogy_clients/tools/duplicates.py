"""Whether two clients or contacts are the same one entered twice: what of them is compared, and what it counts.

The rule: each thing the two have in common gives points, each thing that speaks against it takes some (:data:`POINTS`);
the sum, held between 0 and 100, is the score, and the reasons say where it comes from. A name counts by how alike it
is. What neighbours, colleagues and families share as well (phone, domain, street) never suffices without a name that
is alike, a tax ID or an address to write to. What colleagues of one client share says nothing about them, nor does
what belongs to the whole firm (tax ID, e-mail, domain) about its branches and stores.
"""

import re
import unicodedata
from bisect import bisect
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from math import ceil

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from . import mail_domains

POINTS = {
    "vat": 70,  # the same tax ID
    "name": 60,  # firms with the same name; less when it is only alike
    "person": 45,  # the same for people: many have the same name
    "email": 45,
    "family": 25,  # two contacts of one client whose names are alike
    "phone": 25,
    "address": 20,  # street, number and ZIP; or the town, where one sign of the ZIP is another one
    "street": 10,  # the same without the number
    "zip": 8,  # the ZIP alone, where no street is known
    "domain": 15,  # of e-mail or website, unless everybody can have an address there
    "other_vat": -60,
    "other_person": -45,  # another first or last name, Jr. and Sr.
    "branch": -45,  # the names differ by their own towns
    "other_number": -40,  # Store 12 and Store 14
    "other_kind": -15,  # a firm and a person
    "other_domain": -12,
    "other_zip": -8,
    "other_phone": -5,
}
LEAST_LIKENESS = 0.7  # less is another name
NO_LIKENESS = 0.6  # likeness that would be worth no point
SHORT_FORM = 80  # likeness in percent of Acme and Acme Widgets
ALIKE_STREET = 80  # likeness in percent from which two streets are one
ALIKE_TOWN = 85  # the same for towns
LIKELY = 50  # score from which a pair is listed
POSSIBLE = 45  # score from which somebody who types is told
UNSURE = 40  # most that a pair gets which has no name, tax ID or e-mail in common
MOST_IN_BLOCK = 40  # who shares something with more than that many others is not known by it
MOST_ON_SHELF = 200  # the same for three letters of a name
SHARED_PIECES = 0.5  # how much of their three-letter pieces two names have in common at least, of all of both
MOST_TEXT = 200  # characters of a name or a street that are looked at

LEGAL_FORMS = frozenset(
    """
    ab ag aps as asa bhd bv bvba co cia company corp corporation cv dba doo ead eeig eg ehf ek eood epe et ev fa fze
    fzco gbr gesmbh ges gie gmbh gp hf inc incorporated is jsc kb kd kft kg kgaa kk kommanditgesellschaft ks lda llc
    lllp llp lp ltd ltda limited limitada mbh mchj nv nyrt oao oe og ohg ojsc ood oy oyj pao pjsc plc plt pllc pt pte
    pty pvt private public rt ry sa sac saoc sapi sarl sas sasu sc sca scop scs sdn sea se sgps sia sicav sl slu sll
    sociedad societa societe snc sp spa spk spol spolka sro srl srls stg tbk tov ua uab ug vof vzw xk yk zao zoo zrt
    aktiengesellschaft aktiebolag gesellschaft haftungsbeschrankt
    """.split()
)
SMALL_WORDS = frozenset(
    """
    a and at d da das de dei del den der des di die do e een el et i il la le les los och of og the u und van von y
    """.split()
)
TITLES = frozenset("dr herr frau mr mrs ms mx prof sir dame mme mlle sig dott dipl ing mag".split())
GENERATIONS = frozenset("jr sr jun sen junior senior ii iii iv".split())
STREET_WORDS = {
    "strasse": "str",
    "street": "st",
    "avenue": "ave",
    "road": "rd",
    "boulevard": "blvd",
    "lane": "ln",
    "drive": "dr",
    "court": "ct",
    "place": "pl",
    "square": "sq",
    "suite": "ste",
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
}
LETTERS = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
TWINS = re.compile(r"(?<=[aou])e")  # Mueller is Müller
ADDRESS = re.compile(r"[^\s<>,;:\"'()]+@[^\s<>,;:\"'()]+\.[^\s<>,;:\"'()]+")


@dataclass(slots=True, eq=False)
class Print:
    """What of a client or a contact is compared, in one spelling each."""

    id: int
    is_company: bool
    words: tuple  # of the name, in their order, without legal forms
    text: str  # the words in the order of the alphabet
    first: str  # first name of a person
    generation: str
    emails: frozenset
    domains: frozenset
    vat: tuple  # country and the rest
    phones: frozenset
    street: str
    house: frozenset  # the numbers in the street
    zip: str
    town: frozenset
    family: int  # top of the family, zero for nobody
    parent: int
    company: int  # whose data it is, zero for all


def make_print(row):
    """Bring a partner into the spelling that is compared.

    :param dict row: ``id``, ``is_company``, ``name``, ``email``, ``website``, ``vat``, ``street``, ``zip``, ``city``,
        ``phones`` (digits with country code), ``family``, ``parent``, ``company``; what is missing is empty
    """
    is_company = bool(row.get("is_company"))
    words = name_words(row.get("name"), is_company)
    generation = next((word for word in words if word in GENERATIONS), "") if not is_company else ""
    if generation:
        words = tuple(word for word in words if word not in GENERATIONS)
    emails = frozenset(map(one_mailbox, ADDRESS.findall((row.get("email") or "")[:MOST_TEXT].lower())))
    street = " ".join(STREET_WORDS.get(word, word) for word in fold(row.get("street")).split())
    street = re.sub(r"(?<=\w{3})str(?:asse)?\b", " str", street)
    return Print(
        id=row.get("id") or 0,
        is_company=is_company,
        words=words,
        text=" ".join(sorted(words)),
        first=words[0] if len(words) > 1 and not is_company else "",
        generation=generation[:1],
        emails=emails,
        domains=frozenset(filter(None, map(mail_domains.own, (*emails, row.get("website") or "")))),
        vat=tax_number(row.get("vat")),
        phones=frozenset(filter(None, map(phone_key, row.get("phones") or ()))),
        street=" ".join(word for word in street.split() if not word.isdigit()),
        house=frozenset(re.findall(r"\d+", street)),
        zip=re.sub(r"\W", "", row.get("zip") or "").upper(),
        town=frozenset(fold(row.get("city")).split()),
        family=row.get("family") or 0,
        parent=row.get("parent") or 0,
        company=row.get("company") or 0,
    )


def fold(text):
    """Small letters without accents, and blanks for all that is neither letter nor digit."""
    text = unicodedata.normalize("NFKD", (text or "")[:MOST_TEXT].lower().translate(LETTERS))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"(?<=\b\w)\.\s?(?=\w\b)", "", text)  # s.r.l. is one word
    return TWINS.sub("", re.sub(r"[\W_]+", " ", re.sub("['’]", "", text))).strip()


LEGAL_FORMS = frozenset(map(fold, LEGAL_FORMS))
SMALL_WORDS = frozenset(map(fold, SMALL_WORDS))


def name_words(name, is_company=True):
    """The words of a name that tell it from others; all of them when nothing else would be left."""
    words = fold(name).split()
    if is_company:
        noise = LEGAL_FORMS | SMALL_WORDS
    else:
        if "," in (name or ""):  # Miller, John
            last, _comma, first = name.partition(",")
            words = fold(first).split() + fold(last).split()
        noise = TITLES
    return tuple(word for word in words if word not in noise) or tuple(words)


def one_mailbox(address):
    """One spelling of an address: what follows a plus does not count, nor do the dots of Gmail."""
    local, _at, domain = address.strip(". ").rpartition("@")
    local = local.partition("+")[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def tax_number(text):
    """Country and the rest of a tax ID; empty for what stands for none."""
    text = re.sub(r"[\W_]", "", text or "").upper()
    country = text[:2] if text[:2].isalpha() else ""
    rest = text[len(country) :]
    return (country, rest) if len(rest) >= 5 and len(set(rest)) > 1 else ("", "")


def phone_key(digits):
    """The last nine digits: the same with and without country code; empty for an extension."""
    digits = re.sub(r"\D", "", digits or "").lstrip("0")
    return digits[-9:] if len(digits) >= 7 else ""


def likeness(left, right):
    """How alike two names are, 0 to 1: whatever the order of the words and where they are parted."""
    if not left.words or not right.words:
        return 0.0
    if left.text == right.text:
        return 1.0
    found = max(
        fuzz.ratio(left.text, right.text),
        fuzz.ratio("".join(left.words), "".join(right.words)),
    )
    if found < SHORT_FORM and _is_short_form(left, right):
        found = SHORT_FORM
    return found / 100


def _is_short_form(left, right):
    """Say whether one name is the other without some words, or with the first letter of a first name."""
    few, many = sorted((set(left.words), set(right.words)), key=len)
    if few < many:
        return sum(map(len, few)) >= 4
    short, long = sorted((left.first, right.first), key=len)
    return len(short) == 1 and long.startswith(short) and left.words[1:] == right.words[1:]


def compare(left, right):
    """Hold two against each other.

    :param Print left: one
    :param Print right: another
    :return: the score, 0 to 100, and its reasons: list of (key of :data:`POINTS`, points, likeness in percent or None)
    """
    if _are_apart(left, right):
        return 0, []
    reasons = []

    def note(key, share=None, points=None):
        reasons.append((key, POINTS[key] if points is None else points, share))

    alike = likeness(left, right)
    is_alike = alike >= LEAST_LIKENESS
    is_family = bool(left.family and left.family == right.family)
    place = _other_place(left, right)
    if is_alike:
        key = "name" if left.is_company and right.is_company else "person"
        note(key, round(alike * 100), round(POINTS[key] * (alike - NO_LIKENESS) / (1 - NO_LIKENESS)))
        if is_family:
            note("family")
        elif key == "person" and left.first and right.first and _is_other_person(left, right):
            note("other_person")
    if left.is_company != right.is_company:
        note("other_kind")
    if place:
        note(place)
    if left.vat[1] and right.vat[1]:
        is_same = left.vat[1] == right.vat[1] and (left.vat[0] == right.vat[0] or not (left.vat[0] and right.vat[0]))
        if not is_same or not place:
            note("vat" if is_same else "other_vat")
    if left.emails & right.emails and not place:
        note("email")
    if left.phones & right.phones and (is_alike or not is_family):
        note("phone")
    elif left.phones and right.phones and not is_family:
        note("other_phone")
    if not is_family:
        if left.domains and right.domains and not (left.domains & right.domains and place):
            note("domain" if left.domains & right.domains else "other_domain")
        _compare_address(left, right, note)
    keys = {key for key, _points, _share in reasons}
    score = sum(points for _key, points, _share in reasons)
    is_sure = is_alike or "vat" in keys or ("email" in keys and left.is_company and right.is_company)
    return max(0, min(100 if is_sure else UNSURE, score)), sorted(reasons, key=lambda reason: -reason[1])


def _are_apart(left, right):
    """Say whether the two can never be one: a client and its own contact, or data of two companies."""
    return (
        (left.id and left.id == right.id)
        or (left.parent and left.parent == right.id)
        or (right.parent and right.parent == left.id)
        or (left.company and right.company and left.company != right.company)
    )


def _compare_address(left, right, note):
    """What two addresses have in common: a digit or a letter may be wrong in one part of it, not in all."""
    is_zip = bool(left.zip) and left.zip == right.zip
    is_town = bool(left.town) and fuzz.ratio(" ".join(sorted(left.town)), " ".join(sorted(right.town))) >= ALIKE_TOWN
    is_near = is_zip or (bool(left.zip and right.zip) and is_town and OSA.distance(left.zip, right.zip) <= 1)
    if not is_near:
        if left.zip and right.zip:
            note("other_zip")
    elif not left.street or not right.street:
        if is_zip:
            note("zip")
    elif fuzz.ratio(left.street.replace(" ", ""), right.street.replace(" ", "")) >= ALIKE_STREET:
        note("address" if left.house == right.house else "street")


def _other_place(left, right):
    """Say how the names of two parts of one firm tell them apart: ``other_number``, ``branch`` or empty."""
    if not (left.is_company and right.is_company):
        return ""
    one, other = set(left.words), set(right.words)
    only_one, only_other = one - other, other - one
    if not one & other or not (only_one or only_other):
        return ""
    if any(word.isdigit() for word in only_one | only_other):
        return "other_number"
    return "branch" if left.town != right.town and only_one <= left.town and only_other <= right.town else ""


def _is_other_person(left, right):
    if left.generation != right.generation:
        return True
    if left.text == right.text or {left.first, right.first} <= {*left.words} & {*right.words}:
        return False
    if fuzz.ratio(" ".join(left.words[1:]), " ".join(right.words[1:])) < 60:
        return True
    short, long = sorted((left.first, right.first), key=len)
    return not (long.startswith(short) and len(short) == 1) and fuzz.ratio(short, long) < 75


# ----------------------------------------------------------------------
# All against all
# ----------------------------------------------------------------------


def candidate_pairs(prints):
    """Pairs that are worth a look, each once: who shares a key, and whose names share three-letter pieces.

    A key that more than :data:`MOST_IN_BLOCK` share tells nobody from others and is passed over, so that the work grows
    with the number of partners and not with its square.

    :param list prints: :class:`Print` of all
    :return: iterator of pairs of places in the list, the first one smaller; all of one place one after another
    """
    partners = defaultdict(set)
    blocks = defaultdict(list)
    for place, each in enumerate(prints):
        for key in _block_keys(each):
            blocks[key].append(place)
    for places in blocks.values():
        if len(places) <= MOST_IN_BLOCK:
            for left, right in combinations(places, 2):
                partners[left].add(right)
    del blocks
    for place, others in _alike_names(prints):
        for other in partners.pop(place, set()) | others:
            yield place, other
    for place, others in partners.items():
        for other in others:
            yield place, other


def _block_keys(each):
    if each.text:
        yield "name", each.text
    if each.vat[1]:
        yield "vat", each.vat[1]
    for kind, values in (("email", each.emails), ("phone", each.phones), ("domain", each.domains)):
        for value in values:
            yield kind, value
    if each.zip and each.house and each.street:
        yield "address", each.zip, each.street[:3], min(each.house)


def _pieces(text):
    """The three-letter pieces of the words of a text."""
    return {word[at : at + 3] for word in (f"  {one} " for one in text.split()) for at in range(len(word) - 2)}


def _alike_names(prints):
    """For each place the later ones whose names are spelled alike.

    Two names that share enough of their pieces share one of the rarest few of each (the prefix filter of set joins), so
    only these are looked up.

    :return: iterator of place and set of places
    """
    pieces = [_pieces(each.text) for each in prints]
    counts = Counter(piece for mine in pieces for piece in mine)
    shelves = defaultdict(list)
    rarest = []
    for place, mine in enumerate(pieces):
        # one more than may be missing, the rarest of all first
        few = sorted(mine, key=lambda piece: (counts[piece], piece))[: len(mine) - ceil(len(mine) * SHARED_PIECES) + 1]
        rarest.append(few)
        for piece in few:
            shelves[piece].append(place)
    for place, mine in enumerate(pieces):
        others = set()
        for piece in rarest[place]:
            places = shelves[piece]
            if len(places) <= MOST_ON_SHELF:
                others.update(places[bisect(places, place) :])
        yield place, {other for other in others if _share_pieces(mine, pieces[other])}


def _share_pieces(left, right):
    few, many = sorted((len(left), len(right)))
    if few < many * SHARED_PIECES:
        return False
    both = len(left & right)
    return both >= SHARED_PIECES * (few + many - both)
