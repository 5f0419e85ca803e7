from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.nestogy_clients.controllers.portal import ClientEstimates
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..tools.page_words import known, known_period
from .areas import area

NAME_LIMIT = 100  # characters
SIGNATURE_LIMIT = 1_000_000  # characters in which the picture is encoded
MESSAGES = ("sign_ok", "cant_reject", "reason")


class PortalEstimates(ClientEstimates):
    """Estimates and orders in the words of clients: look, accept with a name and a signature, or say no."""

    # ------------------------------------------------------------------
    # Lists
    # ------------------------------------------------------------------

    def _prepare_sale_portal_rendering_values(
        self, page=1, date_begin=None, date_end=None, sortby=None, quotation_page=False, filterby=None, **kwargs
    ):
        """Show estimates in all states, narrowed by what the visitor picks; unknown words count for none."""
        page = page if isinstance(page, int) else 1
        date_begin, date_end = known_period(date_begin, date_end)
        sortby = known(sortby, self._get_sale_searchbar_sortings())
        values = super()._prepare_sale_portal_rendering_values(
            page=page, date_begin=date_begin, date_end=date_end, sortby=sortby, quotation_page=quotation_page, **kwargs
        )
        orders = request.env["sale.order"]
        tabs = orders._portal_estimate_filters(is_order=not quotation_page)
        shown = known(filterby, tabs) or "all"
        mine = Domain("partner_id", "child_of", request.env.user.partner_id.commercial_partner_id.id)
        mine &= Domain("state", "=", "sale") if not quotation_page else Domain("state", "!=", "draft")
        if date_begin and date_end:
            mine &= Domain("create_date", ">", date_begin) & Domain("create_date", "<=", date_end)
        counts = orders._portal_estimate_counts(mine, tabs)
        url = "/my/quotes" if quotation_page else "/my/orders"
        pager = portal_pager(
            url=url,
            total=counts[shown],
            page=page,
            step=self._items_per_page,
            url_args={"filterby": shown, "date_begin": date_begin, "date_end": date_end},
        )
        found_sudo = orders._portal_estimates(
            mine, tabs[shown]["domain"], limit=self._items_per_page, offset=pager["offset"]
        )
        return values | {
            "quotations" if quotation_page else "orders": found_sudo,
            "pager": pager,
            "estimate_tabs": [(key, tab["label"], counts[key]) for key, tab in tabs.items()],
            "estimate_filter": shown,
            "estimate_url": url,
        }

    @route()
    @area("estimates")
    def portal_my_quotes(self, **kwargs):
        return super().portal_my_quotes(**kwargs)

    @route()
    @area("estimates")
    def portal_my_orders(self, **kwargs):
        return super().portal_my_orders(**kwargs)

    # ------------------------------------------------------------------
    # One of them
    # ------------------------------------------------------------------

    @route()
    @area("estimates")
    def portal_order_page(self, order_id, message=False, **kwargs):
        return super().portal_order_page(order_id, message=known(message, MESSAGES) or False, **kwargs)

    @route()
    @area("estimates", acts=True)
    def portal_quote_accept(self, order_id, access_token=None, name=None, signature=None):
        """Take the name and the signature of a person, as long as the estimate holds."""
        access_token = access_token or request.httprequest.args.get("access_token")
        try:
            order_sudo = self._document_check_access("sale.order", order_id, access_token=access_token)
        except (AccessError, MissingError):
            return {"error": request.env._("This estimate is not available.")}
        name = name.strip() if isinstance(name, str) else ""
        if order_sudo.is_expired:
            return {"error": request.env._("This estimate has expired. Please ask us for a new one.")}
        if not name:
            return {"error": request.env._("Please write your name.")}
        if len(name) > NAME_LIMIT:
            return {"error": request.env._("A name has at most %s characters.", NAME_LIMIT)}
        if not isinstance(signature, str) or not signature.strip():
            return {"error": request.env._("Please sign before you accept.")}
        if len(signature) > SIGNATURE_LIMIT:
            return {"error": request.env._("This signature is too large; please sign again.")}
        result = super().portal_quote_accept(order_id, access_token=access_token, name=name, signature=signature)
        if result.get("redirect_url") and not request.env.user._is_public():
            payment = "&allow_payment=yes" if "allow_payment" in result["redirect_url"] else ""
            result["redirect_url"] = self._get_order_url(order_sudo, "sign_ok") + payment
        return result

    @route()
    @area("estimates", acts=True)
    def portal_quote_decline(self, order_id, access_token=None, decline_message=None, **kwargs):
        return super().portal_quote_decline(order_id, access_token, decline_message, **kwargs)
