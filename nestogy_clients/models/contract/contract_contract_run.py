import logging

from odoo import api, fields, models
from odoo.fields import Domain

_logger = logging.getLogger(__name__)
MOST_PERIODS = 120  # of one contract in one run: ten years of months


class ContractContract(models.Model):
    """The run that makes recurring invoices: each invoice is committed by itself, and a contract has one worker."""

    _inherit = "contract.contract"

    # the run looks for what is due
    _recurring_next_date_idx = models.Index("(recurring_next_date) WHERE active AND recurring_next_date IS NOT NULL")

    @api.model
    def _cron_recurring_create(self, date_ref=False, create_type="invoice"):
        """Make what is due, contract by contract.

        A contract that fails keeps the reason, and its responsible an activity; the others go on. An invoice and the
        note up to when its contract is invoiced are committed together: whoever is killed in between, or starts a
        second time, makes none twice. A contract that somebody else has locked is left to him.
        """
        cron = self.env["ir.cron"]
        date_ref = fields.Date.to_date(date_ref) or fields.Date.context_today(self)
        due = self._get_contracts_to_invoice_domain(date_ref) & Domain("generation_type", "=", create_type)
        contract_ids = self.search(due, order="company_id, recurring_next_date, id").ids
        cron._commit_progress(remaining=len(contract_ids))
        for contract_id in contract_ids:
            # what another worker did meanwhile is seen only from here on
            self.env.invalidate_all()
            contract = self.browse(contract_id).try_lock_for_update().filtered_domain(due)
            if contract:
                contract.with_company(contract.company_id)._create_due(date_ref, create_type)
            if not cron._commit_progress(1):
                break
        return True

    def _create_due(self, date_ref, create_type):
        """Make all that is due of this contract, one invoice a period, and keep what went wrong."""
        self.ensure_one()
        create = self._get_recurring_create_func(create_type=create_type)
        try:
            for _period in range(MOST_PERIODS):
                with self.env.cr.savepoint():
                    created = create(self, date_ref)
                if not created:
                    break
        except Exception as error:
            self.env.invalidate_all()
            self._record_invoice_generation_error(error, create_type)
        else:
            self._clear_invoice_generation_error()

    def _prepare_recurring_invoices_values(self, date_ref=False):
        for contract in self:
            contract._skip_paused_periods()
        return super()._prepare_recurring_invoices_values(date_ref)

    def _record_invoice_generation_error(self, exc, create_type):
        """Let somebody have the activity who reads it, also when nobody is responsible for the contract."""
        result = super()._record_invoice_generation_error(exc, create_type)
        summary = "Recurring invoice failed"  # contract finds it again by this text
        for activity in self.activity_ids.filtered(lambda each: each.summary == summary):
            responsible = self._get_responsible()
            if responsible and activity.user_id != responsible:
                activity.user_id = responsible
        return result

    def _get_responsible(self):
        """Who looks after the contract: its responsible, else the client's account manager."""
        self.ensure_one()
        for user in (self.user_id, self.commercial_partner_id.user_id, self.create_uid):
            if user.active and not user.share and user != self.env.ref("base.user_root"):
                return user
        return self.env["res.users"]
