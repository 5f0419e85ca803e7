import time

from werkzeug.exceptions import NotFound

from odoo.http import Controller, request, route

from ..models.login.ir_http import PREVIEW, PREVIEW_SECONDS
from ..tools.link_tokens import local_path


class PortalPreview(Controller):
    """Staff looks at the portal as a contact sees it: read-only, under a banner, and logged."""

    @route("/my/preview/<int:contact_id>", type="http", auth="user", website=True, methods=["GET"], sitemap=False)
    def show_preview(self, contact_id, redirect=None, **kwargs):
        contact, _user_sudo = self._get_contact(contact_id)
        values = {"contact": contact, "no_breadcrumbs": True, "redirect_path": local_path(redirect)}
        return request.render("nestogy_portal.portal_preview", values)

    @route("/my/preview/<int:contact_id>", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def begin_preview(self, contact_id, redirect=None, **kwargs):
        contact, user_sudo = self._get_contact(contact_id)
        request.env["nestogy.portal.access.log"]._log("previewed", contact, detail=request.env.user.name)
        until = int(time.time()) + PREVIEW_SECONDS
        request.session[PREVIEW] = {"user": user_sudo.id, "by": request.env.uid, "until": until}
        return request.redirect(local_path(redirect) or "/my", code=303)

    @route("/my/preview/end", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def end_preview(self, **kwargs):
        request.session.pop(PREVIEW, None)
        return request.redirect("/odoo/clients", code=303)

    def _get_contact(self, contact_id):
        """The contact and his portal user in sudo, for agents who may see him."""
        contact = request.env["res.partner"].browse(contact_id).exists()
        if not request.env.user.has_group("nestogy_clients.nestogy_clients_group_agent"):
            raise NotFound()
        if not contact or not contact.has_access("read"):
            raise NotFound()
        user_sudo = contact.sudo().user_ids.filtered("share")[:1]  # agents have no rights on users
        if not user_sudo or not contact._client_may_log_in():
            raise NotFound()
        return contact, user_sudo
