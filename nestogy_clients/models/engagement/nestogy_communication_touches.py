from odoo import api, models

COUNTED = {"client_id", "contact_id", "kind", "direction", "date", "outcome", "is_private", "is_bounced"}


class NestogyCommunication(models.Model):
    """What is logged counts for the engagement of its client."""

    _inherit = "nestogy.communication"

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows.client_id._note_touches()
        return rows

    def write(self, vals):
        is_counted = bool(vals.keys() & COUNTED)
        if is_counted:
            self.client_id._note_touches()
        result = super().write(vals)
        if is_counted:
            self.client_id._note_touches()
        return result

    def unlink(self):
        self.client_id._note_touches()
        return super().unlink()
