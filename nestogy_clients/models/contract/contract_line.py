from odoo import models


class ContractLine(models.Model):
    _inherit = "contract.line"

    def _compute_recurring_next_date(self):
        """Each line by its own days.

        contract copies the date of the contract, which is worked out from its lines: whichever is asked first reads
        what the other one was before.
        """
        for line in self:
            line.recurring_next_date = line.get_next_invoice_date(
                line.next_period_date_start,
                line.recurring_invoicing_type,
                line.recurring_invoicing_offset,
                line.recurring_rule_type,
                line.recurring_interval,
                max_date_end=line.date_end,
            )

    def _can_be_invoiced(self, date_ref):
        """Stop at the end of the contract, also where only the contract says it."""
        if not super()._can_be_invoiced(date_ref):
            return False
        end = self.contract_id.date_end
        return not end or self.next_period_date_start <= end

    def _prepare_invoice_line(self):
        """Take the price that holds when the period begins."""
        self.contract_id._apply_prices(self, self.next_period_date_start)
        return super()._prepare_invoice_line()

    def _is_service(self):
        """Say whether this line is something that the client pays for."""
        self.ensure_one()
        return not self.display_type and not self.is_canceled
