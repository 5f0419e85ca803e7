from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize

from ...tools.passwords import is_username


class ResPartner(models.Model):
    """The login that staff makes for a contact: its user name, and how the contact comes to a password."""

    _inherit = "res.partner"

    @api.model
    def _login_problem(self, login, is_own=True, among_all=True):
        """Say what keeps a text from becoming somebody's user name.

        :param str login: a name of its own, or an e-mail address
        :param bool is_own: a name of its own, as against the contact's e-mail address
        :param bool among_all: ask as well whether somebody has it
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
        wanted = login.lower() if is_own else email_normalize(login)
        return self._username_taken(wanted) if among_all and self._logins_taken({wanted}) else ""

    def _follow_new_email(self, former):
        """Let the login follow an e-mail address that was written, in the name of whoever decided so.

        :param str former: the address before
        """
        self.ensure_one()
        former, current = email_normalize(former), email_normalize(self.email)
        if former == current:
            return
        # who decides has no rights on users
        users_sudo = self.sudo().with_context(active_test=False).user_ids.filtered("share")
        for user_sudo in users_sudo:
            # who has a user name of his own keeps it
            if email_normalize(user_sudo.login) == former and not self._login_problem(current, is_own=False):
                user_sudo.login = current
        # whoever reads the old mailbox is out: sessions, sign-in links, ways to set a password
        users_sudo._end_portal_sessions(self.env._("the e-mail address changed"))
        users_sudo.partner_id.signup_cancel()

    def _make_portal_login(self, login, generate):
        """Make the portal user of a contact who has none.

        :param str login: checked by the caller with :meth:`_login_problem`
        :param bool generate: generate a password, instead of sending the mail with which the contact sets one
        :return: the generated password, which is not kept anywhere; empty when the mail was sent
        """
        self.ensure_one()
        self._check_may_manage_portal()
        result = self._portal_invite("password_shown" if generate else "link", {self: login})[self]
        if not result["ok"]:
            raise UserError(result["message"])
        return result.get("password", "")

    def _mail_from_portal(self, subject, template, values, company, **mail_values):
        """Mail a contact about signing in, in the contact's language and once this transaction is over.

        Called in sudo on the contact in his language, as ``subject`` is.

        :param str template: of QWeb; gets ``contact`` and ``values``
        :param mail_values: more of the ``mail.mail``
        """
        self.ensure_one()
        self.env["mail.mail"].create(
            {
                "subject": subject,
                "body_html": self.env["ir.qweb"]._render(template, values | {"contact": self}),
                "email_from": company.email_formatted,
                "recipient_ids": [Command.link(self.id)],
                "auto_delete": True,
            }
            | mail_values
        ).send_after_commit()
