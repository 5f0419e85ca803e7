from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .areas import area
from .portal import ClientPortal


class ClientCommunication(ClientPortal):
    """What was said: meetings, and what was shared."""

    @route(
        ["/my/communication", "/my/communication/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
        sitemap=False,
    )
    @area("communication")
    def portal_my_communication(self, page=1, **kwargs):
        user = request.env.user
        if not user._portal_client():
            return request.redirect("/my", code=303)
        communications = request.env["nestogy.communication"]
        pager = portal_pager(
            url="/my/communication",
            total=communications._portal_past_count(user),
            page=min(page, 10**6) if isinstance(page, int) else 1,
            step=self._items_per_page,
        )
        values = communications._portal_page(user, pager["offset"], self._items_per_page)
        return self._render_private(
            "nestogy_portal.portal_my_communication", values | {"page_name": "communication", "pager": pager}
        )
