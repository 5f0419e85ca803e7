from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize, format_datetime


class ResPartner(models.Model):
    """What a contact who manages colleagues in the portal may do to them.

    Each method is called on the contact of the visitor, who has no rights of his own on partners and users; it checks
    the area, the client and the levels itself.
    """

    _inherit = "res.partner"

    def _portal_people_rows(self):
        """The people of the client as the page of colleagues shows them.

        :return: list of dicts
        """
        self._check_manages_people()
        client_sudo = self._get_client().sudo()  # the visitor's own client
        states = dict(self._fields["portal_state"]._description_selection(self.env))
        rows = []
        for contact_sudo in client_sudo.portal_contact_ids.sorted("name"):
            level_sudo, _reason = contact_sudo._get_portal_level()
            rows.append(
                {
                    "id": contact_sudo.id,
                    "name": contact_sudo.name or contact_sudo.email,
                    "email": contact_sudo.email or "",
                    "state": contact_sudo.portal_state,
                    "state_label": states[contact_sudo.portal_state],
                    "level": level_sudo.name,
                    "level_id": level_sudo.id,
                    "last_login": (
                        format_datetime(self.env, contact_sudo.portal_last_login, dt_format="short")
                        if contact_sudo.portal_last_login
                        else ""
                    ),
                    "is_me": contact_sudo.id == self.id,
                    "is_colleague": contact_sudo not in (self, client_sudo),
                    "is_managed": self._may_manage_colleague(contact_sudo),
                }
            )
        return rows

    def _portal_levels_to_give(self):
        """The levels that the visitor may give: those that clients choose and that reach no further than his own."""
        mine_sudo, _reason = self._get_portal_level()
        levels_sudo = mine_sudo.search([("may_offer", "=", True)])  # visitors have no rights on levels
        return levels_sudo.filtered(lambda level: level._is_within(mine_sudo))

    def _portal_usual_level(self):
        """Id of the level that colleagues have unless somebody gives them another one."""
        profile_sudo, _origin = self._get_portal_profile()
        return profile_sudo.level_id.id

    def _check_manages_people(self):
        """
        :raise AccessError: the visitor does not manage colleagues
        """
        self.ensure_one()
        if self != self.env.user.partner_id or self.env.user._portal_scope("people") != "company":
            raise AccessError(self.env._("You do not manage the colleagues of your firm here."))

    def _may_manage_colleague(self, contact_sudo):
        """Say whether the visitor is above a contact of his own client."""
        client = self._get_client()
        mine_sudo, _reason = self._get_portal_level()
        theirs_sudo, _reason = contact_sudo._get_portal_level()
        return bool(
            client
            and contact_sudo != self
            and contact_sudo._get_client() == client
            and contact_sudo != client
            and contact_sudo.sudo() != client.sudo().primary_contact_id  # our staff chose him
            and all(user.share for user in contact_sudo.with_context(active_test=False).user_ids)
            and theirs_sudo._is_within(mine_sudo)
        )

    def _get_managed_colleague(self, contact_id):
        """A colleague below the visitor, in sudo.

        :raise UserError: there is no such colleague, in the same words for foreign and missing ones
        """
        self._check_manages_people()
        contact_sudo = self.sudo().browse(contact_id).exists()  # checked at once
        if not contact_sudo or not self._may_manage_colleague(contact_sudo):
            raise UserError(self.env._("You cannot change this person's access; please ask us."))
        return contact_sudo

    def _get_level_to_give(self, level_id):
        level_sudo = self._portal_levels_to_give().filtered(lambda level: level.id == level_id)
        if not level_sudo:
            raise UserError(self.env._("Choose one of the levels that are offered."))
        return level_sudo

    def _portal_invite_colleague(self, name, email, level_id):
        """Make a contact of the client, or take the one with this address, and invite him."""
        self._check_manages_people()
        level_sudo = self._get_level_to_give(level_id)
        client_sudo = self._get_client().sudo()  # the visitor manages its people
        address = email_normalize(email)
        contact_sudo = client_sudo.search(
            [("parent_id", "=", client_sudo.id), ("email_normalized", "=", address)], limit=1
        )
        if contact_sudo and not self._may_manage_colleague(contact_sudo):
            raise UserError(self.env._("You cannot change this person's access; please ask us."))
        if not contact_sudo:
            contact_sudo = client_sudo.create(
                {"name": name, "email": email, "parent_id": client_sudo.id, "type": "contact", "lang": self.lang}
            )
        contact_sudo.portal_level_id = level_sudo
        contact_sudo._invite_colleague()
        self._note_people_change(
            self.env._(
                "%(who)s invited %(contact)s to the portal as %(level)s.",
                **{
                    "who": self.name,
                    "contact": contact_sudo.name,
                    "level": level_sudo.name,
                },
            )
        )

    def _invite_colleague(self):
        """Invite by mail with a link: a visitor is never shown the password of somebody else."""
        result = self._portal_invite("link")[self]
        if not result["ok"]:
            raise UserError(result["message"])

    def _portal_set_colleague_level(self, contact_id, level_id):
        contact_sudo = self._get_managed_colleague(contact_id)
        level_sudo = self._get_level_to_give(level_id)
        contact_sudo.portal_level_id = level_sudo
        self._note_people_change(
            self.env._(
                "%(who)s gave %(contact)s the portal level %(level)s.",
                who=self.name,
                contact=contact_sudo.name,
                level=level_sudo.name,
            )
        )

    def _portal_block_colleague(self, contact_id):
        contact_sudo = self._get_managed_colleague(contact_id)
        if contact_sudo.portal_state not in ("active", "invited"):
            raise UserError(self.env._("%s has no access to the portal.", contact_sudo.name))
        contact_sudo._portal_close()
        self._note_people_change(
            self.env._("%(who)s took portal access away from %(contact)s.", who=self.name, contact=contact_sudo.name)
        )

    def _portal_restore_colleague(self, contact_id):
        contact_sudo = self._get_managed_colleague(contact_id)
        if contact_sudo.portal_state not in ("blocked", "none") or not contact_sudo._client_may_log_in():
            raise UserError(self.env._("%s cannot be invited now; please ask us.", contact_sudo.name))
        contact_sudo._invite_colleague()
        self._note_people_change(
            self.env._("%(who)s gave portal access back to %(contact)s.", who=self.name, contact=contact_sudo.name)
        )

    def _note_people_change(self, sentence):
        """Tell staff on the client's own record what a contact did to a colleague."""
        client_sudo = self._get_client().sudo()  # a note of ours
        client_sudo.message_post(body=sentence, author_id=self.id, subtype_xmlid="mail.mt_note")
