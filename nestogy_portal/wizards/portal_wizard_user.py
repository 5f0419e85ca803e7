from odoo import models


class PortalWizardUser(models.TransientModel):
    _inherit = "portal.wizard.user"

    def _send_email(self):
        """Invite a client's contact in the words that hold for its client."""
        self.ensure_one()
        user_sudo = self.user_id.sudo()  # users are an administrator's, inviting is an agent's
        partner_sudo = user_sudo.partner_id
        template = partner_sudo._client_mail_template("invitation", user_sudo.lang)
        if not template or not partner_sudo._get_client():
            return super()._send_email()
        partner_sudo.signup_prepare()
        # as above; the address with which the password is set is for this one mail
        template.sudo().with_context(
            lang=user_sudo.lang, client_mail_invitation=self.wizard_id, medium="portalinvite"
        ).send_mail(user_sudo.id, force_send=True)
        return True
