from odoo import fields, models


class HelpdeskTicket(models.Model):
    """What else a ticket is about."""

    _inherit = "helpdesk.ticket"

    account_move_id = fields.Many2one(
        "account.move", string="Invoice", index="btree_not_null", ondelete="set null", groups="base.group_user"
    )
    account_move_line_id = fields.Many2one(
        "account.move.line",
        string="Invoice Line",
        index="btree_not_null",
        ondelete="set null",
        domain="[('move_id', '=', account_move_id), ('display_type', '=', 'product')]",
        groups="base.group_user",
    )
