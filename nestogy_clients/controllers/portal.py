from odoo.http import request, route

from odoo.addons.sale.controllers.portal import CustomerPortal


class ClientEstimates(CustomerPortal):
    @route()
    def portal_quote_decline(self, order_id, access_token=None, decline_message=None, **kwargs):
        """Keep what the client wrote with the estimate; whether it may decline is Odoo's to say."""
        request.update_context(client_reject_reason=decline_message or "")
        return super().portal_quote_decline(order_id, access_token, decline_message, **kwargs)
