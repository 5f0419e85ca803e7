from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.sla_clock import CANCELLED, DONE, RUNNING


class HelpdeskTicket(models.Model):
    """The SLA clocks of a ticket."""

    _name = "helpdesk.ticket"
    _inherit = ["helpdesk.ticket", "nestogy.sla.mixin"]
    _sla_kind = "request"
    _sla_key = "ticket_id"

    sla_clock_ids = fields.One2many(
        "nestogy.sla.clock", "ticket_id", string="SLA Clocks", readonly=True, groups="base.group_user"
    )

    _sla_stale_idx = models.Index("(id) WHERE sla_is_stale")

    @api.model
    def _sla_triggers(self):
        # team and user decide which stages there are
        return super()._sla_triggers() | {"team_id", "user_id"}

    @api.model
    def _sla_open_domain(self):
        return self._open_domain() & Domain("active", "=", True)

    def _sla_clients(self):
        clients = {partner: partner._get_client() for partner in self.commercial_partner_id}
        clients[self.env["res.partner"]] = self.env["res.partner"]
        return {ticket: clients[ticket.commercial_partner_id] for ticket in self}

    def _sla_wanted(self):
        self.ensure_one()
        if self.merged_into_id:
            return CANCELLED  # the promise is kept, or not, in the ticket that stays
        if self.stage_id.closed:
            return DONE
        return RUNNING if self.active else CANCELLED

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        tickets._sla_sync(since_creation=True)
        return tickets

    def write(self, vals):
        result = super().write(vals)
        self._sla_note_write(vals)
        return result

    def _message_post_after_hook(self, message, msg_vals):
        result = super()._message_post_after_hook(message, msg_vals)
        if not self._mail_traits().get("automatic"):
            self._sla_note_message(message)
        return result
