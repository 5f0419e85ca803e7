from urllib.parse import urlencode

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.http import request, route
from odoo.tools import str2bool

from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from ..tools.allocation import LONGEST_PLAN, read_plan, to_minor
from .areas import area
from .payment import GuardedPaymentPortal
from .portal import LONGEST_ID, ClientPortal

RESULT_PAGE = "/my/pay/result"
LONGEST_AMOUNT = 25  # characters


class PayPortal(ClientPortal, GuardedPaymentPortal):
    """Pay one, several or all open invoices in one go, or parts of them, with credits first if one likes."""

    @route("/my/pay", type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    @area("pay")
    def portal_pay(self, documents=None, notice=None, **kwargs):
        """Choose what to pay."""
        ids, *choice = self._read_choice()
        if documents:
            ids = self._clean_ids(str(documents).split(","))
        notice = {"credit": request.env._("Your credit was applied. Thank you!")}.get(notice)
        return self._render_pay(self._get_pay_blocks(ids or None, *choice), notice=notice)

    @route("/my/pay/selected", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    @area("pay")
    def portal_pay_selected(self, **kwargs):
        """Come from another page where documents were ticked."""
        ids = self._clean_ids(request.httprequest.form.getlist("document_ids"))
        query = {"documents": ",".join(map(str, sorted(ids)[:LONGEST_PLAN]))} if ids else {}
        return request.redirect_query("/my/pay", query, code=303)

    @route("/my/pay/review", type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    @area("pay")
    def portal_pay_review(self, block=None, **kwargs):
        """Show what will be paid and how, with the form of the payment."""
        blocks = self._get_pay_blocks(*self._read_choice())
        if any(each["has_problem"] for each in blocks):
            return self._render_pay(blocks, problem=request.env._("Please look at the amounts again."))
        chosen = [each for each in blocks if each["chosen"]]
        if not chosen:
            return self._render_pay(blocks, problem=request.env._("Choose at least one invoice."))
        if len(chosen) > 1:
            chosen = [each for each in chosen if each["key"] == block] or chosen
        query = [(name, text) for name, text in request.httprequest.args.items(multi=True) if name != "block"]
        values = self._pay_values() | {"blocks": chosen, "paths": {}, "change": "/my/pay?" + urlencode(query)}
        if len(chosen) == 1:
            (block,) = chosen
            values["block"] = block
            if block["has_money"] and values["may_pay"]:
                values |= self._get_pay_form_values(block)
        else:
            for each in chosen:
                values["paths"][each["key"]] = "/my/pay/review?" + urlencode([*query, ("block", each["key"])])
        return self._render_private("nestogy_portal.portal_pay_review", values)

    @route("/my/pay/transaction/<string:plan>", type="jsonrpc", auth="user", website=True, sitemap=False)
    @area("pay", acts=True)
    def portal_pay_transaction(self, plan, **kwargs):
        """Begin the payment of what was reviewed."""
        plan = self._read_plan(plan)
        invoices_sudo, values = self._get_portal_client()._check_pay_plan(plan)
        for invoice_sudo in invoices_sudo:
            self._check_invoice_is_payable(invoice_sudo)
        decimals = invoices_sudo.currency_id.decimal_places
        money = sum(part.money for part in plan)
        kwargs = self._check_terms(invoices_sudo, sum(invoices_sudo.mapped("amount_residual")), RESULT_PAGE, kwargs)
        if to_minor(kwargs["amount"], decimals) != money:
            raise ValidationError(
                request.env._("The amount does not fit the invoices. Please go back and choose again.")
            )
        kwargs["landing_route"] = RESULT_PAGE
        if open_transaction := self._make_room_for_payment(invoices_sudo, kwargs, sorted(plan)):
            return open_transaction
        for name in ("name_next_installment", "access_token"):  # what Odoo's pages send and this one has not
            kwargs.pop(name, None)
        self._validate_transaction_kwargs(kwargs)
        if len(invoices_sudo) == 1:
            reference = invoices_sudo.name
        else:
            reference = invoices_sudo.company_id.get_next_batch_payment_communication()
        tx_sudo = self._create_transaction(
            **kwargs
            | {
                "currency_id": invoices_sudo.currency_id.id,
                "partner_id": self._get_paying_partner(invoices_sudo).id,
                "reference_prefix": reference,
                "custom_create_values": {
                    "invoice_ids": [Command.set(invoices_sudo.ids)],
                    "allocation_ids": [Command.create(each) for each in values],
                },
            }
        )
        return tx_sudo._get_processing_values()

    @route("/my/pay/credits", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    @area("pay", acts=True)
    def portal_pay_credits(self, plan=None, **kwargs):
        """Settle invoices with credits alone: there is no payment to wait for."""
        client = self._get_portal_client()
        try:
            plan = self._read_plan(plan)
            if any(part.money for part in plan):
                raise ValidationError(request.env._("There is something left to pay."))
            invoices_sudo, values = client._check_pay_plan(plan)
            for invoice_sudo in invoices_sudo:
                self._check_invoice_is_payable(invoice_sudo)
            if invoices_sudo._client_in_flight():
                raise ValidationError(request.env._("A payment of these invoices is under way already."))
        except ValidationError as error:
            return self._render_pay(self._get_pay_blocks(), problem=error.args[0])
        client._apply_pay_credits(invoices_sudo, values)
        return request.redirect_query("/my/pay", {"notice": "credit"}, code=303)

    @route(RESULT_PAGE, type="http", auth="user", methods=["GET"], website=True, sitemap=False)
    @area("pay")
    def portal_pay_result(self, **kwargs):
        """Say what became of the payment that this browser made last."""
        # the payment that this very session began
        transactions_sudo = request.env["payment.transaction"].sudo()
        tx_sudo = transactions_sudo.browse(request.session.get(PaymentPostProcessing.MONITORED_TX_ID_KEY)).exists()
        client = self._get_portal_client()
        if tx_sudo and tx_sudo.partner_id.commercial_partner_id != client:
            tx_sudo = tx_sudo.browse()
        values = {"page_name": "pay", "tx": tx_sudo}
        return self._render_private("nestogy_portal.portal_pay_result", values)

    # ------------------------------------------------------------------

    def _read_choice(self):
        """What was ticked and typed.

        :return: arguments of ``_get_pay_blocks``
        """
        asked = request.httprequest.args
        amounts, totals = {}, {}
        for name, text in asked.items():
            kind, _separator, rest = name.partition("_")
            if kind == "amount" and rest.isascii() and rest.isdigit() and len(rest) <= LONGEST_ID:
                amounts[int(rest)] = text[:LONGEST_AMOUNT]
            elif kind == "total":
                totals[rest] = text[:LONGEST_AMOUNT]
        return self._clean_ids(asked.getlist("pay")), amounts, totals, set(asked.getlist("credit"))

    def _clean_ids(self, texts):
        return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= LONGEST_ID}

    def _read_plan(self, text):
        try:
            return read_plan(text)
        except ValueError as error:
            raise ValidationError(
                request.env._("The amount does not fit the invoices. Please go back and choose again.")
            ) from error

    def _get_pay_blocks(self, *args):
        if not request.env["account.move"].has_access("read"):
            return []
        return self._get_portal_client()._get_pay_blocks(*args)

    def _pay_values(self):
        parameters_sudo = request.env["ir.config_parameter"].sudo()  # a public fact
        is_offered = str2bool(parameters_sudo.get_param("account_payment.enable_portal_payment") or "False", False)
        return {
            "page_name": "pay",
            "may_pay": is_offered and request.env.user._portal_may_act(),
        }

    def _render_pay(self, blocks, problem=None, notice=None):
        values = self._pay_values() | {"blocks": blocks, "problem": problem, "notice": notice}
        return self._render_private("nestogy_portal.portal_pay", values)

    def _get_pay_form_values(self, block):
        values = self._get_common_page_view_values(
            invoices_data={
                "partner": self._get_portal_client(),
                "company": block["company"],
                "total_amount": block["money"],
                "currency": block["currency"],
                "amount_residual": block["money"],
                "landing_route": RESULT_PAGE,
                "transaction_route": f"/my/pay/transaction/{block['plan']}",
            },
        )
        return values | {"amount": block["money"]}
