from odoo import fields, models


class HelpdeskTicketStage(models.Model):
    _inherit = "helpdesk.ticket.stage"

    stops_sla = fields.Boolean(
        string="Stops the SLA Clocks",
        groups="base.group_user",
        help="While a ticket is in this stage, its times do not run, whatever its policy says.",
    )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"stops_sla", "waits_for_client", "closed"}:
            tickets = self.env["helpdesk.ticket"]
            tickets._sla_sync_stages(self)
        return result
