from odoo import api, models

BATCH = 50  # people a transaction: making a user takes a moment


class ResPartner(models.Model):
    """Inviting the right contact of many clients at once."""

    _inherit = "res.partner"

    @api.model
    def _bulk_deeds(self):
        return super()._bulk_deeds() | {
            "portal_invite": {
                "label": self.env._("Invite to the Portal"),
                "icon": "fa-sign-in",
                "group": "nestogy_clients.nestogy_clients_group_agent",
                "check": "_bulk_portal_check",
                "deal": "_bulk_portal_invite",
                "batch": BATCH,
            }
        }

    def _bulk_portal_contacts(self):
        """Who is invited for each client: its primary contact, else the client itself."""
        return {client: client.primary_contact_id or client for client in self}

    def _bulk_portal_check(self, values):
        contacts = self._bulk_portal_contacts()
        everybody = self.browse([contact.id for contact in contacts.values()])
        problems = {}
        for mode, some in everybody.grouped(everybody._portal_invitation_modes().get).items():
            problems |= some._portal_invite_problems(mode=mode)
        users = everybody._portal_users()
        found = {}
        for client, contact in contacts.items():
            if problems[contact]:
                found[client] = problems[contact]
            elif contact in users and users[contact].active and users[contact].login_date:
                found[client] = self.env._("%s has access already.", contact.display_name)
        return found

    def _bulk_portal_invite(self, values):
        contacts = self._bulk_portal_contacts()
        everybody = self.browse([contact.id for contact in contacts.values()])
        everybody._check_may_manage_portal()
        # passwords that are shown have nobody to show them to here: those get a link
        modes = everybody._portal_invitation_modes()
        results = {}
        for mode, some in everybody.grouped(modes.get).items():
            results |= some._portal_invite("link" if mode == "password_shown" else mode, queued=True)
        return {
            client: results[contact]["message"] for client, contact in contacts.items() if not results[contact]["ok"]
        }
