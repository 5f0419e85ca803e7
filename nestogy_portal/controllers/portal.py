from datetime import date

from odoo.exceptions import AccessError
from odoo.http import Response, content_disposition, request, route

from odoo.addons.account_payment.controllers.portal import PortalAccount
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..tools.link_tokens import local_path
from ..tools.page_words import known, known_period
from .areas import area
from .link import DOCUMENT_BY_LINK

DOWNLOAD_LIMIT = 200  # documents in an archive that is sent at once
LONGEST_ID = 9  # digits


class ClientPortal(PortalAccount):
    """What clients see of their account, and what they may change of themselves."""

    # ------------------------------------------------------------------
    # Doors
    # ------------------------------------------------------------------

    def _get_portal_client(self):
        """The client, or other customer, to whom the visitor belongs, with the visitor's own rights."""
        return request.env.user.partner_id.commercial_partner_id.sudo(False)

    def _document_check_access(self, model_name, document_id, access_token=None):
        """Refuse the access tokens of clients who may not enter, and such as Python cannot compare."""
        if access_token and not (isinstance(access_token, str) and access_token.isascii()):
            access_token = None
        try:
            document_sudo = super()._document_check_access(model_name, document_id, access_token)
        except AccessError:
            # or this browser showed the link of a mail that held the document
            link_id = request.session.get(DOCUMENT_BY_LINK)
            if not request.env["nestogy.portal.link"]._opens_document(link_id, model_name, document_id):
                raise
            document_sudo = request.env[model_name].sudo().browse(document_id)  # just checked
        if access_token and "partner_id" in document_sudo._fields:
            if document_sudo.partner_id and not document_sudo.partner_id._client_may_log_in():
                raise AccessError(request.env._("This document is not available."))
        return document_sudo

    # ------------------------------------------------------------------
    # First page
    # ------------------------------------------------------------------

    def _prepare_portal_layout_values(self):
        """Tell each page which areas the visitor has."""
        values = super()._prepare_portal_layout_values()
        user = request.env.user
        keys = request.env["nestogy.portal.profile"]._catalogue()["areas"]
        values["portal_areas"] = {key for key in keys if user._portal_scope(key) != "none"}
        values["portal_may_act"] = user._portal_may_act()
        return values

    # ------------------------------------------------------------------
    # What leaves
    # ------------------------------------------------------------------

    def _render_private(self, template, values):
        """A page of the visitor's own; what no page may forget in its headers is set in ``ir_http_guard``."""
        return request.render(template, self._prepare_portal_layout_values() | values)

    @staticmethod
    def _send_archive(stream, size):
        """Let a ZIP leave piece by piece.

        :param stream: its bytes, see ``tools.zip_stream``
        :param int size: how many there will be
        """
        name = f"{request.env._('documents')}-{date.today().isoformat()}.zip"
        headers = [
            ("Content-Type", "application/zip"),
            ("Content-Disposition", content_disposition(name)),
            ("Content-Length", size),
        ]
        return Response(stream, headers=headers, direct_passthrough=True)

    # ------------------------------------------------------------------
    # Statement
    # ------------------------------------------------------------------

    @route(
        ["/my/statement", "/my/statement/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    @area("money")
    def portal_my_statement(self, page=1, show="open", notice=None, **kwargs):
        client = self._get_portal_client()
        show = show if show in ("open", "paid", "all") else "open"
        counts = client._get_statement_counts()
        pager = portal_pager(
            url="/my/statement",
            url_args={"show": show},
            total=counts[show],
            page=page if isinstance(page, int) else 1,
            step=self._items_per_page,
        )
        values = {
            "page_name": "statement",
            "tab": "documents",
            "client": client.sudo(),  # his own, and only its name is shown
            "totals": client._get_statement_totals(),
            "rows": client._get_statement_rows(show, pager["offset"], self._items_per_page),
            "counts": counts,
            "show": show,
            "pager": pager,
            "notice": self._get_download_notices().get(notice),
        }
        return self._render_private("nestogy_portal.portal_my_statement", values)

    # ------------------------------------------------------------------
    # Download
    # ------------------------------------------------------------------

    def _get_download_notices(self):
        """What pages say when a download was refused; see download.py."""
        return {
            "select": request.env._("Select at least one document to download."),
            "none": request.env._("None of the selected documents can be downloaded. Please select them again."),
            "many": request.env._("Please select at most %s documents at a time.", DOWNLOAD_LIMIT),
        }

    # ------------------------------------------------------------------
    # Odoo's list of invoices
    # ------------------------------------------------------------------

    @route()
    @area("money")
    def portal_my_invoices(self, page=1, date_begin=None, date_end=None, sortby=None, filterby=None, notice=None, **kw):
        response = super().portal_my_invoices(
            page=page, date_begin=date_begin, date_end=date_end, sortby=sortby, filterby=filterby, **kw
        )
        response.qcontext["download_notice"] = self._get_download_notices().get(notice)
        return response

    def _prepare_my_invoices_values(self, page, date_begin, date_end, sortby, filterby, *args, **kwargs):
        """Take unknown words in the address for none, rather than failing."""
        date_begin, date_end = known_period(date_begin, date_end)
        return super()._prepare_my_invoices_values(
            page if isinstance(page, int) else 1,
            date_begin,
            date_end,
            known(sortby, self._get_account_searchbar_sortings()),
            known(filterby, self._get_account_searchbar_filters()),
            *args,
            **kwargs,
        )

    def _get_overdue_invoices_domain(self, partner_id=None):
        """What the whole client owes, whoever of its people is looking."""
        domain = super()._get_overdue_invoices_domain(partner_id=partner_id)
        if partner_id:
            return domain
        client = self._get_portal_client()
        return [
            ("commercial_partner_id", "=", client.id) if condition[0] == "partner_id" else condition
            for condition in domain
        ]

    def _overdue_invoices_get_page_view_values(self, overdue_invoices, **kwargs):
        """Let a client pay what was addressed to several of its people in one go."""
        currencies, companies = overdue_invoices.currency_id, overdue_invoices.company_id
        if len(overdue_invoices.partner_id) <= 1 and len(currencies) <= 1 and len(companies) <= 1:
            return super()._overdue_invoices_get_page_view_values(overdue_invoices, **kwargs)
        values = {"page_name": "overdue_invoices"}
        if len(currencies) > 1 or len(companies) > 1:
            return values  # cannot be one payment: the visitor is led to the list
        residual = sum(overdue_invoices.mapped("amount_residual"))
        reference = companies.get_next_batch_payment_communication()
        values |= {
            "payment": {
                "date": date.today(),
                "reference": reference,
                "amount": residual,
                "currency": currencies,
            },
            "amount": residual,
        }
        return values | self._get_common_page_view_values(
            invoices_data={
                "partner": self._get_portal_client(),
                "company": companies,
                "total_amount": residual,
                "currency": currencies,
                "amount_residual": residual,
                "payment_reference": reference,
                "landing_route": "/my/invoices/",
                "transaction_route": "/invoice/transaction/overdue",
            },
            **kwargs,
        )

    # ------------------------------------------------------------------
    # Own details
    # ------------------------------------------------------------------

    @route()
    def account(self, redirect=None, **kwargs):
        """Lead back to our own pages only, whatever the address says; so do the next two."""
        return super().account(redirect=local_path(redirect) or "/my", **kwargs)

    @route()
    def portal_address(self, partner_id=None, callback=None, **kwargs):
        return super().portal_address(partner_id=self._clean_id(partner_id), callback=local_path(callback), **kwargs)

    @route()
    def portal_address_submit(self, partner_id=None, callback=None, **kwargs):
        callback = local_path(callback) or "/my/addresses"
        return super().portal_address_submit(partner_id=self._clean_id(partner_id), callback=callback, **kwargs)

    @staticmethod
    def _clean_id(value):
        """An id from outside, or that of nobody; nothing stays nothing."""
        text = str(value or "")
        if not text:
            return None
        return text if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID else str(2**31 - 1)

    def _validate_address_values(self, address_values, partner_sudo, *args, **kwargs):
        invalid, missing, messages = super()._validate_address_values(address_values, partner_sudo, *args, **kwargs)
        if partner_sudo and partner_sudo._get_client():
            email = address_values.get("email")
            if email is not None and partner_sudo.user_ids and email != (partner_sudo.email or ""):
                invalid.add("email")
                messages.append(partner_sudo.with_env(request.env)._email_change_refusal())
            name = address_values.get("name")
            if name is not None and partner_sudo.is_company and name != (partner_sudo.name or ""):
                invalid.add("name")
                messages.append(partner_sudo.with_env(request.env)._name_change_refusal())
        return invalid, missing, messages
