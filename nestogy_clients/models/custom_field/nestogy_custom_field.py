import re
import unicodedata
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, ormcache

from ...tools.custom_values import CustomValueError, clean_value
from ...tools.import_columns import is_column_name

FIELD_LIMIT = 200  # fields, archived ones too
OPTION_LIMIT = 200  # options of one field
NAME_LIMIT = 100  # characters
SECTION_LIMIT = 60
HELP_LIMIT = 500
KEY_LIMIT = 40
# how a kind is stored among the partner's Properties
PROPERTY_TYPES = {"choice": "selection", "choices": "tags", "link": "many2one"}
OPTION_KINDS = ("choice", "choices", "tags")
WIDER_KINDS = {("char", "text"), ("integer", "float"), ("choices", "tags"), ("tags", "choices")}
LINK_MODELS = (
    "res.partner",
    "res.users",
    "product.product",
    "project.project",
    "maintenance.equipment",
    "res.country",
)


class CustomField(NamedTuple):
    """What is asked of an active custom field again and again, read once and kept."""

    key: str
    name: str
    kind: str
    comodel: str
    help: str
    section: str
    required: bool
    default: object
    options: tuple  # of (key, label, color)
    applies_to: str
    group_ids: frozenset
    portal: str

    def applies(self, scope, group_id):
        """Say whether the field is there for a client or contact.

        :param str scope: ``clients`` or ``contacts``
        :param int group_id: id of the client's group
        """
        return self.applies_to in (scope, "both") and (not self.group_ids or group_id in self.group_ids)

    @property
    def labels(self):
        """Pairs of key and label of the options."""
        return [option[:2] for option in self.options]


