import json
import re
from collections.abc import Iterable
from datetime import datetime

from pytz import UTC, timezone

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.modules.db import FunctionStatus
from odoo.orm.fields_properties import Property
from odoo.tools import SQL

from ...tools.custom_values import CustomValueError, clean_value, is_empty

NAMES_SHOWN = 5


def _text_index(registry):
    """The index behind ``any_client_field``, as Odoo makes its own for texts."""
    if not registry.has_trigram:
        return ""
    text = "client_fields::text"
    if registry.has_unaccent == FunctionStatus.INDEXABLE:
        text = f"unaccent({text})"
    return f"USING gin (({text}) gin_trgm_ops) WHERE client_fields IS NOT NULL"


class ResPartner(models.Model):
    """The fields that the firm defined for its clients and contacts, see ``nestogy.custom.field``.

    A write names the fields that change, all others keep their value, also those that are hidden: of another client
    group, archived or deleted.
    """

    _inherit = "res.partner"

    client_fields = fields.Properties(
        string="Custom Fields",
        definition="client_fields_definition_id.properties_definition",
        copy=True,
        groups="base.group_user",
    )
    client_fields_definition_id = fields.Many2one(
        "properties.base.definition",
        compute="_compute_client_fields_definition_id",
        search="_search_client_fields_definition_id",
        groups="base.group_user",
    )
    client_fields_layout = fields.Json(
        compute="_compute_client_fields_layout",
        groups="base.group_user",
        help="The custom fields that are there for this client or contact: by key, what the form must know of them.",
    )
    client_fields_missing = fields.Char(
        string="Required Custom Fields Missing", compute="_compute_client_fields_missing", groups="base.group_user"
    )
    lacks_client_fields = fields.Boolean(
        string="Lacks Required Custom Fields",
        compute="_compute_client_fields_missing",
        search="_search_lacks_client_fields",
        groups="base.group_user",
    )
    any_client_field = fields.Char(
        string="Custom Field Text",
        compute="_compute_any_client_field",
        search="_search_any_client_field",
        groups="base.group_user",
        help="Finds a word in any custom field of text, choices or tags.",
    )

    _client_fields_text_idx = models.Index(_text_index)

    # ------------------------------------------------------------------
    # Definition
    # ------------------------------------------------------------------

    @api.model
    def _client_fields_definition(self):
        """The one record that defines the custom fields, for clients and contacts."""
        # which record it is is no secret; it belongs to system administrators
        definitions_sudo = self.env["properties.base.definition"].sudo()
        return definitions_sudo._get_definition_for_property_field("res.partner", "client_fields")

    def _compute_client_fields_definition_id(self):
        self.client_fields_definition_id = self._client_fields_definition()

    def _search_client_fields_definition_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        values = value if isinstance(value, Iterable) else (value,)
        return Domain.TRUE if self._client_fields_definition().id in values else Domain.FALSE

    def _field_to_sql(self, alias, fname, query=None):
        if fname == "client_fields_definition_id":  # asked for by exports and groups of Properties
            return SQL("%s", self._client_fields_definition().id)
        return super()._field_to_sql(alias, fname, query)

    def _client_field_scope(self):
        """What this partner is to custom fields.

        :return: tuple of ``clients`` or ``contacts`` and the id of the client's group; ``(None, None)`` for partners
            that have no custom fields
        """
        self.ensure_one()
        client_sudo = self.sudo()  # the group of its client decides, whoever looks
        while (
            client_sudo.parent_id
        ):  # not _get_client: a record that is being made has no id, and a set is read together
            client_sudo = client_sudo.parent_id
        if not client_sudo.is_client:
            return None, None
        if not self.parent_id:
            return "clients", client_sudo.client_group_id.id
        return ("contacts", client_sudo.client_group_id.id) if self.type == "contact" else (None, None)

    def _client_custom_fields(self):
        """The custom fields that are there for this client or contact.

        :return: list of ``CustomField``
        """
        catalogue = self.env["nestogy.custom.field"]._catalogue()
        if not catalogue:
            return []
        scope, group_id = self._client_field_scope()
        return [field for field in catalogue if scope and field.applies(scope, group_id)]

    def _client_field_values(self):
        """The stored values by key, hidden ones too."""
        self.ensure_one()
        return dict(self.client_fields._values) if self.client_fields else {}

    @api.depends_context("company")
    @api.depends("client_group_id", "is_client", "parent_id.is_client", "parent_id.client_group_id", "type")
    def _compute_client_fields_layout(self):
        for partner in self:
            partner.client_fields_layout = {
                field.key: {
                    "required": field.required,
                    "help": field.help,
                    "may_add_tags": field.kind == "tags",
                }
                for field in partner._client_custom_fields()
            } or False

    @api.depends_context("company")
    @api.depends("client_fields", "client_fields_layout")
    def _compute_client_fields_missing(self):
        for partner in self:
            missing = partner._missing_client_fields()
            partner.client_fields_missing = ", ".join(field.name for field in missing)
            partner.lacks_client_fields = bool(missing)

    def _missing_client_fields(self, keys=None):
        """The required fields without a value, of those with the given keys."""
        asked = [
            field for field in self._client_custom_fields() if field.required and (keys is None or field.key in keys)
        ]
        values = self._client_field_values() if asked else {}
        return [field for field in asked if is_empty(values.get(field.key))]

    def _search_lacks_client_fields(self, operator, value):
        if operator != "in":
            return NotImplemented
        lacking = Domain.OR(
            self._client_field_domain(field) & Domain(f"client_fields.{field.key}", "=", False)
            for field in self.env["nestogy.custom.field"]._catalogue()
            if field.required
        )
        return lacking if True in value else ~lacking

    @api.model
    def _client_field_domain(self, field):
        """The clients and contacts for which a custom field is there."""
        clients, contacts = Domain("is_client", "=", True), Domain("type", "=", "contact")
        contacts &= Domain("parent_id.is_client", "=", True)
        if field.group_ids:
            clients &= Domain("client_group_id", "in", list(field.group_ids))
            contacts &= Domain("parent_id.client_group_id", "in", list(field.group_ids))
        return {"clients": clients, "contacts": contacts}.get(field.applies_to, clients | contacts)

    def _compute_any_client_field(self):
        self.any_client_field = False

    def _search_any_client_field(self, operator, value):
        """One condition for all texts and one for each field with a fitting option, however many clients there are."""
        if operator != "ilike" or not isinstance(value, str):
            return NotImplemented
        catalogue = self.env["nestogy.custom.field"]._catalogue()
        domains = [
            Domain(f"client_fields.{field.key}", "in", [key])
            for field in catalogue
            for key, label in field.labels
            if value.lower() in label.lower()
        ]
        keys = [field.key for field in catalogue if field.kind in ("char", "text")]
        if keys:
            domains.append(Domain.custom(to_sql=lambda model, alias, query: self._client_text_sql(alias, keys, value)))
        return Domain.OR(domains)

    @api.model
    def _client_search_domains(self, text):
        """Find clients by what their custom fields say, too."""
        return [*super()._client_search_domains(text), Domain("any_client_field", "ilike", text)]

    @api.model
    def _client_text_sql(self, alias, keys, value):
        """Find a text in any of these custom fields.

        SQL: the ORM has no word for that. The index holds the values of a partner as one text, in which some
        characters are written differently; so it is asked for the longest part of the text that has none of them.
        """
        unaccent = self.env.registry.unaccent
        part = max(re.split(r'[\\"%_\x00-\x1f]', value), key=len)
        return SQL(
            """
            %s IN (
                SELECT partner.id
                  FROM res_partner partner
                 WHERE partner.client_fields IS NOT NULL
                   AND %s ILIKE %s
                   AND EXISTS (
                        SELECT FROM jsonb_each_text(partner.client_fields) AS field
                         WHERE field.key = ANY(%s) AND %s ILIKE %s
                   )
            )
            """,
            SQL.identifier(alias, "id"),
            unaccent(SQL("(partner.client_fields::text)")),
            unaccent(SQL("%s", f"%{part}%")),
            keys,
            unaccent(SQL("field.value")),
            unaccent(SQL("%s", f"%{value}%")),
        )

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env["nestogy.custom.field"]._catalogue():
            return super().create(vals_list)
        given = self._clean_client_fields([vals.get("client_fields") for vals in vals_list])
        is_form = [isinstance(vals.get("client_fields"), list) for vals in vals_list]
        partners = super().create(
            [{name: value for name, value in vals.items() if name != "client_fields"} for vals in vals_list]
        )
        # as a computed field is set: a write for each of many new partners would cost more than all the rest
        with self.env.protecting([self._fields["client_fields"]], partners):
            for partner, values, from_form in zip(partners, given, is_form, strict=True):
                values = partner._new_client_field_values(values, from_form)
                if values:
                    partner.client_fields = values
        partners.modified(["client_fields"])
        partners._quality_again(["client_fields"])
        partners._check_client_fields_required()
        return partners

    def _new_client_field_values(self, values, from_form):
        """Complete the values of a new record by the defaults of the fields that are there for it.

        :param dict values: what was given
        :param bool from_form: a form sends all fields, so also the defaults of those that it does not show
        """
        shown = self._client_custom_fields()
        defaults = {
            field.key: self.env.context.get(f"default_client_fields.{field.key}", field.default) for field in shown
        }
        hidden = {
            field.key: field.default for field in self.env["nestogy.custom.field"]._catalogue() if field not in shown
        }
        if from_form:
            values = {key: value for key, value in values.items() if key not in hidden or value != hidden[key]}
        return {key: value for key, value in (defaults | values).items() if not is_empty(value)}

    def write(self, vals):
        # _get_client asks with a query or two: only who changes what decides about custom fields pays for it
        if not {"client_fields", "client_group_id", "client_status_id"} & set(vals):
            return super().write(vals)
        if not self.env["nestogy.custom.field"]._catalogue():
            return super().write({name: value for name, value in vals.items() if name != "client_fields"})
        becoming = self.browse()
        if vals.get("client_status_id"):
            becoming = self.filtered(lambda partner: not partner.client_status_id)
        if "client_fields" not in vals:
            result = super().write(vals)
        else:
            [given] = self._clean_client_fields([vals["client_fields"]])
            result = super().write({name: value for name, value in vals.items() if name != "client_fields"})
            self._write_client_fields(given)
            self._check_client_fields_required(set(given))
        (self if "client_group_id" in vals else becoming)._check_client_fields_required()
        return result

    def _write_client_fields(self, given):  # pylint: disable=missing-return
        """Let the given values stand beside those that exist; records that come to the same are written together."""
        groups = {}
        # what is there already, hidden fields too; who may write is asked by the write itself
        for partner, partner_sudo in zip(self, self.sudo(), strict=True):
            merged = partner_sudo._client_field_values() | given
            # what is empty is not stored; to Python no value (False) and zero are equal, to us they are not
            merged = {key: value for key, value in merged.items() if not is_empty(value)}
            text = json.dumps(merged, sort_keys=True)
            groups.setdefault(text, [merged, []])[1].append(partner.id)
        for merged, ids in groups.values():
            partners = self.browse(ids).with_prefetch(self._prefetch_ids)
            super(ResPartner, partners).write({"client_fields": merged})  # pylint: disable=super-method-mismatch

    def web_save(self, vals, specification, next_id=None):
        """A client's form is not saved while a required custom field is empty."""
        result = super().web_save(vals, specification, next_id=next_id)
        if self and "client_fields_layout" in specification:
            self._check_client_fields_required()
        return result

    def _check_client_fields_required(self, keys=None):
        """Refuse to leave required fields empty; incoming mail and programs are not held up.

        :param keys: only fields with these keys
        :raise ValidationError: names the records and the fields
        """
        if self.env.su or not any(field.required for field in self.env["nestogy.custom.field"]._catalogue()):
            return
        found = [(partner, missing) for partner in self if (missing := partner._missing_client_fields(keys))]
        if found:
            raise ValidationError(
                "\n".join(
                    self.env._(
                        "%(client)s cannot be saved without a value for: %(fields)s.",
                        client=partner.name,
                        fields=", ".join(field.name for field in missing),
                    )
                    for partner, missing in found[:NAMES_SHOWN]
                )
            )

    @api.model
    def _clean_client_fields(self, raws):
        """Bring values from forms, files and programs into the form in which they are stored.

        :param list raws: for each record what was given: a list of properties with values, a dict, JSON, or nothing
        :return: for each record a dict of key to value; unknown keys are left out
        :raise ValidationError: names the field and what is wrong
        """
        catalogue = {field.key: field for field in self.env["nestogy.custom.field"]._catalogue()}
        cleaned, links = [], {}
        for raw in raws:
            values = {}
            for key, value in self._client_fields_dict(raw, catalogue).items():
                field = catalogue.get(key)
                if not field:
                    continue
                try:
                    values[key] = self._clean_client_field(field, value)
                except CustomValueError as error:
                    raise self._client_field_error(field, error) from error
                if field.kind == "link" and values[key]:
                    links.setdefault(field.comodel, set()).add(values[key])
            cleaned.append(values)
        found = {
            comodel: set(self.env[comodel].with_context(active_test=False).search([("id", "in", list(ids))]).ids)
            for comodel, ids in links.items()
        }
        for values in cleaned:
            for key, value in values.items():
                if catalogue[key].kind == "link" and value and value not in found[catalogue[key].comodel]:
                    raise self._client_field_error(catalogue[key], CustomValueError("link", str(value)))
        return cleaned

    @api.model
    def _client_fields_dict(self, raw, catalogue):
        if isinstance(raw, Property):
            raw = raw._values
        elif isinstance(raw, str):
            raw = json.loads(raw)
        if isinstance(raw, list):
            # a definition that comes along is not looked at
            return {each["name"]: each["value"] for each in raw if "name" in each and "value" in each}
        return dict.fromkeys(catalogue, False) if raw is False else dict(raw or {})

    @api.model
    def _clean_client_field(self, field, value):
        if field.kind != "link":
            return clean_value(field.kind, value, field.labels)
        if isinstance(value, list | tuple) and value:
            value = value[0]
        if is_empty(value):
            return False
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
            raise CustomValueError("link", str(value)[:40])
        return value

    @api.model
    def _client_field_error(self, field, error):
        return ValidationError(
            self.env._(
                "%(field)s: %(reason)s",
                field=field.name,
                reason=self.env["nestogy.custom.field"]._value_message(error),
            )
        )

    @api.model
    def _parse_client_field(self, field, text):
        """Understand a text of a file or a form; times are meant in the user's time zone, links by name.

        :raise ValidationError: names the field and what is wrong
        """
        try:
            if field.kind == "link":
                found = self.env[field.comodel].name_search(text.strip(), operator="=", limit=2) if text.strip() else []
                if text.strip() and len(found) != 1:
                    raise CustomValueError("link", text[:40])
                return found[0][0] if found else False
            value = clean_value(field.kind, text, field.labels)
        except CustomValueError as error:
            raise self._client_field_error(field, error) from error
        if field.kind == "datetime" and value:
            zone = timezone(self.env.user.tz or "UTC")
            local = zone.localize(datetime.fromisoformat(value))
            value = local.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
        return value

    # ------------------------------------------------------------------
    # Merging
    # ------------------------------------------------------------------

    @api.model
    def _client_fields_merge(self, target, sources):  # pylint: disable=missing-return
        """Fill what a client has empty from others that are merged into it, hidden fields too.

        :param res.partner target: the client that stays; its values win
        :param res.partner sources: those that go; the values of earlier ones win
        """
        merged = {}
        # values of archived and deleted fields are carried over too, which nobody can write
        for partner_sudo in (target | sources).sudo():
            for key, value in partner_sudo._client_field_values().items():
                if is_empty(merged.get(key)) and not is_empty(value):
                    merged[key] = value
        if merged:
            target_sudo = target.sudo()  # as above
            super(ResPartner, target_sudo).write({"client_fields": merged})  # pylint: disable=super-method-mismatch
