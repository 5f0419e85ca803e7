from odoo.http import request

from odoo.addons.nestogy_portal.controllers.invoice_words import InvoiceWords


class InvoiceQuestions(InvoiceWords):
    """From a line of an invoice to a ticket about it."""

    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        visitor = request.env["res.users"]._get_portal_visitor()
        may_ask = (
            not visitor._is_public()
            and visitor._portal_scope("tickets") != "none"
            and visitor._portal_may_act()
            and invoice.commercial_partner_id == visitor.commercial_partner_id
        )
        # the page was opened for the visitor
        return values | {"lines_to_ask": invoice.sudo()._portal_lines_to_ask() if may_ask else []}
