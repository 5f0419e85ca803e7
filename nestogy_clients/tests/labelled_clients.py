"""Clients and contacts of which is known who is the same: what the search for duplicates is measured by.

Each row says in ``who`` whom it stands for: two rows with the same ``who`` are duplicates. Beside them stand rows that
look like duplicates and are none: namesakes, father and son, branches, stores with a number, colleagues.
"""

from random import Random

TRADES = (
    "Plumbing Dental Consulting Logistics Media Foods Farm Motors Legal Design Roofing Travel Energy Systems Bakery "
    "Pharmacy Optics Security Printing Studios Architects Brewery Textiles Marine Robotics Analytics Realty Insurance "
    "Gardens Cleaning Electric Fitness Publishing Furniture Ceramics Software Catering Chemicals Packaging Winery"
).split()
FORMS = {
    "US": ("Inc.", "LLC", "Corp.", "Company", "L.L.C.", ""),
    "GB": ("Ltd", "Limited", "PLC", "Ltd."),
    "DE": ("GmbH", "AG", "GmbH & Co. KG", "G.m.b.H."),
    "FR": ("S.A.R.L.", "SARL", "SAS", "S.A."),
    "IT": ("S.r.l.", "SRL", "S.p.A."),
    "ES": ("S.L.", "SL", "S.A."),
}
FIRST_NAMES = (
    "Robert Thomas Maria Anna James Linda Peter Julia Henry Claire Victor Nadia Oscar Ruth Simon Elena Walter Irene "
    "Felix Grace Martin Paula Hugo Diana Leon Sophie Arthur Olivia Bruno Teresa Samuel Judith Philip Monica Edgar Flora"
).split()
STREETS = ("Oak Street", "Main Street", "Station Road", "Hill Avenue", "Park Lane", "Lindenstraße", "River Drive")
SHORT_STREETS = {"Street": "St.", "Road": "Rd", "Avenue": "Ave", "Lane": "Ln", "straße": "str.", "Drive": "Dr"}
STARTS = "B Br C Cl D Dr F Fl G Gr H J K Kr L M N P Pr R S St T Tr V W Z Sch".split()
VOWELS = "a e i o u ä ö ü ie au".split()
ENDS = "n r l m s t ck nd rt ll ng st x".split()
COPIES = ("typo", "swap", "form", "moved", "new phone", "short", "accents", "blank")
STRANGERS = ("namesake", "family", "branch", "store", "colleague", "initials")


