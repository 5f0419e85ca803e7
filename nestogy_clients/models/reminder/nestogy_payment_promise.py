from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

NOTE_LIMIT = 500  # characters
AHEAD_MAX = 180  # days


class NestogyPaymentPromise(models.Model):
    """A client has said that it pays an invoice, or a part of it, on a day; until then it is not reminded."""

    _name = "nestogy.payment.promise"
    _description = "Promise to Pay"
    _order = "date desc, id desc"
    _rec_name = "move_id"

    move_id = fields.Many2one("account.move", string="Invoice", required=True, ondelete="cascade", index=True)
    client_id = fields.Many2one(related="move_id.commercial_partner_id", string="Client", store=True, index=True)
    company_id = fields.Many2one(related="move_id.company_id", store=True)
    currency_id = fields.Many2one(related="move_id.currency_id")
    date = fields.Date(string="Pays on", required=True)
    amount = fields.Monetary(required=True)
    open_amount = fields.Monetary(string="Open When Promised", readonly=True)
    note = fields.Char()
    promised_by_id = fields.Many2one("res.partner", string="Promised by", help="Who of the client said so.")
    how = fields.Selection(
        [("staff", "Noted by staff"), ("portal", "Client portal")], required=True, default="staff", readonly=True
    )
    state = fields.Selection(
        [("open", "Open"), ("kept", "Kept"), ("broken", "Broken"), ("taken_back", "Taken back")],
        required=True,
        default="open",
        readonly=True,
    )
    closed_at = fields.Datetime(readonly=True)

    _one_open = models.UniqueIndex(
        "(move_id) WHERE state = 'open'", "There is a promise for this invoice already; take it back first."
    )
    _due_idx = models.Index("(date) WHERE state = 'open'")
    _client_date_idx = models.Index("(client_id, create_date DESC, id DESC)")

    @api.constrains("date", "amount", "note", "move_id")
    def _check_promise(self):
        today = fields.Date.context_today(self)
        for promise in self:
            move_sudo = promise.move_id.sudo()  # a limit, whoever promises
            if not today <= promise.date <= fields.Date.add(today, days=AHEAD_MAX):
                raise ValidationError(
                    self.env._("A promised day is between today and %s days from now; choose another.", AHEAD_MAX)
                )
            if move_sudo.state != "posted" or move_sudo.currency_id.compare_amounts(move_sudo.amount_residual, 0) <= 0:
                raise ValidationError(self.env._("%s is not open; there is nothing to promise.", move_sudo.name))
            compare = promise.currency_id.compare_amounts
            if compare(promise.amount, 0) <= 0 or compare(promise.amount, move_sudo.amount_residual) > 0:
                raise ValidationError(
                    self.env._(
                        "A promised amount is above zero and at most what is open: %s.",
                        promise.currency_id.format(move_sudo.amount_residual),
                    )
                )
            if len(promise.note or "") > NOTE_LIMIT:
                raise ValidationError(self.env._("A note has at most %s characters.", NOTE_LIMIT))

    @api.model_create_multi
    def create(self, vals_list):
        moves = self.env["account.move"].browse(vals["move_id"] for vals in vals_list)
        # kept beside what was promised
        open_amounts = {move_sudo.id: move_sudo.amount_residual for move_sudo in moves.sudo()}
        promises = super().create([vals | {"open_amount": open_amounts[vals["move_id"]]} for vals in vals_list])
        for promise in promises:
            # whoever may promise need not be allowed to write notes on invoices
            promise.move_id.sudo()._message_log(
                body=self.env._(
                    "Promised to pay %(amount)s on %(date)s (%(who)s). %(note)s",
                    amount=promise.currency_id.format(promise.amount),
                    date=format_date(self.env, promise.date),
                    who=promise.promised_by_id.name or self.env.user.name,
                    note=promise.note or "",
                )
            )
        return promises

    def action_take_back(self):
        """Forget an open promise: reminders go on."""
        self.move_id._check_reminder_staff()
        self.check_access("read")
        promises = self.sudo().filtered(lambda promise: promise.state == "open")  # the state has no other door
        promises.write({"state": "taken_back", "closed_at": fields.Datetime.now()})
        promises.flush_recordset()  # another one may follow at once
        for promise in promises:
            promise.move_id._message_log(body=self.env._("The promise to pay was taken back."))

    def _settle(self):
        """Say of open promises whether they were kept, once the money is here or the days of grace are over."""
        today = fields.Date.context_today(self)
        for promise in self.filtered(lambda each: each.state == "open"):
            move = promise.move_id
            plan, _level = move.commercial_partner_id.with_company(move.company_id)._client_setting("reminder_plan")
            paid = promise.open_amount - move.amount_residual
            if promise.currency_id.compare_amounts(paid, promise.amount) >= 0 or move.state != "posted":
                promise.write({"state": "kept", "closed_at": fields.Datetime.now()})
            elif fields.Date.add(promise.date, days=plan.grace_days if plan else 0) < today:
                promise.write({"state": "broken", "closed_at": fields.Datetime.now()})
                move._message_log(
                    body=self.env._(
                        "The promise to pay %(amount)s on %(date)s was not kept. Reminders go on, at the next level.",
                        amount=promise.currency_id.format(promise.amount),
                        date=format_date(self.env, promise.date),
                    )
                )

    @api.model
    def _open_domain(self):
        return Domain("state", "=", "open")
