from odoo.http import request, route

from odoo.addons.nestogy_clients.controllers.asset import AssetCodes

from .areas import area
from .projects import ClientProjects


class ClientAssets(ClientProjects):
    """The assets of a client."""

    @route(
        ["/my/assets", "/my/assets/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
        sitemap=False,
    )
    @area("assets")
    def portal_my_assets(self, page=1, sortby=None, filterby=None, search=None, **kwargs):
        if not self._is_of_client():
            return request.redirect("/my", code=303)
        values = self._list_values(request.env["maintenance.equipment"], "/my/assets", page, sortby, filterby, search)
        return self._render_private("nestogy_portal.portal_my_assets", values | {"page_name": "client_assets"})

    @route(
        "/my/assets/<int:asset_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
        readonly=True,
        sitemap=False,
    )
    @area("assets")
    def portal_my_asset(self, asset_id, **kwargs):
        if not self._is_of_client():
            return request.redirect("/my", code=303)
        asset = self._get_shown("maintenance.equipment", asset_id)
        (row,) = asset._portal_rows()
        values = {
            "page_name": "client_assets",
            "shown_asset": row,
            "actions": asset._portal_actions(),
            "sections": asset._portal_sections(),
        }
        return self._render_private("nestogy_portal.portal_my_asset", values)


class ClientAssetCodes(AssetCodes):
    @route()
    def asset_code(self, asset_id, **kwargs):
        """Clients who scan a code come to the page of the asset in their portal."""
        if request.env.user._portal_client():
            return request.redirect(f"/my/assets/{asset_id}", code=303)
        return super().asset_code(asset_id, **kwargs)
