from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _portal_client(self):
        """The client to whom somebody from outside belongs, in sudo; empty for staff and for people of other firms."""
        self.ensure_one()
        # asked in the name of the visitor, who may not read what his firm is to us
        contact_sudo = self.sudo().partner_id
        return contact_sudo._get_client() if self.share else contact_sudo.browse()
