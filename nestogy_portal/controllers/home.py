from odoo.http import request, route
from odoo.tools import format_amount

from .portal import ClientPortal


class ClientHome(ClientPortal):
    """The first page: what needs doing, then the cards."""

    @route()
    def home(self, **kwargs):
        response = super().home(**kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if counters:  # the badges of Odoo's own cards
            return values
        user = request.env.user.sudo(False)  # whose rights decide what is counted
        figures = user._portal_figures()
        return values | {
            "figures": figures,
            "todos": sorted(user._portal_todos(figures), key=lambda todo: todo["sequence"]),
            "has_client": bool(user.partner_id._get_client()),
            "shows_payment_methods": self._shows_payment_methods(),
            "money": lambda amount, currency: format_amount(request.env, amount, currency),
        }

    def _shows_payment_methods(self):
        """Whether a payment method can be kept, or is kept already; Odoo's own question costs many queries."""
        if request.env.user._portal_scope("pay") == "none":
            return False
        partner = request.env.user.partner_id
        # clients may not read providers, and see their own methods on the page behind the card
        tokens_sudo = request.env["payment.token"].sudo()
        if tokens_sudo.search_count([("partner_id", "in", (partner | partner.commercial_partner_id).ids)], limit=1):
            return True
        providers_sudo = request.env["payment.provider"].sudo()  # as above
        return bool(
            providers_sudo.search_count(
                [
                    ("state", "in", ("enabled", "test")),
                    ("is_published", "=", True),
                    ("allow_tokenization", "=", True),
                    ("company_id", "=", request.env.company.id),
                ],
                limit=1,
            )
        )
