from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ..tools.passwords import generate_password, is_username


class ResPartner(models.Model):
    """The login that staff makes for a contact: its user name, and how the contact comes to a password."""

    _inherit = "res.partner"

    @api.model
    def _login_problem(self, login, is_own=True):
        """Say what keeps a text from becoming somebody's user name.

        :param str login: a name of its own, or an e-mail address
        :param bool is_own: a name of its own, as against the contact's e-mail address
        :return: a sentence, empty when nothing is in the way
        """
        login = (login or "").strip()
        if is_own and not is_username(login.lower()):
            return self.env._(
                "A user name has 3 to 40 letters, digits, dots, dashes or underscores; it begins and ends with a"
                " letter or digit."
            )
        if not is_own and not email_normalize(login):
            return self.env._("Write the e-mail address of the person who signs in.")
        # whether a name is taken is asked of all users, those without access and of other companies included
        users_sudo = self.env["res.users"].sudo().with_context(active_test=False)
        wanted = login.lower() if is_own else email_normalize(login)
        escaped = wanted.replace("\\", r"\\").replace("_", r"\_").replace("%", r"\%")
        if not users_sudo.search_count([("login", "=ilike", escaped)], limit=1):
            return ""
        if is_own:
            return self.env._("The user name %s is taken; choose another.", wanted)
        return self.env._("%s is the user name of somebody else; choose a user name of its own.", wanted)

    def _make_portal_login(self, login, generate):
        """Make the portal user of a contact who has none.

        :param str login: checked by the caller with :meth:`_login_problem`
        :param bool generate: generate a password, instead of sending the mail with which the contact sets one
        :return: the generated password, which is not kept anywhere; empty when the mail was sent
        """
        self.ensure_one()
        self._check_may_manage_portal()
        if not self._client_may_log_in():
            raise UserError(
                self.env._("The status of the client does not allow signing in; change the status before inviting.")
            )
        password = generate_password() if generate else ""
        company = self.company_id or self.env.company
        # agents make the users of contacts and no others
        user_sudo = self.env["res.users"].sudo().with_context(no_reset_password=True, lang=self.lang or self.env.lang)
        user_sudo = user_sudo._create_user_from_template(
            {
                "login": login.lower(),
                "partner_id": self.id,
                "company_id": company.id,
                "company_ids": [fields.Command.set(company.ids)],
                # given here, for a later change would be mailed as one
                **({"password": password} if password else {}),
            }
        )
        if password:
            user_sudo.nestogy_must_change_password = True
        else:
            self._portal_wizard_line().with_context(active_test=True)._send_email()
        return password
