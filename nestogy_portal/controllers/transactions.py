from odoo.http import route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .areas import area
from .portal import ClientPortal


class ClientTransactions(ClientPortal):
    """The payments and credits of a client."""

    @route(
        ["/my/payments", "/my/payments/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
        sitemap=False,
    )
    @area("money")
    def portal_my_payments(self, page=1, **kwargs):
        client = self._get_portal_client()
        pager = portal_pager(
            url="/my/payments",
            total=client._count_portal_transactions(),
            page=page if isinstance(page, int) else 1,
            step=self._items_per_page,
        )
        values = {
            "page_name": "payments",
            "client": client.sudo(),  # his own, and only its name is shown
            "totals": client._get_portal_transaction_totals(),
            "rows": client._get_portal_transactions(pager["offset"], self._items_per_page),
            "pager": pager,
        }
        return self._render_private("nestogy_portal.portal_my_payments", values)
