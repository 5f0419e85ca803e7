from odoo import api, models

from ..access.nestogy_portal_access_log import SIGN_INS


class NestogyPortalAccessLog(models.Model):
    """Signing in counts for the engagement of the client."""

    _inherit = "nestogy.portal.access.log"

    @api.model_create_multi
    def create(self, vals_list):
        entries = super().create(vals_list)
        entries.filtered(lambda entry: entry.event in SIGN_INS).partner_id._note_touches()
        return entries
