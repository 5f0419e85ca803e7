from odoo import models


class ProjectProject(models.Model):
    _name = "project.project"
    _inherit = ["project.project", "nestogy.portal.private.mixin"]

    _portal_private_fields = frozenset(
        {
            "activity_exception_decoration",
            "activity_exception_icon",
            "activity_type_icon",
            "account_id",
            "analytic_account_balance",
            "auto_account_id",
            "billing_type",
            "has_any_so_to_invoice",
            "has_any_so_with_nothing_to_invoice",
            "pricing_type",
            "sale_line_employee_ids",
            "timesheet_product_id",
            "warning_employee_rate",
        }
    )
