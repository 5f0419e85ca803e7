from collections import defaultdict
from itertools import chain

import pytz

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

BATCH = 1000  # records that are in memory at the same time; what the ORM reads with one query
MOST_CONTACTS = 30  # contacts that stand side by side
CONTACTS = Domain("type", "=", "contact") & Domain("active", "=", True)
NEEDED = ("parent_id", "type", "client_group_id", "company_id")


class ExportBatch:
    """What was read for some clients at once, so that their cells ask no queries of their own."""

    def __init__(self, env, clients, contacts, columns):
        self.env = env
        self.contacts = defaultdict(list)  # by client
        for contact in contacts:
            self.contacts[contact.parent_id.id].append(contact)
        self._people = clients | contacts
        self._clients = clients
        self._zone = pytz.timezone(env.user.tz or "UTC")
        self._links, self._values = {}, {}
        asks = set(chain.from_iterable(column.asks for column in columns))
        self.phones = self._read_phones() if "phones" in asks else {}
        self.addresses = self._read_addresses() if "addresses" in asks else {}
        self.primary = self._read_primary() if "primary" in asks else {}

    def _read_phones(self):
        found = defaultdict(list)
        numbers = self.env["nestogy.phone.number"].search_fetch(
            [("partner_id", "in", self._people.ids)],
            ["partner_id", "number", "extension", "kind"],
            order="sequence, id",
        )
        labels = dict(numbers._fields["kind"]._description_selection(self.env))
        for number in numbers:
            kind = f" ({labels[number.kind]})" if number.kind != "phone" else ""
            found[number.partner_id.id].append(f"{number._text()}{kind}")
        return found

    def _read_addresses(self):
        found = defaultdict(list)
        addresses = self._clients.search_fetch(
            [("parent_id", "in", self._clients.ids), ("type", "!=", "contact")],
            ["parent_id", "type", "name", "street", "street2", "zip", "city", "state_id", "country_id"],
            order="id",
        )
        for address in addresses:
            place = " ".join(filter(None, (address.zip, address.city, address.state_id.code)))
            words = (address.name, address.street, address.street2, place, address.country_id.name)
            kind = address.type if address.type in ("invoice", "delivery") else "other"
            found[address.parent_id.id, kind].append(", ".join(filter(None, words)))
        return found

    def _read_primary(self):
        contacts = self._clients.search_fetch(
            [("id", "in", self._clients.primary_contact_id.ids)], ["parent_id", "name", "function", "email", "phone"]
        )
        return {contact.parent_id.id: contact for contact in contacts}

    def local(self, moment):
        """A moment in the time zone of the reader, as a spreadsheet knows no zones."""
        return pytz.utc.localize(moment).astimezone(self._zone).replace(tzinfo=None) if moment else None

    def custom(self, record):
        """The custom values of a record by key."""
        if record.id not in self._values:
            self._values[record.id] = record._client_field_values()
        return self._values[record.id]

    def link(self, field, value):
        """The name of the record to which a custom field leads, empty where the user may not see it."""
        if field.key not in self._links:
            ids = {self.custom(record).get(field.key) for record in self._people} - {None, False}
            model = self.env[field.comodel].with_context(active_test=False)
            found = model.search([("id", "in", list(ids))]) if model.has_access("read") else model
            self._links[field.key] = {record.id: record.display_name for record in found}
        return self._links[field.key].get(value, "")


