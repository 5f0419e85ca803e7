from odoo import models


class ResUsersApikeys(models.Model):
    _inherit = "res.users.apikeys"

    def _check_credentials(self, *, scope, key):
        """API keys open no door that the client's status has shut."""
        user_id = super()._check_credentials(scope=scope, key=key)
        if user_id and not self.env["res.users"].browse(user_id)._portal_door_is_open():
            return None
        return user_id
