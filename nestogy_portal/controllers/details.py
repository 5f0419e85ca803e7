from odoo.http import request, route

from .profile import PortalProfile


class ClientDetails(PortalProfile):
    """The custom fields on the page where clients see their own details."""

    def _get_visitor(self):
        """The visitor's own partner, with no more than the visitor's rights."""
        return request.env.user.partner_id.sudo(False)

    def _prepare_my_account_rendering_values(self, details=None, **kwargs):
        values = super()._prepare_my_account_rendering_values(**kwargs)
        return values | {
            "custom_parts": self._get_visitor()._portal_custom_fields(),
            "custom_saved": details == "saved",
        }

    @route("/my/account/details", type="http", auth="user", methods=["POST"], website=True, sitemap=False)
    def portal_save_details(self, back="", **kwargs):
        """Save what a visitor wrote about himself or his company, or show the page again with what is wrong."""
        parts = self._get_visitor()._portal_write_custom_fields(dict(request.httprequest.form.lists()))
        if back == "profile":
            if parts:
                return self._render_profile(custom_parts=parts, custom_wrong=True)
            return request.redirect("/my/profile?notice=details#details", code=303)
        if not parts:
            return request.redirect("/my/account?details=saved#details", code=303)
        values = self._prepare_my_account_rendering_values() | {"custom_parts": parts, "custom_wrong": True}
        return request.render("portal.portal_my_details", values)
