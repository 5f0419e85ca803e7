from odoo import fields, models
from odoo.exceptions import UserError

from ..models.money.res_partner_credit import CREDIT_STATUSES


class NestogyClientCreditSet(models.TransientModel):
    """Asks for a credit status and the reason, and sets it for the chosen clients."""

    _name = "nestogy.client.credit.set"
    _description = "Change Credit Status"

    client_ids = fields.Many2many("res.partner", string="Clients", required=True)
    credit_status = fields.Selection(CREDIT_STATUSES, string="New Credit Status", required=True)
    reason = fields.Char()

    def action_apply(self):
        """Change the credit status in the current company."""
        self.ensure_one()
        clients = self.client_ids.filtered("is_client")
        if not clients:
            raise UserError(self.env._("Choose at least one client."))
        reason = (self.reason or "").strip()
        # billing staff need not be allowed to edit clients, but this of theirs they decide; the door is checked above
        clients._check_credit_status_change({"credit_status": self.credit_status, "credit_status_reason": reason})
        clients.check_access("read")
        clients_sudo = clients.sudo()  # same
        clients_sudo.write({"credit_status": self.credit_status, "credit_status_reason": reason or False})
        return {"type": "ir.actions.client", "tag": "soft_reload"}
