from odoo import api, models
from odoo.fields import Domain


class ContractContract(models.Model):
    _inherit = "contract.contract"

    @api.model
    def _get_contracts_to_invoice_domain(self, date_ref=None):
        """Let recurring invoices pause while a client's status says that it is not invoiced."""
        return super()._get_contracts_to_invoice_domain(date_ref) & (
            Domain("partner_id.commercial_partner_id.client_status_id", "=", False)
            | Domain("partner_id.commercial_partner_id.client_status_id.is_invoiced", "=", True)
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