class NestogyCustomField(models.Model):
    """A field of clients or contacts that the firm defines itself.

    The values are Odoo Properties (``res.partner.client_fields``), whose definition this model writes as a whole
    after each change; so lists, search, grouping, import and export are Odoo's own.
    """

    _name = "nestogy.custom.field"
    _description = "Custom Field"
    _order = "sequence, id"

    name = fields.Char(string="Label", required=True)
    key = fields.Char(
        readonly=True,
        copy=False,
        index=True,
        help="Made from the first label. Imports and programs know the field by it; it never changes.",
    )
    kind = fields.Selection(
        [
            ("char", "Text"),
            ("text", "Long Text"),
            ("integer", "Whole Number"),
            ("float", "Decimal Number"),
            ("monetary", "Money"),
            ("date", "Date"),
            ("datetime", "Date and Time"),
            ("boolean", "Yes or No"),
            ("choice", "Choice"),
            ("choices", "Many Choices"),
            ("tags", "Tags"),
            ("link", "Link to a Record"),
        ],
        string="Type",
        required=True,
        default="char",
        help="Money is in the company's currency. Tags can be added by agents while they type.",
    )
    comodel = fields.Selection("_selection_comodel", string="Links To")
    option_ids = fields.One2many("nestogy.custom.field.option", "field_id", string="Options", copy=True)
    section = fields.Char(help="Heading under which the field stands on the client form.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, help="An archived field is hidden everywhere and keeps its values.")
    help = fields.Text(help="Shown beside the label, in the client portal too.")
    required = fields.Boolean(
        help="New clients cannot be saved without a value. Clients that exist and have none are marked, and ask for it "
        "when their form is saved next. Programs and incoming mail are not held up."
    )
    default_value = fields.Char(
        string="Default",
        help="For new clients. Options are written by their label, dates as 2026-12-31, several tags with commas.",
    )
    applies_to = fields.Selection(
        [("clients", "Clients"), ("contacts", "Contacts"), ("both", "Clients and Contacts")],
        required=True,
        default="clients",
    )
    group_ids = fields.Many2many(
        "nestogy.client.group",
        string="Only for Groups",
        ondelete="restrict",
        help="Empty means all. A client that changes its group keeps the values that are hidden then.",
    )
    portal = fields.Selection(
        [("none", "Hidden"), ("read", "Visible"), ("write", "Visible and Editable")],
        string="Client Portal",
        required=True,
        default="none",
        help="People of the client see it under My Account. The primary contact edits fields of the client, "
        "each contact those of himself.",
    )
    filled_count = fields.Integer(string="Filled", compute="_compute_filled_count", help="Records with a value.")

    _key_unique = models.UniqueIndex("(key)", "Another custom field has this key.")
    _name_unique = models.UniqueIndex(
        "(lower(name)) WHERE active", "Another custom field has this label; choose one that tells them apart."
    )

    @api.model
    def _selection_comodel(self):
        return [(name, self.env[name]._description) for name in LINK_MODELS if name in self.env]

    def _compute_filled_count(self):
        counts = self._count_values()
        for field in self:
            field.filled_count = counts.get(field.key, 0)

    @api.model
    def _count_values(self):
        """Count the records that have a value, for all keys with one query.

        :return: dict of key to number; keys without values are left out
        """
        self.env["res.partner"].flush_model(["client_fields"])
        # SQL: the ORM cannot aggregate over the keys of Properties
        return dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT value.key, COUNT(*)
                      FROM res_partner partner, jsonb_each(partner.client_fields) value
                     WHERE partner.client_fields IS NOT NULL
                       AND value.value NOT IN ('false', 'null', '""', '[]')
                  GROUP BY value.key
                    """
                )
            )
        )

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    @api.constrains("name", "section", "help")
    def _check_texts(self):
        for field in self:
            self._check_label(field.name, NAME_LIMIT)
            if is_column_name(field.name):
                raise ValidationError(
                    self.env._("“%s” is a column of client imports already; choose another label.", field.name)
                )
            if field.section:
                self._check_label(field.section, SECTION_LIMIT)
            if field.help and len(field.help) > HELP_LIMIT:
                raise ValidationError(self.env._("A help text has at most %s characters.", HELP_LIMIT))

    @api.model
    def _check_label(self, text, limit):
        if not text.strip() or len(text) > limit or text != text.strip() or not text.isprintable():
            raise ValidationError(
                self.env._(
                    "A label has one to %(limit)s printable characters and no blanks around it: “%(text)s”",
                    limit=limit,
                    text=text[:limit],
                )
            )
        if text[0] in "=+-@＝＋－＠":
            # spreadsheets take such a heading of an export for a formula
            raise ValidationError(self.env._("A label begins with a letter or a digit: “%s”", text))

    @api.constrains("kind", "comodel", "option_ids", "required", "portal")
    def _check_kind(self):
        for field in self:
            if field.kind == "link" and field.comodel not in LINK_MODELS:
                raise ValidationError(self.env._("Say what “%s” links to.", field.name))
            if field.kind in ("choice", "choices") and not field.option_ids:
                raise ValidationError(self.env._("“%s” needs at least one option.", field.name))
            if len(field.option_ids) > OPTION_LIMIT:
                raise ValidationError(self.env._("A custom field has at most %s options.", OPTION_LIMIT))
            if field.kind == "boolean" and field.required:
                raise ValidationError(
                    self.env._("“%s” is never empty, as no is a value too; it cannot be required.", field.name)
                )
            if field.kind == "link" and field.portal == "write":
                raise ValidationError(
                    self.env._(
                        "Clients cannot choose among your records: let “%s” be visible in the portal, not editable.",
                        field.name,
                    )
                )

    @api.constrains("default_value", "kind", "option_ids")
    def _check_default_value(self):
        for field in self:
            if field.default_value and field.kind == "link":
                raise ValidationError(self.env._("A link has no default; leave it empty."))
            if field.default_value:
                try:
                    field._clean_default()
                except CustomValueError as error:
                    raise ValidationError(
                        self.env._(
                            "The default of “%(field)s” does not fit: %(reason)s",
                            field=field.name,
                            reason=self._value_message(error),
                        )
                    ) from error

    def _clean_default(self):
        options = [(option.key, option.name) for option in self.option_ids]
        return clean_value(self.kind, self.default_value, options) if self.kind != "link" else False

    def _valid_default(self):
        """The default as it is stored; none while its options are being written."""
        try:
            return self._clean_default() if self.default_value else False
        except CustomValueError:
            return False

    @api.model
    def _value_message(self, error):
        """A sentence for a value that does not fit.

        :param CustomValueError error: what is wrong with it
        """
        messages = {
            "text": self.env._("“%s” is no text.", error.detail),
            "control": self.env._("The text has characters that cannot be stored."),
            "long": self.env._("The text has more than %s characters.", error.detail),
            "integer": self.env._("“%s” is no whole number; write digits only.", error.detail),
            "number": self.env._("“%s” is no number; write it as 1234.50.", error.detail),
            "large": self.env._("The number is larger than %s.", error.detail),
            "date": self.env._("“%s” is no date; write it as 2026-12-31.", error.detail),
            "datetime": self.env._("“%s” is no date and time; write it as 2026-12-31 14:30.", error.detail),
            "boolean": self.env._("“%s” is neither yes nor no.", error.detail),
            "option": self.env._("“%s” is not one of the options.", error.detail),
            "link": self.env._("“%s” was not found.", error.detail),
        }
        return messages[error.kind]

    # ------------------------------------------------------------------
    # Life
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if len(vals_list) + self.with_context(active_test=False).search_count([]) > FIELD_LIMIT:
            raise UserError(self.env._("There are at most %s custom fields, archived ones too.", FIELD_LIMIT))
        taken = set(self.with_context(active_test=False).search([]).mapped("key"))
        deleted = set(self.env["nestogy.custom.field.deleted"].search([]).mapped("key"))
        prepared = []
        for vals in vals_list:
            # a key comes from outside only when a deleted field is brought back
            key = vals.get("key")
            if key not in deleted or key in taken:
                key = self._make_key(vals.get("name"), taken | deleted)
            taken.add(key)
            prepared.append(vals | {"key": key})
        custom_fields = super().create(prepared)
        self._rebuild_definition()
        return custom_fields

    @api.model
    def _make_key(self, name, taken):
        plain = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:KEY_LIMIT].strip("_")
        # words that mean something else to the ORM, and the ending by which Properties know HTML
        if not stem or stem in ("id", "display_name") or stem.endswith("html") or stem[0].isdigit():
            stem = f"field_{stem}".removesuffix("_html").rstrip("_")
        key, number = stem, 1
        while key in taken:
            number += 1
            key = f"{stem}_{number}"
        return key

    def write(self, vals):
        if "key" in vals and any(field.key != vals["key"] for field in self):
            raise UserError(self.env._("The key of a custom field never changes."))
        if {"kind", "comodel"} & set(vals):
            self._check_kind_may_change(vals)
        result = super().write(vals)
        self._rebuild_definition()
        return result

    def _check_kind_may_change(self, vals):
        """Refuse a change after which the values that exist would mean nothing.

        :raise UserError: names the field
        """
        counts = self._count_values()
        for field in self.filtered(lambda each: counts.get(each.key)):
            kind, comodel = vals.get("kind", field.kind), vals.get("comodel", field.comodel)
            if kind != field.kind and (field.kind, kind) not in WIDER_KINDS or comodel != field.comodel:
                raise UserError(
                    self.env._(
                        "“%(field)s” has values in %(count)s records, so its type stays. Make a new field and archive "
                        "this one.",
                        field=field.name,
                        count=counts[field.key],
                    )
                )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        return [
            vals | {"name": self.env._("%s (copy)", field.name)} for field, vals in zip(self, vals_list, strict=True)
        ]

    def unlink(self):
        """Take the fields away; of such as have values the values are kept, and the field can be brought back."""
        if not self.env.context.get("_force_unlink"):  # not when the addon itself goes
            counts = self._count_values()
            # whoever may delete the field may not bypass that a copy is kept
            self.env["nestogy.custom.field.deleted"].sudo().create(
                [field._prepare_deleted_values() for field in self if counts.get(field.key)]
            )
        result = super().unlink()
        self._rebuild_definition()
        return result

    def _prepare_deleted_values(self):
        [config] = self.with_context(active_test=False).copy_data()
        config |= {"key": self.key, "name": self.name, "active": True, "group_ids": self.group_ids.ids}
        config["option_ids"] = [option._prepare_kept_values() for option in self.option_ids]
        return {"name": self.name, "key": self.key, "kind": self.kind, "config": config}

    def action_delete(self):
        """Ask before the field goes, and say how many values it has."""
        self.ensure_one()
        self.check_access("unlink")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Delete Custom Field"),
            "res_model": "nestogy.custom.field.delete",
            "view_mode": "form",
            "target": "new",
            "context": {"default_field_id": self.id},
        }

    def action_open_filled(self):
        """Open the clients and contacts that have a value."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client")
        if self.applies_to != "clients":
            action = self.env["ir.actions.act_window"]._for_xml_id("nestogy_clients.res_partner_action_client_contacts")
        action["domain"] = [(f"client_fields.{self.key}", "!=", False)]
        action["context"] = {}
        return action

    # ------------------------------------------------------------------
    # Definition
    # ------------------------------------------------------------------

    @api.model
    @ormcache()
    def _catalogue(self):
        """The active custom fields in their order, as a tuple of :class:`CustomField`."""
        # what fields there are is asked in the name of everybody who saves a partner
        fields_sudo = self.sudo().with_context(active_test=True).search([])
        return tuple(
            CustomField(
                key=field.key,
                name=field.name,
                kind=field.kind,
                comodel=field.comodel or "",
                help=field.help or "",
                section=field.section or "",
                required=field.required,
                default=field._valid_default(),
                options=tuple((option.key, option.name, option.color) for option in field.option_ids),
                applies_to=field.applies_to,
                group_ids=frozenset(field.group_ids.ids),
                portal=field.portal,
            )
            for field in fields_sudo
        )

    @api.model
    def _sections(self, custom_fields):
        """Sort fields into their sections; a section stands where its first field does, what has none comes first.

        :param custom_fields: iterable of :class:`CustomField`
        :return: dict of heading to list of fields
        """
        sections = {"": []}
        for field in custom_fields:
            sections.setdefault(field.section, []).append(field)
        return {heading: members for heading, members in sections.items() if members}

    @api.model
    def _rebuild_definition(self):
        """Write the definition of the partner's Properties anew, as a whole; the only door to it."""
        self.env.flush_all()
        self.env.registry.clear_cache()
        definition = []
        for number, (heading, members) in enumerate(self._sections(self._catalogue()).items()):
            if heading:
                definition.append({"name": f"section_{number}_", "string": heading, "type": "separator"})
            definition += [self._prepare_property(field) for field in members]
        # Odoo lets only system administrators write definitions; ours are held to our own rights
        definition_sudo = self.env["res.partner"].sudo()._client_fields_definition()
        if definition_sudo.properties_definition != definition:
            definition_sudo.properties_definition = definition

    @api.model
    def _prepare_property(self, field):
        values = {"name": field.key, "string": field.name, "type": PROPERTY_TYPES.get(field.kind, field.kind)}
        if field.default is not False:
            values["default"] = field.default
        if field.kind == "monetary":
            values["currency_field"] = "currency_id"
        elif field.kind == "choice":
            values["selection"] = [list(option) for option in field.labels]
        elif field.kind in OPTION_KINDS:
            values["tags"] = [list(option) for option in field.options]
        elif field.kind == "link":
            values["comodel"] = field.comodel
            if field.comodel == "res.users":
                values["domain"] = "[('share', '=', False)]"
        return values

    @api.model
    def save_tag(self, key, name, color=0):
        """Add a tag to a field of tags, or give the one of that name another colour; agents do it while they type.

        :return: the tag, as the definition holds it: key, label, colour
        """
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_agent"):
            raise AccessError(self.env._("Only client agents add tags."))
        # agents may add a tag, not change the field
        field_sudo = self.sudo().search([("key", "=", key), ("kind", "=", "tags")])
        if not field_sudo or not isinstance(name, str) or not isinstance(color, int):
            raise UserError(self.env._("This field takes no tags."))
        option_sudo = field_sudo.option_ids.filtered(lambda option: option.name.lower() == name.strip().lower())
        if option_sudo:
            option_sudo.color = color
        else:
            values = {"name": name.strip(), "color": color, "sequence": 10}
            field_sudo.write({"option_ids": [fields.Command.create(values)]})
            option_sudo = field_sudo.option_ids.filtered(lambda option: option.name == name.strip())
        return [option_sudo.key, option_sudo.name, option_sudo.color]
