from odoo import api, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def reconcile(self):
        """Leave it open while a payment is made whose parts were agreed on: they are reconciled afterwards."""
        if self.env.context.get("is_allocating"):
            return {}
        return super().reconcile()

    @api.model
    def _reconcile_at_most(self, plan):
        """Reconcile credits with invoices, no more than was agreed for each.

        :param plan: list of a credit line, open lines of one invoice in the same currency and account, and an amount
        :return: list of the amounts that were reconciled, in the order of the plan
        """
        caps, batches = {}, []
        for credit, lines, amount in plan:
            key = credit.id, lines.move_id.id
            caps[key] = caps.get(key, 0.0) + amount
            batches.append(credit | lines)

        def reconciled(credit, lines):
            partials = credit.matched_debit_ids.filtered(lambda partial: partial.debit_move_id in lines)
            return sum(partials.mapped("debit_amount_currency"))

        before = [reconciled(credit, lines) for credit, lines, _amount in plan]
        if batches:
            self.with_context(reconcile_caps=caps)._reconcile_plan(batches)
        return [
            credit.currency_id.round(reconciled(credit, lines) - former)
            for (credit, lines, _amount), former in zip(plan, before, strict=True)
        ]

    @api.model
    def _prepare_reconciliation_single_partial(self, debit_values, credit_values, shadowed_aml_values=None):
        """Cut both sides down to what was agreed for this invoice, see :meth:`_reconcile_at_most`."""
        caps = self.env.context.get("reconcile_caps") or {}
        key = credit_values["aml"].id, debit_values["aml"].move_id.id
        if key not in caps:
            return super()._prepare_reconciliation_single_partial(
                debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
            )
        currency = debit_values["aml"].currency_id
        company_currency = debit_values["aml"].company_currency_id
        if currency.compare_amounts(caps[key], 0) <= 0:
            return {"debit_values": None, "credit_values": credit_values}
        smaller = min(debit_values["amount_residual_currency"], -credit_values["amount_residual_currency"])
        if currency.compare_amounts(caps[key], smaller) >= 0:
            result = super()._prepare_reconciliation_single_partial(
                debit_values, credit_values, shadowed_aml_values=shadowed_aml_values
            )
            caps[key] -= result.get("partial_values", {}).get("debit_amount_currency", 0.0)
            return result
        cuts = []
        for values, sign in ((debit_values, 1), (credit_values, -1)):
            share = caps[key] / abs(values["amount_residual_currency"])
            cut = {
                "amount_residual_currency": sign * currency.round(caps[key]),
                "amount_residual": company_currency.round(values["amount_residual"] * share),
            }
            cuts.append((values, cut, values | cut))
        result = super()._prepare_reconciliation_single_partial(
            cuts[0][2], cuts[1][2], shadowed_aml_values=shadowed_aml_values
        )
        for values, before, after in cuts:
            for name, amount in before.items():
                values[name] -= amount - after[name]
        caps[key] = 0.0
        return result | {"debit_values": None, "credit_values": credit_values}
