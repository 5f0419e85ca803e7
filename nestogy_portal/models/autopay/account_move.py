from odoo import api, fields, models
from odoo.fields import Domain

from .nestogy_autopay import STAFF


class AccountMove(models.Model):
    """Invoices that are charged by themselves are not reminded meanwhile."""

    _inherit = "account.move"

    autopay_charge_ids = fields.One2many("nestogy.autopay.charge", "move_id", string="Automatic Charges", groups=STAFF)

    @api.model
    def _client_in_flight_domain(self):
        return super()._client_in_flight_domain() | Domain(
            "autopay_charge_ids", "any", [("state", "in", ("ready", "sent", "unknown"))]
        )

    def _reminder_holds(self, plans):
        """An announced charge comes by itself; one that waits for something says nothing against a reminder."""
        holds = super()._reminder_holds(plans)
        charges_sudo = self.env["nestogy.autopay.charge"].sudo()  # asked by the plan, whoever looks
        planned_sudo = charges_sudo.search(
            [("move_id", "in", [move.id for move in plans]), ("state", "=", "announced"), ("note", "=", False)]
        )
        for charge_sudo in planned_sudo:
            holds.setdefault(charge_sudo.move_id.id, ("autopay", charge_sudo.autopay_id.token_name))
        return holds
