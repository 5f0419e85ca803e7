from odoo import api, fields, models


class NestogyPaymentAllocation(models.Model):
    """Which part of an online payment, or of a credit of the client, goes to which invoice.

    Agreed on before anybody pays; once the provider reports the payment, the invoices get precisely this.
    """

    _name = "nestogy.payment.allocation"
    _description = "Part of an Online Payment"
    _order = "transaction_id desc, id"
    _rec_name = "move_id"

    transaction_id = fields.Many2one("payment.transaction", required=True, ondelete="cascade", index=True)
    move_id = fields.Many2one("account.move", string="Invoice", required=True, ondelete="cascade", index=True)
    credit_line_id = fields.Many2one(
        "account.move.line",
        string="Credit",
        ondelete="set null",
        index="btree_not_null",
        help="The credit note or earlier payment that pays this part; the payment itself when empty.",
    )
    is_credit = fields.Boolean(help="This part is not paid but taken from a credit of the client.")
    client_id = fields.Many2one(
        "res.partner", related="move_id.commercial_partner_id", string="Client", store=True, index=True
    )
    company_id = fields.Many2one("res.company", related="transaction_id.company_id", store=True, index=True)
    currency_id = fields.Many2one("res.currency", related="transaction_id.currency_id")
    transaction_state = fields.Selection(related="transaction_id.state", string="Payment State")
    amount = fields.Monetary(string="Agreed", required=True)
    applied_amount = fields.Monetary(string="Applied", help="What the invoice got.")
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("applied", "Applied"),
            ("partial", "Partly Applied"),
            ("unapplied", "Not Applied"),
            ("void", "Void"),
        ],
        compute="_compute_state",
        help="Not applied is what could not be applied any more, because the invoice was paid or cancelled meanwhile.",
    )

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A part of a payment is more than zero.")
    _applied_at_most = models.Constraint(
        "CHECK (applied_amount >= 0 AND applied_amount <= amount)", "An invoice gets at most what was agreed."
    )

    @api.depends("amount", "applied_amount", "transaction_id.state", "transaction_id.is_post_processed")
    def _compute_state(self):
        for part in self:
            transaction = part.transaction_id
            if not part.currency_id.is_zero(part.applied_amount):
                is_whole = part.currency_id.compare_amounts(part.applied_amount, part.amount) == 0
                part.state = "applied" if is_whole else "partial"
            elif transaction.state in ("cancel", "error"):
                part.state = "void"
            elif transaction.state == "done" and transaction.is_post_processed:
                part.state = "unapplied"
            else:
                part.state = "waiting"
