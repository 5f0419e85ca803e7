from odoo import models
from odoo.fields import Domain


class NestogyClientDeletion(models.Model):
    """An erasure answers the requests for it."""

    _inherit = "nestogy.client.deletion"

    def _begin(self):  # pylint: disable=missing-return
        super()._begin()
        people = self.sudo().people  # only read by users
        # whoever may erase answers the requests for it
        requests_sudo = self.env["nestogy.privacy.request"].sudo()
        requests_sudo.search(
            Domain("partner_id", "in", people) & Domain("kind", "=", "erasure") & Domain("state", "=", "open")
        )._erased()
