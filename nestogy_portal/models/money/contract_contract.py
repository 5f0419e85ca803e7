from odoo import api, models
from odoo.exceptions import AccessError


class ContractContract(models.Model):
    """Methods that contract leaves open to everybody who signs in."""

    _inherit = "contract.contract"

    @api.model
    def cron_recurring_create_invoice(self, date_ref=None):
        """Make the invoices that are due: the clock does, and whoever may write invoices."""
        if not self.env.su and not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Only those who write invoices can make the invoices of contracts."))
        return super().cron_recurring_create_invoice(date_ref=date_ref)

    def recurring_create_invoice(self):
        self.check_access("write")
        return super().recurring_create_invoice()
