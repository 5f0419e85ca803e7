from odoo import Command, api, fields, models, tools
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

MOST_PASSWORD_DAYS = 30


class NestogyPortalProfile(models.Model):
    """What the portal offers to the clients who have this profile.

    It is a setting: a client's own profile goes before that of its group, and that before the company's.
    """

    _name = "nestogy.portal.profile"
    _description = "Portal Profile"
    _inherit = ["nestogy.portal.catalogue.mixin"]
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

    invitation_mode = fields.Selection(
        [
            ("link", "A mail with a link to set a password"),
            ("password_shown", "A temporary password that staff hand over"),
            ("password_mailed", "A mail with a temporary password"),
            ("none", "No invitation: links in mails only"),
        ],
        string="Invitations",
        required=True,
        default="link",
        help="How the people of these clients come to a password.",
    )
    password_days = fields.Integer(
        string="Temporary Passwords Work For",
        required=True,
        default=7,
        help="Days from when it is made; at the first sign-in it has to be changed.",
    )

    @api.constrains("password_days")
    def _check_password_days(self):
        for profile in self:
            if not 1 <= profile.password_days <= MOST_PASSWORD_DAYS:
                raise ValidationError(
                    self.env._("A temporary password works for 1 to %s days; choose within.", MOST_PASSWORD_DAYS)
                )

    @api.model
    def _offer_area(self, area):
        """Add an area to the profiles that are older: from them, nobody can have taken it away."""
        older = Domain("create_date", "<", area.create_date) & Domain("area_ids", "not in", area.ids)
        self.with_context(active_test=False).search(older).area_ids = [Command.link(area.id)]

    @api.model
    @tools.ormcache()
    def _catalogue(self):
        """What areas, levels and profiles say, as plain values: pages of the portal ask for it all the time.

        Kept until one of these records changes. Who has which profile and level is not in it.

        :return: dict of ``areas`` (keys in order), ``levels`` (id to active, reads only, and a dict of key to scope),
            ``profiles`` (id to keys of areas, level of the primary contact, level of others) and ``standard`` (id)
        """
        env = self.env(su=True)  # visitors have no rights on any of it
        everything = {"active_test": False}
        return {
            "areas": tuple(env["nestogy.portal.area"].search([]).mapped("key")),
            "levels": {
                level.id: (
                    level.active,
                    level.is_read_only,
                    {right.area_id.key: right.scope for right in level.right_ids},
                )
                for level in env["nestogy.portal.level"].with_context(**everything).search([])
            },
            "profiles": {
                profile.id: (
                    frozenset(profile.area_ids.mapped("key")),
                    profile.primary_level_id.id,
                    profile.level_id.id,
                )
                for profile in env[self._name].with_context(**everything).search([])
            },
            "standard": env.ref("nestogy_portal.nestogy_portal_profile_standard").id,
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for profile in self:
            domain = [("portal_profile_id", "=", profile.id)]
            # companies and groups that the user does not see count as well
            used = self.env["res.company"].sudo().search(domain, limit=1)
            # as above
            used = used or self.env["nestogy.client.group"].sudo().search(domain, limit=1)
            if used:
                raise UserError(self.env._("%(profile)s is used by %(user)s.", profile=profile.name, user=used.name))
            if profile.id == self._catalogue()["standard"]:
                raise UserError(self.env._("%s is what holds where nothing else is chosen; it stays.", profile.name))
