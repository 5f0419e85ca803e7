from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_round, formatLang

MOST_PERCENT = 1000


class NestogyContractPriceChange(models.Model):
    """A new price of a contract's line, from a day on. What was invoiced before keeps its price.

    A percentage is counted from the price on the day when the change takes effect, so that planned changes add up.
    """

    _name = "nestogy.contract.price.change"
    _description = "Price Change of a Contract"
    _order = "date desc, id desc"
    _rec_name = "date"

    contract_id = fields.Many2one("contract.contract", related="line_id.contract_id", store=True, index=True)
    line_id = fields.Many2one(
        "contract.line", string="Service", required=True, readonly=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="line_id.currency_id")
    date = fields.Date(
        string="From", required=True, readonly=True, help="Periods that begin on this day or later have the new price."
    )
    kind = fields.Selection(
        [("percent", "Percent"), ("price", "New price")], required=True, readonly=True, default="percent"
    )
    percent = fields.Float(string="%", digits=(16, 2), readonly=True)
    price = fields.Float(string="New Price", digits="Product Price", readonly=True)
    old_price = fields.Float(string="Before", digits="Product Price", readonly=True, help="Known once it took effect.")
    applied_on = fields.Date(string="In Force since", readonly=True, copy=False)
    reason = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", string="Planned by", readonly=True, default=lambda self: self.env.uid)
    change_text = fields.Char(string="Change", compute="_compute_change_text")

    # what is still to come is looked up for each invoice and each night
    _planned_idx = models.Index("(date, line_id) WHERE applied_on IS NULL")

    @api.depends("kind", "percent", "price", "old_price", "applied_on")
    def _compute_change_text(self):
        for change in self:
            new = formatLang(self.env, change.price, dp="Product Price", currency_obj=change.currency_id)
            old = formatLang(self.env, change.old_price, dp="Product Price", currency_obj=change.currency_id)
            if change.applied_on:
                change.change_text = f"{old} → {new}"
            elif change.kind == "percent":
                change.change_text = f"{change.percent:+g} %"
            else:
                change.change_text = f"→ {new}"

    @api.constrains("kind", "percent", "price", "line_id")
    def _check_change(self):
        for change in self:
            if change.line_id.automatic_price:
                raise ValidationError(
                    self.env._(
                        "The price of “%s” comes from the pricelist; change it there, or price it by hand.",
                        change.line_id.name,
                    )
                )
            if change.kind == "percent" and not (-100 <= change.percent <= MOST_PERCENT and change.percent):
                raise ValidationError(self.env._("Give a percentage between -100 and %s that is not 0.", MOST_PERCENT))
            if change.kind == "price" and change.price < 0:
                raise ValidationError(self.env._("A price is not negative; give 0 for what is free."))

    def write(self, vals):
        if not self.env.su and self.filtered("applied_on"):
            raise UserError(self.env._("This price is in force, and its history stays; plan another change instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_planned_only(self):
        if not self.env.su and self.filtered("applied_on"):
            raise UserError(self.env._("This price is in force, and its history stays; plan another change instead."))

    def _is_due(self):
        """Say whether all periods that begin before the change are invoiced, or passed over."""
        self.ensure_one()
        first_day = self.line_id.next_period_date_start
        return not first_day or first_day >= self.date

    def _apply(self):
        """Give the lines their new prices, the earliest change first."""
        digits = self.env["decimal.precision"].precision_get("Product Price")
        for change in self.sorted(lambda each: (each.date, each.id)):
            line = change.line_id
            old = line.price_unit
            new = change.price
            if change.kind == "percent":
                new = float_round(old * (1 + change.percent / 100), precision_digits=digits)
            line.price_unit = new
            # the history is written here alone, whoever makes the invoice
            change.sudo().write({"old_price": old, "price": new, "applied_on": fields.Date.context_today(self)})
