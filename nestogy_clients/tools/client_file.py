"""Reading a file of clients: one row a client, with up to nine contacts in columns of the same row."""

import csv
import io
import re

COLUMNS = {
    "name": "Client name (required)",
    "is_company": "company or person",
    "status": "Lead, Trial, Active, Inactive or Fraud",
    "group": "Client group",
    "email": "E-mail",
    "phone": "Phone",
    "website": "Website",
    "vat": "Tax ID",
    "industry": "Industry",
    "street": "Address 1",
    "street2": "Address 2",
    "zip": "Postal code",
    "city": "City",
    "state": "State or province (name or code)",
    "country": "Country (name or two-letter code)",
    "tags": "Tags, separated by commas",
    "notes": "Notes",
}
CONTACT_COLUMNS = ("name", "email", "phone", "function")
CONTACT_HEADER = re.compile(rf"^contact([1-9])_({'|'.join(CONTACT_COLUMNS)})$")
FILE_LIMIT = 20 * 1024 * 1024  # bytes
ROW_LIMIT = 20_000
CELL_LIMIT = 10_000  # characters


class ClientFileError(ValueError):
    """The file as a whole cannot be read.

    :ivar kind: ``encoding``, ``empty``, ``large``, ``rows``, ``no_name``, ``unknown``, ``twice`` or ``format``
    :ivar detail: what it is about (a column, a limit)
    """

    def __init__(self, kind, detail=""):
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = detail


def column_name(text):
    """The one spelling of a heading, however a person writes it."""
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def is_column_name(text):
    """Say whether a heading means a column that every file may have."""
    name = column_name(text)
    return name in COLUMNS or bool(CONTACT_HEADER.match(name))


def read_client_csv(content, custom=()):
    """Parse a CSV file of clients.

    The delimiter (comma, semicolon or tab) is taken from the header; UTF-8 (with or without mark) and
    Windows-1252 are understood; quoted cells may hold line breaks.

    :param bytes content: the file
    :param custom: headings of further columns
    :return: list of ``(line, values)``: number of the line in the file on which the row begins, and a dict with the
        keys of :data:`COLUMNS`, ``contacts``, a list of dicts with the keys of :data:`CONTACT_COLUMNS`, and
        ``custom``, a dict by further heading
    :raise ClientFileError: the file as a whole cannot be read
    """
    custom = {column_name(heading): heading for heading in custom}
    if len(content) > FILE_LIMIT:
        raise ClientFileError("large", str(FILE_LIMIT // 1024 // 1024))
    text = _decode(content)
    if not text.strip():
        raise ClientFileError("empty")
    first = text.lstrip().splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(FILE_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    try:
        header = _check_header(next(reader), custom)
        begin = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(rows) >= ROW_LIMIT:
                    raise ClientFileError("rows", str(ROW_LIMIT))
                rows.append((begin, _values(header, cells, custom)))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise ClientFileError("format", f"{reader.line_num}: {error}") from error
    return rows


def _decode(content):
    if b"\x00" in content:
        raise ClientFileError("encoding")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ClientFileError("encoding")


def _check_header(cells, custom):
    header = [column_name(cell) for cell in cells]
    for name in header:
        if name and name not in custom and not is_column_name(name):
            raise ClientFileError("unknown", name)
        if name and header.count(name) > 1:
            raise ClientFileError("twice", name)
    if "name" not in header:
        raise ClientFileError("no_name")
    return header


def _values(header, cells, custom):
    """Sort the cells of a row into the client's values and those of its contacts; cells beyond the header are
    kept under ``extra`` so that the row can be refused instead of shifted."""
    extra = [cell for cell in cells[len(header) :] if cell.strip()]
    values, contacts = {"contacts": [], "custom": {}, "extra": extra}, {}
    for name, cell in zip(header, cells, strict=False):
        cell = cell.strip()
        match = CONTACT_HEADER.match(name)
        if not cell or not name:
            continue
        if name in custom:
            values["custom"][custom[name]] = cell
        elif match:
            contacts.setdefault(match[1], {})[match[2]] = cell
        else:
            values[name] = cell
    values["contacts"] = [contacts[number] for number in sorted(contacts)]
    return values
