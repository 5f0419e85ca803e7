from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize


class NestogyClientCreate(models.TransientModel):
    """The section Login of a new client: of the person himself, or of the company's first contact."""

    _inherit = "nestogy.client.create"

    portal_access = fields.Selection(
        [
            ("none", "No access yet"),
            ("invite", "Send the registration e-mail"),
            ("generate", "Generate a password"),
        ],
        required=True,
        default="none",
    )
    username_kind = fields.Selection(
        [("email", "The e-mail address"), ("own", "A name of its own")],
        string="User Name",
        required=True,
        default="email",
    )
    username = fields.Char(string="Own User Name")
    portal_email = fields.Char(string="Signs in as", compute="_compute_portal_email")

    @api.depends("is_company", "email", "contact_email")
    def _compute_portal_email(self):
        for wizard in self:
            wizard.portal_email = wizard.contact_email if wizard.is_company else wizard.email

    @api.model
    def check_username(self, username):
        """Say at once, while it is typed, what is wrong with a user name.

        :return: a sentence, empty when the name can be had
        """
        self.check_access("create")
        return self.env["res.partner"]._login_problem(username if isinstance(username, str) else "")

    def _check_complete(self):
        super()._check_complete()
        if self.portal_access == "none":
            return
        if self.is_company and not self._has_contact():
            raise UserError(
                self.env._("People sign in, not companies: fill in the first contact, or give no access yet.")
            )
        if not email_normalize(self.portal_email):
            raise UserError(
                self.env._("Write the e-mail address of the person who shall sign in, or give no access yet.")
            )
        if not self.client_status_id.may_log_in:
            raise UserError(self.env._("The status of the client does not allow signing in; choose another status."))
        problem = self.env["res.partner"]._login_problem(self._login(), self.username_kind == "own")
        if problem:
            raise UserError(problem)

    def _login(self):
        if self.username_kind == "own":
            return (self.username or "").strip()
        return email_normalize(self.portal_email) or ""

    def _client_created(self, client):
        """Make the login; a generated password travels to the browser in this answer and is kept nowhere."""
        action = super()._client_created(client)
        if self.portal_access == "none":
            return action
        person = client.primary_contact_id if self.is_company else client
        password = person._make_portal_login(self._login(), generate=self.portal_access == "generate")
        if not password:
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": self.env._("Registration e-mail sent to %s.", person.email),
                    "next": action,
                },
            }
        return {
            "type": "ir.actions.client",
            "tag": "nestogy_portal.show_password",
            "params": {"name": person.name, "login": self._login().lower(), "password": password, "next": action},
        }
