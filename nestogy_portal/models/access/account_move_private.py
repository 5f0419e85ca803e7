from odoo import models


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "nestogy.portal.private.mixin"]

    _portal_private_fields = frozenset(
        {
            "activity_exception_decoration",
            "activity_exception_icon",
            "activity_type_icon",
            "abnormal_amount_warning",
            "abnormal_date_warning",
            "alerts",
            "audit_trail_message_ids",
            "campaign_id",
            "checked",
            "duplicated_ref_ids",
            "exchange_diff_partial_ids",
            "inalterable_hash",
            "invoice_source_email",
            "is_draft_duplicated_ref_ids",
            "is_manually_modified",
            "medium_id",
            "move_sent_values",
            "no_followup",
            "quick_edit_total_amount",
            "quick_encoding_vals",
            "sale_warning_text",
            "sending_data",
            "source_id",
            "statement_id",
            "statement_line_id",
            "statement_line_ids",
            "team_id",
        }
    )
