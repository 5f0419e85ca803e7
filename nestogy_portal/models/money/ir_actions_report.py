from odoo import models


class IrActionsReport(models.Model):
    """What clients get of their invoices is headed as what it is."""

    _inherit = "ir.actions.report"

    def _get_rendering_context(self, report, docids, data):
        """Head a posted invoice of a client "Invoice", also when its PDF was never made for a mail.

        Odoo calls each invoice pro forma that was not sent with "Send", however it reached its reader.
        """
        data = super()._get_rendering_context(report, docids, data)
        if data.get("proforma") and report.model == "account.move":
            data["proforma"] = not all(move._is_client_invoice() for move in data.get("docs") or ())
        return data
