from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "nestogy.portal.private.mixin"]

    _portal_private_fields = frozenset(
        {
            "activity_exception_decoration",
            "activity_exception_icon",
            "activity_type_icon",
            "available_quotation_document_ids",
            "campaign_id",
            "customizable_pdf_form_fields",
            "duplicated_order_ids",
            "margin",
            "margin_percent",
            "medium_id",
            "partner_credit_warning",
            "pending_email_template_id",
            "project_account_id",
            "sale_warning_text",
            "source_id",
            "team_id",
        }
    )
