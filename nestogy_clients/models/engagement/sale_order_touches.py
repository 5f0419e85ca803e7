from odoo import models


class SaleOrder(models.Model):
    """An estimate that is accepted or rejected counts for the engagement of its client."""

    _inherit = "sale.order"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"state", "client_reject_reason"}:
            self.partner_id._note_touches()
        return result
