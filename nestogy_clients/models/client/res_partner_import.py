from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import email_normalize
from odoo.tools.mail import single_email_re

from ...report.client_import_template import write_template_csv, write_template_xlsx
from ...tools.client_file import CELL_LIMIT, EXAMPLES, open_client_file
from ...tools.import_columns import ADDRESS, COLUMNS, REQUIRED
from ...tools.import_files import ClientFileError
from ...tools.import_presets import PRESETS

TEMPLATE_CONTACTS = 2  # contacts for which the template has columns; a file may have more
TEMPLATE_PARTS = ("name", "email", "phone", "mobile", "function", "department")


class ImportResult(NamedTuple):
    """What came of a file: the clients that are in, and ``(line, message)`` for each row that is not."""

    created: models.BaseModel
    errors: list


class ImportColumn(NamedTuple):
    """A column that a file of clients may have, with what may stand in it."""

    name: str
    help: str
    is_required: bool = False
    choices: tuple = ()
    example: str = ""  # one line for each example row
    kind: str = ""  # of a custom field


class ResPartner(models.Model):
    """Taking clients from a file: a row is in with all its contacts, or not at all and reported."""

    _inherit = "res.partner"

    @api.model
    def _import_clients_file(self, content, filename="", encoding=None, separator=None):
        """Create a client for each row of a file.

        :param bytes content: the file, see ``tools/client_file.py``
        :param str filename: shown in messages
        :param str encoding: of a text, instead of the one that is detected
        :param str separator: of a CSV file, instead of the one that is detected
        :return: :class:`ImportResult`; a bad row is reported and does not stop the others
        :raise UserError: the file as a whole cannot be read; nothing was created
        """
        self._check_may_import()
        lookups = self._client_import_lookups()
        try:
            file = open_client_file(content, lookups["custom"], encoding=encoding, separator=separator)
            rows = list(file.rows())
        except ClientFileError as error:
            raise UserError(self._client_file_message(error, filename)) from error
        lookups["people"] = {} if file.is_people else None
        created, errors = self.browse(), []
        for line, values in rows:
            try:
                with self.env.cr.savepoint():
                    created |= self._import_client(values, lookups)
            except (UserError, ValidationError) as error:
                errors.append((line, str(error.args[0])))
                # tags that the refused row brought went with it
                lookups["tags"] = {name: tag for name, tag in lookups["tags"].items() if tag.exists()}
        return ImportResult(created, errors)

    @api.model
    def _check_may_import(self):
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_manager"):
            raise AccessError(self.env._("Only client managers import clients."))

    @api.model
    def _client_import_columns(self):
        """The columns that a file may have, as this database is configured today.

        :return: list of :class:`ImportColumn`; of contacts those of the first ones
        """
        helps, examples = self._client_import_helps(), self._client_import_examples()
        choices = self._client_import_choices()
        names = [*COLUMNS]
        for number in range(1, TEMPLATE_CONTACTS + 1):
            names += [f"contact{number}_{part}" for part in TEMPLATE_PARTS]
        columns = [
            ImportColumn(
                name=name,
                help=helps.get(name) or self._client_import_part_help(name),
                is_required=name in REQUIRED,
                choices=choices.get(name.removeprefix("billing_").removeprefix("delivery_"), ()),
                example=examples.get(name, ""),
            )
            for name in names
        ]
        return columns + [
            ImportColumn(
                name=field.name,
                help=" ".join(filter(None, (self._client_import_kind_help(field.kind), field.help))),
                is_required=field.required and not field.group_ids,
                choices=tuple(label for _key, label in field.labels),
                kind=field.kind,
            )
            for field in self._client_import_fields()
        ]

    @api.model
    def _client_import_template(self, file_type):
        """The file that people fill in and import.

        :param str file_type: ``xlsx`` or ``csv``
        :return: tuple of name, MIME type and content
        :raise AccessError: the user does not import clients
        :raise KeyError: there is no such type of file
        """
        self._check_may_import()
        columns = self._client_import_columns()
        words = {
            "head": [self.env._("Column"), self.env._("Required"), self.env._("Meaning"), self.env._("Values")],
            "required": self.env._("required"),
            "optional": self.env._("optional"),
            "more": self.env._("and %s more"),
            "lines": [
                self.env._("One row a client, with its contacts in the same row. Yellow columns are required."),
                self.env._("Keep the headings in the first row; columns that are not needed may be deleted."),
                self.env._("Delete the example rows, or leave them: they are never imported."),
                self.env._("Further contacts have columns such as contact3_name, up to contact9_name."),
            ],
        }
        makers = {
            "xlsx": lambda: write_template_xlsx(columns, len(EXAMPLES), words),
            "csv": lambda: write_template_csv(columns, len(EXAMPLES)),
        }
        mimetypes = {
            "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "csv": "text/csv; charset=utf-8",
        }
        return f"clients.{file_type}", mimetypes[file_type], makers[file_type]()

    @api.model
    def _client_import_preview(self, content, filename="", encoding=None, separator=None):
        """What would be imported from a file: how it was read, and what became of each column.

        :return: dict of ``detected`` (a sentence), ``rows``, ``columns`` (list of dicts of heading, target, state
            and sample)
        :raise UserError: the file as a whole cannot be read
        """
        self._check_may_import()
        custom = [field.name for field in self._client_import_fields()]
        try:
            file = open_client_file(content, custom, encoding=encoding, separator=separator)
            count, samples = 0, {}
            for _line, cells in file.table.rows():
                count += 1
                for place, cell in enumerate(cells):
                    if cell and place not in samples:
                        samples[place] = cell
        except ClientFileError as error:
            raise UserError(self._client_file_message(error, filename)) from error
        columns = [
            {
                "heading": column.heading,
                "target": column.target,
                "state": column.state,
                "sample": samples.get(place, "")[:80],
            }
            for place, column in enumerate(file.mapping.columns)
            if column.heading or place in samples
        ]
        return {"detected": self._client_import_detected(file), "rows": count, "columns": columns}

    @api.model
    def _client_import_detected(self, file):
        """A sentence about how a file was read."""
        table = file.table
        separators = {
            ",": self.env._("separated by commas"),
            ";": self.env._("separated by semicolons"),
            "\t": self.env._("separated by tabs"),
            "|": self.env._("separated by bars"),
        }
        parts = [{"csv": "CSV", "xls": "Excel 97-2003 (XLS)", "xlsx": "Excel (XLSX)", "vcf": "vCard"}[table.kind]]
        if table.encoding:
            parts.append(
                {"cp1252": "Windows-1252", "mac_roman": "Mac Roman"}.get(table.encoding, table.encoding.upper())
            )
        if table.separator:
            parts.append(separators.get(table.separator) or self.env._("separated by “%s”", table.separator))
        if table.newline:
            parts.append(self.env._("line ends %s", table.newline))
        if table.sheet:
            parts.append(self.env._("sheet “%s”", table.sheet))
        if file.mapping.preset:
            parts.append(self.env._("headings of %s", PRESETS[file.mapping.preset]["title"]))
        return ", ".join(parts)

    @api.model
    def _client_import_choices(self):
        """What may stand in columns with a fixed list, by name of the column."""
        company = self.env.company
        return {
            "is_company": ("company", "person"),
            "status": tuple(self.env["nestogy.client.status"].search([]).mapped("name")),
            "group": tuple(self.env["nestogy.client.group"].search([("company_id", "=", company.id)]).mapped("name")),
            "manager": tuple(self._client_import_managers().mapped("name")),
            "industry": tuple(self.env["res.partner.industry"].search([]).mapped("name")),
            "country": tuple(self.env["res.country"].search([]).mapped("name")),
            "tags": tuple(self.env["res.partner.category"].search([]).mapped("name")),
        }

    @api.model
    def _client_import_managers(self):
        """The people who can be responsible for a client."""
        return self.env["res.users"].search([("share", "=", False), ("company_ids", "in", self.env.company.ids)])

    @api.model
    def _client_import_helps(self):
        return {
            "name": self.env._("Client name."),
            "is_company": self.env._("company or person; empty means company."),
            "number": self.env._("Client ID of an earlier system; empty means the next one is given."),
            "status": self.env._("Status of the client; empty means the first one."),
            "group": self.env._("Client group; empty means the default group."),
            "manager": self.env._("Name or e-mail address of the colleague who is responsible."),
            "email": self.env._("Main e-mail address."),
            "phone": self.env._(
                "Main phone number, in any spelling; without country code it is of the client's country."
            ),
            "mobile": self.env._("Mobile number."),
            "fax": self.env._("Fax number."),
            "website": self.env._("Website."),
            "vat": self.env._("Tax ID, as on an invoice."),
            "industry": self.env._("Industry."),
            "street": self.env._("Street and number."),
            "street2": self.env._("Second line of the address."),
            "zip": self.env._("Postal code; format the column as text, so that leading zeros stay."),
            "city": self.env._("City."),
            "state": self.env._("State or province, by name or code."),
            "country": self.env._("Country, by name or two-letter code."),
            "tags": self.env._("Tags, separated by commas; new ones are created."),
            "notes": self.env._("Notes for colleagues."),
        }

    @api.model
    def _client_import_part_help(self, name):
        if name.startswith("billing_"):
            return self.env._("Invoice address, when it is another one.")
        if name.startswith("delivery_"):
            return self.env._("Delivery address, when it is another one.")
        return {
            "name": self.env._("A contact of the client; the first one becomes the primary contact."),
            "function": self.env._("Job of the contact."),
            "department": self.env._("Department of the contact."),
            "email": self.env._("E-mail address of the contact."),
            "phone": self.env._("Phone number of the contact."),
            "mobile": self.env._("Mobile number of the contact."),
        }[name.partition("_")[2]]

    @api.model
    def _client_import_kind_help(self, kind):
        return {
            "integer": self.env._("A whole number."),
            "float": self.env._("A number, written as 1234.50."),
            "monetary": self.env._("An amount in the company's currency, written as 1234.50."),
            "date": self.env._("A date, written as 2026-12-31."),
            "datetime": self.env._("A date and time, written as 2026-12-31 14:30:00."),
            "boolean": self.env._("yes or no."),
            "choice": self.env._("One of the choices."),
            "choices": self.env._("Some of the choices, separated by commas."),
            "tags": self.env._("Some of the tags, separated by commas."),
            "link": self.env._("The name of a record."),
        }.get(kind, "")

    @api.model
    def _client_import_examples(self):
        """The values of the example rows, one text a row separated by line ends."""
        country = self.env.company.country_id.name or ""
        status = self.env["nestogy.client.status"].search([], limit=1).name or ""
        return {
            "name": "\n".join(EXAMPLES),
            "is_company": "company\nperson",
            "status": f"{status}\n{status}",
            "email": "office@alder-plumbing.example\nrobin@marsh.example",
            "website": "https://alder-plumbing.example\n",
            "street": "12 Mill Street\n3 Park Lane",
            "zip": "04101\n04102",
            "city": "Portland\nPortland",
            "country": f"{country}\n{country}",
            "contact1_name": "Jo Alder\n",
            "contact1_email": "jo@alder-plumbing.example\n",
            "contact1_function": "Owner\n",
        }

    @api.model
    def _client_import_lookups(self):
        """What names in a row may stand for, read once for the whole file; keys are lower case."""

        def names(records, *fnames):
            return {record[fname].strip().lower(): record for fname in fnames for record in records if record[fname]}

        company = self.env.company
        return {
            "status": names(self.env["nestogy.client.status"].search([]), "name"),
            "group": names(self.env["nestogy.client.group"].search([("company_id", "=", company.id)]), "name"),
            "country": names(self.env["res.country"].search([]), "name", "code"),
            "industry": names(self.env["res.partner.industry"].search([]), "name"),
            "tags": names(self.env["res.partner.category"].search([]), "name"),
            "manager": names(self._client_import_managers(), "name", "login", "email"),
            "custom": {field.name: field for field in self._client_import_fields()},
            "people": None,
        }

    @api.model
    def _client_import_fields(self):
        """The custom fields that a row may have, as columns with the field's label."""
        catalogue = self.env["nestogy.custom.field"]._catalogue()
        return [field for field in catalogue if field.applies_to != "contacts"]

    @api.model
    def _import_client(self, values, lookups):
        """Create the client of one row with its contacts.

        :raise UserError: says what is wrong with the row
        """
        known = self._find_import_company(values, lookups)
        if known:
            self._import_people(known, values, lookups)
            return known
        vals = self._prepare_import_client_values(values, lookups)
        contacts = [self._prepare_import_contact_values(contact) for contact in values["contacts"]]
        contacts += self._prepare_import_addresses(values, lookups)
        client = self.create(vals)
        people = self.create([contact | {"parent_id": client.id} for contact in contacts])
        self._import_numbers(client, values)
        for person, contact in zip(people, values["contacts"], strict=False):
            self._import_numbers(person, contact)
        if values["contacts"]:
            client.primary_contact_id = people[0]
        if lookups["people"] is not None:
            lookups["people"][values["name"].strip().lower()] = client
        return client

    @api.model
    def _find_import_company(self, values, lookups):
        """The client that an earlier row of an address book brought, when this row is one more person of it."""
        known = (lookups["people"] or {}).get((values.get("name") or "").strip().lower())
        return known if known and known.exists() and values["contacts"] else self.browse()

    @api.model
    def _import_people(self, client, values, lookups):
        """Add the people of a row to their company, with an address of their own when the row has another one."""
        people = [self._prepare_import_contact_values(contact) for contact in values["contacts"]]
        address = self._prepare_import_address(values, "", lookups)
        current = client._convert_to_write({name: client[name] for name in address})
        if current != address:
            people = [person | address | {"use_own_address": True} for person in people]
        if values.get("notes"):
            people[0]["comment"] = values["notes"]
        contacts = self.create([person | {"parent_id": client.id} for person in people])
        for person, contact in zip(contacts, values["contacts"], strict=True):
            self._import_numbers(person, contact)

    @api.model
    def _import_numbers(self, partner, values):
        """The numbers beside the main one."""
        self.env["nestogy.phone.number"].create(
            [
                {"partner_id": partner.id, "kind": kind, "number": values[kind]}
                for kind in ("mobile", "fax")
                if values.get(kind)
            ]
        )

    @api.model
    def _prepare_import_client_values(self, values, lookups):
        if values["extra"]:
            raise UserError(self.env._("The row has more cells than the header: %s", ", ".join(values["extra"])))
        if not values.get("name"):
            raise UserError(self.env._("The client's name is missing."))
        if values["name"] in EXAMPLES:
            raise UserError(self.env._("This is an example of the template; it is left out."))
        contact_cells = [each for contact in values["contacts"] for each in contact.items()]
        for name, cell in [*values.items(), *contact_cells]:
            if isinstance(cell, str) and len(cell) > CELL_LIMIT:
                raise UserError(
                    self.env._("%(column)s is longer than %(limit)s characters.", column=name, limit=CELL_LIMIT)
                )
        kind = values.get("is_company", "company").lower()
        if kind not in ("company", "person"):
            raise UserError(self.env._("is_company is “company” or “person”, not “%s”.", kind))
        vals = {key: values[key] for key in ("name", "phone", "website", "vat") if key in values}
        vals["is_company"] = kind == "company"
        vals["comment"] = values.get("notes")
        vals["email"] = self._import_email(values.get("email"))
        for column, field in (
            ("status", "client_status_id"),
            ("group", "client_group_id"),
            ("industry", "industry_id"),
            ("manager", "user_id"),
        ):
            if values.get(column):
                vals[field] = self._find_import_record(column, values[column], lookups)
        vals.setdefault("client_status_id", self.env["nestogy.client.status"]._get_default().id)
        vals |= self._prepare_import_address(values, "", lookups)
        if values.get("number"):
            vals["client_number"] = self._check_import_number(values["number"])
        vals["client_fields"] = {
            lookups["custom"][name].key: self._parse_client_field(lookups["custom"][name], cell)
            for name, cell in values["custom"].items()
        }
        vals["category_id"] = [(6, 0, self._import_tags(values.get("tags"), lookups).ids)]
        return vals

    @api.model
    def _find_import_record(self, column, text, lookups):
        record = lookups[column].get(text.lower())
        if not record:
            raise UserError(self.env._("%(column)s “%(value)s” is not known.", column=column, value=text))
        return record.id

    @api.model
    def _prepare_import_address(self, values, prefix, lookups):
        """The fields of one address of a row; none when it has none."""
        parts = {name: values[f"{prefix}{name}"] for name in ADDRESS if values.get(f"{prefix}{name}")}
        country, state = parts.pop("country", None), parts.pop("state", None)
        if country:
            parts["country_id"] = self._find_import_record("country", country, lookups)
        if state:
            land = self.env["res.country"].browse(parts.get("country_id")) or self.env.company.country_id
            found = land.state_ids.filtered(lambda each: state.lower() in (each.name.lower(), each.code.lower()))
            if not found:
                raise UserError(self.env._("%(country)s has no state “%(value)s”.", country=land.name, value=state))
            parts["state_id"] = found[0].id
        return parts

    @api.model
    def _prepare_import_addresses(self, values, lookups):
        """The addresses of a client beside the main one, as partners below it."""
        found = [
            (kind, self._prepare_import_address(values, prefix, lookups))
            for kind, prefix in (("invoice", "billing_"), ("delivery", "delivery_"))
        ]
        # country and state alone are no address
        return [{"type": kind, **parts} for kind, parts in found if {"street", "zip", "city"} & set(parts)]

    @api.model
    def _check_import_number(self, number):
        # the Client ID is unique among all clients, those that the user may not see among them
        taken_sudo = self.sudo().with_context(active_test=False)
        if taken_sudo.search_count([("client_number", "=", number), ("company_id", "=", False)], limit=1):
            raise UserError(self.env._("Another client has the Client ID “%s”.", number))
        return number

    @api.model
    def _prepare_import_contact_values(self, contact):
        parts = {name: contact[name] for name in ("first_name", "last_name") if contact.get(name)}
        name = contact.get("name") or " ".join(parts.values())
        if not name:
            raise UserError(self.env._("A contact has no name: %s", ", ".join(contact.values())))
        return {
            "name": name,
            **(parts if name == " ".join(parts.values()) else {}),
            "type": "contact",
            "name_title": contact.get("name_title"),
            "function": contact.get("function"),
            "department": contact.get("department"),
            "email": self._import_email(contact.get("email")),
            "phone": contact.get("phone"),
        }

    @api.model
    def _import_email(self, value):
        if not value:
            return False
        if not single_email_re.match(email_normalize(value) or ""):
            raise UserError(self.env._("“%s” is not an e-mail address.", value))
        return value

    @api.model
    def _import_tags(self, value, lookups):
        tags = self.env["res.partner.category"]
        for name in filter(None, (part.strip() for part in (value or "").split(","))):
            if name.lower() not in lookups["tags"]:
                lookups["tags"][name.lower()] = tags.create({"name": name})
            tags |= lookups["tags"][name.lower()]
        return tags

    @api.model
    def _client_file_message(self, error, filename):
        messages = {
            "encoding": self.env._("it is not written in %s throughout; choose another encoding", error.detail),
            "binary": self.env._("it is neither a text nor a spreadsheet; save it as CSV or XLSX"),
            "html": self.env._("it is a web page under another name; open it in a spreadsheet and save it as XLSX"),
            "ods": self.env._("it is an OpenDocument spreadsheet; save it as XLSX or CSV"),
            "archive": self.env._("it is an archive and not a spreadsheet; unpack it first"),
            "encrypted": self.env._("it is protected by a password; save it without one"),
            "entity": self.env._("it holds definitions that no spreadsheet needs"),
            "unpacked": self.env._("it unpacks to more than %s MB", error.detail),
            "empty": self.env._("the file is empty"),
            "large": self.env._("the file is larger than %s MB", error.detail),
            "rows": self.env._("the file has more than %s rows; split it", error.detail),
            "columns": self.env._("the file has more than %s columns", error.detail),
            "cells": self.env._("the file has more than %s cells; split it", error.detail),
            "cell": self.env._("a cell has more than %s characters", error.detail),
            "quote": self.env._("a quotation mark is opened and never closed"),
            "no_name": self.env._("the header has no column “name”"),
            "unknown": self.env._("the column “%s” is not known to imports; remove it", error.detail),
            "twice": self.env._("the column “%s” stands in the header twice", error.detail),
            "format": self.env._("the file is damaged"),
        }
        reason = messages[error.kind]
        if error.row and error.column:
            reason = self.env._(
                "%(reason)s (line %(line)s, column %(column)s)", reason=reason, line=error.row, column=error.column
            )
        elif error.row:
            reason = self.env._("%(reason)s (line %(line)s)", reason=reason, line=error.row)
        return self.env._(
            "%(file)s cannot be imported: %(reason)s.", file=filename or self.env._("The file"), reason=reason
        )
