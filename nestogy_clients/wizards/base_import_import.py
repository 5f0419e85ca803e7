from odoo import api, models

from odoo.addons.base_import.models.base_import import FIELDS_RECURSION_LIMIT


class BaseImportImport(models.TransientModel):
    """Importing partners: each property is offered under the field to which it belongs, and there alone.

    Odoo looks for the properties of a field in every definition without a parent, so those of one field would be
    offered under the other too, where they cannot be imported.
    """

    _inherit = "base_import.import"

    @api.model
    def get_fields_tree(self, model, depth=FIELDS_RECURSION_LIMIT):
        tree = super().get_fields_tree(model, depth=depth)
        if model != "res.partner":
            return tree
        ours = {field.key for field in self.env["nestogy.custom.field"]._catalogue()}

        def is_at_home(name):
            field, dot, key = name.partition(".")
            return not dot or (key in ours) == (field == "client_fields")

        return [each for each in tree if is_at_home(each["id"])]
