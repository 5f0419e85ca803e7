from odoo.exceptions import AccessError, ValidationError
from odoo.http import request, route
from odoo.tools import str2bool

from odoo.addons.account_payment.controllers.payment import PaymentPortal
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing

from ..tools.amounts import payable_amount
from .areas import area

FLOWS = ("direct", "redirect", "token")


class GuardedPaymentPortal(PaymentPortal):
    """Check everything that a browser says about a payment before a provider is called."""

    @route()
    @area("pay", acts=True)
    def invoice_transaction(self, invoice_id, access_token=None, **kwargs):
        try:
            invoice_sudo = self._document_check_access("account.move", invoice_id, access_token)
        except AccessError as error:
            raise ValidationError(request.env._("The access token is invalid.")) from error
        kwargs = self._check_payment(invoice_sudo, kwargs)
        if open_transaction := self._make_room_for_payment(invoice_sudo, kwargs):
            return open_transaction
        return super().invoice_transaction(invoice_id, access_token, **kwargs)

    @route()
    @area("pay", acts=True)
    def overdue_invoices_transaction(self, payment_reference=None, **kwargs):
        if request.env.user._is_public():
            raise ValidationError(request.env._("Please log in to pay your overdue invoices"))
        invoices = request.env["account.move"].search(self._get_overdue_invoices_domain())
        if not invoices:
            raise ValidationError(request.env._("There is nothing left to pay."))
        if len(invoices.currency_id) > 1 or len(invoices.company_id) > 1:
            raise ValidationError(
                request.env._("Your overdue invoices have different currencies; please pay them one by one.")
            )
        if payment_reference is not None and not isinstance(payment_reference, str):
            payment_reference = None
        kwargs = self._check_payment(invoices.sudo(), kwargs)  # found with the visitor's rights
        if open_transaction := self._make_room_for_payment(invoices.sudo(), kwargs):  # as above
            return open_transaction
        return super().overdue_invoices_transaction((payment_reference or "")[:60] or None, **kwargs)

    # ------------------------------------------------------------------

    def _check_payment(self, invoices_sudo, kwargs):
        """Refuse what cannot be a payment of these invoices.

        :return: the arguments, cleaned
        :raise ValidationError: with a sentence for the visitor
        """
        for invoice_sudo in invoices_sudo:
            self._check_invoice_is_payable(invoice_sudo)
        currency = invoices_sudo.currency_id
        try:
            amount = payable_amount(
                kwargs.get("amount"), sum(invoices_sudo.mapped("amount_residual")), currency.decimal_places
            )
        except ValueError as error:
            raise ValidationError(
                request.env._(
                    "The amount must be more than zero and at most what is still open. Please reload the page."
                )
            ) from error
        flow = kwargs.get("flow")
        if flow not in FLOWS or kwargs.get("is_validation"):
            raise ValidationError(request.env._("This way of paying is not offered."))
        self._check_provider(invoices_sudo, amount, kwargs)
        landing = kwargs.get("landing_route")
        if not isinstance(landing, str) or not landing.startswith("/") or landing.startswith(("//", "/\\")):
            kwargs["landing_route"] = "/my/invoices"
        kwargs["tokenization_requested"] = kwargs.get("tokenization_requested") is True
        if not isinstance(kwargs.get("name_next_installment", ""), str):
            del kwargs["name_next_installment"]
        return {"payment_method_id": None, "token_id": None} | kwargs | {"amount": amount}

    def _check_invoice_is_payable(self, invoice_sudo):
        parameters_sudo = request.env["ir.config_parameter"].sudo()  # a public fact
        enabled = parameters_sudo.get_param("account_payment.enable_portal_payment")
        if not str2bool(enabled or "False", False):
            raise ValidationError(request.env._("Paying online is not offered."))
        if invoice_sudo.state != "posted" or invoice_sudo.move_type not in ("out_invoice", "out_receipt"):
            raise ValidationError(request.env._("This document cannot be paid."))
        if invoice_sudo.currency_id.is_zero(invoice_sudo.amount_residual):
            raise ValidationError(request.env._("%s is paid already. Thank you!", invoice_sudo.name))
        if invoice_sudo.payment_state not in ("not_paid", "in_payment", "partial"):
            raise ValidationError(request.env._("%s cannot be paid online; please contact us.", invoice_sudo.name))

    def _check_provider(self, invoices_sudo, amount, kwargs):
        """The provider must be one of those that the page offers."""
        ids = {key: kwargs.get(key) for key in ("provider_id", "payment_method_id", "token_id")}
        if any(value is not None and (isinstance(value, bool) or not isinstance(value, int)) for value in ids.values()):
            raise ValidationError(request.env._("This way of paying is not offered."))
        partner_sudo = self._get_paying_partner(invoices_sudo)
        # clients may not read providers; only whether they are offered is asked
        all_providers_sudo = request.env["payment.provider"].sudo()
        providers_sudo = all_providers_sudo._get_compatible_providers(
            invoices_sudo.company_id.id, partner_sudo.id, amount, currency_id=invoices_sudo.currency_id.id
        )
        provider_sudo = providers_sudo.filtered(lambda provider: provider.id == ids["provider_id"])
        if kwargs["flow"] == "token":
            tokens_sudo = request.env["payment.token"].sudo()  # as above
            offered_sudo = tokens_sudo._get_available_tokens(provider_sudo.ids, partner_sudo.id)
            is_offered = ids["token_id"] in offered_sudo.ids
        else:
            methods_sudo = request.env["payment.method"].sudo()  # as above
            offered_sudo = methods_sudo._get_compatible_payment_methods(
                provider_sudo.ids, partner_sudo.id, currency_id=invoices_sudo.currency_id.id
            )
            is_offered = ids["payment_method_id"] in offered_sudo.ids
        if not provider_sudo or not is_offered:
            raise ValidationError(request.env._("This way of paying is not offered."))

    def _get_paying_partner(self, invoices_sudo):
        user = request.env.user
        return invoices_sudo.partner_id[:1] if user._is_public() else user.partner_id.sudo()  # his own

    def _make_room_for_payment(self, invoices_sudo, kwargs):
        """See to it that an invoice has one open payment at a time.

        The same person paying in the same way again, in a second tab for instance, goes on with the payment
        that is open. Anything else ends the open one if that is possible, and is refused if it is not.

        :return: processing values of the payment to go on with, ``None`` when a new one may begin
        :raise ValidationError: somebody is paying at this moment
        """
        invoices_sudo._lock_for_online_payment()
        partner_sudo = self._get_paying_partner(invoices_sudo)
        method_id, token_id = kwargs.get("payment_method_id"), kwargs.get("token_id")
        invoices_sudo.transaction_ids._cancel_failed_intents()
        for tx_sudo in invoices_sudo._get_open_transactions():
            is_own = tx_sudo.partner_id == partner_sudo
            if (
                is_own
                and tx_sudo.state == "draft"
                and kwargs["flow"] != "token"
                and not token_id
                and tx_sudo.provider_id.id == kwargs["provider_id"]
                and tx_sudo.payment_method_id.id == method_id
                and tx_sudo.operation == f"online_{kwargs['flow']}"
                and tx_sudo.tokenize == kwargs["tokenization_requested"]
                and tx_sudo.invoice_ids == invoices_sudo
                and tx_sudo.currency_id.compare_amounts(tx_sudo.amount, kwargs["amount"]) == 0
            ):
                PaymentPostProcessing.monitor_transaction(tx_sudo)
                return tx_sudo._get_processing_values()
            if (is_own or tx_sudo._is_forgotten()) and tx_sudo._release():
                continue
            if tx_sudo._is_forgotten() and tx_sudo.provider_code != "stripe":
                continue  # nothing was heard of it for long, and it cannot be asked
            raise ValidationError(
                request.env._(
                    "A payment of this invoice is under way already. Please finish it in the other window, "
                    "or wait "
                    "a few minutes and reload this page."
                )
            )
        return None
