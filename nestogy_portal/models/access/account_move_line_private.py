from odoo import models


class AccountMoveLine(models.Model):
    _name = "account.move.line"
    _inherit = ["account.move.line", "nestogy.portal.private.mixin"]

    _portal_private_fields = frozenset(
        {
            "analytic_distribution",
            "analytic_line_ids",
            "analytic_precision",
            "distribution_analytic_account_ids",
            "has_invalid_analytics",
            "no_followup",
            "reconcile_model_id",
            "sale_line_warn_msg",
            "statement_id",
            "statement_line_id",
        }
    )
