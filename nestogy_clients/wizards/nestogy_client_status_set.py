from odoo import api, fields, models
from odoo.exceptions import UserError


class NestogyClientStatusSet(models.TransientModel):
    """Asks for a status and the reason, and changes it for the chosen clients."""

    _name = "nestogy.client.status.set"
    _description = "Change Client Status"

    client_ids = fields.Many2many("res.partner", string="Clients", required=True)
    status_id = fields.Many2one("nestogy.client.status", string="New Status", required=True)
    needs_reason = fields.Boolean(related="status_id.needs_reason")
    is_trial = fields.Boolean(related="status_id.is_trial")
    consequence = fields.Char(compute="_compute_consequence")
    reason = fields.Text()
    trial_end_date = fields.Date(string="Trial Ends On")

    @api.depends("status_id")
    def _compute_consequence(self):
        """Say what the status means before it is set."""
        for wizard in self:
            status, means = wizard.status_id, []
            if status and not status.may_log_in:
                means.append(self.env._("nobody of these clients can enter the portal; open sessions end at once"))
            if status and not status.is_invoiced:
                means.append(self.env._("recurring invoices pause"))
            if status and not status.may_order:
                means.append(self.env._("new orders and invoices are refused"))
            wizard.consequence = "; ".join(means)

    def action_apply(self):
        """Change the status."""
        self.ensure_one()
        clients = self.client_ids.filtered("is_client")
        if not clients:
            raise UserError(self.env._("Choose at least one client."))
        clients._set_client_status(self.status_id, self.reason, self.trial_end_date)
        return {"type": "ir.actions.act_window_close"}