class ResPartner(models.Model):
    """Clients as rows of a file, a batch at a time, with the rights of the user."""

    _inherit = "res.partner"

    @api.model
    def _client_export_domain(self, scope, domain):
        """The records that a file is about.

        :param str scope: ``clients`` or ``contacts``
        :param domain: of a search
        """
        if scope == "contacts":
            return Domain("parent_id.is_client", "=", True) & Domain("type", "=", "contact") & Domain(domain)
        return Domain("is_client", "=", True) & Domain(domain)

    @api.model
    def _client_export_table(self, scope, domain, columns, contacts):
        """
        :param str scope: ``clients``, or ``contacts`` when the domain is one of contacts
        :param domain: of :meth:`_client_export_domain`
        :param list columns: of :class:`ExportColumn`
        :param str contacts: ``none``, ``rows`` for a line for each contact, or ``columns`` for all beside their client
        :return: tuple of pairs of label and width, and an iterable of lists of cells; oldest records come first
        :raise UserError: a client has more contacts than fit beside it
        """
        if scope == "contacts":
            contacts = "rows"
        elif contacts == "none":
            columns = [column for column in columns if not column.is_contact]
        if not columns:
            raise UserError(self.env._("Choose at least one column."))
        people = [column for column in columns if column.is_contact]
        if not people and scope == "clients":
            contacts = "none"
        if contacts != "columns":
            heads = [(column.label, column.width) for column in columns]
            return heads, self._client_export_rows(scope, domain, columns, contacts)
        count = self._client_export_most_contacts(domain)
        if count > MOST_CONTACTS:
            raise UserError(
                self.env._(
                    "A client has %(count)s contacts, and only %(limit)s fit beside it; choose a row for each contact.",
                    count=count,
                    limit=MOST_CONTACTS,
                )
            )
        columns = [column for column in columns if not column.is_contact]
        heads = [(column.label, column.width) for column in columns] + [
            (f"{column.label} {number}", column.width) for number in range(1, count + 1) for column in people
        ]
        return heads, self._client_export_wide_rows(domain, columns, people, count)

    def _client_export_rows(self, scope, domain, columns, contacts):
        readers = [(column.read, column.is_contact) for column in columns]
        for batch, clients, people in self._client_export_batches(scope, domain, columns, contacts):
            if scope == "contacts":
                for contact in people:
                    yield [read(contact if is_contact else contact.parent_id, batch) for read, is_contact in readers]
                continue
            for client in clients:
                for contact in (contacts == "rows" and batch.contacts.get(client.id)) or (None,):
                    yield [
                        read(client, batch) if not is_contact else read(contact, batch) if contact else None
                        for read, is_contact in readers
                    ]

    def _client_export_wide_rows(self, domain, columns, people, count):
        for batch, clients, _people in self._client_export_batches("clients", domain, columns + people, "columns"):
            for client in clients:
                row = [column.read(client, batch) for column in columns]
                for contact in batch.contacts.get(client.id, ()):
                    row += [column.read(contact, batch) for column in people]
                yield row + [None] * (len(columns) + len(people) * count - len(row))

    def _client_export_batches(self, scope, domain, columns, contacts):
        """Read what the columns need, a batch at a time, and forget it again.

        :return: iterable of tuples of :class:`ExportBatch`, clients and contacts
        """
        of_client = {*NEEDED, *chain.from_iterable(column.names for column in columns if not column.is_contact)}
        of_contact = {*NEEDED, *chain.from_iterable(column.names for column in columns if column.is_contact)}
        of_client = sorted(name for name in of_client if self._fields[name].store)
        of_contact = sorted(name for name in of_contact if self._fields[name].store)
        last, nobody = 0, self.browse()
        while True:
            page = Domain(domain) & Domain("id", ">", last)
            if scope == "contacts":
                people = self.search_fetch(page, of_contact, order="id", limit=BATCH)
                clients = people.parent_id  # the user may read them: the domain asks for them
                clients.fetch(of_client)
            else:
                clients = self.search_fetch(page, of_client, order="id", limit=BATCH)
                people = nobody
                if contacts != "none" and clients:
                    people = self.search_fetch(
                        Domain("parent_id", "in", clients.ids) & CONTACTS, of_contact, order="name, id"
                    )
            found = people if scope == "contacts" else clients
            if not found:
                return
            last = found.ids[-1]
            yield ExportBatch(self.env, clients, people, columns), clients, people
            is_last = len(found) < BATCH
            self.env.invalidate_all()
            if is_last:
                return

    @api.model
    def _client_export_most_contacts(self, domain):
        """How many contacts the client with most of them has.

        SQL: the ORM cannot take the greatest of counts.
        """
        contacts = self._search(CONTACTS)
        contacts.add_where(
            SQL("%s IN %s", SQL.identifier("res_partner", "parent_id"), self._search(domain).subselect())
        )
        counts = contacts.select(SQL("COUNT(*) AS count"))
        [[count]] = self.env.execute_query(
            SQL("SELECT COALESCE(MAX(count), 0) FROM (%s GROUP BY res_partner.parent_id) counted", counts)
        )
        return count
