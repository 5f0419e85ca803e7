from odoo import api, models


class IrDefault(models.Model):
    """What a client was given on purpose stays when the company's value, from which it did not differ, changes."""

    _inherit = "ir.default"

    @api.model_create_multi
    def create(self, vals_list):
        self._hold_client_settings(self.env["ir.model.fields"].browse([vals.get("field_id") for vals in vals_list]))
        return super().create(vals_list)

    def write(self, vals):
        self._hold_client_settings(self.field_id)
        return super().write(vals)

    def unlink(self):
        self._hold_client_settings(self.field_id)
        return super().unlink()

    def _hold_client_settings(self, model_fields):
        # whoever sets a default need not see the model's fields
        names = model_fields.sudo().filtered(lambda field: field.model == "res.partner").mapped("name")
        if names:
            self.env["res.partner"]._hold_overridden_settings(names)
