from odoo.http import request, route
from odoo.tools import format_amount

from .portal import ClientPortal


class ClientHome(ClientPortal):
    """The first page: what needs doing, then the cards."""

    @route()
    def counters(self, counters, **kw):
        """The page asks with a list of names; anything else names none."""
        names = [name for name in counters if isinstance(name, str)] if isinstance(counters, list) else []
        return super().counters(names, **kw)

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if counters:  # the badges of Odoo's own cards
            return values
        user = request.env.user.sudo(False)  # whose rights decide what is counted
        counts = user._portal_counts()
        figures = user._portal_figures(counts)
        return values | {
            "counts": counts,
            "figures": figures,
            "todos": sorted(user._portal_todos(figures), key=lambda todo: todo["sequence"]),
            "has_client": bool(user._portal_client()),
            # kept already, or one can be kept; Odoo's own question costs many queries
            "shows_payment_methods": counts.get("cards") or counts.get("card_providers"),
            "money": lambda amount, currency: format_amount(request.env, amount, currency),
        }
