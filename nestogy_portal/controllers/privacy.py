from werkzeug.exceptions import NotFound

from odoo import fields
from odoo.exceptions import UserError
from odoo.http import request, route

from ..models.login.ir_http import PREVIEWED
from .portal import ClientPortal
from .security import confirmed

ASKS, SECONDS = 5, 24 * 3600


class PortalPrivacy(ClientPortal):
    """What the law lets everybody ask: a copy of the own data, and to be forgotten."""

    @route("/my/privacy", type="http", auth="user", website=True, methods=["GET"], readonly=True, sitemap=False)
    def portal_my_privacy(self, notice=None, **kwargs):
        return self._render_privacy("list", notice=notice if notice in ("export", "erasure", "withdrawn") else None)

    @route("/my/privacy/<string:kind>", type="http", auth="user", website=True, methods=["GET"], sitemap=False)
    @confirmed
    def portal_privacy_ask(self, kind, **kwargs):
        if kind not in ("export", "erasure"):
            raise NotFound()
        return self._render_privacy(kind)

    @route("/my/privacy/<string:kind>", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    @confirmed
    def portal_privacy_post(self, kind, note="", sure="", **kwargs):
        if kind not in ("export", "erasure"):
            raise NotFound()
        problem = None
        if kind == "erasure" and not sure:
            problem = request.env._("Tick the box if you want your data erased.")
        elif request.env["nestogy.portal.attempt"]._exceeds("privacy", f"user {request.env.user.id}", ASKS, SECONDS):
            problem = request.env._("These are many requests in a short time. Please go on tomorrow.")
        else:
            try:
                with request.env.cr.savepoint():  # all or nothing
                    request.env["nestogy.privacy.request"]._portal_ask(kind, str(note))
            except UserError as error:
                problem = str(error)
        if problem:
            return self._render_privacy(kind, problem=problem, note=note)
        return request.redirect_query("/my/privacy", {"notice": kind}, code=303)

    @route(
        "/my/privacy/<int:request_id>/withdraw", type="http", auth="user", website=True, methods=["POST"], sitemap=False
    )
    def portal_withdraw_privacy(self, request_id, **kwargs):
        request_sudo = self._get_own(request_id)
        if request_sudo.state != "open":
            raise NotFound()
        request_sudo._portal_withdraw()
        return request.redirect("/my/privacy?notice=withdrawn", code=303)

    @route(
        "/my/privacy/<int:request_id>/download", type="http", auth="user", methods=["POST"], website=True, sitemap=False
    )
    @confirmed
    def portal_download_copy(self, request_id, **kwargs):
        """Hand the archive to the person, and to nobody else: staff who look through his eyes do not get it."""
        if PREVIEWED in request.httprequest.environ:
            raise NotFound()
        request_sudo = self._get_own(request_id)
        attachment_sudo = request_sudo._attachment()[:1] if request_sudo._is_downloadable() else None
        if not attachment_sudo:
            raise NotFound()
        request_sudo.downloaded_at = fields.Datetime.now()
        stream = request.env["ir.binary"].sudo()._get_stream_from(attachment_sudo)  # it was just checked whose it is
        return stream.get_response(as_attachment=True)

    def _get_own(self, request_id):
        """A request of the visitor in sudo; foreign, missing and senseless ones look alike."""
        rows_sudo = request.env["nestogy.privacy.request"]._portal_rows()
        request_sudo = rows_sudo.filtered(lambda each: each.id == request_id)
        if not request_sudo:
            raise NotFound()
        return request_sudo

    def _render_privacy(self, page, notice=None, problem=None, note=""):
        if not request.env.user.partner_id._get_client():
            return request.redirect("/my", code=303)
        values = {
            "page_name": "privacy",
            "page": page,
            "rows": request.env["nestogy.privacy.request"]._portal_rows(),
            "notice": notice,
            "problem": problem,
            "note": note,
        }
        return self._render_private("nestogy_portal.portal_my_privacy", values)
