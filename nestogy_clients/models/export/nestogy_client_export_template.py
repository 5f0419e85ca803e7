from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from .nestogy_client_export import COLUMN_LIMIT, CONTACTS, SCOPES

NAME_LIMIT = 64


class NestogyClientExportTemplate(models.Model):
    """Columns that somebody takes again and again, in their order, under a name."""

    _name = "nestogy.client.export.template"
    _description = "Template for Exports of Clients"
    _order = "name, id"

    name = fields.Char(required=True)
    user_id = fields.Many2one(
        "res.users", string="Owner", required=True, index=True, ondelete="cascade", default=lambda self: self.env.user
    )
    is_shared = fields.Boolean(string="Shared", help="Colleagues use the template too; managers share.")
    scope = fields.Selection(SCOPES, string="What", required=True, default="clients")
    file_type = fields.Selection([("xlsx", "XLSX"), ("csv", "CSV")], required=True, default="xlsx")
    contacts = fields.Selection(CONTACTS, required=True, default="none")
    columns = fields.Json(required=True, help="Keys of the columns in their order.")

    _name_unique = models.UniqueIndex(
        "(user_id, scope, lower(name))", "You have a template of this name already; choose another one."
    )

    @api.model
    def _of_user(self, scope):
        """The templates that the user may use, as dicts; columns that are not there for the user are left out later."""
        return [
            {
                "id": template.id,
                "name": template.name,
                "is_shared": template.is_shared,
                "is_mine": template.user_id == self.env.user,
                "owner": template.user_id.sudo().name,  # who shared it is no secret
                "file_type": template.file_type,
                "contacts": template.contacts,
                "columns": template.columns,
            }
            for template in self.search([("scope", "=", scope)])
        ]

    @api.constrains("name")
    def _check_name(self):
        for template in self:
            if not template.name.strip() or len(template.name) > NAME_LIMIT or not template.name.isprintable():
                raise ValidationError(
                    self.env._("The name of a template has one to %s printable characters.", NAME_LIMIT)
                )

    @api.constrains("columns")
    def _check_columns(self):
        for template in self:
            keys = template.columns
            if (
                not isinstance(keys, list)
                or not 0 < len(keys) <= COLUMN_LIMIT
                or not all(isinstance(key, str) and 0 < len(key) <= 80 for key in keys)
            ):
                raise ValidationError(self.env._("A template has one to %s columns; choose some first.", COLUMN_LIMIT))

    @api.model_create_multi
    def create(self, vals_list):
        templates = super().create(vals_list)
        templates._check_sharing()
        return templates

    def write(self, vals):
        result = super().write(vals)
        if {"is_shared", "user_id"} & set(vals):
            self._check_sharing()
        return result

    def _check_sharing(self):
        """Refuse what only managers do; no constraint, as those do not know who asks."""
        if self.env.su or self.env.user.has_group("nestogy_clients.nestogy_clients_group_manager"):
            return
        if any(template.is_shared or template.user_id != self.env.user for template in self):
            raise AccessError(self.env._("Only client managers share templates for exports."))
