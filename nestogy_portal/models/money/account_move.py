from odoo import models


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "nestogy.portal.mail.mixin", "nestogy.portal.payable.mixin"]

    def _client_mail_values(self, kind=None):
        return super()._client_mail_values(kind) | {"link": self._portal_link_marker() if self.id else ""}

    def _has_to_be_paid(self):
        return self._visitor_may_pay() and super()._has_to_be_paid() and not self._client_in_flight()

    def _is_client_invoice(self):
        """Whether this is an invoice or a credit note that a client got, and no draft of one."""
        self.ensure_one()
        is_issued = self.state == "posted" and self.is_sale_document(include_receipts=True)
        return is_issued and bool(self.commercial_partner_id._get_client())

    def _get_invoice_proforma_pdf_report_filename(self):
        """Name the PDF of an invoice that was never mailed like one that was."""
        if self._is_client_invoice():
            return self._get_invoice_report_filename()
        return super()._get_invoice_proforma_pdf_report_filename()

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        return self._nestogy_notify_link_groups(groups, message, msg_vals)
