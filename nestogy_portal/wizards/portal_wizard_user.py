from odoo import models


class PortalWizardUser(models.TransientModel):
    _inherit = "portal.wizard.user"

    def _send_email(self):
        """Invite a client's contact in the words that hold for its client."""
        self.ensure_one()
        user_sudo = self.user_id.sudo()  # users are an administrator's, inviting is an agent's
        partner = user_sudo.partner_id.with_env(self.env)
        if not partner._get_client():
            return super()._send_email()
        log = self.env["nestogy.portal.access.log"]
        log._log("invited_again" if user_sudo.nestogy_invited_at else "invited", partner, detail=self.env.user.name)
        user_sudo.nestogy_invited_at = self.env.cr.now()
        user_sudo.partner_id.signup_prepare()
        template_sudo, lang = partner._portal_words("invitation")
        partner._portal_make_mails(
            "invitation", template_sudo, lang, [user_sudo], self.wizard_id.welcome_message
        ).send()
        return True
