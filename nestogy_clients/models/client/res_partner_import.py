from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import email_normalize
from odoo.tools.mail import single_email_re

from ...tools.client_file import CELL_LIMIT, ClientFileError, read_client_csv


class ImportResult(NamedTuple):
    """What came of a file: the clients that are in, and ``(line, message)`` for each row that is not."""

    created: models.BaseModel
    errors: list


class ResPartner(models.Model):
    """Taking clients from a file: a row is in with all its contacts, or not at all and reported."""

    _inherit = "res.partner"

    @api.model
    def _import_clients_file(self, content, filename=""):
        """Create a client for each row of a CSV file.

        :param bytes content: the file, see ``tools/client_file.py``
        :param str filename: shown in messages
        :return: :class:`ImportResult`; a bad row is reported and does not stop the others
        :raise UserError: the file as a whole cannot be read; nothing was created
        """
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_manager"):
            raise AccessError(self.env._("Only client managers import clients."))
        lookups = self._client_import_lookups()
        try:
            rows = read_client_csv(content, lookups["custom"])
        except ClientFileError as error:
            raise UserError(self._client_file_message(error, filename)) from error
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
            "custom": {field.name: field for field in self._client_import_fields()},
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
        vals = self._prepare_import_client_values(values, lookups)
        contacts = [self._prepare_import_contact_values(contact) for contact in values["contacts"]]
        client = self.create(vals)
        people = self.create([contact | {"parent_id": client.id} for contact in contacts])
        if people:
            client.primary_contact_id = people[0]
        return client

    @api.model
    def _prepare_import_client_values(self, values, lookups):
        if values["extra"]:
            raise UserError(self.env._("The row has more cells than the header: %s", ", ".join(values["extra"])))
        if not values.get("name"):
            raise UserError(self.env._("The client's name is missing."))
        for name, cell in values.items():
            if isinstance(cell, str) and len(cell) > CELL_LIMIT:
                raise UserError(
                    self.env._("%(column)s is longer than %(limit)s characters.", column=name, limit=CELL_LIMIT)
                )
        kind = values.get("is_company", "company").lower()
        if kind not in ("company", "person"):
            raise UserError(self.env._("is_company is “company” or “person”, not “%s”.", kind))
        vals = {
            key: values[key]
            for key in ("name", "phone", "website", "vat", "street", "street2", "zip", "city")
            if key in values
        }
        vals["is_company"] = kind == "company"
        vals["comment"] = values.get("notes")
        vals["email"] = self._import_email(values.get("email"))
        for column, field in (
            ("status", "client_status_id"),
            ("group", "client_group_id"),
            ("industry", "industry_id"),
            ("country", "country_id"),
        ):
            if values.get(column):
                record = lookups[column].get(values[column].lower())
                if not record:
                    raise UserError(
                        self.env._("%(column)s “%(value)s” is not known.", column=column, value=values[column])
                    )
                vals[field] = record.id
        vals.setdefault("client_status_id", self.env["nestogy.client.status"]._get_default().id)
        if values.get("state"):
            country = self.env["res.country"].browse(vals.get("country_id")) or self.env.company.country_id
            state = country.state_ids.filtered(
                lambda each: values["state"].lower() in (each.name.lower(), each.code.lower())
            )
            if not state:
                raise UserError(
                    self.env._("%(country)s has no state “%(value)s”.", country=country.name, value=values["state"])
                )
            vals["state_id"] = state[0].id
        vals["client_fields"] = {
            lookups["custom"][name].key: self._parse_client_field(lookups["custom"][name], cell)
            for name, cell in values["custom"].items()
        }
        vals["category_id"] = [(6, 0, self._import_tags(values.get("tags"), lookups).ids)]
        return vals

    @api.model
    def _prepare_import_contact_values(self, contact):
        if not contact.get("name"):
            raise UserError(self.env._("A contact has no name: %s", ", ".join(contact.values())))
        return {
            "name": contact["name"],
            "type": "contact",
            "function": contact.get("function"),
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
            "encoding": self.env._("the file is no text in UTF-8 or Windows-1252; save it as CSV"),
            "empty": self.env._("the file is empty"),
            "large": self.env._("the file is larger than %s MB", error.detail),
            "rows": self.env._("the file has more than %s rows; split it", error.detail),
            "no_name": self.env._("the header has no column “name”"),
            "unknown": self.env._("the column “%s” is not known", error.detail),
            "twice": self.env._("the column “%s” stands in the header twice", error.detail),
            "format": self.env._("the file is no proper CSV, line %s", error.detail),
        }
        return self.env._(
            "%(file)s cannot be imported: %(reason)s.", file=filename or "CSV", reason=messages[error.kind]
        )
