import time

from odoo import api, fields, models
from odoo.exceptions import AccessDenied, UserError
from odoo.fields import NO_ACCESS, Domain
from odoo.http import request
from odoo.tools import SQL, email_normalize

from ..communication.mail_mail import PASSWORD_MARK
from .nestogy_portal_access_log import AGENT_LENGTH

RIGHTS = "nestogy.portal.rights"  # where a request keeps what was asked
STEP_UP = "identity-check-last"  # where Odoo keeps when the identity was last confirmed


class ResUsers(models.Model):
    _inherit = "res.users"

    nestogy_session_epoch = fields.Integer(
        copy=False,
        groups=NO_ACCESS,
        help="Part of every session's key: raising it ends all sessions of the user.",
    )
    nestogy_invited_at = fields.Datetime(
        copy=False,
        groups=NO_ACCESS,
        default=fields.Datetime.now,
        index="btree_not_null",
        help="When the user was made or last invited; empty for those who were only ever sent links.",
    )

    def _get_session_token_fields(self):
        return super()._get_session_token_fields() | {"nestogy_session_epoch"}

    def _end_portal_sessions(self, reason):
        """End the sessions and sign-in links of these users; neither comes back when they may log in
        again."""
        for user_sudo in self.sudo():  # callers end access as a consequence of something they were allowed to do
            user_sudo.nestogy_session_epoch += 1
        self.env["nestogy.portal.link"]._revoke_for(self, reason)

    def _login(self, credential, user_agent_env):
        """Keep how clients' people came in."""
        auth_info = super()._login(credential, user_agent_env)
        if user_agent_env and user_agent_env.get("interactive"):
            user_sudo = self.sudo().browse(auth_info["uid"])  # he is in the door, and nobody yet
            if user_sudo.share and user_sudo.partner_id._get_client():
                kind = {"nestogy_code": "code", "webauthn": "passkey"}.get(credential.get("type"), "password")
                if credential.get("type") != "nestogy_link":  # which writes its own row
                    self.env["nestogy.portal.access.log"]._log(kind, user_sudo.partner_id)
                    if request:
                        # whoever has just shown a password or a fresh code need not show it again
                        request.session[STEP_UP] = time.time()
        return auth_info

    def _check_credentials(self, credential, env):
        """Know our links and codes as credentials, and let nobody in whose client's status forbids it.

        The refusal comes after the ordinary check and in the same words, so that it tells nothing.
        """
        if credential.get("type") == "nestogy_link":
            user = self.env.user
            environ = request.httprequest if request else None
            self.env["nestogy.portal.link"]._consume(
                user,
                credential.get("token"),
                credential.get("device"),
                ip=environ.remote_addr if environ else None,
                agent=environ.user_agent.string[:AGENT_LENGTH] if environ else None,
            )
            return {"uid": user.id, "auth_method": "nestogy_link", "mfa": "default"}
        if credential.get("type") == "nestogy_code":
            user = self.env.user
            self.env["nestogy.portal.link.request"]._consume_code(
                user, credential.get("browser"), credential.get("code")
            )
            return {"uid": user.id, "auth_method": "nestogy_code", "mfa": "default"}
        result = super()._check_credentials(credential, env)
        if not self.env.user._portal_door_is_open():
            raise AccessDenied()
        return result

    def _portal_door_is_open(self):
        """Say whether this user may sign in as far as the client's status is concerned; staff always may."""
        self.ensure_one()
        user_sudo = self.sudo()  # asked before anybody is signed in
        return not user_sudo.share or user_sudo.partner_id._client_may_log_in()

    @api.model
    def _get_portal_visitor(self):
        """Who is looking: pages of the portal handle documents in the name of the system."""
        return request.env.user if request and request.env else self.env.user

    def _portal_rights(self):
        """What this user reaches in the portal; see ``res.partner._get_portal_rights``. Asked once a request."""
        self.ensure_one()
        asked = request.httprequest.environ.setdefault(RIGHTS, {}) if request else {}
        key = self.id, self.env.company.id
        if key not in asked:
            # asked in the name of the user, who may not read his own level
            asked[key] = self.sudo().partner_id._get_portal_rights()
        return asked[key]

    def _portal_scope(self, key):
        """How far this user reaches in an area of the portal.

        :param str key: of a ``nestogy.portal.area``
        :return: ``none``, ``own`` or ``company``
        """
        self.ensure_one()
        return self._portal_rights()[0].get(key, "none") if self.share else "company"

    def _portal_may_act(self):
        """Say whether this user may do more than read in the portal."""
        self.ensure_one()
        return not self.share or self._portal_rights()[1]

    def _has_password(self):
        """Say whether this user has a password; those who only ever came by link have none."""
        self.ensure_one()
        # SQL, because the ORM never reads the column
        return bool(self.env.execute_query(SQL("SELECT 1 FROM res_users WHERE id = %s AND password <> ''", self.id)))

    def write(self, vals):
        self._check_own_details_unchanged(vals)
        closing = opening = self.browse()
        if "active" in vals:
            closing = self.filtered(lambda user: not vals["active"] and user.active and user.share)
            opening = self.filtered(lambda user: vals["active"] and not user.active and user.share)
        names = {user: user.login for user in self if user.share} if "login" in vals else {}
        result = super().write(vals)
        if closing:
            closing._end_portal_sessions(self.env._("access taken away"))
        for event, users in (("blocked", closing), ("restored", opening)):
            reason = self.env.context.get("portal_reason")
            who = f"{self.env.user.name}: {reason}" if reason and event == "blocked" else self.env.user.name
            self.env["nestogy.portal.access.log"]._log_many(event, users._people_of_clients(), who)
        self._log_new_names(names)
        return result

    def _people_of_clients(self):
        """The partners of those of these users who belong to clients."""
        return self.sudo().partner_id.filtered(lambda partner: partner._get_client())  # asked for the log alone

    def _log_new_names(self, names):
        """Keep who had which user name before.

        :param dict names: of user to the name it had
        """
        for user, name in names.items():
            if user.login != name:
                detail = self.env._(
                    "%(who)s: %(old)s → %(new)s", who=self.env.user.name, old=name, new=user.sudo().login
                )  # sudo for the log alone
                self.env["nestogy.portal.access.log"]._log_many("username", user._people_of_clients(), detail)

    def _check_own_details_unchanged(self, vals):
        """Clients' people change neither the address to which their sign-in links go nor a firm's name."""
        if self.env.su or not self.env.user.share or not {"email", "name"} & set(vals):
            return
        for user_sudo in self.sudo():  # whom the visitor belongs to is our question
            contact_sudo = user_sudo.partner_id
            if not contact_sudo._get_client():
                continue
            if "email" in vals and email_normalize(vals["email"]) != email_normalize(contact_sudo.email):
                raise UserError(contact_sudo._email_change_refusal())
            if "name" in vals and contact_sudo.is_company and vals["name"] != contact_sudo.name:
                raise UserError(contact_sudo._name_change_refusal())

    # ------------------------------------------------------------------
    # Invitation
    # ------------------------------------------------------------------

    @api.model
    def _invitation_limit(self):
        """Before when an invitation by link must have been sent to be over."""
        # as Odoo makes the key; whoever looks may ask how long it lasts
        hours = int(self.env["ir.config_parameter"].sudo().get_param("auth_signup.signup.validity.hours", 144))
        return fields.Datetime.subtract(fields.Datetime.now(), hours=hours)

    def _is_invitation_expired(self, limit):
        """Say whether what was sent to this user opens nothing any more; called in sudo.

        :param datetime limit: see :meth:`_invitation_limit`
        """
        if self.nestogy_must_change_password:
            return self._is_temporary_password_over()
        return bool(self.nestogy_invited_at and self.nestogy_invited_at < limit)

    @api.model
    def _expired_invitation_domain(self):
        """The same as a domain."""
        temporary = Domain("nestogy_must_change_password", "=", True)
        return Domain("share", "=", True) & (
            (temporary & Domain("nestogy_password_until", "<", fields.Datetime.now()))
            | (~temporary & Domain("nestogy_invited_at", "<", self._invitation_limit()))
        )

    def _client_mail_values(self, kind=None):
        """What the placeholders of an invitation stand for.

        The address with which a password is set is a key: it is in the mail that is sent and in nothing else,
        a preview for instance. A temporary password is not even in the mail that is kept until it leaves.
        """
        self.ensure_one()
        user_sudo = self.sudo()  # who invites may not see users
        partner_sudo = user_sudo.partner_id
        wizard = self.env.context.get("client_mail_invitation")
        # a record, so that no context that came in over RPC lets a key out
        is_sent = isinstance(wizard, models.BaseModel) and wizard._name == "nestogy.portal.invite"
        base = self.env["nestogy.portal.link"]._base_url(partner_sudo)
        values = partner_sudo._portal_invitation_values(user_sudo.login, wizard.welcome if is_sent else "")
        if kind == "invitation_password":
            return values | {"link": f"{base}/web/login", "password": PASSWORD_MARK if is_sent else "••••••••••"}
        return values | {"link": partner_sudo._get_signup_url() if is_sent else f"{base}/my"}

    def _client_mail_client(self):
        return self.sudo().partner_id.commercial_partner_id  # as above

    def _client_mail_readers(self, kind):
        return self.partner_id

    def _client_mail_lang(self):
        return self.env.context.get("client_mail_lang") or self.lang

    def _client_mail_value(self, name, kind=None):
        return self.env["nestogy.client.mail.mixin"]._pick_value(self, name, kind)
