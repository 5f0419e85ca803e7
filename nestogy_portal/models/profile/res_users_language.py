from odoo import models
from odoo.http import request


class ResUsers(models.Model):
    _inherit = "res.users"

    def _login(self, credential, user_agent_env):
        """Show people their own language from the first page on, whatever the browser showed before."""
        auth_info = super()._login(credential, user_agent_env)
        if request and hasattr(request, "future_response"):
            user_sudo = self.sudo().browse(auth_info["uid"])  # he is in the door, and nobody yet
            if user_sudo.share and user_sudo.lang:
                request.future_response.set_cookie("frontend_lang", user_sudo.lang)
        return auth_info
