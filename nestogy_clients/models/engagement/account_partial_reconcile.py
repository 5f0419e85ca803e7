from odoo import api, models


class AccountPartialReconcile(models.Model):
    """A payment counts for the engagement of its client."""

    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        moves = partials.debit_move_id.move_id
        moves.filtered(lambda move: move.is_sale_document()).commercial_partner_id._note_touches()
        return partials
