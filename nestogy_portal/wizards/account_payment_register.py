from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountPaymentRegister(models.TransientModel):
    """Registering a payment while the client is paying online."""

    _inherit = "account.payment.register"

    in_flight_warning = fields.Char(compute="_compute_in_flight_warning")
    is_in_flight_accepted = fields.Boolean(string="Register all the same")

    @api.depends("line_ids")
    def _compute_in_flight_warning(self):
        for wizard in self:
            moves = wizard.line_ids.move_id._client_in_flight()
            wizard.in_flight_warning = (
                self.env._(
                    "An online payment of %s is on its way. What you register as well may be paid twice.",
                    ", ".join(moves.mapped("name")),
                )
                if moves
                else False
            )

    def action_create_payments(self):
        """End what somebody began to pay online and left; say so when it cannot be ended any more."""
        moves = self.line_ids.move_id
        being_paid = moves.browse()
        for move in moves.filtered(lambda each: each.is_sale_document(include_receipts=True)):
            for transaction_sudo in move._get_open_transactions():
                if not transaction_sudo._release():
                    being_paid |= move
        if being_paid and not self.is_in_flight_accepted:
            raise UserError(
                self.env._(
                    "%s is being paid online at this moment. Wait for it, or tick “Register all the same”; what is "
                    "paid twice becomes a credit of the client.",
                    ", ".join(being_paid.mapped("name")),
                )
            )
        return super().action_create_payments()
