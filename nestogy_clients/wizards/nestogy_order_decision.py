from odoo import fields, models
from odoo.exceptions import UserError

NOTE_LIMIT = 2000  # characters


class NestogyOrderDecision(models.TransientModel):
    """Asks why an estimate is approved, refused or rejected, and does it."""

    _name = "nestogy.order.decision"
    _description = "Decision on an Estimate"

    order_ids = fields.Many2many("sale.order", required=True)
    decision = fields.Selection(
        [("approve", "Approve"), ("refuse", "Refuse"), ("reject", "Rejected by the Client")], required=True
    )
    note = fields.Text(string="Reason")

    def action_apply(self):
        """Carry the decision out, on the orders that still wait for it."""
        self.ensure_one()
        if self.decision == "reject":
            return self.order_ids._reject_estimates(self.note)
        note = (self.note or "").strip()
        if self.decision != "approve" and not note:
            raise UserError(self.env._("Say why, in a few words."))
        if len(note) > NOTE_LIMIT:
            raise UserError(self.env._("A reason has at most %s characters.", NOTE_LIMIT))
        waiting = self.order_ids.filtered(lambda order: order.credit_approval == "waiting")
        if not waiting:
            raise UserError(self.env._("Nothing waits any more; somebody was faster."))
        for order in waiting:
            order._decide_credit("approved" if self.decision == "approve" else "refused", note)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
