from odoo.exceptions import AccessError, MissingError, ValidationError
from odoo.http import request, route
from odoo.tools import str2bool

from odoo.addons.account_payment.controllers.payment import PaymentPortal
from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing
from odoo.addons.sale.controllers.portal import PaymentPortal as SalePaymentPortal

from ..tools.allocation import Part, spread, to_minor
from ..tools.amounts import payable_amount
from .areas import area

FLOWS = ("direct", "redirect", "token")
LARGEST_AMOUNT = 10.0**9


class GuardedPaymentPortal(PaymentPortal, SalePaymentPortal):
    """Check everything that a browser says about a payment before a provider is called."""

    @route()
    @area("pay", acts=True)
    def invoice_transaction(self, invoice_id, access_token=None, **kwargs):
        try:
            invoice_sudo = self._document_check_access("account.move", invoice_id, access_token)
        except AccessError as error:
            raise ValidationError(request.env._("The access token is invalid.")) from error
        kwargs = self._check_payment(invoice_sudo, kwargs)
        if open_transaction := self._make_room_for_payment(
            invoice_sudo, kwargs, self._plan_by_age(invoice_sudo, kwargs)
        ):
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
        plan = self._plan_by_age(invoices.sudo(), kwargs)  # as above
        if open_transaction := self._make_room_for_payment(invoices.sudo(), kwargs, plan):  # as above
            return open_transaction
        return super().overdue_invoices_transaction((payment_reference or "")[:60] or None, **kwargs)

    @route()
    @area("pay", acts=True)
    def portal_order_transaction(self, order_id, access_token=None, **kwargs):
        """Take a payment of an estimate or order as strictly as one of an invoice."""
        try:
            order_sudo = self._document_check_access("sale.order", order_id, access_token)
        except (AccessError, MissingError) as error:
            raise ValidationError(request.env._("The access token is invalid.")) from error
        owed = self._check_order_is_payable(order_sudo)
        kwargs = self._check_terms(order_sudo, owed, order_sudo.get_portal_url(), kwargs)
        least = min(order_sudo._get_prepayment_required_amount(), owed)
        if order_sudo.state != "sale" and order_sudo.currency_id.compare_amounts(kwargs["amount"], least) < 0:
            raise ValidationError(request.env._("At least %s is to be paid now.", order_sudo.currency_id.format(least)))
        if open_transaction := self._make_room_for_payment(order_sudo, kwargs):
            return open_transaction
        return super().portal_order_transaction(order_id, access_token, **kwargs)

    @route()
    @area("pay")
    def payment_pay(self, *args, **kwargs):
        return super().payment_pay(*args, **kwargs)

    @route()
    @area("pay", acts=True)
    def payment_transaction(self, amount=None, currency_id=None, partner_id=None, access_token=None, **kwargs):
        """Take a payment without a document, or save a card, with what is offered only.

        Odoo signs amount, currency and payer for whoever opens its page, so that they prove nothing.
        """
        ids = (currency_id, partner_id)
        if any(value is not None and (isinstance(value, bool) or not isinstance(value, int)) for value in ids):
            raise ValidationError(request.env._("This way of paying is not offered."))
        if not isinstance(access_token, str) or not access_token.isascii():
            raise ValidationError(request.env._("The access token is invalid."))
        partner_sudo = request.env["res.partner"].sudo().browse(partner_id).exists()  # Odoo checks the signature
        if kwargs.get("is_validation"):
            self._check_validation(partner_sudo, kwargs)
        else:
            currency = request.env["res.currency"].browse(currency_id).exists()
            try:
                payable_amount(amount, LARGEST_AMOUNT, currency.decimal_places)
            except ValueError as error:
                raise ValidationError(request.env._("The amount must be more than zero.")) from error
            self._check_provider(self._get_provider_company(kwargs), partner_sudo, amount, currency, kwargs)
        self._clean_landing_route(kwargs, "/payment/confirmation")
        return super().payment_transaction(amount, currency_id, partner_id, access_token, **kwargs)

    def _create_transaction(self, *args, flow=None, **kwargs):
        """Keep a payment with a saved card before the provider is asked for the money."""
        if flow != "token":
            return super()._create_transaction(*args, flow=flow, **kwargs)
        request.update_context(delay_token_charge=True)
        tx_sudo = super()._create_transaction(*args, flow=flow, **kwargs)
        request.update_context(delay_token_charge=False)
        tx_sudo._charge_durably()
        return tx_sudo

    # ------------------------------------------------------------------

    def _plan_by_age(self, invoices_sudo, kwargs):
        """What a payment of these invoices will pay when nobody says otherwise, see ``_allocate_by_age``."""
        decimals = invoices_sudo.currency_id.decimal_places
        moves_sudo = invoices_sudo.sorted(lambda move: (move.invoice_date_due or move.date, move.id))
        owed = [to_minor(move_sudo.amount_residual, decimals) for move_sudo in moves_sudo]
        parts = spread(to_minor(kwargs["amount"], decimals), owed)
        return sorted(Part(move.id, part, 0) for move, part in zip(moves_sudo, parts, strict=True) if part)

    def _get_provider_company(self, kwargs):
        """The firm that is paid: without a document, the provider says which one."""
        provider_id = kwargs.get("provider_id")
        if isinstance(provider_id, bool) or not isinstance(provider_id, int):
            return request.env.company
        providers_sudo = request.env["payment.provider"].sudo()  # clients may not read providers
        return providers_sudo.browse(provider_id).exists().company_id or request.env.company

    def _check_validation(self, partner_sudo, kwargs):
        """A card is saved with a provider that offers that."""
        company = self._get_provider_company(kwargs)
        # clients may not read providers; only whether they are offered is asked
        providers_sudo = (
            request.env["payment.provider"]
            .sudo()
            ._get_compatible_providers(company.id, partner_sudo.id, 0.0, force_tokenization=True, is_validation=True)
        )
        if kwargs.get("provider_id") not in providers_sudo.ids or kwargs.get("flow") not in ("direct", "redirect"):
            raise ValidationError(request.env._("This way of paying is not offered."))

    def _check_payment(self, invoices_sudo, kwargs):
        """Refuse what cannot be a payment of these invoices.

        :return: the arguments, cleaned
        :raise ValidationError: with a sentence for the visitor
        """
        for invoice_sudo in invoices_sudo:
            self._check_invoice_is_payable(invoice_sudo)
        return self._check_terms(invoices_sudo, sum(invoices_sudo.mapped("amount_residual")), "/my/invoices", kwargs)

    def _check_terms(self, documents_sudo, owed, landing_route, kwargs):
        """Refuse an amount, a way of paying or a way back that the page of these documents does not offer.

        :param float owed: what is open
        :param str landing_route: where a visitor lands whose browser names no page of ours
        :return: the arguments, cleaned
        """
        try:
            amount = payable_amount(kwargs.get("amount"), owed, documents_sudo.currency_id.decimal_places)
        except ValueError as error:
            raise ValidationError(
                request.env._(
                    "The amount must be more than zero and at most what is still open. Please reload the page."
                )
            ) from error
        if kwargs.get("is_validation"):
            raise ValidationError(request.env._("This way of paying is not offered."))
        self._check_provider(
            documents_sudo.company_id,
            self._get_paying_partner(documents_sudo),
            amount,
            documents_sudo.currency_id,
            kwargs,
            **({"sale_order_id": documents_sudo.id} if documents_sudo._name == "sale.order" else {}),
        )
        self._clean_landing_route(kwargs, landing_route)
        kwargs["tokenization_requested"] = kwargs.get("tokenization_requested") is True
        if not isinstance(kwargs.get("name_next_installment", ""), str):
            del kwargs["name_next_installment"]
        return {"payment_method_id": None, "token_id": None} | kwargs | {"amount": amount}

    def _clean_landing_route(self, kwargs, default):
        landing = kwargs.get("landing_route")
        if not isinstance(landing, str) or not landing.startswith("/") or landing.startswith(("//", "/\\")):
            kwargs["landing_route"] = default

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

    def _check_order_is_payable(self, order_sudo):
        """
        :return: what is open of the order
        :raise ValidationError: nothing is to be paid
        """
        if order_sudo.state not in ("draft", "sent", "sale"):
            raise ValidationError(request.env._("This document cannot be paid."))
        if order_sudo.is_expired:
            raise ValidationError(request.env._("%s has expired; please ask us for a new one.", order_sudo.name))
        # what is on an invoice already is paid there
        settled = max(order_sudo.amount_paid, order_sudo.amount_invoiced)
        owed = order_sudo.amount_total - settled
        if order_sudo.currency_id.compare_amounts(owed, 0) <= 0:
            raise ValidationError(request.env._("%s is paid already. Thank you!", order_sudo.name))
        return owed

    def _check_provider(self, company_sudo, partner_sudo, amount, currency, kwargs, **document):
        """The provider, and the method or saved card, must be one of those that the page offers."""
        refusal = ValidationError(request.env._("This way of paying is not offered."))
        ids = {key: kwargs.get(key) for key in ("provider_id", "payment_method_id", "token_id")}
        if any(value is not None and (isinstance(value, bool) or not isinstance(value, int)) for value in ids.values()):
            raise refusal
        if kwargs.get("flow") not in FLOWS:
            raise refusal
        # clients may not read providers; only whether they are offered is asked
        all_providers_sudo = request.env["payment.provider"].sudo()
        providers_sudo = all_providers_sudo._get_compatible_providers(
            company_sudo.id, partner_sudo.id, amount, currency_id=currency.id, **document
        )
        provider_sudo = providers_sudo.filtered(lambda provider: provider.id == ids["provider_id"])
        if kwargs["flow"] == "token":
            tokens_sudo = request.env["payment.token"].sudo()  # as above
            offered_sudo = tokens_sudo._get_available_tokens(provider_sudo.ids, partner_sudo.id)
            is_offered = ids["token_id"] in offered_sudo.ids
        else:
            methods_sudo = request.env["payment.method"].sudo()  # as above
            offered_sudo = methods_sudo._get_compatible_payment_methods(
                provider_sudo.ids, partner_sudo.id, currency_id=currency.id, **document
            )
            is_offered = ids["payment_method_id"] in offered_sudo.ids
        if not provider_sudo or not is_offered:
            raise refusal

    def _get_paying_partner(self, documents_sudo):
        user = request.env.user
        if not user._is_public():
            return user.partner_id.sudo()  # his own
        if documents_sudo._name == "sale.order":
            return documents_sudo.partner_invoice_id
        return documents_sudo.partner_id[:1]

    def _make_room_for_payment(self, documents_sudo, kwargs, plan=None):
        """See to it that a document has one open payment at a time.

        The same person paying in the same way again, in a second tab for instance, goes on with the payment
        that is open. Anything else ends the open one if that is possible, and is refused if it is not.

        :param plan: which invoice gets how much, see ``tools.allocation``
        :return: processing values of the payment to go on with, ``None`` when a new one may begin
        :raise ValidationError: somebody is paying at this moment
        """
        documents_sudo._lock_for_online_payment()
        partner_sudo = self._get_paying_partner(documents_sudo)
        method_id, token_id = kwargs.get("payment_method_id"), kwargs.get("token_id")
        documents_sudo.transaction_ids._cancel_failed_intents()
        for tx_sudo in documents_sudo._get_open_transactions():
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
                and documents_sudo._is_paid_by(tx_sudo)
                and tx_sudo.currency_id.compare_amounts(tx_sudo.amount, kwargs["amount"]) == 0
                and (plan is None or tx_sudo._allocation_plan() == plan)
            ):
                PaymentPostProcessing.monitor_transaction(tx_sudo)
                return tx_sudo._get_processing_values()
            if (is_own or tx_sudo._is_forgotten()) and tx_sudo._release():
                continue
            if tx_sudo._is_forgotten() and tx_sudo.provider_code != "stripe" and not tx_sudo.asked_at:
                continue  # nothing was heard of it for long, and it cannot be asked
            raise ValidationError(
                request.env._(
                    "A payment of this document is under way already. Please finish it in the other window, "
                    "or wait "
                    "a few minutes and reload this page."
                )
            )
        return None
