from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize

from odoo.addons.nestogy_clients.tools.cards import CARD_ROWS, card_columns, kept

from ..login.nestogy_portal_link import OPEN_MODELS

LINKS_SHOWN = 80
PORTAL_TONES = {"active": "success", "invited": "info", "blocked": "danger"}


class ResPartner(models.Model):
    """Who of a client gets into the portal."""

    _inherit = "res.partner"

    portal_state = fields.Selection(
        [
            ("no_email", "No e-mail"),
            ("none", "Not invited"),
            ("invited", "Invited"),
            ("active", "Active"),
            ("blocked", "Blocked"),
        ],
        string="Portal Access",
        compute="_compute_portal_access",
        search="_search_portal_state",
        groups="base.group_user",
    )
    portal_invited_at = fields.Datetime(
        string="Invited On",
        compute="_compute_portal_access",
        search="_search_portal_invited_at",
        groups="base.group_user",
    )
    portal_is_expired = fields.Boolean(
        string="Invitation Expired",
        compute="_compute_portal_access",
        search="_search_portal_is_expired",
        groups="base.group_user",
        help="The link or password of the invitation does not open the portal any more.",
    )
    portal_username = fields.Char(string="User Name", compute="_compute_portal_access", groups="base.group_user")
    portal_hint = fields.Char(compute="_compute_portal_access", groups="base.group_user")
    portal_is_staff = fields.Boolean(compute="_compute_portal_access", groups="base.group_user")
    portal_may_restore = fields.Boolean(compute="_compute_portal_access", groups="base.group_user")
    portal_last_login = fields.Datetime(
        string="Last Portal Sign-in", compute="_compute_portal_access", groups="base.group_user"
    )
    portal_contact_ids = fields.Many2many(
        "res.partner", string="People", compute="_compute_portal_contact_ids", groups="base.group_user"
    )
    portal_link_ids = fields.Many2many(
        "nestogy.portal.link",
        string="Sign-in Links Sent",
        compute="_compute_portal_link_ids",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )

    portal_access_log_ids = fields.Many2many(
        "nestogy.portal.access.log",
        string="At the Door",
        compute="_compute_portal_link_ids",
        groups="nestogy_clients.nestogy_clients_group_viewer",
    )

    @api.depends("email", "active", "user_ids.active", "user_ids.login_date", "commercial_partner_id.client_status_id")
    def _compute_portal_access(self):
        users = self._portal_users()
        nobody_sudo = self.env["res.users"].sudo()  # stands for the user who is missing
        limit = self.env["res.users"]._invitation_limit()
        for partner in self:
            user_sudo = users.get(partner, nobody_sudo)
            partner.portal_last_login = user_sudo.login_date
            partner.portal_username = user_sudo.login
            partner.portal_is_staff = bool(user_sudo) and not user_sudo.share
            partner.portal_state, hint = partner._portal_state_of(user_sudo)
            is_open = partner.portal_state == "invited"
            partner.portal_invited_at = user_sudo.nestogy_invited_at if is_open else False
            partner.portal_is_expired = is_open and user_sudo._is_invitation_expired(limit)
            if partner.portal_is_expired:
                hint = self.env._("The invitation has expired; send it again.")
            partner.portal_hint = hint
            partner.portal_may_restore = bool(
                partner.portal_state == "blocked" and user_sudo.share and partner._client_may_log_in()
            )

    def _portal_state_of(self, user_sudo):
        """State and, where something is missing, what to do about it.

        :param res.users user_sudo: the contact's user, empty if there is none
        """
        if user_sudo and not user_sudo.share:
            if user_sudo.active:
                return "active", self.env._("Works here: signs in as a colleague, not as a client.")
            return "blocked", self.env._("Worked here: an administrator decides about this access.")
        if not email_normalize(self.email):
            return "no_email", self.env._("Add an e-mail address to invite this person.")
        if not self._client_may_log_in():
            return "blocked", self.env._("The client's status does not allow signing in.")
        if user_sudo and not user_sudo.active:
            return "blocked", self.env._("Access was taken away.")
        if user_sudo.login_date:
            return "active", False
        return ("invited" if user_sudo.nestogy_invited_at else "none"), False

    @api.model
    def _portal_users_domain(self, domain):
        """Partners who have a user like this."""
        # whoever may see who has access needs no right on users for it
        users_sudo = self.env["res.users"].sudo().with_context(active_test=False)
        return Domain("id", "in", users_sudo._search(Domain(domain)).subselect("partner_id"))

    @api.model
    def _search_portal_state(self, operator, value):
        self._check_field_access(self._fields["portal_state"], "read")  # Odoo does not for searches like this
        if operator != "in":
            return NotImplemented
        having = self._portal_users_domain
        staff = having([("share", "=", False), ("active", "=", True)])
        past_staff = having([("share", "=", False), ("active", "=", False)]) & ~staff
        others = ~staff & ~past_staff
        is_open = Domain("email_normalized", "!=", False)
        closed_status = Domain("commercial_partner_id.client_status_id.may_log_in", "=", False) & Domain(
            "commercial_partner_id.client_status_id", "!=", False
        )
        active = having([("share", "=", True), ("active", "=", True)])
        archived = having([("share", "=", True), ("active", "=", False)]) & ~active
        signed_in = having([("share", "=", True), ("active", "=", True), ("log_ids", "!=", False)])
        invited = having([("share", "=", True), ("active", "=", True), ("nestogy_invited_at", "!=", False)])
        may_enter = others & is_open & ~closed_status & ~archived
        domains = {
            "no_email": others & ~is_open,
            "blocked": past_staff | (others & is_open & (closed_status | archived)),
            "active": staff | (may_enter & signed_in),
            "invited": may_enter & ~signed_in & invited,
            "none": may_enter & ~signed_in & ~invited,
        }
        return Domain.OR([domains[state] for state in value if state in domains])

    @api.model
    def _search_portal_invited_at(self, operator, value):
        self._check_field_access(self._fields["portal_invited_at"], "read")  # Odoo does not for searches like this
        if operator not in ("<", "<=", ">", ">=") and not (operator in ("in", "not in") and not any(value)):
            return NotImplemented
        found = self._portal_users_domain([("share", "=", True), ("nestogy_invited_at", operator, value)])
        return found & Domain("portal_state", "=", "invited")

    @api.model
    def _search_portal_is_expired(self, operator, value):
        self._check_field_access(self._fields["portal_is_expired"], "read")  # Odoo does not for searches like this
        if operator != "in":
            return NotImplemented
        expired = self._portal_users_domain(self.env["res.users"]._expired_invitation_domain())
        expired &= Domain("portal_state", "=", "invited")
        return Domain.OR([expired if wanted else ~expired for wanted in set(value)])

    @api.depends("child_ids.active", "child_ids.type", "email")
    def _compute_portal_contact_ids(self):
        for partner in self:
            contacts = partner.child_ids.filtered(lambda each: each.type in ("contact", "other") and each.active)
            # a firm as such is listed when it has an address to invite; a person who is the client always
            itself = partner if not partner.is_company or partner.email else partner.browse()
            partner.portal_contact_ids = itself | contacts

    @api.depends("child_ids")
    def _compute_portal_link_ids(self):
        for partner in self:
            partner.portal_link_ids = self.env["nestogy.portal.link"].search(
                [("partner_id", "child_of", partner.ids)], limit=LINKS_SHOWN
            )
            partner.portal_access_log_ids = self.env["nestogy.portal.access.log"].search(
                [("partner_id", "child_of", partner.ids)], limit=LINKS_SHOWN
            )

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_portal_why(self):
        """Ask what this contact sees in the portal, and why."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What %s sees", self.name or ""),
            "res_model": "nestogy.portal.access.why",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id": self.id},
        }

    def action_portal_preview(self):
        """Open the portal as this contact sees it."""
        self.ensure_one()
        self._check_may_manage_portal()
        return {"type": "ir.actions.act_url", "url": f"/my/preview/{self.id}", "target": "new"}

    def action_portal_staff_link(self):
        """Show a link that signs this contact in for a day, to be given to him on another way than by mail."""
        self.ensure_one()
        self._check_may_manage_portal()
        url = self.env["nestogy.portal.link"]._issue(self, purpose="staff")
        if not url:
            raise UserError(self.env._("%s cannot enter the portal, so there is no link to give.", self.display_name))
        self.env["nestogy.portal.access.log"]._log("staff_link", self, detail=self.env.user.name)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Sign-in Link"),
            "res_model": "nestogy.portal.staff.link",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id": self.id, "default_url": url},
        }

    def action_portal_sign_out(self):
        """End all sessions and links of the contact; he may sign in again."""
        self.ensure_one()
        self._check_may_manage_portal()
        # users are an administrator's; this ends sessions and nothing else
        self.sudo().user_ids.filtered("share")._end_portal_sessions(self.env._("signed out by %s", self.env.user.name))
        self.env["nestogy.portal.access.log"]._log("signed_out", self, detail=self.env.user.name)
        return self._portal_notice(self.env._("%s is signed out everywhere.", self.display_name))

    def _portal_notice(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # ------------------------------------------------------------------
    # The door
    # ------------------------------------------------------------------

    def _ensure_portal_user(self, company):
        """The contact's own portal user, made without password and without a mail if he has none.

        Called on a contact in sudo.

        :param res.company company: where a new user belongs
        :return: user in sudo; empty for staff, and for those whose access was taken away or is not allowed
        """
        self.ensure_one()
        users_sudo = self.env["res.users"].sudo().with_context(active_test=False)  # users are an administrator's
        if not self.active or not self._client_may_log_in() or not email_normalize(self.email):
            return users_sudo.browse()
        known = users_sudo.search([("partner_id", "=", self.id)])
        if known:
            return known.filtered(lambda user: user.active and user.share and user._is_portal())[:1].with_context(
                active_test=True
            )
        login = email_normalize(self.email)
        if users_sudo.search_count([("login", "=", login)], limit=1):
            # another person has this address: two contacts who share a mailbox, or a colleague of ours
            login = f"{login}#{self.id}"
        return users_sudo.with_context(
            active_test=True, no_reset_password=True, lang=self.lang or self.env.lang
        )._create_user_from_template(
            {
                "login": login,
                "partner_id": self.id,
                "company_id": company.id,
                "company_ids": [fields.Command.set(company.ids)],
                "nestogy_invited_at": False,  # a link is no invitation
            }
        )

    def write(self, vals):
        clients = {partner: partner._get_client() for partner in self} if "parent_id" in vals else {}
        result = super().write(vals)
        # what somebody opened as one client's contact is not for him afterwards; a level holds at once
        moved = self.browse(partner.id for partner, client in clients.items() if partner._get_client() != client)
        moved._close_portal_door(self.env._("moved to another client"))
        if "client_status_id" in vals or "parent_id" in vals:
            (self - moved).filtered(lambda partner: not partner._client_may_log_in())._close_portal_door(
                self.env._("client status")
            )
        if "email" in vals:
            self._revoke_links_to_old_address()
        return result

    def _revoke_links_to_old_address(self):
        """Links are dead when their address changed; say so in the list of links as well."""
        # whoever edits a contact ends his links, with or without rights on them
        for link_sudo in (
            self.env["nestogy.portal.link"].sudo().search([("partner_id", "in", self.ids), ("revoked_at", "=", False)])
        ):
            if email_normalize(link_sudo.partner_id.email) != link_sudo.issued_to_address:
                link_sudo._revoke(self.env._("e-mail address changed"))

    def _close_portal_door(self, reason):
        """End the sessions and links of everybody who belongs to these clients, now and for good."""
        if not self:
            return
        # a consequence of the status, whoever sets it
        people_sudo = self.sudo().with_context(active_test=False).search([("id", "child_of", self.ids)])
        people_sudo.user_ids.filtered("share")._end_portal_sessions(reason)
        people_sudo._forget_document_tokens()

    def _forget_document_tokens(self):
        """Let the addresses with an access token that Odoo gave out for these people's documents lead nowhere."""
        for model in OPEN_MODELS:
            documents = self.env[model]
            documents.flush_model(["access_token", "partner_id"])
            # SQL, because the ORM would check and log each of thousands of documents for a field nobody sees
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET access_token = NULL WHERE partner_id IN %s AND access_token IS NOT NULL",
                    SQL.identifier(documents._table),
                    tuple(self.ids),
                )
            )
            documents.invalidate_model(["access_token"])

    def _client_dashboard_widgets(self):
        widgets = super()._client_dashboard_widgets()
        if self.env.user.has_group("nestogy_clients.nestogy_clients_group_viewer"):
            widgets.append(
                self._client_dashboard_widget(
                    "portal",
                    60,
                    self.env._("Client Portal"),
                    "fa-key",
                    self._client_dashboard_portal,
                    portal_users=self._client_portal_users_question,
                )
            )
        return widgets

    def _client_overview_asks(self):
        asks = super()._client_overview_asks()
        if self.env.user.has_group("nestogy_clients.nestogy_clients_group_viewer"):
            asks["portal_users"] = self._client_portal_users_question
        return asks

    def _client_overview_lines(self, **answers):
        """How many people of the client may enter the portal."""
        lines = super()._client_overview_lines(**answers)
        if "portal_users" in answers:
            states = [row["state"] for row in self._client_portal_people_in(answers["portal_users"])]
            labels = dict(self._fields["portal_state"]._description_selection(self.env))
            found = [f"{states.count(state)} {labels[state]}" for state in PORTAL_TONES if state in states]
            lines.append(
                self._client_overview_line(
                    self.env._("Client Portal"),
                    ", ".join(found) or self.env._("Nobody"),
                    hint=self.env._("People of the client by their access to the portal."),
                )
            )
        return lines

    @kept
    def _client_portal_users_question(self):
        """The users of the people of the client whom the user may see."""
        family = Domain("parent_id", "=", self.id) & Domain("type", "in", ("contact", "other"))
        people = self._search(family | Domain("id", "=", self.id))
        # whoever may see who has access may see since when
        return self.with_context(active_test=False)._client_question_sudo(
            "res.users",
            Domain("partner_id", "in", people),
            {
                "id": "partner_id",
                "name": "partner_id.name",
                "email": "partner_id.email_normalized",
                "share": "share",
                "active": "active",
                "invited": "nestogy_invited_at",
                "last": lambda users, query: SQL(
                    "(SELECT MAX(create_date) FROM res_users_log log WHERE log.create_uid = %s)",
                    SQL.identifier(query.table, "id"),
                ),
            },
        )

    def _client_portal_state_in(self, row):
        """The state of access as ``_portal_state_of`` tells it, of an answer about a user."""
        if not row["share"]:
            return "active" if row["active"] else "blocked"
        if not row["email"]:
            return "no_email"
        if not row["active"] or not self._client_may_log_in():
            return "blocked"
        if row["last"]:
            return "active"
        return "invited" if row["invited"] else "none"

    def _client_portal_people_in(self, portal_users):
        """Who has access or had it, one row a person with its state, the last visitor first."""
        # of somebody with several users the active one counts, as in _portal_users
        people = {row["id"]: row for row in sorted(portal_users, key=lambda row: row["active"])}
        people = [row | {"state": self._client_portal_state_in(row)} for row in people.values()]
        people = [row for row in people if row["state"] in PORTAL_TONES]
        return sorted(people, key=lambda row: (row["last"] or "", row["id"]), reverse=True)

    def _client_dashboard_portal(self, portal_users):
        """Who of the client was in the portal lately."""
        states = dict(self._fields["portal_state"]._description_selection(self.env))
        people = self._client_portal_people_in(portal_users)
        counts = {state: sum(row["state"] == state for row in people) for state in PORTAL_TONES}
        return {
            "count": len(people),
            "segments": [
                {
                    "label": states[state],
                    "value": str(count),
                    "share": count / len(people),
                    "tone": PORTAL_TONES[state],
                    "action": self._client_portal_people_action(state),
                }
                for state, count in counts.items()
                if count
            ],
            "columns": card_columns(
                name=self.env._("Person"),
                state=self.env._("Access"),
                last=self.env._("Last sign-in"),
            ),
            "rows": [
                {
                    "id": row["id"],
                    "model": self._name,
                    "cells": {
                        "name": row["name"] or row["email"] or "",
                        "state": states[row["state"]],
                        "last": self._client_moment(row["last"]) or self.env._("never"),
                    },
                    "tone": PORTAL_TONES[row["state"]],
                }
                for row in people[:CARD_ROWS]
            ],
            "empty": self.env._("Nobody has access yet. Tab Portal Access invites people."),
            "action": False,
        }

    def _client_portal_people_action(self, state):
        domain = [("id", "child_of", self.id), ("active", "=", True), ("portal_state", "=", state)]
        action = self._client_list_action(self.env._("Portal Access"), self._name, [*domain, ("user_ids", "!=", False)])
        return action | {"context": {"active_test": False}}
