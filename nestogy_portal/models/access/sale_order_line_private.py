from odoo import models


class SaleOrderLine(models.Model):
    _name = "sale.order.line"
    _inherit = ["sale.order.line", "nestogy.portal.private.mixin"]

    _portal_private_fields = frozenset(
        {
            "analytic_distribution",
            "analytic_line_ids",
            "analytic_precision",
            "distribution_analytic_account_ids",
            "has_displayed_warning_upsell",
            "margin",
            "margin_percent",
            "pricelist_item_id",
            "purchase_price",
            "sale_line_warn_msg",
        }
    )
