from odoo import api, fields, models
from odoo.exceptions import UserError


class NestogyPortalProfile(models.Model):
    """What the portal offers to the clients who have this profile.

    It is a setting: a client's own profile goes before that of its group, and that before the company's.
    """

    _name = "nestogy.portal.profile"
    _description = "Portal Profile"
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=100)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index=True, ondelete="cascade", help="Empty: for all companies.")
    area_ids = fields.Many2many(
        "nestogy.portal.area",
        string="Areas",
        default=lambda self: self.env["nestogy.portal.area"].search([]),
        help="Parts of the portal that these clients have at all.",
    )
    primary_level_id = fields.Many2one(
        "nestogy.portal.level",
        string="Level of the Primary Contact",
        required=True,
        ondelete="restrict",
        default=lambda self: self.env.ref("nestogy_portal.nestogy_portal_level_owner", raise_if_not_found=False),
    )
    level_id = fields.Many2one(
        "nestogy.portal.level",
        string="Level of Other Contacts",
        required=True,
        ondelete="restrict",
        default=lambda self: self.env.ref("nestogy_portal.nestogy_portal_level_standard", raise_if_not_found=False),
        help="For contacts to whom nobody gave a level of their own.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # companies and groups that the user does not see count as well
        for profile in self:
            used = self.env["res.company"].sudo().search([("portal_profile_id", "=", profile.id)], limit=1)
            used = used or self.env["nestogy.client.group"].sudo().search(  # as above
                [("portal_profile_id", "=", profile.id)], limit=1
            )
            if used:
                raise UserError(self.env._("%(profile)s is used by %(user)s.", profile=profile.name, user=used.name))
