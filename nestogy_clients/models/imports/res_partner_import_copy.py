import json
import re
from dataclasses import dataclass, field

from markupsafe import escape

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, ormcache
from odoo.tools.sql import table_columns

from ...tools.custom_values import is_empty
from ...tools.phones import PhoneError, parse_phone
from .res_partner_import_guard import FIXED, NUMBER, TYPED
from .res_partner_import_read import mailbox_of
from .res_partner_import_write import PLACE

PATTERNS = 2  # the first row of a kind is copied, the second one proves that copies are as the ORM makes them
LEAST = 6  # rows alike from which copying pays
# what a copy has of its own: what is typed, and what follows from it
OWN = (
    *TYPED,
    *("complete_name", "parent_id", "commercial_partner_id", "commercial_company_name", "primary_contact_id"),
    *("email_normalized", "phone_sanitized", "service_area_id", "client_fields", "vat"),
)
FEW = 200  # clients that are a small table to the database
PLACE_TYPED = ("street", "street2", "zip", "city")  # of an address
PLACE_FIXED = ("country_id", "state_id")
PLAIN = re.compile(r"[\w ,.()-]+")  # text that is the same in HTML


class UnusualError(Exception):
    """A row that only the ORM can take in."""


@dataclass(slots=True)
class Family:
    """What is to stand in the database for one row of the file.

    :ivar data: what was read, see ``res.partner._read_import_row``
    :ivar client: columns of the client
    :ivar people: columns of each contact
    :ivar places: columns of each address
    :ivar numbers: for each partner the columns of the phone numbers
    :ivar tags: ids
    """

    data: dict
    client: dict
    people: list = field(default_factory=list)
    places: list = field(default_factory=list)
    numbers: list = field(default_factory=list)
    tags: list = field(default_factory=list)

    @property
    def partners(self):
        return [self.client, *self.people, *self.places]

    def after(self, pattern):
        """:return: for each partner the id of that of the pattern which it is like"""
        ids = pattern.ids
        return [ids[0], *(ids[1] for _person in self.people), *ids[len(ids) - len(self.places) :]]


