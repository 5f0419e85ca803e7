from odoo import fields, models


class AccountMoveLine(models.Model):
    """The time and charges of tickets that stand on an invoice line; deleting the line sets them free."""

    _inherit = "account.move.line"

    ticket_time_ids = fields.One2many("account.analytic.line", "invoice_line_id", groups="base.group_user")
    ticket_charge_ids = fields.One2many("nestogy.ticket.charge", "invoice_line_id", groups="base.group_user")
