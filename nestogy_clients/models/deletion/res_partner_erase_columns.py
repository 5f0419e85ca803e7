from odoo import api, models
from odoo.tools import SQL

from ...tools.erasure import ADDRESS, ADDRESS_ROW, EMPTY, KEEP, NAMES, OTHER, ROW, STEP, TOP, WORDS


class ResPartner(models.Model):
    """What becomes of every column that points to the people of a client or holds an address."""

    _inherit = "res.partner"

    @api.model
    def _client_erase_columns(self):
        """The decision for each column; addons add those of their tables.

        Tests look at the whole database: a column without a decision fails them.

        :return: dict of ``table.column`` to one of the words above
        """
        return {
            # rows that go with the people
            **dict.fromkeys(
                (
                    *("account_analytic_distribution_model.partner_id", "account_reconcile_model_res_partner_rel"),
                    *("calendar_attendee.partner_id", "calendar_event_res_partner_rel", "calendar_filters.partner_id"),
                    *("discuss_channel_member.partner_id", "discuss_channel_rtc_session.partner_id"),
                    *("ir_act_server_res_partner_rel", "mail_followers.partner_id", "mail_message_reaction.partner_id"),
                    *("mail_message_res_partner_rel", "mail_message_res_partner_starred_rel"),
                    *("mail_notification.res_partner_id", "mail_push_device.partner_id"),
                    *("mail_scheduled_message.author_id", "mail_scheduled_message_res_partner_rel"),
                    *("nestogy_client_consent.partner_id", "nestogy_client_duplicate.left_id"),
                    *("nestogy_client_duplicate.right_id", "nestogy_client_document_opening.partner_id"),
                    *("nestogy_client_mail_route.client_id", "nestogy_client_mail_route_contact_rel"),
                    *("nestogy_client_mail_template.client_id", "nestogy_client_status_change.client_id"),
                    *("nestogy_communication_attendee_rel", "nestogy_contact_kind_res_partner_rel"),
                    *("nestogy_contact_time.partner_id", "nestogy_engagement_change.client_id"),
                    *("nestogy_engagement_record.client_id", "nestogy_message_kind_unwanted_rel"),
                    *("nestogy_message_kind_wanted_rel", "nestogy_payment_promise.client_id"),
                    *("nestogy_phone_number.partner_id", "nestogy_quality_gap_rel", "nestogy_relation.left_partner_id"),
                    *("nestogy_relation.right_partner_id", "nestogy_reminder_log.client_id"),
                    *("product_supplierinfo.partner_id", "project_collaborator.partner_id", "rating_rating.partner_id"),
                    *("res_partner_res_partner_category_rel", "res_users_settings_volumes.guest_id"),
                    *("res_users_settings_volumes.partner_id", "sms_sms.partner_id", "snailmail_letter.partner_id"),
                ),
                ROW,
            ),
            # rows of dialogs
            **dict.fromkeys(
                (
                    *("account_autopost_bills_wizard.partner_id", "account_move_send_wizard_res_partner_rel"),
                    *("account_payment_register.partner_id", "base_partner_merge_automatic_wizard.dst_partner_id"),
                    *("base_partner_merge_automatic_wizard_res_partner_rel", "mail_compose_message.author_id"),
                    *("mail_compose_message_res_partner_rel", "mail_followers_edit_res_partner_rel"),
                    *("nestogy_client_credit_set_res_partner_rel", "nestogy_client_group_set_res_partner_rel"),
                    *("nestogy_client_import_res_partner_rel", "nestogy_client_statement.client_id"),
                    *("nestogy_client_status_set_res_partner_rel", "nestogy_engagement_set_res_partner_rel"),
                    *("nestogy_invoice_dispute.partner_id", "nestogy_payment_promise_note.promised_by_id"),
                    *("payment_link_wizard.partner_id", "portal_share_res_partner_rel"),
                    *("portal_wizard_res_partner_rel", "portal_wizard_user.partner_id"),
                    *("project_share_collaborator_wizard.partner_id", "project_share_wizard_res_partner_rel"),
                    *("project_template_create_wizard.partner_id", "res_partner_task_share_wizard_rel"),
                ),
                ROW,
            ),
            **dict.fromkeys(
                (
                    *("account_analytic_line.partner_id", "account_move.dispute_by_id"),
                    *("account_reconcile_model.mapped_partner_id", "account_reconcile_model_line.partner_id"),
                    *("contract_line.partner_id", "contract_template.partner_id", "mail_notification.author_id"),
                    *("maintenance_equipment.contact_id", "maintenance_equipment.partner_id"),
                    *("maintenance_equipment.site_id", "nestogy_client_consent.client_id"),
                    *("nestogy_client_document.contact_id", "nestogy_client_document_version.client_id"),
                    *("nestogy_communication.contact_id", "nestogy_payment_promise.promised_by_id"),
                    *("nestogy_phone_number.client_id", "rating_rating.publisher_id", "rating_rating.rated_partner_id"),
                    "account_move.partner_shipping_id",
                ),
                EMPTY,
            ),
            **dict.fromkeys(
                (
                    *("account_analytic_account.partner_id", "contract_contract.commercial_partner_id"),
                    *("contract_contract.invoice_partner_id", "contract_contract.partner_id"),
                    *("project_project.partner_id", "project_task.partner_id", "sale_order.partner_id"),
                    *("sale_order.partner_invoice_id", "sale_order.partner_shipping_id"),
                    *("sale_order.credit_client_id", "sale_order_line.order_partner_id"),
                    *("maintenance_equipment.client_id", "project_task.client_id"),
                ),
                TOP,
            ),
            **dict.fromkeys(
                (
                    *("account_bank_statement_line.partner_id", "account_move.commercial_partner_id"),
                    *("account_move.partner_id", "account_move_line.partner_id", "account_payment.partner_id"),
                    *("hr_employee.work_contact_id", "hr_version.address_id", "hr_work_location.address_id"),
                    *("payment_transaction.partner_id", "res_company.partner_id"),
                ),
                KEEP,
            ),
            **dict.fromkeys(
                (
                    *("mail_mail_res_partner_rel", "mail_message.author_id", "nestogy_client_bulk_line.client_id"),
                    *("nestogy_client_document.client_id", "nestogy_communication.client_id"),
                    *("nestogy_client_deletion.client_id", "payment_token.partner_id"),
                    *("res_partner.commercial_partner_id", "res_partner.parent_id", "res_partner.primary_contact_id"),
                    *("res_partner_bank.partner_id", "res_users.partner_id"),
                    # cells with names and addresses of rows that a step deals with
                    *("res_partner.email", "res_partner.email_normalized", "res_partner.phone"),
                    *("res_partner.phone_sanitized", "res_partner.channel_email", "res_partner.channel_phone"),
                    *("res_partner.global_location_number", "res_users.login", "nestogy_phone_number.number"),
                    *("nestogy_client_bulk_line.client_name", "nestogy_client_bulk_line.before"),
                    *("nestogy_client_bulk_line.after", "res_partner.client_fields", "res_partner.properties"),
                    *("res_partner.engagement_data", "res_partner.setting_overrides", "nestogy_communication.phone"),
                    *("payment_transaction.partner_address", "payment_transaction.partner_email"),
                    *("payment_transaction.partner_name", "payment_transaction.partner_phone"),
                    *("nestogy_client_duplicate.reasons", "account_bank_statement_line.partner_name"),
                    *("account_move.invoice_partner_display_name", "snailmail_letter.street"),
                ),
                STEP,
            ),
            **dict.fromkeys(
                (
                    *("mail_message.email_from", "mail_message.reply_to", "mail_message.incoming_email_to"),
                    *("mail_message.incoming_email_cc", "mail_message.outgoing_email_to"),
                    *("mail_notification.mail_email_address", "mail_notification.sms_number"),
                    *("account_move.invoice_source_email", "project_task.email_cc", "project_task.email_from"),
                    *("project_task.partner_phone", "maintenance_request.email_cc", "project_update.email_cc"),
                ),
                ADDRESS,
            ),
            **dict.fromkeys(
                (
                    *("mail_mail.email_to", "mail_mail.email_cc", "mail_blacklist.email", "phone_blacklist.number"),
                    *("mail_gateway_allowed.email", "mail_gateway_allowed.email_normalized", "mail_guest.email"),
                    *("sms_sms.number",),
                ),
                ADDRESS_ROW,
            ),
            **dict.fromkeys(
                (
                    *("mail_message.body", "mail_message.subject", "mail_tracking_value.old_value_char"),
                    *("mail_tracking_value.new_value_char", "mail_tracking_value.old_value_text"),
                    *("mail_tracking_value.new_value_text", "nestogy_communication.body"),
                    *("nestogy_communication.preview", "mail_activity.note", "calendar_event.description"),
                    *("mail_mail.body_html", "mail_scheduled_message.body", "mail_scheduled_message.subject"),
                    *("mail_message_translation.body", "sms_sms.body"),
                ),
                WORDS,
            ),
            **dict.fromkeys(
                (
                    *("nestogy_client_export.filter_domain", "nestogy_client_export.filter_words"),
                    *("nestogy_client_bulk.values_text", "ir_filters.domain", "nestogy_client_segment.domain"),
                    *("calendar_event.name", "calendar_event.location", "mail_activity.summary"),
                    *("nestogy_client_import.name", "nestogy_client_import.filename", "nestogy_client_bulk.values"),
                    *("discuss_channel.name", "discuss_channel_member.custom_channel_name", "rating_rating.res_name"),
                    *("rating_rating.parent_res_name", "mail_canned_response.source", "bus_bus.message"),
                    *("mail_compose_message.body", "mail_compose_message.subject"),
                    *("mail_canned_response.substitution", "mail_template.subject", "mail_template.body_html"),
                ),
                NAMES,
            ),
            # imports and merges keep what was before
            **dict.fromkeys(
                (
                    *("nestogy_client_import_row", "nestogy_client_merge.target_id", "nestogy_client_merge_line"),
                    *("nestogy_client_merge_source", "nestogy_client_merge_partner_rel"),
                    *("nestogy_client_merge.choices",),
                ),
                STEP,
            ),
            "res_partner.merged_into_id": STEP,
            "nestogy_client_import": OTHER,
            "nestogy_client_import_mapping": OTHER,
            "mail_template.email_to": WORDS,
            "mail_template.email_cc": WORDS,
            **dict.fromkeys(
                (
                    *("maintenance_equipment.equipment_properties", "project_task.html_field_history"),
                    *("project_task.task_properties", "res_device_log.ip_address"),
                    *("sale_order.customizable_pdf_form_fields", "sale_order_line.analytic_distribution"),
                    *("sale_order_line.extra_tax_data",),
                ),
                STEP,
            ),
            **dict.fromkeys(
                (
                    *("account_analytic_distribution_model.analytic_distribution",),
                    *("account_bank_statement_line.transaction_details",),
                    *("account_journal.incoming_einvoice_notification_email", "account_move.sending_data"),
                    *("account_move_line.analytic_distribution", "account_move_line.extra_tax_data"),
                    *("account_partial_reconcile.draft_caba_move_vals",),
                    *("account_reconcile_model_line.analytic_distribution", "base_import_mapping.res_model"),
                    *("calendar_event.res_model", "contract_line.analytic_distribution", "hr_employee"),
                    *("hr_resume_line", "iap_account.sender_name", "ir_act_client.res_model"),
                    *("ir_act_window.res_model", "ir_embedded_actions.parent_res_model"),
                    *("mail_activity_plan.res_model", "mail_activity_type.res_model"),
                    *("mail_message.email_layout_xmlid", "mail_message_subtype.res_model"),
                    *("mail_scheduled_message.send_context", "mail_template.email_from"),
                    *("mail_template.email_layout_xmlid", "mail_tracking_value.field_info"),
                    *("nestogy_client_bulk.work_company_ids", "nestogy_client_deletion.people"),
                    *("nestogy_client_deletion.work_company_ids", "nestogy_client_deletion_line"),
                    *("nestogy_client_export_template.columns", "nestogy_custom_field_deleted.config"),
                    *("nestogy_dashboard_layout.layout", "payment_provider.paypal_email_account"),
                    *("privacy_log.anonymized_email", "product_template.product_properties", "res_bank"),
                    *("res_company", "res_country.address_format", "res_users_settings_embedded_action.res_model"),
                ),
                OTHER,
            ),
        }

    @api.model
    def _erase_decision(self, table, column):
        """The word for a column; tables that only relate two records are known by their own name."""
        decisions = self._client_erase_columns()
        return decisions.get(f"{table}.{column}") or decisions.get(table)

    # ------------------------------------------------------------------
    # The deeds
    # ------------------------------------------------------------------

    def _erase_columns(self, top):
        """Deal with every column that no step of its own deals with; called in sudo on all the people.

        :param res.partner top: the client to which one person belongs who is erased; empty when the client goes
        """
        self.env.flush_all()
        for table, column, _rule, has_id in self._erase_keys("res_partner"):
            word = self._erase_decision(table, column)
            names = {"table": SQL.identifier(table), "column": SQL.identifier(column), "ids": self.ids}
            if word == ROW and has_id:
                self._erase_rows(table, self._erase_where(table, column, self.ids))
            elif word == ROW:
                self.env.cr.execute(SQL("DELETE FROM %(table)s WHERE %(column)s = ANY(%(ids)s)", **names))
            elif word == EMPTY or (word == TOP and top):
                names["to"] = top.id if word == TOP else None
                self.env.cr.execute(
                    SQL("UPDATE %(table)s SET %(column)s = %(to)s WHERE %(column)s = ANY(%(ids)s)", **names)
                )
        self.env.invalidate_all(flush=False)

    def _erase_needed(self):
        """Those of these partners to which something points that stays, their clients included."""
        self.env.flush_all()
        needed = set()
        for table, column, rule, _has_id in self._erase_keys("res_partner"):
            word = self._erase_decision(table, column)
            if word == KEEP or (word is None and rule in ("r", "a")):
                found = SQL(
                    "SELECT DISTINCT %s FROM %s WHERE %s = ANY(%s)",
                    SQL.identifier(column),
                    SQL.identifier(table),
                    SQL.identifier(column),
                    self.ids,
                )
                needed.update(row[0] for row in self.env.execute_query(found))
        return self.browse(sorted(needed))