class ResPartner(models.Model):
    """Rows of a file that differ in what is typed, and in nothing else, are made after a pattern.

    The ORM makes the two fullest rows of each kind. The others have the columns of the first one, except those of
    :data:`OWN`, whose values are worked out here by the functions that the ORM would call. Before that, the second
    row is worked out as well and compared with what the ORM made of it, in all columns of all tables; when anything
    is different, or something unknown has a hand in it (see ``_import_may_copy``), the ORM makes all rows.
    """

    _inherit = "res.partner"

    @api.model
    def _import_create(self, datas, tags):
        """Create the clients of rows with all that belongs to them, and note it in their log.

        :param list datas: see ``_read_import_row``; ``log`` is what the log says
        :param dict tags: ids by name in lower case
        :return: list of tuples of client id, ids of all partners that were made, what the undo compares by partner id
        """
        unnumbered = [data for data in datas if not data["vals"].get("client_number")]
        for data, number in zip(unnumbered, self._next_client_numbers(len(unnumbered)), strict=True):
            data["number"] = number
        kinds = self._import_kinds(datas)
        later = {at for places in kinds for at in places[PATTERNS:]}
        made = {}

        def by_orm(places):
            outcomes = self._import_create_by_orm([datas[at] for at in places], tags)
            made.update(zip(places, outcomes, strict=True))

        by_orm([at for at in range(len(datas)) if at not in later])
        left = []
        for places in kinds:
            families = self._import_copy([(datas[at], made.get(at)) for at in places], tags)
            if families is None:
                left += places[PATTERNS:]
            else:
                made.update(zip(places[PATTERNS:], families, strict=True))
        if left:
            by_orm(sorted(left))
        return [made[at] for at in range(len(datas))]

    @api.model
    def _import_kinds(self, datas):
        """Rows that differ only in what is typed.

        :return: list of lists of places in ``datas``, those first that say most
        """
        if len(datas) < LEAST:
            return []
        kinds = {}
        may_tax = any(data["vals"].get("vat") for data in datas) and self._import_tax_columns() is not None
        for at, data in enumerate(datas):
            kind = self._import_kind(data, may_tax)
            if kind:
                kinds.setdefault(kind, []).append(at)
        kinds = [places for places in kinds.values() if len(places) >= LEAST]
        if not kinds or not self._import_may_copy():
            return []

        def said(at):
            data = datas[at]
            people = sum(len(contact["vals"]) + 9 * len(contact["numbers"]) for contact in data["contacts"])
            places = sum(map(len, data["addresses"].values()))
            return -len(data["vals"]) - len(data["numbers"]) - people - places, at

        found = []
        for places in kinds:
            patterns = sorted(places, key=said)[:PATTERNS]
            found.append([*patterns, *(at for at in places if at not in patterns)])
        return found

    @api.model
    def _import_kind(self, data, may_tax):
        """What decides all columns but the own ones; nothing for a row that is unusual.

        :param bool may_tax: rows with a tax ID can be copied
        """
        vals, places = data["vals"], data["addresses"]
        if vals.keys() - {*TYPED, *FIXED, *(["vat"] if may_tax else [])} or (vals.get("phone") and not data["digits"]):
            return None
        if any(parts.keys() - {*PLACE_TYPED, *PLACE_FIXED} for parts in places.values()):
            return None
        if any(contact["vals"].keys() - {*TYPED, "type"} for contact in data["contacts"]):
            return None
        for contact in data["contacts"]:
            if contact["vals"].get("phone"):
                try:
                    parse_phone(contact["vals"]["phone"], data["code"])
                except PhoneError:
                    return None
        if data["custom"] and all(is_empty(value) for value in data["custom"].values()):
            return None
        fixed = tuple(sorted((name, value) for name, value in vals.items() if name in FIXED))
        fixed_places = tuple((kind, *map(parts.get, PLACE_FIXED)) for kind, parts in places.items())
        return fixed, fixed_places, bool(data["contacts"]), bool(data["custom"]), bool(vals.get("vat"))

    # ------------------------------------------------------------------
    # Copies
    # ------------------------------------------------------------------

    @api.model
    def _import_copy(self, rows, tags):
        """Make the rows of one kind after the first of them.

        :param list rows: of data and, for the patterns, of what came of it
        :param dict tags: ids by name in lower case
        :return: for the rows after the patterns what :meth:`_import_create` returns; ``None`` when they cannot be made
            this way
        """
        pattern, proof = (
            self.browse(made).with_prefetch([each for _data, outcome in rows[:PATTERNS] for each in outcome[1]])
            for _data, (_client_id, made, _after) in rows[:PATTERNS]
        )
        self.env.flush_all()
        if self._import_has_more(pattern | proof):
            return None
        country = pattern[0].country_id or self.env.company.country_id
        customs = self._clean_client_fields([data["custom"] for data, _outcome in rows])
        defaults = pattern[0]._new_client_field_values({}, False)
        try:
            families = [
                self._import_family(data, tags, country, defaults | custom if custom else None)
                for (data, _outcome), custom in zip(rows[1:], customs[1:], strict=True)
            ]
            own = self._import_tax(families, pattern) if families[0].client["vat"] else OWN
        except (UnusualError, PhoneError):
            return None
        self._import_areas(families, pattern[0])
        self._import_fields(families, pattern)
        self._import_given(families[0], proof.ids)
        if not self._import_proves(families[0], pattern, proof):
            return None
        copies = families[1:]
        ids = self._import_ids("res_partner", sum(len(family.partners) for family in copies))
        at = 0
        for family in copies:
            self._import_given(family, ids[at : at + len(family.partners)])
            at += len(family.partners)
        numbers = self._import_insert(copies, pattern, own)
        self._import_check_copies(ids, numbers, copies, own)
        chosen = {name: pattern[0]._import_raw(name) for name in FIXED}
        return [self._import_outcome(family, chosen, numbers) for family in copies]

    @api.model
    def _import_family(self, data, tags, country, custom):
        """Work out the columns of a row, ids excepted.

        :param country: in which numbers are meant
        :param dict custom: values of custom fields; ``None`` when the row has none
        """
        vals = data["vals"]
        client = self._import_own(vals)
        client["vat"] = vals.get("vat") or None
        client["client_number"] = vals.get("client_number") or data["number"]
        client["complete_name"] = client["name"].strip()
        client["commercial_company_name"] = client["name"] if vals.get("is_company", True) else None
        client["numbers"] = self._import_phones(client, data["numbers"], country)
        if custom is not None:
            custom = {key: value for key, value in custom.items() if not is_empty(value)}
            if not custom:
                raise UnusualError
            client["client_fields"] = self._fields["client_fields"].convert_to_cache(custom, self)
        family = Family(data, client, tags=[*dict.fromkeys(tags[name.lower()] for name in data["tags"])])
        for contact in data["contacts"]:
            person = self._import_own(contact["vals"])
            person |= {name: client[name] for name in (*PLACE_TYPED, "commercial_company_name", "vat")}
            person["complete_name"] = f"{client['name']}, {person['name']}".strip()
            person["numbers"] = self._import_phones(person, contact["numbers"], country)
            family.people.append(person)
        for kind, parts in data["addresses"].items():
            family.places.append(self._import_place(client, kind, parts))
        family.numbers = [partner.pop("numbers") for partner in family.partners]
        return family

    @api.model
    def _import_own(self, vals):
        """The columns of a partner that are typed, in the form in which they are stored."""
        own = dict.fromkeys(OWN)
        for name in TYPED:
            if value := vals.get(name):
                if name == "website":
                    value = self._clean_website(value)
                own[name] = self._fields[name].convert_to_column(value, self)
        if not own["name"]:
            raise UnusualError
        own["email_normalized"] = mailbox_of(own["email"]) if own["email"] else None
        return own

    @api.model
    def _import_place(self, client, kind, parts):
        """Work out the columns of an address of a client."""
        place = dict.fromkeys(OWN) | {name: client[name] for name in ("commercial_company_name", "vat")}
        for name in PLACE_TYPED:
            place[name] = self._fields[name].convert_to_column(parts.get(name), self)
        label = dict(self._fields["type"]._description_selection(self.env(context={})))[kind]
        return place | {"complete_name": f"{client['name']}, {label}".strip(), "numbers": []}

    @api.model
    def _import_tax(self, families, pattern):
        """Give partners what follows from the client's tax ID, as the ORM works it out.

        :return: names of own columns
        :raise UnusualError: the number would be refused, or written in another way
        """
        names = self._import_tax_columns()
        countries = {partner.id: partner.country_id for partner in pattern}
        for family in families:
            vat, known = family.client["vat"], {}
            try:
                spelled, _code = self._run_vat_checks(pattern[0].country_id, vat, family.client["name"])
            except ValidationError as error:
                raise UnusualError from error
            if spelled != vat:
                raise UnusualError
            for partner, model in zip(family.partners, family.after(pattern), strict=True):
                country = countries[model]
                if country not in known:
                    new = self.new({"vat": vat, "country_id": country.id})
                    known[country] = {name: self._fields[name].convert_to_column(new[name], self) for name in names}
                partner |= known[country]
        return (*OWN, *names)

    @api.model
    def _import_phones(self, own, numbers, country):
        """Work out the phone numbers of a partner, and from them its ``phone``.

        :param dict own: columns of the partner
        :param list numbers: beside the main one: kind, number, extension and digits
        :return: list of dicts of columns
        """
        found, main, code = [], None, country.code
        first = [("phone", own["phone"], "")] if own["phone"] else []
        for kind, text, extension in [*first, *(each[:3] for each in numbers)]:
            spelled = parse_phone(text, code)
            # a valid number is the same one in the spelling that it got, see test_phones.py
            is_same = spelled["is_valid"] and spelled["number"].startswith("+")
            parsed = spelled if is_same else parse_phone(spelled["number"], code)
            number = {
                "kind": kind,
                "number": spelled["number"],
                "extension": spelled["extension"] or extension or None,
                **{name: parsed[name] for name in ("national", "digits", "is_valid")},
            }
            found.append(number)
            if kind != "fax" and not main:
                main = number
                own["phone"] = number["number"]
                if number["extension"]:
                    own["phone"] += f" ext. {number['extension']}"
                if parsed["is_valid"] and own["phone"] == parsed["number"] and own["phone"].startswith("+"):
                    # what Odoo makes of a number that is spelled in this way, without parsing it twice again
                    own["phone_sanitized"] = f"+{parsed['digits']}"
                else:
                    own["phone_sanitized"] = self._phone_format_number(own["phone"], country=country) or None
        return found

    @api.model
    def _import_areas(self, families, pattern):
        """Give the clients their service areas, and the area's address to nobody else."""
        place = (pattern.country_id.id, pattern.state_id.id)
        company = pattern.company_id.id
        # areas sort whatever clients there are, whoever saves the address
        areas_sudo = self.env["nestogy.service.area"].sudo()
        found = areas_sudo._find_areas((*place, family.client["zip"] or False, company) for family in families)
        for family in families:
            family.client["service_area_id"] = found[*place, family.client["zip"] or False, company] or None

    @api.model
    def _import_fields(self, families, pattern):
        """Who has no custom fields in the file has their defaults."""
        defaults = dict(
            self.env.execute_query(SQL("SELECT id, client_fields FROM res_partner WHERE id = ANY(%s)", pattern.ids))
        )
        for family in families:
            for partner, model in zip(family.partners, family.after(pattern), strict=True):
                if partner["client_fields"] is None:
                    partner["client_fields"] = defaults[model]

    @api.model
    def _import_given(self, family, ids):
        """Give a family its ids, the client's first."""
        client_id = ids[0]
        for number, (partner, partner_id) in enumerate(zip(family.partners, ids, strict=True)):
            partner["id"], partner["commercial_partner_id"] = partner_id, client_id
            if number:
                partner["parent_id"] = client_id
        family.client["primary_contact_id"] = ids[1] if family.people else None
        for partner, numbers in zip(family.partners, family.numbers, strict=True):
            for number in numbers:
                number["partner_id"], number["client_id"] = partner["id"], client_id

    # ------------------------------------------------------------------
    # Into the database
    # ------------------------------------------------------------------

    @api.model
    def _import_ids(self, table, count):
        [(sequence,)] = self.env.execute_query(SQL("SELECT pg_get_serial_sequence(%s, 'id')", table))
        rows = self.env.execute_query(SQL("SELECT nextval(%s::regclass) FROM generate_series(1, %s)", sequence, count))
        return [number for (number,) in rows]

    @api.model
    def _import_insert(self, families, pattern, own):
        """Insert families, with one statement a table.

        :param own: names of the columns of partners that are not those of the pattern
        :return: dict of partner id to the ids of its phone numbers
        """
        self._import_insert_partners(families, pattern, own)
        clients = [{"id": family.client["id"], "pattern": pattern[0].id} for family in families]
        self._import_copy_rows("nestogy_client_status_change", "client_id", clients)
        bodies = self._import_bodies(families, pattern[0])
        self._import_copy_rows("mail_message", "res_id", bodies, ("body",), SQL("pattern.model = 'res.partner' AND"))
        tags = [(family.client["id"], tag) for family in families for tag in family.tags]
        if tags:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO res_partner_res_partner_category_rel (partner_id, category_id) "
                    "SELECT * FROM unnest(%s::int[], %s::int[])",
                    *map(list, zip(*tags, strict=True)),
                )
            )
        return self._import_insert_numbers([each for family in families for some in family.numbers for each in some])

    @api.model
    def _import_insert_partners(self, families, pattern, own):
        query = SQL("SELECT reltuples FROM pg_class WHERE oid = 'res_partner'::regclass")
        is_small = self.env.execute_query(query)[0][0] < FEW
        first = FEW if is_small and len(families) > FEW else len(families)
        for some in (families[:first], families[first:]):
            partners = [
                {**partner, "pattern": model}
                for family in some
                for partner, model in zip(family.partners, family.after(pattern), strict=True)
            ]
            if partners:
                self._import_copy_rows("res_partner", "id", partners, own)
            if partners and is_small:
                # the database looks for each client that is pointed at by reading the whole table, as long as it
                # takes it for a small one
                self.env.cr.execute(SQL("ANALYZE res_partner (id)"))

    @api.model
    @ormcache("table")
    def _import_columns(self, table):
        """The columns of a table, asked once as long as the same addons are installed."""
        return table_columns(self.env.cr, table)

    @api.model
    def _import_copy_rows(self, table, owner, rows, own=(), condition=None):
        """Insert rows that have the columns of those of their pattern, except their own.

        :param str owner: column of the partner
        :param list rows: dicts of the own columns, ``id`` of the partner, and ``pattern``
        :param SQL condition: which rows of the pattern
        """
        columns = self._import_columns(table)
        own = [*own, *({"id"} & {owner})]
        given = [name for name in own if name != "id"]
        chosen = [name for name in columns if name != "id" or owner == "id"]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO %(table)s (%(columns)s)
                SELECT %(values)s
                  FROM json_to_recordset(%(rows)s::json) AS copy(id int, pattern int %(types)s)
                  JOIN %(table)s pattern ON %(condition)s %(owner)s = copy.pattern
              ORDER BY copy.id
                """,
                table=SQL.identifier(table),
                columns=SQL(", ").join(map(SQL.identifier, chosen)),
                values=SQL(", ").join(
                    SQL.identifier("copy", "id")
                    if name == owner
                    else SQL.identifier("copy" if name in own else "pattern", name)
                    for name in chosen
                ),
                rows=json.dumps(rows),
                types=SQL("").join(SQL(", %s " + columns[name]["udt_name"], SQL.identifier(name)) for name in given),
                condition=condition or SQL(),
                owner=SQL.identifier("pattern", owner),
            )
        )

    @api.model
    def _import_bodies(self, families, pattern):
        """What the log of each client says, as the log of the pattern says it."""
        message = self.env["mail.message"]
        convert = message._fields["body"].convert_to_column
        return [
            {
                "id": family.client["id"],
                "pattern": pattern.id,
                "body": f"<p>{text}</p>"
                if PLAIN.fullmatch(text := family.data["log"])
                else convert(escape(text), message),
            }
            for family in families
        ]

    @api.model
    def _import_insert_numbers(self, numbers):
        """:return: dict of partner id to the ids of its phone numbers"""
        if not numbers:
            return {}
        phones = self.env["nestogy.phone.number"]
        defaults = phones.default_get(["sequence", "location"])
        columns = self._import_columns(phones._table)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO nestogy_phone_number (%(columns)s, create_uid, write_uid, create_date, write_date)
                SELECT %(columns)s, %(uid)s, %(uid)s, %(now)s, %(now)s
                  FROM json_to_recordset(%(rows)s::json) AS copy(%(types)s)
             RETURNING partner_id, id
                """,
                columns=SQL(", ").join(map(SQL.identifier, NUMBER)),
                uid=self.env.uid,
                now=self.env.cr.now(),
                rows=json.dumps([defaults | number for number in numbers]),
                types=SQL(", ").join(SQL("%s " + columns[name]["udt_name"], SQL.identifier(name)) for name in NUMBER),
            )
        )
        found = {}
        for partner_id, number_id in rows:
            found.setdefault(partner_id, []).append(number_id)
        return found

    @api.model
    def _import_outcome(self, family, chosen, numbers):
        """What :meth:`_import_create` returns for a copy.

        :param dict chosen: what all clients of the kind have
        """
        client, after = family.client, {}
        ids = [partner["id"] for partner in family.partners]
        kept = {}
        for name in self._import_kept_of(family.data["vals"]):
            if name == "client_fields":
                kept[name] = client[name] or {}
            elif name == "category_id":
                kept[name] = sorted(family.tags)
            elif name == "phone_number_ids":
                kept[name] = sorted(numbers.get(client["id"], ()))
            else:
                kept[name] = chosen[name] if name in chosen else client[name] or False
        after[str(client["id"])] = kept
        for person in family.people:
            after[str(person["id"])] = {
                name: sorted(numbers.get(person["id"], ())) if name == "phone_number_ids" else person[name] or False
                for name in self._import_kept_of_person()
            }
        for place in family.places:
            kept = {name: place[name] or False for name in PLACE}
            after[str(place["id"])] = {name: False for name in self._import_kept_of_person()} | {
                **kept,
                "phone_number_ids": [],
            }
        return client["id"], ids, after
