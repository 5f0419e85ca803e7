from odoo import fields, models
from odoo.exceptions import AccessDenied, UserError
from odoo.fields import NO_ACCESS
from odoo.http import request

from ...tools.passwords import LONGEST, MINIMUM, generate_password

CHANGE_URL = "/web/login/new-password"
PENDING = "nestogy_new_password"  # the session's note of who has just proven a generated password


class ResUsers(models.Model):
    """A password that staff generated opens the door once: behind it its owner sets one that nobody else knows.

    Until then there is no session, as it is before a second factor. Sign-in links are another door and go on working.
    """

    _inherit = "res.users"

    nestogy_must_change_password = fields.Boolean(copy=False, groups=NO_ACCESS)
    nestogy_password_until = fields.Datetime(
        copy=False, groups=NO_ACCESS, help="When a temporary password ceases to open the door."
    )

    def _check_credentials(self, credential, env):
        result = super()._check_credentials(credential, env)
        if result.get("auth_method") == "password" and self.env.user._is_temporary_password_over():
            # only who has typed the right one gets to read it
            raise AccessDenied(
                self.env._("The temporary password has expired; ask for a new one, or have a sign-in link mailed.")
            )
        if request and result.get("auth_method") == "password" and self.env.user._must_change_password():
            request.session[PENDING] = self.env.user.id
        return result

    def _must_change_password(self):
        return self.sudo().nestogy_must_change_password  # asked before anybody is signed in

    def _mfa_url(self):
        """Lead whoever signs in with a generated password to the page where he sets his own."""
        if request and request.session.get(PENDING) == self.id and self._must_change_password():
            return CHANGE_URL
        return super()._mfa_url()

    def _rpc_api_keys_only(self):
        """A generated password is for people in front of a browser, not for programs."""
        return self._must_change_password() or super()._rpc_api_keys_only()

    def _set_password(self):
        result = super()._set_password()
        # whoever may set the password ends the duty to change it
        self.sudo().filtered("nestogy_must_change_password").write(
            {"nestogy_must_change_password": False, "nestogy_password_until": False}
        )
        return result

    def _replace_generated_password(self, password, confirmation):
        """Set the password that the owner chose in place of the generated one; called in sudo.

        :raise UserError: says what is wrong with it
        """
        self.ensure_one()
        if password != confirmation:
            raise UserError(self.env._("The two passwords differ; type the same twice."))
        if len(password.strip()) < MINIMUM:
            raise UserError(self.env._("A password has at least %s characters.", MINIMUM))
        if len(password) > LONGEST:
            raise UserError(self.env._("A password has at most %s characters.", LONGEST))
        # SQL: no field shows what is kept of a password
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [self.id])
        [kept] = self.env.cr.fetchone()
        if kept and self._crypt_context().verify(password.strip(), kept):
            raise UserError(self.env._("Choose another password than the one you were given."))
        self._change_password(password)

    # ------------------------------------------------------------------
    # Temporary passwords
    # ------------------------------------------------------------------

    def _is_temporary_password_over(self):
        user_sudo = self.sudo()  # asked before anybody is signed in
        until = user_sudo.nestogy_password_until
        return bool(user_sudo.nestogy_must_change_password and until and until < fields.Datetime.now())

    def _may_get_temporary_password(self):
        """Say whether no password of the user's own is lost by it."""
        self.ensure_one()
        return self._must_change_password() or not self._has_password()

    def _set_temporary_password(self):
        """Make a password that has to be changed at the first sign-in; called in sudo.

        :return: the password, of which only a digest is kept
        """
        self.ensure_one()
        password = generate_password()
        # as Odoo writes digests; through the field it would mail that somebody changed the password
        self._set_encrypted_password(self.id, self._crypt_context().hash(password))
        self.env.registry.clear_cache()  # the password is part of what sessions are known by
        days = self.partner_id._get_portal_profile()[0].password_days
        self.write(
            {
                "nestogy_must_change_password": True,
                "nestogy_password_until": fields.Datetime.add(fields.Datetime.now(), days=days),
            }
        )
        return password

    def _forget_temporary_password(self):
        """Let temporary passwords open nothing any more; called in sudo."""
        temporary = self.filtered("nestogy_must_change_password")
        if temporary:
            # SQL: the ORM knows no way to have no password
            self.env.cr.execute("UPDATE res_users SET password = NULL WHERE id IN %s", [tuple(temporary.ids)])
            temporary.invalidate_recordset(["password"])
            self.env.registry.clear_cache()
            temporary.write({"nestogy_must_change_password": False, "nestogy_password_until": False})
