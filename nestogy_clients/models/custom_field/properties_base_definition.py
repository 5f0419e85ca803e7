from odoo import models


class PropertiesBaseDefinition(models.Model):
    """The definition of the custom fields bears their name, for those who may not read Odoo's list of all fields."""

    _inherit = "properties.base.definition"

    def _compute_display_name(self):
        mine = self & self.env["res.partner"]._client_fields_definition()
        mine.display_name = self.env._("Custom Fields")
        return super(PropertiesBaseDefinition, self - mine)._compute_display_name()
