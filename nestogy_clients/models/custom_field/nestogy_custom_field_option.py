from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL


class NestogyCustomFieldOption(models.Model):
    """One option of a custom field of choices or tags; clients hold its key, so its label may change."""

    _name = "nestogy.custom.field.option"
    _description = "Option of a Custom Field"
    _order = "sequence, id"

    field_id = fields.Many2one("nestogy.custom.field", required=True, index=True, ondelete="cascade")
    name = fields.Char(string="Label", required=True)
    key = fields.Char(readonly=True, copy=False)
    sequence = fields.Integer(default=10)
    color = fields.Integer(default=1)

    _name_unique = models.UniqueIndex("(field_id, lower(name))", "A custom field has each option once.")
    _key_unique = models.UniqueIndex("(field_id, key)", "A custom field has each option once.")

    @api.constrains("name")
    def _check_name(self):
        for option in self:
            option.field_id._check_label(option.name, 100)
            if "," in option.name:
                # files write several options with commas between them
                raise ValidationError(self.env._("An option has no comma: “%s”", option.name))

    @api.constrains("color")
    def _check_color(self):
        if self.filtered(lambda option: not 0 <= option.color <= 11):
            raise ValidationError(self.env._("A colour is a number from 0 to 11."))

    @api.model_create_multi
    def create(self, vals_list):
        taken = {}
        for option in self.search([("field_id", "in", [vals.get("field_id") for vals in vals_list])]):
            taken.setdefault(option.field_id.id, set()).add(option.key)
        prepared = []
        for vals in vals_list:
            keys = taken.setdefault(vals.get("field_id"), set())
            key = vals.get("key")
            if not key or key in keys:
                key = self.env["nestogy.custom.field"]._make_key(vals.get("name"), keys)
            keys.add(key)
            prepared.append(vals | {"key": key})
        options = super().create(prepared)
        self.env["nestogy.custom.field"]._rebuild_definition()
        return options

    def write(self, vals):
        if "key" in vals and any(option.key != vals["key"] for option in self):
            raise UserError(self.env._("The key of an option never changes."))
        result = super().write(vals)
        if "name" in vals:
            self.field_id._check_default_value()
        self.env["nestogy.custom.field"]._rebuild_definition()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        counts = self._count_uses()
        for option in self:
            if counts.get((option.field_id.key, option.key)):
                raise UserError(
                    self.env._(
                        "“%(option)s” is chosen in %(count)s records; choose something else there first.",
                        option=option.name,
                        count=counts[option.field_id.key, option.key],
                    )
                )

    def _count_uses(self):
        """Count the records that hold each option, with one query.

        :return: dict of (key of the field, key of the option) to number
        """
        self.env["res.partner"].flush_model(["client_fields"])
        # SQL: the ORM cannot look into several Properties at once
        rows = self.env.execute_query(
            SQL(
                """
                SELECT value.key, option.key, COUNT(*)
                  FROM res_partner partner,
                       jsonb_each(partner.client_fields) value,
                       jsonb_array_elements_text(
                           CASE jsonb_typeof(value.value)
                               WHEN 'array' THEN value.value
                               WHEN 'string' THEN jsonb_build_array(value.value)
                               ELSE '[]'
                           END
                       ) option(key)
                 WHERE partner.client_fields IS NOT NULL
                   AND value.key IN %s
                   AND option.key IN %s
              GROUP BY value.key, option.key
                """,
                tuple(self.field_id.mapped("key")) or ("",),
                tuple(self.mapped("key")) or ("",),
            )
        )
        return {(field, option): count for field, option, count in rows}

    def unlink(self):
        result = super().unlink()
        self.env["nestogy.custom.field"]._rebuild_definition()
        return result

    def _prepare_kept_values(self):
        return {"name": self.name, "key": self.key, "sequence": self.sequence, "color": self.color}
