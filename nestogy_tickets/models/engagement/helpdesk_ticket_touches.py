from odoo import api, models


class HelpdeskTicket(models.Model):
    """A new ticket counts for the engagement of its client."""

    _inherit = "helpdesk.ticket"

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        tickets.commercial_partner_id._note_touches()
        return tickets

    def write(self, vals):
        if "partner_id" not in vals:
            return super().write(vals)
        former = self.commercial_partner_id
        result = super().write(vals)
        (former | self.commercial_partner_id)._note_touches()
        return result
