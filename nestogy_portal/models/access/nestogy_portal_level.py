from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .nestogy_portal_area import RANK


class NestogyPortalLevel(models.Model):
    """What a contact may see in the portal: for each area nothing, the own records, or all of the client."""

    _name = "nestogy.portal.level"
    _description = "Portal Level"
    _inherit = ["nestogy.portal.catalogue.mixin"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)
    note = fields.Char(string="For Whom", translate=True)
    right_ids = fields.One2many("nestogy.portal.level.right", "level_id", string="Rights", copy=True)
    may_offer = fields.Boolean(
        string="Clients Choose It", default=True, help="People of a client who manage their colleagues may give it."
    )
    is_read_only = fields.Boolean(
        string="Changes Nothing",
        help="Reads, and neither pays, accepts, writes nor uploads, whatever the rights below say.",
    )
    summary = fields.Char(compute="_compute_summary")

    _name_unique = models.UniqueIndex("(name) WHERE active", "There is a level with this name.")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if "right_ids" in fields_list:
            areas = self.env["nestogy.portal.area"].search([])
            values["right_ids"] = [Command.create({"area_id": area.id, "scope": "none"}) for area in areas]
        return values

    @api.depends("right_ids.scope", "right_ids.area_id.name")
    def _compute_summary(self):
        labels = dict(self.env["nestogy.portal.level.right"]._fields["scope"]._description_selection(self.env))
        for level in self:
            parts = []
            for right in level.right_ids:
                if right.scope == "company":
                    parts.append(right.area_id.name)
                elif right.scope == "own":
                    parts.append(f"{right.area_id.name} ({labels['own'].lower()})")
            level.summary = ", ".join(parts)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # contacts of other companies count as well
        contacts_sudo = self.env["res.partner"].sudo().with_context(active_test=False)
        for level in self:
            if contacts_sudo.search_count([("portal_level_id", "=", level.id)], limit=1):
                raise UserError(
                    self.env._("Contacts have the level %s; give them another one, or archive the level.", level.name)
                )

    def _scope(self, key):
        """How far this level reaches in an area: ``none``, ``own`` or ``company``."""
        self.ensure_one()
        right = self.right_ids.filtered(lambda each: each.area_id.key == key)
        return right.scope or "none"

    def _is_within(self, other):
        """Say whether this level reaches nowhere further than another one."""
        self.ensure_one()
        if other.is_read_only and not self.is_read_only:
            return False
        areas = (self.right_ids | other.right_ids).area_id
        return all(RANK[self._scope(area.key)] <= RANK[other._scope(area.key)] for area in areas)
