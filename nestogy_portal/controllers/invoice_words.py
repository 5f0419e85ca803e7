from odoo import fields
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from odoo.addons.account.controllers.portal import PortalAccount

from .areas import area

NOTICES = ("disputed", "withdrawn", "promised")


class InvoiceWords(PortalAccount):
    """What a client says about an invoice: that it is wrong, or when it is paid."""

    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        visitor = request.env["res.users"]._get_portal_visitor()
        if visitor._is_public() or invoice.move_type not in ("out_invoice", "out_receipt"):
            return values
        notice = kwargs.get("notice")
        return values | {
            "words": invoice.sudo()._portal_words(visitor),  # the page was opened for the visitor
            "may_speak": visitor._portal_may_act(),
            "words_notice": notice if notice in NOTICES else None,
        }

    @route(
        "/my/invoices/<int:invoice_id>/dispute", type="http", auth="user", website=True, methods=["POST"], sitemap=False
    )
    @area("money", acts=True)
    def portal_my_invoice_dispute(self, invoice_id, reason="", **kwargs):
        def speak(invoice_sudo):
            invoice_sudo._dispute(reason.strip(), request.env.user.partner_id)

        return self._speak_about_invoice(invoice_id, speak, "disputed")

    @route(
        "/my/invoices/<int:invoice_id>/withdraw",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        sitemap=False,
    )
    @area("money", acts=True)
    def portal_my_invoice_withdraw(self, invoice_id, **kwargs):
        def speak(invoice_sudo):
            invoice_sudo._portal_withdraw_dispute(request.env.user.partner_id)

        return self._speak_about_invoice(invoice_id, speak, "withdrawn")

    @route(
        "/my/invoices/<int:invoice_id>/promise", type="http", auth="user", website=True, methods=["POST"], sitemap=False
    )
    @area("money", acts=True)
    def portal_my_invoice_promise(self, invoice_id, date="", **kwargs):
        def speak(invoice_sudo):
            try:
                day = fields.Date.to_date(date)
            except ValueError:
                day = None
            invoice_sudo._portal_promise(day, request.env.user.partner_id)

        return self._speak_about_invoice(invoice_id, speak, "promised")

    def _speak_about_invoice(self, invoice_id, speak, notice):
        """Do what a visitor says about an invoice of his own, and show the invoice again."""
        try:
            invoice_sudo = self._document_check_access("account.move", invoice_id)
        except (AccessError, MissingError):
            return request.redirect("/my", code=303)
        if invoice_sudo.move_type not in ("out_invoice", "out_receipt"):
            return request.redirect("/my", code=303)
        try:
            with request.env.cr.savepoint():
                speak(invoice_sudo)
        except UserError as error:
            response = self.portal_my_invoice_detail(invoice_id)
            response.qcontext["words_problem"] = str(error)
            return response
        return request.redirect(f"/my/invoices/{invoice_sudo.id}?notice={notice}", code=303)