class LabelledClients:
    """A set of rows, the same for the same seed.

    :param int size: how many rows at least
    :param int seed: says which
    """

    def __init__(self, size, seed=7):
        self.random = Random(seed)
        self.rows = []
        self.count = 0
        words = {self._word() for _number in range(max(400, size // 3))}
        self.words = sorted(words)
        self.towns = sorted(self._word() for _number in range(max(60, size // 200)))
        while len(self.rows) < size:
            row = self._firm() if self.random.random() < 0.6 else self._person()
            self._add(row)
            chance = self.random.random()
            if chance < 0.12:
                self._add(self._copy(row, self.random.choice(COPIES)) | {"who": row["who"]})
            elif chance < 0.22:
                self._add_stranger(row, self.random.choice(STRANGERS))

    def true_pairs(self):
        """:return: set of pairs of ids that are the same"""
        same = {}
        for row in self.rows:
            same.setdefault(row["who"], []).append(row["id"])
        return {(ids[0], ids[1]) for ids in same.values() if len(ids) > 1}

    def measure(self, found):
        """:return: precision and recall, 0 to 1, of pairs of ids with the smaller first"""
        true, found = self.true_pairs(), set(found)
        right = len(true & found)
        return right / len(found) if found else 0.0, right / len(true)

    def _add(self, row):
        row["id"] = len(self.rows) + 1
        self.rows.append(row)

    def _word(self):
        pick = self.random.choice
        word = "".join(pick(STARTS) + pick(VOWELS) for _part in range(self.random.choice((1, 2, 2)))) + pick(ENDS)
        return word.capitalize()

    def _place(self):
        place = self.random.randrange(len(self.towns))
        return {
            "street": f"{self.random.choice(STREETS)} {self.random.randrange(1, 300)}",
            "zip": f"{10000 + place * 7 + self.random.randrange(7)}",
            "city": self.towns[place],
        }

    def _phone(self):
        return f"1{self.random.randrange(200, 990)}{self.random.randrange(2000000, 9999999)}"

    def _who(self):
        self.count += 1
        return self.count

    def _firm(self):
        pick = self.random.choice
        country = pick(tuple(FORMS))
        first = pick(self.words)
        base = pick((f"{first} {pick(TRADES)}", f"{first} & {pick(self.words)}", f"{first} {pick(self.words)}", first))
        domain = f"{base.lower().replace(' & ', '-').replace(' ', '-')}-{self.random.randrange(100)}.example"
        return {
            "who": self._who(),
            "is_company": True,
            "name": f"{base} {pick(FORMS[country])}".strip(),
            "base": base,
            "country": country,
            "email": f"{pick(('info', 'office', 'hello'))}@{domain}",
            "website": f"https://www.{domain}",
            "vat": f"{country}{self.random.randrange(10**8, 10**9)}",
            "phones": [self._phone()],
            **self._place(),
        }

    def _person(self):
        pick = self.random.choice
        first, last = pick(FIRST_NAMES), pick(self.words)
        return {
            "who": self._who(),
            "is_company": False,
            "name": f"{first} {last}",
            "base": f"{first} {last}",
            "email": f"{first}.{last}{self.random.randrange(100)}@{pick(('gmail.com', 'web.de', 'mail.com'))}".lower(),
            "website": "",
            "vat": "",
            "phones": [self._phone()],
            **self._place(),
        }

    def _typo(self, text):
        at = self.random.randrange(1, len(text) - 1)
        kind = self.random.randrange(4)
        if kind == 0:
            return text[:at] + text[at + 1 :]
        if kind == 1:
            return text[:at] + text[at] + text[at:]
        if kind == 2:
            return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
        return text[:at] + self.random.choice("aeiourstln") + text[at + 1 :]

    def _copy(self, row, kind):
        """The same one as a colleague enters it: another spelling, and never all that is known."""
        row = row | {}
        words = row["base"].split()
        if kind == "typo":
            row["name"] = self._typo(row["name"])
        elif kind == "swap":
            row["name"] = f"{words[-1]}, {' '.join(words[:-1])}" if len(words) > 1 else row["name"].upper()
        elif kind == "form" and row["is_company"]:
            row["name"] = f"{row['base']} {self.random.choice(FORMS[row['country']])}".strip()
        elif kind == "moved":
            row |= self._place()
        elif kind == "new phone":
            row["phones"] = [self._phone()]
        elif kind == "short":
            row["name"] = words[0] if row["is_company"] else f"{words[0][0]}. {words[-1]}"
        elif kind == "accents":
            for letter, plain in zip("äöü", self.random.choice(("aou", ("ae", "oe", "ue"))), strict=True):
                row["name"] = row["name"].replace(letter, plain)
            row["name"] = row["name"].replace(" & ", " and ")
        elif kind == "blank":
            row |= {"website": "", "vat": "", "street": "", "zip": "", "city": ""}
        for long, short in SHORT_STREETS.items():
            if self.random.random() < 0.5:
                row["street"] = row["street"].replace(long, short)
        for name in ("email", "website", "vat", "street"):
            if self.random.random() < 0.35:
                row[name] = ""
        if self.random.random() < 0.35:
            row["phones"] = []
        if row["email"] and not row["is_company"] and self.random.random() < 0.3:
            row["email"] = row["email"].replace("@", "+home@")
        return row

    def _add_stranger(self, row, kind):
        """Somebody else who looks like the same one."""
        row = row | {"who": self._who()}
        pick = self.random.choice
        other = self._firm() if row["is_company"] else self._person()
        contacts = ("email", "website", "vat", "phones", "street", "zip", "city")
        words = row["base"].split()
        if kind == "namesake" or (kind == "family" and row["is_company"]):
            row |= {name: other[name] for name in contacts}
        elif kind == "family":
            name = pick([name for name in FIRST_NAMES if name != words[0]])
            row |= {"name": f"{name} {words[-1]}", "email": other["email"] if self.random.random() < 0.8 else ""}
        elif kind == "branch" and row["is_company"]:
            place = self._place()
            vat = row["vat"] if self.random.random() < 0.5 else ""
            row |= place | {"name": f"{row['base']} {place['city']}", "phones": [self._phone()], "vat": vat}
        elif kind == "store" and row["is_company"]:
            row |= self._place() | {"name": f"{row['base']} {self.random.randrange(2, 90)}", "phones": [self._phone()]}
        elif row["is_company"]:  # another firm in the same house with a similar name
            row |= {name: other[name] for name in contacts if name not in ("street", "zip", "city")}
            row["name"] = f"{words[0]} {pick(TRADES)}"
            if row["name"] == " ".join(words):
                return
        elif kind == "initials":
            first = pick([name for name in FIRST_NAMES if name[0] == words[0][0] and name != words[0]] or ["Xaver"])
            row |= {name: other[name] for name in contacts} | {"name": f"{first} {words[-1]}"}
        else:  # a colleague or somebody who lives there
            row |= {"name": other["name"], "email": other["email"]}
        self._add(row)
