from odoo import models


class ContractLine(models.Model):
    _name = "contract.line"
    _inherit = ["contract.line", "nestogy.portal.private.mixin"]

    _portal_private_fields = frozenset(
        {
            "analytic_distribution",
            "analytic_precision",
            "distribution_analytic_account_ids",
        }
    )
