from collections.abc import Callable
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

# What clients have, by heading; a column is a field of res.partner unless it says how it is read.
CLIENT_FIELDS = {
    "client": (
        *("client_number", "name", "client_status_id", "client_group_id", "email", "phone", "website", "vat", "lang"),
        *("category_id", "user_id", "client_team_id", "service_area_id", "industry_id", "company_size"),
        *("client_contact_count", "comment", "company_id"),
    ),
    "address": ("street", "street2", "zip", "city", "state_id", "country_id"),
    "money": (
        *("client_currency_id", "client_invoiced", "client_invoiced_untaxed", "client_paid", "client_outstanding"),
        *("client_overdue", "client_credit", "credit_status", "revenue_potential", "property_payment_term_id"),
    ),
    "activity": (
        *("engagement_level", "engagement_score", "engagement_trend", "engagement_touched_at", "quality_score"),
        *("create_date", "write_date"),
    ),
}
CONTACT_FIELDS = (
    *("name", "name_title", "first_name", "last_name", "function", "department", "contact_kind_ids"),
    *("email", "phone", "lang", "is_primary_contact", "create_date"),
)
DEFAULT_COLUMNS = {
    "clients": (
        *("client_number", "name", "client_status_id", "client_group_id", "email", "phone", "street", "zip", "city"),
        *("country_id", "category_id", "user_id", "primary.name", "primary.email"),
    ),
    "contacts": (
        *("client_number", "name", "contact.name", "contact.function", "contact.email", "contact.phone"),
        "contact.is_primary_contact",
    ),
}
NUMBER_WIDTH, DATE_WIDTH, TEXT_WIDTH = 12, 17, 26


class ExportColumn(NamedTuple):
    """A column that a file of clients may have."""

    key: str
    label: str
    section: str  # one of the keys of ``_client_export_sections``
    read: Callable  # of a record, the client or the contact, and the batch it was read with: the cell
    is_contact: bool = False  # of each contact, not of the client
    names: tuple = ()  # fields that must be fetched for it
    asks: tuple = ()  # what else of the batch it needs: phones, addresses, primary
    width: int = TEXT_WIDTH


