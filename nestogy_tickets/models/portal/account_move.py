from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _portal_lines_to_ask(self):
        """The lines that a client may ask about: what was delivered, on invoices and credit notes that it got."""
        shown = self.filtered(
            lambda move: move.state == "posted" and move.move_type in ("out_invoice", "out_receipt", "out_refund")
        )
        return shown.invoice_line_ids.filtered(lambda line: line.display_type == "product")
