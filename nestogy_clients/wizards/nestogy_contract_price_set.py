from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class NestogyContractPriceSet(models.TransientModel):
    """Asks for new prices of a contract and the day from which they hold."""

    _name = "nestogy.contract.price.set"
    _description = "Change Prices of a Contract"

    contract_id = fields.Many2one("contract.contract", required=True, readonly=True, ondelete="cascade")
    line_id = fields.Many2one(
        "contract.line",
        string="Service",
        domain="[('contract_id', '=', contract_id), ('display_type', '=', False), ('is_canceled', '=', False),"
        " ('automatic_price', '=', False)]",
        ondelete="cascade",
        help="Empty: all services of the contract.",
    )
    date = fields.Date(string="From", required=True, default=fields.Date.context_today)
    kind = fields.Selection(
        [("percent", "By percent"), ("price", "To a new price")], string="Change", required=True, default="percent"
    )
    percent = fields.Float(digits=(16, 2))
    price = fields.Float(string="New Price", digits="Product Price")
    reason = fields.Char(size=500)
    tell_client = fields.Boolean(string="Tell the client by e-mail")
    effect_text = fields.Char(compute="_compute_effect_text")

    def _lines(self):
        """The services whose prices change."""
        services = self.contract_id.contract_line_ids.filtered(
            lambda line: line._is_service() and not line.automatic_price
        )
        return services & self.line_id if self.line_id else services

    @api.depends("contract_id", "line_id", "date")
    def _compute_effect_text(self):
        """Say which invoice is the first with the new price: periods that are invoiced keep theirs."""
        for wizard in self:
            starts = [line.next_period_date_start for line in wizard._lines() if line.next_period_date_start]
            first = min(starts, default=False)
            wizard.effect_text = (
                self.env._(
                    "Invoiced up to %s; that does not change.",
                    format_date(self.env, fields.Date.subtract(first, days=1)),
                )
                if first and wizard.date and wizard.date < first
                else False
            )

    def action_apply(self):
        """Plan the change; it takes effect with the first period that begins on its day or later."""
        self.ensure_one()
        contract = self.contract_id
        contract.check_access("write")
        lines = self._lines()
        if not lines:
            raise UserError(
                self.env._("No service of this contract has a price of its own; the pricelist says what they cost.")
            )
        if self.kind == "price" and len(lines) > 1:
            raise UserError(self.env._("Choose the service that gets the new price, or change all by percent."))
        changes = self.env["nestogy.contract.price.change"].create(
            [
                {
                    "line_id": line.id,
                    "date": self.date,
                    "kind": self.kind,
                    "percent": self.percent if self.kind == "percent" else 0.0,
                    "price": self.price if self.kind == "price" else 0.0,
                    "reason": (self.reason or "").strip() or False,
                }
                for line in lines
            ]
        )
        day = format_date(self.env, self.date)
        text = "\n".join(
            self.env._(
                "Price from %(day)s: %(service)s %(change)s",
                day=day,
                service=(change.line_id.name or "").split("\n")[0],
                change=change.change_text,
            )
            for change in changes
        )
        contract._note_change(self.date, text, tells_client=self.tell_client)
        contract._message_log(body=text)
        contract._apply_current_prices()
        return {"type": "ir.actions.act_window_close"}
