from odoo import api, fields, models
from odoo.tools import format_date

from ..models.contract.contract_contract_service import REASON_LIMIT


class NestogyContractCancel(models.TransientModel):
    """Asks when a contract ends and why."""

    _name = "nestogy.contract.cancel"
    _description = "Cancel a Contract"

    contract_id = fields.Many2one("contract.contract", required=True, readonly=True, ondelete="cascade")
    is_draft = fields.Boolean(compute="_compute_is_draft")
    date_end = fields.Date(
        string="Last Day", compute="_compute_date_end", store=True, readonly=False, precompute=True, required=True
    )
    notice_text = fields.Char(compute="_compute_notice_text")
    reason = fields.Char(size=REASON_LIMIT)

    @api.depends("contract_id")
    def _compute_is_draft(self):
        for wizard in self:
            wizard.is_draft = wizard.contract_id.service_phase == "draft"

    @api.depends("contract_id")
    def _compute_date_end(self):
        """The end of the term, which notice in time leads to; without a term, today."""
        for wizard in self:
            contract = wizard.contract_id
            last = max(
                contract.contract_line_ids.filtered("last_date_invoiced").mapped("last_date_invoiced"), default=False
            )
            days = [day for day in (contract.date_end, last, fields.Date.context_today(wizard)) if day]
            wizard.date_end = contract.date_end or max(days)

    @api.depends("contract_id")
    def _compute_notice_text(self):
        today = fields.Date.context_today(self)
        for wizard in self:
            contract = wizard.contract_id
            if not contract.notice_date:
                wizard.notice_text = False
            elif contract.notice_date < today:
                wizard.notice_text = self.env._(
                    "The last day of notice was %s.", format_date(self.env, contract.notice_date)
                )
            else:
                wizard.notice_text = self.env._(
                    "Notice can be given until %s.", format_date(self.env, contract.notice_date)
                )

    def action_apply(self):
        """Cancel the contract."""
        self.ensure_one()
        self.contract_id.check_access("write")
        self.contract_id._cancel_service(self.date_end, self.reason)
        return {"type": "ir.actions.act_window_close"}