class ResPartner(models.Model):
    """What of clients and contacts can stand in a file; addons add theirs."""

    _inherit = "res.partner"

    @api.model
    def _client_export_sections(self):
        """Headings of the columns, in their order."""
        return {
            "client": self.env._("Client"),
            "address": self.env._("Addresses"),
            "money": self.env._("Money"),
            "activity": self.env._("Activity"),
            "primary": self.env._("Primary Contact"),
            "custom": self.env._("Custom Fields"),
            "contact": self.env._("Contacts"),
            "contact_custom": self.env._("Custom Fields of Contacts"),
        }

    @api.model
    def _client_export_columns(self):
        """The columns that the user may have in a file: those of fields that he may read.

        :return: list of :class:`ExportColumn`, by section
        """
        labels = {
            "name": self.env._("Client"),
            "client_status_id": self.env._("Status"),
            "client_group_id": self.env._("Group"),
            "client_contact_count": self.env._("Number of Contacts"),
            "client_currency_id": self.env._("Currency"),
            "client_invoiced": self.env._("Invoiced"),
            "client_paid": self.env._("Paid"),
            "email": self.env._("E-mail"),
            "website": self.env._("Website"),
            "user_id": self.env._("Account Manager"),
            "phone": self.env._("Main Phone"),
            "lang": self.env._("Language"),
            "vat": self.env._("Tax ID"),
            "comment": self.env._("Internal Notes"),
            "create_date": self.env._("Created On"),
            "write_date": self.env._("Changed On"),
        }
        columns = [
            self._client_export_field(name, section, name, labels.get(name))
            for section, names in CLIENT_FIELDS.items()
            for name in names
            if self._client_export_may_read(name)
        ]
        phones = {"names": (), "asks": ("phones",)}
        columns += [
            ExportColumn("phones", self.env._("All Phones"), "client", _read_phones, **phones),
            *(
                ExportColumn(f"address.{kind}", label, "address", _read_address(kind), asks=("addresses",), width=40)
                for kind, label in (
                    ("invoice", self.env._("Invoice Address")),
                    ("delivery", self.env._("Delivery Address")),
                    ("other", self.env._("Other Addresses")),
                )
            ),
            *(
                ExportColumn(f"primary.{name}", label, "primary", _read_primary(name), False, names, ("primary",))
                for names in (("primary_contact_id",),)
                for name, label in (
                    ("name", self.env._("Primary Contact")),
                    ("function", self.env._("Primary Contact: Job Title")),
                    ("email", self.env._("Primary Contact: E-mail")),
                    ("phone", self.env._("Primary Contact: Phone")),
                )
            ),
        ]
        labels = {
            "name": self.env._("Contact"),
            "function": self.env._("Job Title"),
            "email": self.env._("E-mail of Contact"),
            "phone": self.env._("Phone of Contact"),
            "contact_kind_ids": self.env._("Kinds of Contact"),
            "lang": self.env._("Language of Contact"),
            "create_date": self.env._("Contact Created On"),
        }
        columns += [
            self._client_export_field(f"contact.{name}", "contact", name, labels.get(name))._replace(is_contact=True)
            for name in CONTACT_FIELDS
            if self._client_export_may_read(name)
        ]
        label = self.env._("All Phones of Contact")
        columns.append(ExportColumn("contact.phones", label, "contact", _read_phones, True, **phones))
        if self._client_export_may_read("client_fields"):
            columns += [
                self._client_export_custom(field, section)
                for section, hidden in (("custom", "contacts"), ("contact_custom", "clients"))
                for field in self.env["nestogy.custom.field"]._catalogue()
                if field.applies_to != hidden
            ]
        places = list(self._client_export_sections())
        return sorted(columns, key=lambda column: places.index(column.section))

    @api.model
    def _client_export_may_read(self, name):
        field = self._fields.get(name)
        return bool(field) and self._has_field_access(field, "read")

    @api.model
    def _client_export_chosen(self, keys):
        """The columns with these keys, in their order.

        :raise UserError: one of them is not there, or not for the user
        """
        known = {column.key: column for column in self._client_export_columns()}
        unknown = [str(key) for key in keys if key not in known]
        if unknown:
            raise UserError(
                self.env._("These columns are not there for you: %s. Take them out.", ", ".join(unknown)[:200])
            )
        return [known[key] for key in dict.fromkeys(keys)]

    @api.model
    def _client_export_field(self, key, section, name, label=None):
        """The column of a field of partners, with a reader made for its type."""
        field = self._fields[name]
        width = NUMBER_WIDTH if field.type in ("float", "monetary", "integer", "boolean") else TEXT_WIDTH
        return ExportColumn(
            key,
            label or field._description_string(self.env),
            section,
            self._client_export_reader(name),
            names=(name,),
            width=DATE_WIDTH if field.type in ("date", "datetime") else width,
        )

    @api.model
    def _client_export_reader(self, name):
        """A function of a record and its batch that returns the cell of a field."""
        field = self._fields[name]
        if field.type == "many2one":
            return _read_names_of_few(name)
        if field.type in ("one2many", "many2many"):
            # what is shown of a record are the names of what it points to
            return lambda record, batch: ", ".join(record[name].sudo().mapped("display_name"))
        if field.type == "selection":
            words = dict(field._description_selection(self.env))
            return lambda record, batch: words.get(record[name], "")
        if field.type == "boolean":
            yes, no = self.env._("Yes"), self.env._("No")
            return lambda record, batch: yes if record[name] else no
        if field.type == "html":
            return lambda record, batch: html2plaintext(record[name] or "").strip()
        if field.type == "datetime":
            return lambda record, batch: batch.local(record[name])
        if field.type in ("float", "monetary", "integer"):
            return lambda record, batch: record[name]
        return lambda record, batch: record[name] or None

    @api.model
    def _client_export_custom(self, field, section):
        scope = "contacts" if section == "contact_custom" else "clients"
        labels = dict(field.labels)
        words = {True: self.env._("Yes"), False: self.env._("No")}

        def read(record, batch):
            client = record.parent_id if scope == "contacts" else record
            if not field.applies(scope, client.client_group_id.id):
                return None
            value = batch.custom(record).get(field.key)
            if field.kind == "boolean":
                return words.get(value)
            if value is None or value is False:
                return None
            if field.kind == "choice":
                return labels.get(value, "")
            if field.kind in ("choices", "tags"):
                return ", ".join(labels[key] for key in value if key in labels)
            if field.kind == "link":
                return batch.link(field, value)
            if field.kind == "date":
                return fields.Date.to_date(value)
            if field.kind == "datetime":
                return batch.local(fields.Datetime.to_datetime(value))
            return value

        return ExportColumn(
            f"{section}.{field.key}",
            field.name,
            section,
            read,
            section == "contact_custom",
            ("client_fields", "client_group_id") if scope == "clients" else ("client_fields", "parent_id"),
        )


def _read_names_of_few(name):
    """A reader of names of what there are few of, as countries and colleagues: each is asked once a file."""
    known = {}

    def read(record, batch):
        value = record[name]
        found = known.get(value.id)
        if found is None:
            # what is shown of a record are the names of what it points to
            found = known[value.id] = (value.sudo().display_name or "") if value else ""
        return found

    return read


def _read_phones(record, batch):
    return ", ".join(batch.phones.get(record.id, ()))


def _read_address(kind):
    return lambda record, batch: "\n".join(batch.addresses.get((record.id, kind), ()))


def _read_primary(name):
    def read(record, batch):
        contact = batch.primary.get(record.id)
        return (contact[name] or None) if contact else None

    return read
