from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import format_amount

MOST_LINES = 200


class NestogyClientApply(models.TransientModel):
    """Asks which open invoices a client's payment or credit is for, and sets it against them."""

    _name = "nestogy.client.apply"
    _description = "Apply Payment or Credit"

    line_id = fields.Many2one("account.move.line", string="Journal Item", required=True, readonly=True)
    client_id = fields.Many2one("res.partner", compute="_compute_client_id")
    name = fields.Char(compute="_compute_client_id")
    currency_id = fields.Many2one(related="line_id.currency_id")
    available = fields.Monetary(compute="_compute_client_id", string="To Apply")
    remaining = fields.Monetary(compute="_compute_remaining", string="Still Unapplied Afterwards")
    has_other_currency = fields.Boolean(compute="_compute_remaining")
    line_ids = fields.One2many(
        "nestogy.client.apply.line",
        "apply_id",
        string="Invoices",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
    )

    @api.depends("line_id")
    def _compute_client_id(self):
        for wizard in self:
            wizard.client_id = wizard.line_id.partner_id.commercial_partner_id
            wizard.name = wizard.line_id.payment_id.name or wizard.line_id.move_name
            wizard.available = -wizard.line_id.amount_residual_currency

    @api.depends("line_ids.amount", "available")
    def _compute_remaining(self):
        for wizard in self:
            own = wizard.line_ids.filtered_domain([("currency_id", "=", wizard.currency_id.id)])
            wizard.remaining = wizard.available - sum(own.mapped("amount"))
            wizard.has_other_currency = bool(wizard.line_ids - own)

    @api.depends("line_id")
    def _compute_line_ids(self):
        """All that the client owes, the oldest first, and the money spread over it as far as it goes."""
        for wizard in self:
            left = wizard.available
            commands = [Command.clear()]
            for target in wizard._get_targets():
                amount = 0.0
                if target.currency_id == wizard.currency_id:
                    amount = max(min(left, target.amount_residual_currency), 0.0)
                    left -= amount
                commands.append(Command.create({"target_id": target.id, "amount": amount}))
            wizard.line_ids = commands

    def _get_targets(self):
        """Open debits of the client on the account of the credit, with which alone the ledger lets it be settled."""
        source = self.line_id
        if not source:
            return source
        return self.env["account.move.line"].search(
            [
                ("account_id", "=", source.account_id.id),
                ("partner_id", "child_of", source.partner_id.commercial_partner_id.id),
                ("partner_id.commercial_partner_id", "=", source.partner_id.commercial_partner_id.id),
                ("company_id", "=", source.company_id.id),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", ">", 0),
            ],
            order="date_maturity, date, id",
            limit=MOST_LINES,
        )

    def action_apply(self):
        """Apply the amounts, all or none of them.

        :raise UserError: there is nothing to apply, or the money does not reach
        """
        self.ensure_one()
        if not self.env.user.has_group("nestogy_clients.nestogy_clients_group_billing"):
            raise AccessError(self.env._("Money of clients is moved by the billing staff. Ask one of them."))
        source = self.line_id
        source.check_access("write")
        chosen = self.line_ids.filtered(lambda line: not line.currency_id.is_zero(line.amount))
        if not chosen:
            raise UserError(self.env._("Enter an amount for at least one invoice."))
        if not chosen.target_id <= self._get_targets():
            raise UserError(self.env._("One of these invoices is settled meanwhile. Open the dialog again."))
        if self.currency_id.compare_amounts(self.remaining, 0.0) < 0:
            raise UserError(
                self.env._(
                    "%(name)s has %(available)s left to apply. Enter less.",
                    name=self.name,
                    available=format_amount(self.env, self.available, self.currency_id),
                )
            )
        amounts = {line.target_id: line.amount for line in chosen}
        before = {target: target.amount_residual_currency for target in amounts}
        source._client_apply(amounts)
        for target, amount in amounts.items():
            applied = before[target] - target.amount_residual_currency
            if target.currency_id.compare_amounts(applied, amount):
                raise UserError(
                    self.env._(
                        "%(name)s reaches for %(applied)s of %(invoice)s. Enter at most that.",
                        name=self.name,
                        applied=format_amount(self.env, applied, target.currency_id),
                        invoice=target.move_name,
                    )
                )
        (source.payment_id or source.move_id)._message_log(
            body=self.env._(
                "Applied to %s.",
                ", ".join(
                    f"{line.target_id.move_name} ({format_amount(self.env, line.amount, line.currency_id)})"
                    for line in chosen
                ),
            )
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}


class NestogyClientApplyLine(models.TransientModel):
    """One open invoice in the question."""

    _name = "nestogy.client.apply.line"
    _description = "Invoice to Apply To"
    _order = "id"

    apply_id = fields.Many2one("nestogy.client.apply", string="Question", required=True, ondelete="cascade", index=True)
    target_id = fields.Many2one("account.move.line", required=True, readonly=True, ondelete="cascade")
    name = fields.Char(related="target_id.move_name", string="Invoice")
    date = fields.Date(related="target_id.date")
    date_due = fields.Date(related="target_id.date_maturity", string="Due")
    currency_id = fields.Many2one(related="target_id.currency_id")
    open_amount = fields.Monetary(related="target_id.amount_residual_currency", string="Open")
    amount = fields.Monetary(string="Apply")

    @api.constrains("amount", "target_id")
    def _check_amount(self):
        for line in self:
            most = line.target_id.amount_residual_currency
            if line.amount < 0 or line.currency_id.compare_amounts(line.amount, most) > 0:
                raise ValidationError(
                    self.env._(
                        "Of %(invoice)s, between nothing and %(most)s can be settled.",
                        invoice=line.name,
                        most=format_amount(self.env, most, line.currency_id),
                    )
                )
