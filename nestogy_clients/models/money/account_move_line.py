from odoo import models
from odoo.tools import frozendict


class AccountMoveLine(models.Model):
    """Setting a payment or credit against a chosen part of an invoice, where Odoo takes as much as there is."""

    _inherit = "account.move.line"

    def _client_apply(self, amounts):
        """Set this open credit against open debits of the same account, each up to an amount.

        Rates and exchange differences are Odoo's own.

        :param dict amounts: journal item to the amount in the item's currency, more than 0 and at most what is open
        """
        self.ensure_one()
        context = (self.id, frozendict({target.id: amount for target, amount in amounts.items()}))
        plan = [self | target for target in amounts]
        self.with_context(client_apply=context)._reconcile_plan(plan)

    def _prepare_reconciliation_single_partial(self, debit_values, credit_values, shadowed_aml_values=None):
        source_id, amounts = self.env.context.get("client_apply") or (None, {})
        target = debit_values["aml"]
        part = amounts.get(target.id)
        is_ours = part and credit_values["aml"].id == source_id
        if is_ours and target.currency_id.compare_amounts(part, debit_values["amount_residual_currency"]) < 0:
            share = part / debit_values["amount_residual_currency"]
            residual = target.company_currency_id.round(debit_values["amount_residual"] * share)
            debit_values = debit_values | {"amount_residual_currency": part, "amount_residual": residual}
        return super()._prepare_reconciliation_single_partial(
            debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
        )
