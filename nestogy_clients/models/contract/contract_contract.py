from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain


class ContractContract(models.Model):
    """A contract as the documents of a client are: in its currency, with its terms, and without tax if it is exempt."""

    _inherit = "contract.contract"

    @api.model
    def _get_contracts_to_invoice_domain(self, date_ref=None):
        """Leave out drafts, what is paused, and clients whose status says that they are not invoiced."""
        return (
            super()._get_contracts_to_invoice_domain(date_ref)
            & Domain("service_phase", "!=", "draft")
            & ~Domain("pause_ids", "any!", [("date_to", "=", False)])
            & (
                Domain("partner_id.commercial_partner_id.client_status_id", "=", False)
                | Domain("partner_id.commercial_partner_id.client_status_id.is_invoiced", "=", True)
            )
        )

    @api.onchange("partner_id", "company_id")
    def _onchange_partner_id(self):
        result = super()._onchange_partner_id()
        if self.partner_id and self.contract_type == "sale":
            client = self.partner_id.with_company(self.company_id or self.env.company)
            term, level = client._client_setting("payment_term")
            if level != "company":
                self.payment_term_id = term
        return result

    def _get_computed_currency(self):
        """Bill in the client's currency, unless lines are priced by a pricelist."""
        self.ensure_one()
        if self.contract_type == "sale" and not any(self.contract_line_ids.mapped("automatic_price")):
            client = self.partner_id.with_company(self.company_id or self.env.company)
            currency, level = client._client_setting("currency")
            if level != "company" and not self.journal_id.currency_id:
                return currency
        return super()._get_computed_currency()

    def _prepare_invoice(self, date_invoice, journal=None):
        """Ask anew whether the client is exempt from tax on the day of the invoice; the contract may be older."""
        values = super()._prepare_invoice(date_invoice, journal)
        if values["move_type"] == "out_invoice":
            client = self.partner_id.with_company(self.company_id)
            stored = self.fiscal_position_id
            if client._is_tax_exempt(date_invoice):
                values["fiscal_position_id"] = self.company_id._get_tax_exempt_position().id
            elif stored.is_client_tax_exempt:
                positions = self.env["account.fiscal.position"].with_company(self.company_id)
                positions = positions.with_context(client_tax_date=date_invoice)
                values["fiscal_position_id"] = positions._get_fiscal_position(self.invoice_partner_id).id
        return values

    # ------------------------------------------------------------------
    # Methods that contract leaves open to everybody who signs in
    # ------------------------------------------------------------------

    @api.model
    def cron_recurring_create_invoice(self, date_ref=None):
        """Make the invoices that are due: the clock does, and whoever may write invoices."""
        if not self.env.su and not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Only those who write invoices can make the invoices of contracts."))
        return super().cron_recurring_create_invoice(date_ref=date_ref)

    def recurring_create_invoice(self):
        self.check_access("write")
        if self.service_phase == "draft":
            raise UserError(self.env._("“%s” is a draft; start it first.", self.display_name))
        if self._open_pauses():
            raise UserError(self.env._("“%s” is paused; let it go on first.", self.display_name))
        return super().recurring_create_invoice()

    def action_contract_send(self):
        self.check_access("write")
        return super().action_contract_send()

    def action_clear_invoice_generation_error(self):
        self.check_access("write")
        return super().action_clear_invoice_generation_error()
