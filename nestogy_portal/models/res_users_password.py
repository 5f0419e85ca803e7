from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS
from odoo.http import request

from ..tools.passwords import LONGEST, MINIMUM

CHANGE_URL = "/web/login/new-password"
PENDING = "nestogy_new_password"  # the session's note of who has just proven a generated password


class ResUsers(models.Model):
    """A password that staff generated opens the door once: behind it its owner sets one that nobody else knows.

    Until then there is no session, as it is before a second factor. Sign-in links are another door and go on working.
    """

    _inherit = "res.users"

    nestogy_must_change_password = fields.Boolean(copy=False, groups=NO_ACCESS)

    def _check_credentials(self, credential, env):
        result = super()._check_credentials(credential, env)
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
        self.sudo().filtered("nestogy_must_change_password").nestogy_must_change_password = False
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
