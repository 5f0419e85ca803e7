from odoo import api, fields, models
from odoo.exceptions import UserError


class NestogyPaymentPromiseNote(models.TransientModel):
    """Asks what a client has promised to pay, and when; noted for each of the chosen invoices."""

    _name = "nestogy.payment.promise.note"
    _description = "Note a Promise to Pay"

    move_ids = fields.Many2many("account.move", string="Invoices", required=True)
    count = fields.Integer(compute="_compute_count")
    date = fields.Date(string="Pays on", required=True)
    amount = fields.Monetary(help="What is open, unless the client pays a part.")
    currency_id = fields.Many2one("res.currency", compute="_compute_count")
    promised_by_id = fields.Many2one("res.partner", string="Promised by")
    client_id = fields.Many2one("res.partner", compute="_compute_count")
    note = fields.Char()

    @api.depends("move_ids")
    def _compute_count(self):
        for question in self:
            question.count = len(question.move_ids)
            question.currency_id = question.move_ids.currency_id[:1]
            question.client_id = question.move_ids.commercial_partner_id[:1]

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        moves = self.env["account.move"].browse(self.env.context.get("default_move_ids") or [])
        if len(moves) == 1 and "amount" in fields_list:
            values["amount"] = moves.amount_residual
        return values

    def action_apply(self):
        """Note the promise; one that is open is taken back."""
        self.ensure_one()
        self.move_ids._check_reminder_staff()
        if len(self.move_ids.commercial_partner_id) > 1:
            raise UserError(self.env._("Choose invoices of one client."))
        promises = self.env["nestogy.payment.promise"]
        promises.search(promises._open_domain() & fields.Domain("move_id", "in", self.move_ids.ids)).action_take_back()
        promises.create(
            [
                {
                    "move_id": move.id,
                    "date": self.date,
                    "amount": self.amount if self.count == 1 else move.amount_residual,
                    "promised_by_id": self.promised_by_id.id,
                    "note": self.note,
                }
                for move in self.move_ids
            ]
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
