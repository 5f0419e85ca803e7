from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request, route

from odoo.addons.sale.controllers.portal import CustomerPortal


class ClientEstimates(CustomerPortal):
    @route()
    def portal_quote_decline(self, order_id, access_token=None, decline_message=None, **kwargs):
        """Keep what the client wrote with the estimate, and tell the salesperson.

        Other than Odoo's, this takes the no to an estimate that would be accepted by paying, too.
        """
        try:
            order_sudo = self._document_check_access("sale.order", order_id, access_token=access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        visitor = request.env.user
        author = order_sudo.partner_id if visitor._is_public() else visitor.partner_id
        message = ""
        if not order_sudo._may_be_rejected():
            message = "cant_reject"
        else:
            try:
                order_sudo._reject_by_client(decline_message if isinstance(decline_message, str) else "", author)
            except UserError:
                message = "reason"
        return request.redirect(self._get_order_url(order_sudo, message), code=303)

    def _get_order_url(self, order_sudo, message=""):
        """Where the visitor reads on: whoever is signed in needs no token in the address."""
        query = f"message={message}" if message else ""
        if request.env.user._is_public():
            return order_sudo.get_portal_url(query_string=f"&{query}" if query else "")
        return f"/my/orders/{order_sudo.id}" + (f"?{query}" if query else "")
