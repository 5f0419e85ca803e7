from odoo import models


class NestogyClientStatus(models.Model):
    _inherit = "nestogy.client.status"

    def write(self, vals):
        """A status that no longer lets clients in ends their sessions and links at once."""
        closing = self.filtered("may_log_in") if "may_log_in" in vals and not vals["may_log_in"] else self.browse()
        result = super().write(vals)
        if closing:
            # every client of the status, whatever the administrator may see
            clients_sudo = self.env["res.partner"].sudo().search([("client_status_id", "in", closing.ids)])
            clients_sudo._close_portal_door(self.env._("client status"))
        return result
