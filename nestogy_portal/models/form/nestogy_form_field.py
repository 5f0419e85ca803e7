from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools.form_values import LINE_LIMIT, MESSAGE_LIMIT

TEXT_LIMIT = 200  # characters of a label, placeholder or help


class Target(NamedTuple):
    """What a field of a form asks for: how it is typed, and how browsers fill it in."""

    widget: str = "text"
    autocomplete: str = ""
    limit: int = LINE_LIMIT


# All that a form can ask for beside custom fields. What strangers type goes nowhere else.
TARGETS = {
    "name": Target(autocomplete="name"),
    "first_name": Target(autocomplete="given-name"),
    "last_name": Target(autocomplete="family-name"),
    "function": Target(autocomplete="organization-title"),
    "company": Target(autocomplete="organization"),
    "email": Target("email", "email", 254),
    "phone": Target("tel", "tel", 40),
    "website": Target("text", "url"),
    "street": Target(autocomplete="address-line1"),
    "street2": Target(autocomplete="address-line2"),
    "zip": Target(autocomplete="postal-code", limit=24),
    "city": Target(autocomplete="address-level2"),
    "country": Target("select", "country"),
    "industry": Target("select"),
    "company_size": Target("select"),
    "message": Target("textarea", limit=MESSAGE_LIMIT),
}
CUSTOM_WIDGETS = {
    "char": "text",
    "text": "textarea",
    "integer": "number",
    "float": "number",
    "monetary": "number",
    "date": "date",
    "datetime": "datetime-local",
    "boolean": "checkbox",
    "choice": "select",
    "choices": "checkboxes",
    "tags": "checkboxes",
}


class NestogyFormField(models.Model):
    """One question of a website form."""

    _name = "nestogy.form.field"
    _inherit = ["nestogy.length.mixin"]
    _description = "Field of a Website Form"
    _order = "sequence, id"
    _rec_name = "label"

    form_id = fields.Many2one("nestogy.form", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    target = fields.Selection(
        [
            ("name", "Name"),
            ("first_name", "First Name"),
            ("last_name", "Last Name"),
            ("function", "Job Title"),
            ("company", "Company"),
            ("email", "E-mail"),
            ("phone", "Phone"),
            ("website", "Website"),
            ("street", "Street"),
            ("street2", "Address, Second Line"),
            ("zip", "ZIP"),
            ("city", "City"),
            ("country", "Country"),
            ("industry", "Industry"),
            ("company_size", "Company Size"),
            ("message", "Message"),
            ("custom", "Custom Field"),
        ],
        string="Asks for",
        required=True,
    )
    custom_field_id = fields.Many2one(
        "nestogy.custom.field", ondelete="cascade", domain=[("kind", "!=", "link")], index="btree_not_null"
    )
    shows_hidden = fields.Boolean(
        string="Although Hidden",
        help="Ask for a custom field that is hidden in the portal, and show its options.",
    )
    label = fields.Char(translate=True, help="Empty: the name of what is asked for.")
    placeholder = fields.Char(translate=True)
    help = fields.Char(string="Help Text", translate=True, help="Stands below the field.")
    is_required = fields.Boolean(string="Required")
    is_half = fields.Boolean(string="Half Width", help="On wide screens two such fields stand side by side.")

    _target_unique = models.UniqueIndex(
        "(form_id, target, COALESCE(custom_field_id, 0))", "A form asks for everything once; take the second row out."
    )

    @api.constrains("target", "custom_field_id", "shows_hidden", "is_required")
    def _check_target(self):
        for field in self:
            custom = field.custom_field_id
            if (field.target == "custom") != bool(custom):
                raise ValidationError(
                    self.env._("Say which custom field is asked for, or choose something else than a custom field.")
                )
            if custom.kind == "link":
                raise ValidationError(
                    self.env._("“%s” is a link to your records, which strangers cannot choose from.", custom.name)
                )
            if custom and custom.portal == "none" and not field.shows_hidden:
                raise ValidationError(
                    self.env._(
                        "“%s” is hidden from clients. Tick Although Hidden if strangers may see it on the form.",
                        custom.name,
                    )
                )
            if custom.kind == "boolean" and field.is_required:
                raise ValidationError(
                    self.env._("“%s” is never empty, as no is a value too; it cannot be required.", custom.name)
                )

    @api.constrains("label", "placeholder", "help")
    def _check_lengths(self):
        self._limit_lengths(dict.fromkeys(("label", "placeholder", "help"), TEXT_LIMIT))

    @api.depends("label", "target", "custom_field_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for field in self:
            field.display_name = field._shown_label()

    def _shown_label(self):
        targets = dict(self._fields["target"]._description_selection(self.env))
        return self.label or self.custom_field_id.name or targets.get(self.target, "")

    def _key(self):
        """By which the answer travels: in the page, in JSON, and in the entry."""
        return f"custom_{self.custom_field_id.key}" if self.target == "custom" else self.target

    def _custom_field(self):
        """The custom field as it is there for everybody, if it is active."""
        key = self.custom_field_id.key
        return next((each for each in self.env["nestogy.custom.field"]._catalogue() if each.key == key), None)
