"""A file of clients: one row a client, with up to nine contacts in columns of the same row."""

import re
from typing import NamedTuple

from .import_columns import CONTACT_HEADER, PRESETS, Mapping, map_header
from .import_files import ClientFileError, TableFile, open_table

NUMBERS = re.compile(r"\b(Phone|Mobile|Fax|Other):\s*((?:(?!\b(?:Phone|Mobile|Fax|Other):).)+)", re.IGNORECASE)
# the rows that the template shows as an example
EXAMPLES = ("Example: Alder Plumbing Ltd", "Example: Robin Marsh")


class ClientFile(NamedTuple):
    """A file that can be imported: the table and what its columns mean."""

    table: TableFile
    mapping: Mapping

    @property
    def is_people(self):
        """Say whether it is an address book, in which people of one company stand in rows of their own."""
        return self.table.kind == "vcf" or bool(self.mapping.preset and PRESETS[self.mapping.preset]["people"])

    def rows(self):
        """Go through the clients of the file.

        :return: iterator of ``(line, values)``: number of the line in the file on which the row begins, and a dict
            with the names of :data:`~.import_columns.COLUMNS`, ``contacts``, a list of dicts with the names of
            :data:`~.import_columns.CONTACT_COLUMNS`, ``custom``, a dict by label of the custom field, and ``extra``,
            the cells beyond the header
        """
        words = PRESETS[self.mapping.preset]["values"] if self.mapping.preset else {}
        for line, cells in self.table.rows():
            yield line, row_values(self.mapping, cells, words)


def open_client_file(content, custom=(), limits=None, encoding=None, separator=None, sheet=None):
    """Find out what a file of clients is and what its columns mean.

    :param bytes content: the file
    :param custom: labels of the custom fields that a row may have
    :param limits: see :func:`~.import_files.open_table`, as ``encoding``, ``separator`` and ``sheet``
    :return: :class:`ClientFile`
    :raise ClientFileError: it cannot be read, or has a column that no file may have
    """
    table = open_table(content, limits, encoding, separator, sheet)
    mapping = map_header(table.header, custom)
    for number, column in enumerate(mapping.columns, 1):
        if column.state == "technical":
            raise ClientFileError("unknown", column.heading, table.header_line, str(number))
        if column.state == "twice":
            raise ClientFileError("twice", column.heading, table.header_line, str(number))
    return ClientFile(table, mapping)


def row_values(mapping, cells, words=None):
    """Sort the cells of a row into the client's values and those of its contacts; cells beyond the header are
    kept under ``extra`` so that the row can be refused instead of shifted."""
    extra = [cell for cell in cells[len(mapping.columns) :] if cell]
    values, contacts = {"contacts": [], "custom": {}, "extra": extra}, {}
    for column, cell in zip(mapping.columns, cells, strict=False):
        if not cell or not column.target:
            continue
        match = CONTACT_HEADER.match(column.target)
        if column.state == "custom":
            values["custom"][column.target] = cell
        elif match:
            contacts.setdefault(match[1], {})[match[2]] = _first_of(cell)
        else:
            values[column.target] = (words or {}).get(column.target, {}).get(cell.lower(), cell)
    values["contacts"] = [contacts[number] for number in sorted(contacts)]
    if mapping.preset:
        _tidy(values)
    if mapping.preset or "name" not in mapping.targets:
        _name_by_person(values)
    return values


def _first_of(cell):
    """Google writes several values into a cell; the first is the main one."""
    return cell.split(" ::: ")[0].strip()


def _tidy(values):
    """Undo what other systems put into one cell."""
    for name in ("email", "website", "street", "city", "zip", "state", "country"):
        if name in values:
            values[name] = _first_of(values[name])
    if "tags" in values:
        tags = re.split(r" ::: |,|;", values["tags"])
        # Google marks labels of its own with an asterisk
        values["tags"] = ", ".join(tag.strip() for tag in tags if tag.strip() and not tag.strip().startswith("*"))
    for kind, number in NUMBERS.findall(values.get("phone", "")):
        name = {"other": "mobile"}.get(kind.lower(), kind.lower())
        if name == "phone" or name not in values:
            values[name] = number.strip(" ,;")
    values["phone"] = re.sub(r"^(Mobile|Fax|Other):.*", "", values.get("phone", ""), flags=re.IGNORECASE)
    for name in [name for name, value in values.items() if value == ""]:
        del values[name]
    # a firm that stands in a column of names as well as in that of firms is not its own contact
    for contact in values["contacts"]:
        if values.get("name") and contact.get("name", "").casefold() == values["name"].casefold():
            del contact["name"]
    values["contacts"] = [contact for contact in values["contacts"] if contact]


def _name_by_person(values):
    """A person without a company is a client of the person's name, with what is said about the person."""
    person = values["contacts"][0] if values["contacts"] else {}
    name = person.get("name") or " ".join(filter(None, (person.get("first_name"), person.get("last_name"))))
    if values.get("name") or not name:
        return
    values["name"] = name
    values.setdefault("is_company", "person")
    for key in ("email", "phone", "mobile"):
        if person.get(key):
            values.setdefault(key, person[key])
    values["contacts"] = values["contacts"][1:]
