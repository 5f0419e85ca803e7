import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.nestogy_clients.tools import mail_domains

_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


class NestogyClientDomain(models.Model):
    """A domain from which only people of one client write."""

    _name = "nestogy.client.domain"
    _description = "Mail Domain of a Client"
    _order = "name"

    name = fields.Char("Domain", required=True)
    client_id = fields.Many2one(
        "res.partner", required=True, index=True, ondelete="cascade", domain="[('is_client', '=', True)]"
    )

    _name_once = models.UniqueIndex("(name)", "This domain belongs to another client already.")

    @api.constrains("name")
    def _check_name(self):
        for domain in self:
            if not _DOMAIN.fullmatch(domain.name) or len(domain.name) > 253:
                raise ValidationError(
                    self.env._("%s is no domain; write what stands behind the @, as in example.com.", domain.name)
                )
            if domain.name in mail_domains.SHARED:
                raise ValidationError(
                    self.env._("Everybody can have an address at %s, so it says nothing about the client.", domain.name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._normal(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._normal(vals))

    @api.model
    def _normal(self, vals):
        if vals.get("name"):
            vals = dict(vals, name=mail_domains.of(vals["name"]))
        return vals
