from odoo import fields, models


class SaleOrder(models.Model):
    """An estimate that is accepted or rejected counts for the engagement of its client."""

    _inherit = "sale.order"

    client_rejected_at = fields.Datetime(string="Rejected on", copy=False, readonly=True, groups="base.group_user")

    def write(self, vals):
        if "client_reject_reason" in vals:
            vals = vals | {"client_rejected_at": fields.Datetime.now() if vals["client_reject_reason"] else False}
        result = super().write(vals)
        if vals.keys() & {"state", "client_reject_reason"}:
            self.partner_id._note_touches()
        return result
