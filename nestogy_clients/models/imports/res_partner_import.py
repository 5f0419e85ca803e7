import base64
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError

from ...report.client_import_template import write_template_csv, write_template_xlsx
from ...tools.client_file import EXAMPLES
from ...tools.import_columns import COLUMNS, CONTACT_COLUMNS, CONTACT_HEADER, CONTACTS, REQUIRED
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
        """Import a file at once, as programs do: clients that are there already are updated.

        :param bytes content: the file, see ``tools/import_files.py``
        :param str filename: shown in messages
        :param str encoding: of a text, instead of the one that is detected
        :param str separator: of a CSV file, instead of the one that is detected
        :return: :class:`ImportResult`; a bad row is reported and does not stop the others
        :raise UserError: the file as a whole cannot be read; nothing was created
        """
        self._check_may_import()
        file = self.env["nestogy.client.import"].create(
            {
                "file": base64.b64encode(content),
                "filename": filename,
                "encoding": encoding or False,
                "separator": separator or False,
            }
        )
        file._import_now()
        created = file.row_ids.filtered(lambda row: row.deed == "create" and row.state == "done").client_id
        refused = file.row_ids.filtered(lambda row: row.state == "refused")
        return ImportResult(created.with_env(self.env), [(row.line, row.reason) for row in refused])

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
    def _client_import_detected(self, table, preset):
        """A sentence about how a file was read."""
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
        if preset:
            parts.append(self.env._("headings of %s", PRESETS[preset]["title"]))
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
    def _client_import_labels(self):
        """What the columns and the parts of contacts are called."""
        return {
            "name": self.env._("Name"),
            "is_company": self.env._("Company or Person"),
            "number": self.env._("Client ID"),
            "status": self.env._("Status"),
            "group": self.env._("Client Group"),
            "manager": self.env._("Account Manager"),
            "email": self.env._("E-mail"),
            "phone": self.env._("Phone"),
            "mobile": self.env._("Mobile"),
            "fax": self.env._("Fax"),
            "website": self.env._("Website"),
            "vat": self.env._("Tax ID"),
            "industry": self.env._("Industry"),
            "street": self.env._("Street"),
            "street2": self.env._("Street 2"),
            "zip": self.env._("ZIP"),
            "city": self.env._("City"),
            "state": self.env._("State"),
            "country": self.env._("Country"),
            "tags": self.env._("Tags"),
            "notes": self.env._("Notes"),
            "name_title": self.env._("Salutation"),
            "first_name": self.env._("First Name"),
            "last_name": self.env._("Last Name"),
            "function": self.env._("Job Position"),
            "department": self.env._("Department"),
        }

    @api.model
    def _client_import_label(self, name, labels):
        """What a column is called, as people say it.

        :param dict labels: see :meth:`_client_import_labels`
        """
        match = CONTACT_HEADER.match(name)
        if match:
            return self.env._("Contact %(number)s: %(part)s", number=match[1], part=labels[match[2]])
        if name.startswith("billing_"):
            return self.env._("Invoice Address: %s", labels[name.removeprefix("billing_")])
        if name.startswith("delivery_"):
            return self.env._("Delivery Address: %s", labels[name.removeprefix("delivery_")])
        return labels[name]

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
            "name_title": self.env._("Salutation of the contact: Mr, Ms, Dr."),
            "first_name": self.env._("First name of the contact."),
            "last_name": self.env._("Last name of the contact."),
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
    def _client_import_column_names(self):
        """The columns that a file may have beside the custom fields."""
        contacts = (f"contact{number}_{part}" for number in range(1, CONTACTS + 1) for part in CONTACT_COLUMNS)
        return [*COLUMNS, *contacts]

    @api.model
    def _client_import_fields(self):
        """The custom fields that a row may have, as columns with the field's label."""
        catalogue = self.env["nestogy.custom.field"]._catalogue()
        return [field for field in catalogue if field.applies_to != "contacts"]

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
