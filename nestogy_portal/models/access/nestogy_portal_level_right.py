from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .nestogy_portal_area import SCOPES


class NestogyPortalLevelRight(models.Model):
    """One cell of the matrix: how far a level reaches in an area."""

    _name = "nestogy.portal.level.right"
    _description = "Portal Level Right"
    _inherit = ["nestogy.portal.catalogue.mixin"]
    _order = "area_sequence, id"

    level_id = fields.Many2one("nestogy.portal.level", required=True, index=True, ondelete="cascade")
    area_id = fields.Many2one("nestogy.portal.area", required=True, ondelete="cascade")
    area_sequence = fields.Integer(related="area_id.sequence", store=True)
    description = fields.Char(related="area_id.description")
    scope = fields.Selection(SCOPES, string="Sees", required=True, default="none")

    _one_right = models.UniqueIndex("(level_id, area_id)", "A level has one row for each area.")

    @api.constrains("scope", "area_id")
    def _check_scope(self):
        for right in self:
            if right.scope == "own" and not right.area_id.has_own:
                raise ValidationError(
                    self.env._(
                        "%s belongs to the client as a whole: choose nothing or the whole client.", right.area_id.name
                    )
                )
