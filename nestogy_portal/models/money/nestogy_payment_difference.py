from odoo import api, fields, models


class NestogyPaymentDifference(models.Model):
    """Something that the provider's records and ours do not agree on, for somebody to look at."""

    _name = "nestogy.payment.difference"
    _description = "Payment Difference"
    _order = "is_solved, id desc"
    _rec_name = "provider_reference"

    provider_id = fields.Many2one("payment.provider", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", related="provider_id.company_id", store=True, index=True)
    transaction_id = fields.Many2one(
        "payment.transaction", string="Payment", readonly=True, ondelete="cascade", index="btree_not_null"
    )
    provider_reference = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        [
            ("unknown", "The provider has a payment that we do not know"),
            ("missing", "We have a payment that the provider did not take"),
            ("amount", "The amounts differ"),
            ("unsettled", "Paid, but the invoices could not be settled"),
        ],
        string="Difference",
        required=True,
        readonly=True,
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    provider_amount = fields.Monetary(string="At the Provider", readonly=True)
    own_amount = fields.Monetary(string="With Us", readonly=True)
    description = fields.Char(readonly=True)
    is_solved = fields.Boolean(string="Solved")

    _once = models.UniqueIndex("(provider_id, provider_reference, kind)", "This difference is known already.")

    @api.model
    def _report(self, vals_list):
        """Write differences down, each once: what was solved is not reported again."""
        references = [values["provider_reference"] for values in vals_list]
        known = {
            (each.provider_id.id, each.provider_reference, each.kind)
            for each in self.search([("provider_reference", "in", references)])
        }
        fresh = {(values["provider_id"], values["provider_reference"], values["kind"]): values for values in vals_list}
        return self.create([values for key, values in fresh.items() if key not in known])

    def action_solve(self):
        self.is_solved = True
