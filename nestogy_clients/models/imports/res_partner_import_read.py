import re
from functools import lru_cache

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize
from odoo.tools.mail import single_email_re

from ...tools import mail_domains
from ...tools.client_file import EXAMPLES
from ...tools.custom_values import is_empty
from ...tools.import_columns import ADDRESS, LONGEST, longest
from ...tools.phones import PhoneError, parse_phone

NUMBER_LENGTH = 32
PLAIN_MAILBOX = re.compile(r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@[a-z0-9]+([.-][a-z0-9]+)*\.[a-z]{2,24}")
ADDRESSES = (("invoice", "billing_"), ("delivery", "delivery_"))


@lru_cache(maxsize=4096)  # asked for the check and for the run, as an address and as a key
def mailbox_of(text):
    """:return: an e-mail address in one spelling, empty for what is none"""
    if PLAIN_MAILBOX.fullmatch(text):  # most are; nothing is left to be normalized
        return text
    address = email_normalize(text) or ""
    return address if single_email_re.match(address) else ""


class ResPartner(models.Model):
    """From the texts of a row to values of a client, its contacts and its addresses; nothing is written here."""

    _inherit = "res.partner"

    @api.model
    def _client_import_lookups(self):
        """What names in a row may stand for, read once for many rows; keys are lower case."""

        def names(records, *fnames):
            return {record[fname].strip().lower(): record.id for fname in fnames for record in records if record[fname]}

        company = self.env.company
        countries = self.env["res.country"].search([])
        return {
            "status": names(self.env["nestogy.client.status"].search([]), "name"),
            "group": names(self.env["nestogy.client.group"].search([("company_id", "=", company.id)]), "name"),
            "country": names(countries, "name", "code"),
            "codes": {country.id: country.code for country in countries},
            "code": company.country_id.code,
            "industry": names(self.env["res.partner.industry"].search([]), "name"),
            "manager": names(self._client_import_managers(), "name", "login", "email"),
            "custom": {field.name: field for field in self._client_import_fields()},
            "default_status": self.env["nestogy.client.status"]._get_default().id,
            "states": {},
            "links": {},
        }

    @api.model
    def _read_import_row(self, values, numbers, lookups):
        """Understand a row.

        :param dict values: see ``tools/client_file.py``
        :param list numbers: of the contacts' columns, for each contact of the row
        :param dict lookups: see :meth:`_client_import_lookups`
        :return: tuple of a dict (``vals`` of the client, ``columns`` that they come from, ``custom`` values by key,
            ``tags``, ``numbers`` beside the main one, ``contacts``, ``addresses``, ``company`` its name in one
            spelling, ``digits`` of its phone) and the problems by column; of an example of the template the dict is
            empty
        """
        problems = {}
        if values.get("name") in EXAMPLES:
            return {}, {"": self.env._("This is an example of the template; it is left out.")}
        if values["extra"]:
            problems[""] = self.env._("The row has more cells than the header: %s", ", ".join(values["extra"]))
        named = [
            *((name, cell, longest(name)) for name, cell in values.items() if isinstance(cell, str)),
            *((name, cell, LONGEST) for name, cell in values["custom"].items()),
            *(
                (name := f"contact{number}_{part}", cell, longest(name))
                for number, contact in zip(numbers, values["contacts"], strict=True)
                for part, cell in contact.items()
            ),
        ]
        for name, cell, most in named:
            if len(cell) > most:
                problems[name] = self.env._("%(column)s is longer than %(limit)s characters.", column=name, limit=most)
        if problems.keys() - {""}:
            return {}, problems
        data = {
            "vals": self._read_import_client(values, lookups, problems),
            "custom": self._read_import_custom(values["custom"], lookups, problems),
            "tags": [tag for part in values.get("tags", "").split(",") if (tag := part.strip())],
            "company": " ".join(values.get("name", "").split()).lower(),
        }
        land = data["vals"].get("country_id")
        code = data["code"] = lookups["codes"].get(land, lookups["code"])
        data["cells"] = values
        data["digits"] = self._read_import_phone(data["vals"], code)
        data["numbers"] = self._read_import_numbers(values, "", code, problems)
        data["contacts"] = [
            self._read_import_contact(contact, f"contact{number}_", code, problems)
            for number, contact in zip(numbers, values["contacts"], strict=True)
        ]
        data["addresses"] = {}
        for kind, prefix in ADDRESSES:
            address = self._read_import_address(values, prefix, lookups, problems)
            if {"street", "zip", "city"} & set(address):  # country and state alone are no address
                data["addresses"][kind] = address
        if "vat" in data["vals"]:
            self._check_import_vat(data["vals"], problems)
        return data, problems

    @api.model
    def _read_import_client(self, values, lookups, problems):
        vals = {name: values[name] for name in ("name", "phone", "website", "vat") if values.get(name)}
        if values.get("is_company"):
            kind = values["is_company"].lower()
            if kind not in ("company", "person"):
                problems["is_company"] = self.env._("is_company is “company” or “person”, not “%s”.", kind)
            vals["is_company"] = kind == "company"
        if values.get("notes"):
            vals["comment"] = values["notes"]
        if values.get("email") and self._is_import_email(values["email"], "email", problems):
            vals["email"] = values["email"]
        for column, field in (
            ("status", "client_status_id"),
            ("group", "client_group_id"),
            ("industry", "industry_id"),
            ("manager", "user_id"),
        ):
            if values.get(column):
                found = lookups[column].get(values[column].lower())
                if not found:
                    problems[column] = self._import_unknown(column, values[column])
                vals[field] = found
        number = values.get("number")
        if number:
            if len(number) > NUMBER_LENGTH or not number.isprintable():
                problems["number"] = self.env._(
                    "A Client ID has at most 32 printable characters and no blanks around it: “%s”", number
                )
            vals["client_number"] = number
        return vals | self._read_import_address(values, "", lookups, problems)

    @api.model
    def _import_unknown(self, column, text):
        return self.env._("“%(value)s” is not known (%(column)s).", column=column, value=text)

    @api.model
    def _is_import_email(self, text, column, problems):
        if mailbox_of(text):
            return True
        problems[column] = self.env._("“%s” is not an e-mail address.", text)
        return False

    @api.model
    def _read_import_address(self, values, prefix, lookups, problems):
        """The fields of one address of a row; none when it has none."""
        parts = {name: cell for name in ADDRESS if (cell := values.get(f"{prefix}{name}"))}
        country, state = parts.pop("country", None), parts.pop("state", None)
        if country:
            found = lookups["country"].get(country.lower())
            if not found:
                problems[f"{prefix}country"] = self._import_unknown("country", country)
                return parts
            parts["country_id"] = found
        if state:
            land = self.env["res.country"].browse(parts.get("country_id")) or self.env.company.country_id
            if land.id not in lookups["states"]:
                lookups["states"][land.id] = {
                    text.lower(): each.id for each in reversed(land.state_ids) for text in (each.name, each.code)
                }
            found = lookups["states"][land.id].get(state.lower())
            if not found:
                problems[f"{prefix}state"] = self.env._(
                    "%(country)s has no state “%(value)s”.", country=land.name, value=state
                )
            parts["state_id"] = found
        return parts

    @api.model
    def _read_import_phone(self, vals, code):
        """Bring the main number into the spelling in which it is kept; what is none stays as it was written.

        :param str code: of the country in which numbers without country code are meant
        :return: its digits
        """
        if not vals.get("phone"):
            return ""
        try:
            parsed = parse_phone(vals["phone"], code)
        except PhoneError:
            return ""
        extension = parsed["extension"]
        vals["phone"] = f"{parsed['number']} ext. {extension}" if extension else parsed["number"]
        return parsed["digits"]

    @api.model
    def _read_import_numbers_again(self, data, country):
        """Understand the numbers of a row in the country of the client that is there already."""
        for part, prefix in ((data, ""), *((contact, contact["prefix"]) for contact in data["contacts"])):
            if part["vals"].get("phone"):
                part["vals"]["phone"] = part["cells"]["phone"]
                self._read_import_phone(part["vals"], country.code)
            part["numbers"] = self._read_import_numbers(part["cells"], prefix, country.code, {})

    @api.model
    def _read_import_numbers(self, values, prefix, code, problems):
        """The numbers beside the main one: list of kind, number as it is kept, extension and digits."""
        numbers = []
        for kind in ("mobile", "fax"):
            if not values.get(kind):
                continue
            try:
                parsed = parse_phone(values[kind], code)
            except PhoneError as error:
                problems[f"{prefix}{kind}"] = self.env["nestogy.phone.number"]._phone_error_message(error, values[kind])
                continue
            numbers.append((kind, parsed["number"], parsed["extension"], parsed["digits"]))
        return numbers

    @api.model
    def _read_import_contact(self, contact, prefix, code, problems):
        """:return: dict of ``vals``, ``numbers`` and ``digits`` of a contact"""
        parts = {name: contact[name] for name in ("first_name", "last_name") if contact.get(name)}
        name = contact.get("name") or " ".join(parts.values())
        if not name:
            place = next(f"{prefix}{part}" for part in contact)
            problems[place] = self.env._("A contact has no name: %s", ", ".join(contact.values()))
        vals = {"name": name, "type": "contact"}
        if name == " ".join(parts.values()):
            vals |= parts
        vals |= {part: contact[part] for part in ("name_title", "function", "department", "phone") if contact.get(part)}
        if contact.get("email") and self._is_import_email(contact["email"], f"{prefix}email", problems):
            vals["email"] = contact["email"]
        self._read_import_phone(vals, code)
        return {
            "prefix": prefix,
            "cells": contact,
            "vals": vals,
            "numbers": self._read_import_numbers(contact, prefix, code, problems),
        }

    @api.model
    def _read_import_custom(self, cells, lookups, problems):
        """:return: dict of key to value of custom fields"""
        found = {}
        for name, cell in cells.items():
            field = lookups["custom"][name]
            try:
                if field.kind == "link":  # asked of the database, but once for the same name
                    if (name, cell) not in lookups["links"]:
                        lookups["links"][name, cell] = self._parse_client_field(field, cell)
                    found[field.key] = lookups["links"][name, cell]
                else:
                    found[field.key] = self._parse_client_field(field, cell)
            except ValidationError as error:
                problems[name] = str(error.args[0])
        return found

    @api.model
    def _check_import_vat(self, vals, problems):
        """Ask those who know tax IDs; which rules hold depends on the installed countries."""
        country = self.env["res.country"].browse(vals.get("country_id")) or self.env.company.country_id
        try:
            vals["vat"], _code = self._run_vat_checks(country, vals["vat"], vals.get("name", ""), validation="error")
        except ValidationError as error:
            problems["vat"] = " ".join(str(error.args[0]).split())

    @api.model
    def _check_import_creation(self, data):
        """What keeps a client from being created, though each of its cells is right.

        :return: dict of column to sentence: required custom fields without a value
        """
        catalogue = self.env["nestogy.custom.field"]._catalogue()
        required = [field for field in catalogue if field.required]
        problems = {}
        group_id = data["vals"].get("client_group_id")
        missing = [
            field
            for field in required
            if field.applies("clients", group_id)
            and is_empty(data["custom"].get(field.key))
            and is_empty(field.default)
        ]
        for field in missing:
            problems[field.name] = self._import_missing(data["vals"]["name"], field)
        for contact in data["contacts"]:
            for field in required:
                if field.applies("contacts", group_id) and is_empty(field.default):
                    problems[f"{contact['prefix']}name"] = self._import_missing(contact["vals"]["name"], field)
        return problems

    @api.model
    def _import_missing(self, name, field):
        return self.env._("%(client)s cannot be saved without a value for: %(fields)s.", client=name, fields=field.name)

    @api.model
    def _import_keys(self, data):
        """By what the client of a row is known, as ``rule:text``, in one spelling each."""
        if not data:
            return []
        vals, keys = data["vals"], []
        if vals.get("client_number"):
            keys.append(f"number:{vals['client_number']}")
        if vals.get("email"):
            keys.append(f"email:{mailbox_of(vals['email'])}")
        tax_number = re.sub(r"[\W_]", "", vals.get("vat") or "").upper()
        if len(tax_number) >= 5:
            keys.append(f"vat:{tax_number}")
        for domain in {mail_domains.own(vals.get("email") or ""), mail_domains.own(vals.get("website") or "")} - {""}:
            keys.append(f"domain:{domain}")
        if len(data["digits"]) >= 7:
            keys.append(f"phone:{data['digits']}")
        if data["company"]:
            keys.append(f"name:{data['company']}")
        return keys
