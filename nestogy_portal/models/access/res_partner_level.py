from odoo import api, fields, models

from odoo.addons.nestogy_clients.tools.client_settings import ClientSetting


class ResPartner(models.Model):
    """How far a contact gets in the portal, and why."""

    _inherit = "res.partner"

    portal_profile_id = fields.Many2one("nestogy.portal.profile", company_dependent=True, groups="base.group_user")
    portal_level_id = fields.Many2one(
        "nestogy.portal.level",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        groups="base.group_user",
        help="Empty: the level that the client's portal profile gives.",
    )
    portal_level_text = fields.Char(
        string="Portal Level in Force", compute="_compute_portal_level_text", groups="base.group_user"
    )

    @api.model
    def _client_settings(self):
        return super()._client_settings() | {
            "portal_profile": ClientSetting(
                self.env._("Portal profile"),
                "portal_profile_id",
                "portal_profile_id",
                "portal_profile_id",
                subject="portal",
                default_label=self.env._("Everything"),
            )
        }

    @api.depends_context("company", "lang")
    @api.depends("portal_level_id", "parent_id", "email")
    def _compute_portal_level_text(self):
        for contact in self:
            level, _reason = contact._get_portal_level() if contact._get_client() else (None, "")
            contact.portal_level_text = level.name if level else False

    def _get_portal_profile(self):
        """The portal profile in force for the client of this partner, in sudo, and where it comes from."""
        self.ensure_one()
        # asked for whoever opens the portal
        client_sudo = self._get_client().sudo()
        client_sudo._fetch_settings("portal_profile")  # which is all that most pages ask for
        profile, origin = client_sudo._client_setting("portal_profile") if client_sudo else (None, "company")
        profiles_sudo = self.env["nestogy.portal.profile"].sudo()  # as above
        return profiles_sudo.browse(profile.id if profile else profiles_sudo._catalogue()["standard"]), origin

    def _get_portal_level(self):
        """The level of this contact in sudo, and why he has it.

        :return: tuple of the level and ``contact``, ``primary`` or ``profile``
        """
        self.ensure_one()
        contact_sudo = self.sudo()  # asked for whoever opens the portal
        level_id, reason = contact_sudo._get_portal_level_id()
        return self.env["nestogy.portal.level"].sudo().browse(level_id), reason  # as above

    def _get_portal_level_id(self):
        """The same as a number, asking for as little as possible. Called in sudo."""
        catalogue = self.env["nestogy.portal.profile"]._catalogue()
        own_id = self.portal_level_id.id
        if own_id and catalogue["levels"][own_id][0]:
            return own_id, "contact"
        profile_sudo, _origin = self._get_portal_profile()
        _areas, primary_level_id, level_id = catalogue["profiles"][profile_sudo.id]
        client = self._get_client()
        if self.id in (client.id, client.sudo().primary_contact_id.id):  # the caller's own question
            return primary_level_id, "primary"
        return level_id, "profile"

    def _get_portal_rights(self):
        """What this contact reaches in the portal. Called in sudo.

        :return: tuple of a dict of area key to ``none``, ``own`` or ``company``, and whether he may do more than read
        """
        self.ensure_one()
        catalogue = self.env["nestogy.portal.profile"]._catalogue()
        if not self._get_client():
            # people of firms that are no clients keep what Odoo gives them
            return dict.fromkeys(catalogue["areas"], "company"), True
        profile_sudo, _origin = self._get_portal_profile()
        areas = catalogue["profiles"][profile_sudo.id][0]
        _active, is_read_only, scopes = catalogue["levels"][self._get_portal_level_id()[0]]
        rights = {key: scopes.get(key, "none") if key in areas else "none" for key in catalogue["areas"]}
        return rights, not is_read_only

    def _explain_portal_access(self, key):
        """Say why this contact reaches an area of the portal, or why not.

        :param str key: of the area
        :return: tuple of the scope (``none``, ``own``, ``company``) and a list of sentences
        """
        self.ensure_one()
        contact_sudo = self.sudo()  # staff that may see the contact may see why
        area_sudo = self.env["nestogy.portal.area"].sudo().search([("key", "=", key)], limit=1)  # as above
        client_sudo = contact_sudo._get_client()
        if not client_sudo:
            return "none", [self.env._("%s belongs to no client.", self.display_name)]
        sentences = []
        status = client_sudo.client_status_id.name
        if not contact_sudo._client_may_log_in():
            return "none", [self.env._("The client's status %s allows nobody to sign in.", status)]
        sentences.append(self.env._("The client's status %s allows signing in.", status))
        if not contact_sudo.user_ids.filtered("share"):
            sentences.append(self.env._("%s has no portal access yet.", self.name))
        profile_sudo, origin = contact_sudo._get_portal_profile()
        origins = {
            "client": self.env._("this client"),
            "group": self.env._("the group %s", client_sudo.client_group_id.name or ""),
            "company": self.env._("the company"),
        }
        values = {"profile": profile_sudo.name, "origin": origins[origin], "area": area_sudo.name}
        if area_sudo not in profile_sudo.area_ids:
            sentences.append(
                self.env._("The portal profile %(profile)s, set by %(origin)s, has no %(area)s.", **values)
            )
            return "none", sentences
        sentences.append(self.env._("The portal profile %(profile)s, set by %(origin)s, offers %(area)s.", **values))
        level_sudo, reason = contact_sudo._get_portal_level()
        reasons = {
            "contact": self.env._("chosen for this contact"),
            "primary": self.env._("as the primary contact"),
            "profile": self.env._("by the profile, as nobody chose another"),
        }
        scope = level_sudo._scope(key)
        label = dict(self.env["nestogy.portal.level.right"]._fields["scope"]._description_selection(self.env))[scope]
        sentences.append(
            self.env._(
                "The level is %(level)s (%(reason)s): %(area)s – %(scope)s.",
                level=level_sudo.name,
                reason=reasons[reason],
                area=area_sudo.name,
                scope=label.lower(),
            )
        )
        return scope, sentences
