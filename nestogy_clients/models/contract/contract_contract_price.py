from odoo import api, fields, models
from odoo.fields import Domain


class ContractContract(models.Model):
    """Prices that change from a day on."""

    _inherit = "contract.contract"

    price_change_ids = fields.One2many(
        "nestogy.contract.price.change", "contract_id", string="Price Changes", groups="base.group_user"
    )

    def action_change_prices(self):
        """Ask for new prices and the day from which they hold."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Change Prices"),
            "res_model": "nestogy.contract.price.set",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_contract_id": self.id},
        }

    @api.model
    def _price_due_domain(self, today):
        """Contracts whose prices change today, as far as no earlier period is still to be invoiced."""
        changes = self.env["nestogy.contract.price.change"].search([("applied_on", "=", False), ("date", "<=", today)])
        due = changes.filtered(lambda change: change._is_due())
        return Domain("id", "in", due.contract_id.ids)

    def _apply_current_prices(self):
        today = fields.Date.context_today(self)
        changes_sudo = self.sudo().price_change_ids  # the nightly run, and whoever makes an invoice
        changes_sudo.filtered(lambda each: not each.applied_on and each.date <= today and each._is_due())._apply()

    def _apply_prices(self, line, first_day):
        """Give a line the price that holds for a period, just before it is invoiced.

        :param date first_day: of the period
        """
        if not first_day:
            return
        changes_sudo = self.sudo().price_change_ids  # whoever makes the invoice
        changes_sudo.filtered(
            lambda each: each.line_id == line and not each.applied_on and each.date <= first_day
        )._apply()
